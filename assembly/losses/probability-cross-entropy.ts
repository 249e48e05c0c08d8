// Cross-entropy of outputs that are probabilities already (a sigmoid's, say), as Keras 3 computes
// it on TensorFlow from outputs that no softmax made: the outputs are clipped away from 0 and 1 by
// 1e-7, the categorical loss after they were divided by their sum, the sparse one before. Where an
// output was clipped it has no gradient.
//
// y [R][yStride] outputs, t [R][tStride] targets (one-hot for the sparse loss): only read, what
// stands in columns N.. does not matter. dY [R][dYStride], or 0 when no gradient is wanted: written,
// columns N..pad4(N) as 0; may be neither y nor t. Strides in floats, >= pad4(N). All sums f64 in a fixed
// order. A row of outputs that sums to 0 gives NaN. weights: a factor for each row's loss and
// gradient, f32, one after the other; 0 for none.
//
// Source: keras/src/backend/tensorflow/nn.py, categorical_crossentropy and its sparse sister.

import { rowWeight } from "./row-weight";
import { pad4 } from "../math/vector";

const EPSILON: f64 = 1e-7;

// @ts-ignore: decorator
@inline
function clipped(p: f64): f64 {
  return min(max(p, EPSILON), 1.0 - EPSILON);
}

// @ts-ignore: decorator
@inline
function inside(p: f64): bool {
  return p >= EPSILON && p <= 1.0 - EPSILON;
}

// @ts-ignore: decorator
@inline
function at(row: usize, c: i32): f64 {
  return <f64>load<f32>(row + ((<usize>c) << 2));
}

/**
 * With p = y / sum(y): returns -1/R sum of t log(clipped p);
 * dY = (W - t / p where p is inside) / (sum(y) R), with W the sum of t over the p inside.
 */
export function categoricalCrossEntropy(
  R: i32, N: i32, y: usize, yStride: i32, t: usize, tStride: i32, dY: usize, dYStride: i32,
  weights: usize,
): f64 {
  let loss = 0.0;
  for (let r = 0; r < R; ++r) {
    const factor = rowWeight(weights, r);
    let sum = 0.0;
    for (let c = 0; c < N; ++c) sum += at(y, c);
    let weight = 0.0;
    for (let c = 0; c < N; ++c) {
      const target = at(t, c);
      const p = at(y, c) / sum;
      loss -= factor * (target * NativeMath.log(clipped(p)));
      if (inside(p)) weight += target;
    }
    if (dY) {
      const scale = factor / (sum * <f64>R);
      for (let c = 0; c < N; ++c) {
        const p = at(y, c) / sum;
        const own = inside(p) ? at(t, c) / p : 0.0;
        store<f32>(dY + ((<usize>c) << 2), <f32>((weight - own) * scale));
      }
      clearPadding(N, dY);
      dY += (<usize>dYStride) << 2;
    }
    y += (<usize>yStride) << 2;
    t += (<usize>tStride) << 2;
  }
  return loss / <f64>R;
}

/**
 * With q = clipped y: returns 1/R sum of t (log(sum(q)) - log q);
 * dY = (W / sum(q) - t / q) / R where y is inside, else 0, with W the sum of t.
 */
export function sparseCrossEntropy(
  R: i32, N: i32, y: usize, yStride: i32, t: usize, tStride: i32, dY: usize, dYStride: i32,
  weights: usize,
): f64 {
  let loss = 0.0;
  for (let r = 0; r < R; ++r) {
    const factor = rowWeight(weights, r);
    let sum = 0.0;
    let weight = 0.0;
    let likelihood = 0.0;
    for (let c = 0; c < N; ++c) {
      const q = clipped(at(y, c));
      const target = at(t, c);
      sum += q;
      weight += target;
      likelihood += target * NativeMath.log(q);
    }
    loss += factor * (weight * NativeMath.log(sum) - likelihood);
    if (dY) {
      const scale = factor / <f64>R;
      for (let c = 0; c < N; ++c) {
        const q = at(y, c);
        const gradient = inside(q) ? (weight / sum - at(t, c) / q) * scale : 0.0;
        store<f32>(dY + ((<usize>c) << 2), <f32>gradient);
      }
      clearPadding(N, dY);
      dY += (<usize>dYStride) << 2;
    }
    y += (<usize>yStride) << 2;
    t += (<usize>tStride) << 2;
  }
  return loss / <f64>R;
}

function clearPadding(N: i32, row: usize): void {
  for (let c = N; c < pad4(N); ++c) store<f32>(row + ((<usize>c) << 2), 0);
}
