// Vectors of length 1: y = x min(1 / |x|, 10^7), over the features of each row or over the time steps of each feature.
// x, y [T][B][stride], C columns padded with 0; 16-byte aligned, strides in floats, multiples of 4.
// Source: keras.ops.normalize, order 2. A vector shorter than 10^-7 is scaled by 10^7, and so is its gradient.

import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { scaleRow } from "../math/softmax";
import { pad4 } from "../math/vector";

const MOST: f32 = 1e7;

// @ts-ignore: decorator
@inline
function inverse(squares: f64): f32 {
  return <f32>min<f64>(1 / sqrt(squares), MOST);
}

/** Sum of a b over one row of C columns. */
// @ts-ignore: decorator
@inline
function rowProduct(C: i32, a: usize, b: usize): f64 {
  const end = (<usize>C) << 2;
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < end; at += 16) {
    const x = v128.load(a + at);
    const y = v128.load(b + at);
    sum = f64x2.add(sum, f64x2.mul(promoteLow(x), promoteLow(y)));
    sum = f64x2.add(sum, f64x2.mul(promoteHigh(x), promoteHigh(y)));
  }
  return sumLanes(sum);
}

/** Of each of R rows: y, and its factor in inverses [R]. */
export function normalizeRows(R: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32, inverses: usize): void {
  const bytes = (<usize>pad4(C)) << 2;
  for (let r = 0; r < R; ++r, x += (<usize>xStride) << 2, y += (<usize>yStride) << 2, inverses += 4) {
    const by = inverse(rowProduct(C, x, x));
    store<f32>(inverses, by);
    for (let at: usize = 0; at < bytes; at += 16) v128.store(y + at, v128.load(x + at));
    scaleRow(C, y, by);
  }
}

/** d = dL/dx where it was dL/dy: inverse (d - y sum(y d)); y and inverses of normalizeRows. */
export function normalizeRowsBackward(
  R: i32, C: i32, y: usize, yStride: i32, inverses: usize, d: usize, dStride: i32,
): void {
  const bytes = (<usize>pad4(C)) << 2;
  for (let r = 0; r < R; ++r, y += (<usize>yStride) << 2, d += (<usize>dStride) << 2, inverses += 4) {
    const by = load<f32>(inverses);
    if (by < MOST) {
      const along = f32x4.splat(<f32>rowProduct(C, y, d));
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(d + at, f32x4.sub(v128.load(d + at), f32x4.mul(v128.load(y + at), along)));
      }
    }
    scaleRow(C, d, by);
  }
}

/** Of each feature of each of B samples, over T steps: y, and its factor in inverses [B][pad4(C)]. */
export function normalizeSteps(
  B: i32, T: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32, inverses: usize,
): void {
  const xStep = (<usize>B * <usize>xStride) << 2;
  const yStep = (<usize>B * <usize>yStride) << 2;
  for (let b = 0; b < B; ++b, x += (<usize>xStride) << 2, y += (<usize>yStride) << 2) {
    for (let c = 0; c < pad4(C); ++c, inverses += 4) {
      let from = x + ((<usize>c) << 2);
      let sum: f64 = 0;
      for (let t = 0; t < T; ++t, from += xStep) sum += <f64>load<f32>(from) * <f64>load<f32>(from);
      const by = c < C ? inverse(sum) : 0;
      store<f32>(inverses, by);
      from = x + ((<usize>c) << 2);
      let to = y + ((<usize>c) << 2);
      for (let t = 0; t < T; ++t, from += xStep, to += yStep) store<f32>(to, by * load<f32>(from));
    }
  }
}

/** As normalizeRowsBackward. */
export function normalizeStepsBackward(
  B: i32, T: i32, C: i32, y: usize, yStride: i32, inverses: usize, d: usize, dStride: i32,
): void {
  const yStep = (<usize>B * <usize>yStride) << 2;
  const dStep = (<usize>B * <usize>dStride) << 2;
  for (let b = 0; b < B; ++b, y += (<usize>yStride) << 2, d += (<usize>dStride) << 2) {
    for (let c = 0; c < pad4(C); ++c, inverses += 4) {
      const by = load<f32>(inverses);
      let unit = y + ((<usize>c) << 2);
      let at = d + ((<usize>c) << 2);
      let sum: f64 = 0;
      for (let t = 0; by < MOST && t < T; ++t) {
        sum += <f64>load<f32>(unit + <usize>t * yStep) * <f64>load<f32>(at + <usize>t * dStep);
      }
      for (let t = 0; t < T; ++t, unit += yStep, at += dStep) {
        store<f32>(at, by * (load<f32>(at) - <f32>sum * load<f32>(unit)));
      }
    }
  }
}
