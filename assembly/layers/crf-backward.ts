import { promoteHigh, promoteLow } from "../math/f64x2";
import { rowExp, rowMaximum, scaleRow } from "../math/softmax";
import { pad4 } from "../math/vector";
import { rowWeight } from "../losses/row-weight";
import { shiftRow } from "./crf-forward";
import { addRow, rowAt, stepsOf, tagOf } from "./crf-layout";

// beta_L-1 = end,  beta_t[i] = log(sum over j of exp(A[i][j] + x_t+1[j] + beta_t+1[j])); the probability of a tag is
//   p_t[i] = softmax(alpha_t + beta_t)[i],
// that of two tags p_t[i] exp(A[i][j] + x_t+1[j] + beta_t+1[j] - beta_t[i]). Each step divides by a sum of its
// own, so rounding does not add up over time.

/**
 * Gradients of crfForward's loss: what is expected less what is observed,
 *   dX_t[j] = weight / B (p_t[j] - [y_t = j]),  dA[i][j] = 1/B sum of weight (p_t[i, j] - [y_t, y_t+1 = i, j])
 * and those of start and end likewise from the first and the last step.
 *
 * x, w, lengths, t, weights, alpha as crfForward had and left them: only read. dX [T*B][dXStride], or 0: written,
 * 0 past a sample's end and in the padding. dW like w, or 0: written, sums of f64. scratch
 * crfBackwardScratchFloats(K). Nothing may alias.
 */
export function crfBackward(
  B: i32, T: i32, K: i32, x: usize, xStride: i32, w: usize, lengths: usize, t: usize, tStride: i32,
  weights: usize, alpha: usize, dX: usize, dXStride: i32, dW: usize, scratch: usize,
): void {
  const Kp = pad4(K);
  const sums = scratch;
  const floats = (K + 2) * Kp;
  scratch += (<usize>floats) << 3;
  if (dW) memory.fill(sums, 0, (<usize>floats) << 3);
  for (let b = 0; b < B; ++b) {
    const weight = rowWeight(weights, b);
    sample(
      B, b, T, K, Kp, x, xStride, w, lengths, t, tStride, alpha, dX, dXStride, dW ? sums : 0,
      weight, weight / <f64>B, scratch,
    );
  }
  if (!dW) return;
  for (let n = 0; n < floats; ++n) {
    store<f32>(dW + ((<usize>n) << 2), <f32>(load<f64>(sums + ((<usize>n) << 3)) / <f64>B));
  }
}

/**
 * y_t[j] = the probability of tag j in step t of all paths, 0 past a sample's end and in the padding. Arguments
 * as those of crfBackward; y [T*B][yStride] and scratch are written.
 */
export function crfMarginals(
  B: i32, T: i32, K: i32, x: usize, xStride: i32, w: usize, lengths: usize, alpha: usize, y: usize,
  yStride: i32, scratch: usize,
): void {
  const Kp = pad4(K);
  for (let b = 0; b < B; ++b) {
    sample(B, b, T, K, Kp, x, xStride, w, lengths, 0, 0, alpha, y, yStride, 0, 1, 1, scratch);
  }
}

/** One sample: out_t = factor (p_t - observed), and to sums, in f64, weight times its counts. */
function sample(
  B: i32, b: i32, T: i32, K: i32, Kp: i32, x: usize, xStride: i32, w: usize, lengths: usize, t: usize,
  tStride: i32, alpha: usize, out: usize, outStride: i32, sums: usize, weight: f64, factor: f64,
  scratch: usize,
): void {
  const rowBytes = (<usize>Kp) << 2;
  const beta = scratch;
  const ahead = beta + rowBytes;
  const p = ahead + rowBytes;
  const inverse = p + rowBytes;
  const pairs = inverse + rowBytes;
  const steps = stepsOf(lengths, b, T);
  if (out) {
    for (let s = steps; s < T; ++s) memory.fill(rowAt(out, B, b, s, outStride), 0, rowBytes);
  }
  memory.copy(beta, w + <usize>(K + 1) * rowBytes, rowBytes);
  let after = -1;
  for (let s = steps - 1; s >= 0; --s) {
    if (s < steps - 1) {
      addRow(K, rowAt(x, B, b, s + 1, xStride), beta, ahead);
      stepBack(K, rowBytes, w, ahead, pairs, inverse, beta);
    }
    addRow(K, rowAt(alpha, B, b, s, Kp), beta, p);
    scaleRow(K, p, <f32>(1.0 / rowExp(K, p, p, rowMaximum(K, p))));
    const tag = t ? tagOf(K, rowAt(t, B, b, s, tStride)) : -1;
    if (out) {
      const row = rowAt(out, B, b, s, outStride);
      memory.copy(row, p, rowBytes);
      if (tag >= 0) addTo(row, tag, -1);
      scaleRow(K, row, <f32>factor);
    }
    if (sums) {
      if (s == 0) count(K, p, weight, sums + 2 * <usize>K * rowBytes, tag);
      if (s == steps - 1) count(K, p, weight, sums + 2 * <usize>(K + 1) * rowBytes, tag);
      else {
        for (let i = 0; i < K; ++i) {
          const lane = (<usize>i) << 2;
          const share = weight * <f64>load<f32>(p + lane) * <f64>load<f32>(inverse + lane);
          const observed = i == tag ? after : -1;
          const to = sums + 2 * <usize>i * rowBytes;
          add(K, pairs + <usize>i * rowBytes, share, to);
          if (observed >= 0) subtract(to, observed, weight);
        }
      }
    }
    after = tag;
  }
}

/** beta = that of the step before, less its maximum; pairs[i][j] inverse[i] = the probability of j after i. */
function stepBack(
  K: i32, rowBytes: usize, w: usize, ahead: usize, pairs: usize, inverse: usize, beta: usize,
): void {
  for (let i = 0; i < K; ++i) {
    const row = pairs + <usize>i * rowBytes;
    addRow(K, w + <usize>i * rowBytes, ahead, row);
    const largest = rowMaximum(K, row);
    const sum = rowExp(K, row, row, largest);
    store<f32>(inverse + ((<usize>i) << 2), <f32>(1.0 / sum));
    store<f32>(beta + ((<usize>i) << 2), <f32>(<f64>largest + NativeMath.log(sum)));
  }
  shiftRow(K, beta);
}

/** sums += weight (p - the tag that is observed). */
function count(K: i32, p: usize, weight: f64, sums: usize, tag: i32): void {
  add(K, p, weight, sums);
  if (tag >= 0) subtract(sums, tag, weight);
}

/** sums[j] += factor row[j], f64; padding of 0 stays 0. */
function add(K: i32, row: usize, factor: f64, sums: usize): void {
  const factors = f64x2.splat(factor);
  for (let c = 0; c < K; c += 4, row += 16, sums += 32) {
    const values = v128.load(row);
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(promoteLow(values), factors)));
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.mul(promoteHigh(values), factors)), 16);
  }
}

// @ts-ignore: decorator
@inline
function subtract(sums: usize, c: i32, value: f64): void {
  const place = sums + ((<usize>c) << 3);
  store<f64>(place, load<f64>(place) - value);
}

// @ts-ignore: decorator
@inline
function addTo(row: usize, c: i32, value: f32): void {
  const place = row + ((<usize>c) << 2);
  store<f32>(place, load<f32>(place) + value);
}
