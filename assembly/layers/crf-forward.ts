import { expVector } from "../activations";
import { laneMask } from "../math/rows";
import { rowExp, rowMaximum } from "../math/softmax";
import { pad4 } from "../math/vector";
import { rowWeight } from "../losses/row-weight";
import { addRow, rowAt, stepsOf, tagOf } from "./crf-layout";

/**
 * The forward pass in log space, and the mean over B samples of the negative log-likelihood of their tags:
 *   score(y) = start[y_0] + sum of x_t[y_t] + sum of A[y_t-1][y_t] + end[y_L-1]
 *   loss = 1/B sum of weight (log(sum over all paths of exp(score)) - score(y))
 *   alpha_0 = start + x_0,  alpha_t[j] = x_t[j] + log(sum over i of exp(alpha_t-1[i] + A[i][j]))
 * each sum of exponentials by its largest term. A row of alpha is kept less its maximum, and the maxima are
 * summed in f64, so that long sequences lose no digits.
 *
 * x [T*B][xStride] emissions, w, lengths: see crf-layout.ts; t [T*B][tStride] one-hot tags, or 0: then only alpha
 * is computed, and 0 returned. weights: a factor for each row, of which that of a sample's first step
 * counts; 0 for none. All only read. alpha [T*B][pad4(K)], scratch pad4(K) floats: written; rows of alpha
 * past a sample's end stay as they are. Exponentials and rows f32, logarithms f64.
 * Source: Lafferty, McCallum and Pereira 2001; pytorch-crf 0.7.2 (torchcrf/__init__.py).
 */
export function crfForward(
  B: i32, T: i32, K: i32, x: usize, xStride: i32, w: usize, lengths: usize, t: usize, tStride: i32,
  weights: usize, alpha: usize, scratch: usize,
): f64 {
  const Kp = pad4(K);
  const start = w + ((<usize>K * <usize>Kp) << 2);
  const end = start + ((<usize>Kp) << 2);
  let loss = 0.0;
  for (let b = 0; b < B; ++b) {
    const steps = stepsOf(lengths, b, T);
    if (steps == 0) continue;
    let total = 0.0;
    for (let s = 0; s < steps; ++s) {
      const row = rowAt(alpha, B, b, s, Kp);
      const emissions = rowAt(x, B, b, s, xStride);
      if (s == 0) addRow(K, start, emissions, row);
      else crfStep(K, Kp, rowAt(alpha, B, b, s - 1, Kp), w, emissions, row);
      total += <f64>shiftRow(K, row);
    }
    if (!t) continue;
    addRow(K, rowAt(alpha, B, b, steps - 1, Kp), end, scratch);
    const largest = rowMaximum(K, scratch);
    total += <f64>largest + NativeMath.log(rowExp(K, scratch, 0, largest));
    const likelihood = total - score(B, b, steps, K, Kp, x, xStride, w, t, tStride);
    loss += rowWeight(weights, b) * likelihood;
  }
  return loss / <f64>B;
}

/** to[j] = e[j] + log(sum over i of exp(a[i] + w[i][j])); padding 0. An export, so that V8 keeps it apart. */
export function crfStep(K: i32, Kp: i32, a: usize, w: usize, e: usize, to: usize): void {
  const next = (<usize>Kp) << 2;
  for (let c = 0; c < K; c += 4) {
    const at = (<usize>c) << 2;
    let largest = f32x4.splat(-Infinity);
    let row = w + at;
    for (let i = 0; i < K; ++i, row += next) {
      const before = v128.load32_splat(a + ((<usize>i) << 2));
      largest = f32x4.max(largest, f32x4.add(before, v128.load(row)));
    }
    let sum = f32x4.splat(0);
    row = w + at;
    for (let i = 0; i < K; ++i, row += next) {
      const before = v128.load32_splat(a + ((<usize>i) << 2));
      const term = f32x4.add(before, v128.load(row));
      sum = f32x4.add(sum, expVector(f32x4.sub(term, largest)));
    }
    const result = f32x4.add(v128.load(e + at), f32x4.add(largest, logOf(sum)));
    v128.store(to + at, v128.and(result, laneMask(K - c)));
  }
}

// @ts-ignore: decorator
@inline
function logOf(a: v128): v128 {
  return f32x4(
    <f32>NativeMath.log(<f64>f32x4.extract_lane(a, 0)),
    <f32>NativeMath.log(<f64>f32x4.extract_lane(a, 1)),
    <f32>NativeMath.log(<f64>f32x4.extract_lane(a, 2)),
    <f32>NativeMath.log(<f64>f32x4.extract_lane(a, 3)),
  );
}

/** Takes its maximum from a row, whose padding stays 0, and returns it. */
export function shiftRow(K: i32, row: usize): f32 {
  const largest = rowMaximum(K, row);
  const shift = f32x4.splat(largest);
  for (let c = 0; c < K; c += 4) {
    const at = row + ((<usize>c) << 2);
    v128.store(at, v128.and(f32x4.sub(v128.load(at), shift), laneMask(K - c)));
  }
  return largest;
}

// @ts-ignore: decorator
@inline
function at(row: usize, c: i32): f64 {
  return <f64>load<f32>(row + ((<usize>c) << 2));
}

function score(
  B: i32, b: i32, steps: i32, K: i32, Kp: i32, x: usize, xStride: i32, w: usize, t: usize, tStride: i32,
): f64 {
  const rowBytes = (<usize>Kp) << 2;
  let before = tagOf(K, rowAt(t, B, b, 0, tStride));
  let sum = at(w + <usize>K * rowBytes, before) + at(rowAt(x, B, b, 0, xStride), before);
  for (let s = 1; s < steps; ++s) {
    const tag = tagOf(K, rowAt(t, B, b, s, tStride));
    sum += at(w + <usize>before * rowBytes, tag) + at(rowAt(x, B, b, s, xStride), tag);
    before = tag;
  }
  return sum + at(w + <usize>(K + 1) * rowBytes, before);
}
