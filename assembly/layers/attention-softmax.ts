// From scores to weights: masks, and the softmax over the steps that are attended to. Rows are those of scores: row
// (h Tq + t) B + b of sample b, query step t and head h, pad4(Tv) columns, 16-byte aligned.

import { expVector } from "../activations";
import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { laneMask } from "../math/rows";
import { rowMaximum, scaleRow } from "../math/softmax";
import { isMasked } from "../recurrent/lengths";

/** A masked score has 10^9 taken from it, as in Keras' Attention: a row without any other is the mean of all steps. */
export const MASK_LOWER: i32 = 0;
/** A masked score is the lowest of all, as in Keras' dot_product_attention: likewise. */
export const MASK_REPLACE: i32 = 1;
/** The same, and its weight is 0 whatever the others are, as in Keras' Softmax. */
export const MASK_CLEAR: i32 = 2;

/** Below it exp is no normal float32: what Keras has as 0. */
const LEAST: f32 = -87.3365402;

/** Whether step j is not to be seen from query step t, which is `step` of its whole sequence. */
// @ts-ignore: decorator
@inline
function hidden(causal: bool, step: i32, j: i32, b: i32, values: usize, keys: usize): bool {
  if (causal && j > step) return true;
  if (values && isMasked(values, b, j)) return true;
  return keys != 0 && isMasked(keys, b, j);
}

/** row = softmax(row) over N columns; what is e^-87 of the largest or less becomes 0. Padding becomes 0. */
function normalized(N: i32, row: usize): void {
  const shift = f32x4.splat(rowMaximum(N, row));
  const least = f32x4.splat(LEAST);
  const last = (N - 1) & ~3;
  const lastMask = laneMask(N - last);
  let sum = f64x2.splat(0);
  for (let c = 0; c <= last; c += 4) {
    const at = row + ((<usize>c) << 2);
    const x = f32x4.sub(v128.load(at), shift);
    // a NaN is not below: it stays
    let e = v128.andnot(expVector(x), f32x4.lt(x, least));
    if (c == last) e = v128.and(e, lastMask);
    sum = f64x2.add(sum, f64x2.add(promoteLow(e), promoteHigh(e)));
    v128.store(at, e);
  }
  scaleRow(N, row, <f32>(1.0 / sumLanes(sum)));
}

/**
 * p = softmax over the columns of factor scale p, in place; scale: a float, or 0 for none. Column j is masked where
 * causal and j > first + t, or where values or keys mask step j of the sample, or queries step first + t (each of them
 * lengths of recurrent/lengths.ts, or 0). mode: what that means, see above.
 */
export function attentionSoftmax(
  B: i32, H: i32, Tq: i32, Tv: i32, first: i32, causal: bool, factor: f32, scale: usize,
  queries: usize, values: usize, keys: usize, mode: i32, p: usize, pStride: i32,
): void {
  const s = f32x4.splat(scale ? factor * load<f32>(scale) : factor);
  const masks = causal || queries || values || keys;
  for (let h = 0; h < H; ++h) {
    for (let t = 0; t < Tq; ++t) {
      for (let b = 0; b < B; ++b, p += (<usize>pStride) << 2) {
        for (let c = 0; c < Tv; c += 4) {
          const at = p + ((<usize>c) << 2);
          v128.store(at, f32x4.mul(v128.load(at), s));
        }
        const all = queries != 0 && isMasked(queries, b, first + t);
        for (let j = 0; masks && j < Tv; ++j) {
          if (!all && !hidden(causal, first + t, j, b, values, keys)) continue;
          const at = p + ((<usize>j) << 2);
          store<f32>(at, mode == MASK_LOWER ? load<f32>(at) - <f32>1e9 : <f32>-2.372671e38);
        }
        normalized(Tv, p);
        for (let j = 0; mode == MASK_CLEAR && masks && j < Tv; ++j) {
          if (all || hidden(causal, first + t, j, b, values, keys)) store<f32>(p + ((<usize>j) << 2), 0);
        }
      }
    }
  }
}

/**
 * dP = dL/d scores times their factor, where it was dL/d weights: p (dP - sum of p dP) over each of R rows of N columns,
 * padded with 0; p is only read. A masked score among others has p = 0, and so has a row of masked ones with MASK_CLEAR;
 * with MASK_LOWER the gradient flows to all of these, as in Keras, with MASK_REPLACE to none: see attentionHide.
 */
export function attentionSoftmaxBackward(R: i32, N: i32, p: usize, pStride: i32, dP: usize, dStride: i32): void {
  const end = (<usize>N) << 2;
  for (let r = 0; r < R; ++r, p += (<usize>pStride) << 2, dP += (<usize>dStride) << 2) {
    let sum = f64x2.splat(0);
    for (let at: usize = 0; at < end; at += 16) {
      const product = f32x4.mul(v128.load(p + at), v128.load(dP + at));
      sum = f64x2.add(sum, f64x2.add(promoteLow(product), promoteHigh(product)));
    }
    const mean = f32x4.splat(<f32>sumLanes(sum));
    for (let at: usize = 0; at < end; at += 16) {
      v128.store(dP + at, f32x4.mul(v128.load(p + at), f32x4.sub(v128.load(dP + at), mean)));
    }
  }
}

/** d = 0 where attentionSoftmax replaced a score; arguments as there, d in rows of scores. */
export function attentionHide(
  B: i32, H: i32, Tq: i32, Tv: i32, causal: bool, queries: usize, values: usize, keys: usize,
  d: usize, dStride: i32,
): void {
  for (let h = 0; h < H; ++h) {
    for (let t = 0; t < Tq; ++t) {
      for (let b = 0; b < B; ++b, d += (<usize>dStride) << 2) {
        const all = queries != 0 && isMasked(queries, b, t);
        for (let j = 0; j < Tv; ++j) {
          if (all || hidden(causal, t, j, b, values, keys)) store<f32>(d + ((<usize>j) << 2), 0);
        }
      }
    }
  }
}

/**
 * Returns the sum over R rows of a b, C columns each, in float64: the gradient of a factor. Rows of aStride and bStride
 * floats, padding 0; only read.
 */
export function sumOfProducts(R: i32, C: i32, a: usize, aStride: i32, b: usize, bStride: i32): f64 {
  const end = (<usize>C) << 2;
  let sum = f64x2.splat(0);
  for (let r = 0; r < R; ++r, a += (<usize>aStride) << 2, b += (<usize>bStride) << 2) {
    for (let at: usize = 0; at < end; at += 16) {
      const x = v128.load(a + at);
      const y = v128.load(b + at);
      sum = f64x2.add(sum, f64x2.mul(promoteLow(x), promoteLow(y)));
      sum = f64x2.add(sum, f64x2.mul(promoteHigh(x), promoteHigh(y)));
    }
  }
  return sumLanes(sum);
}

/** x *= factor scale over R rows of C columns; scale: a float, or 0 for none. */
export function scaleRows(R: i32, C: i32, x: usize, xStride: i32, factor: f32, scale: usize): void {
  const by = scale ? factor * load<f32>(scale) : factor;
  for (let r = 0; r < R; ++r, x += (<usize>xStride) << 2) scaleRow(C, x, by);
}
