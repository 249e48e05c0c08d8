// Softmax of one padded row, shared by the dense layer and the cross-entropy.

import { expVector } from "../activations";
import { promoteHigh, promoteLow, sumLanes } from "./f64x2";
import { laneMask, maxAcross } from "./rows";

/** The largest of row[0..N). */
export function rowMaximum(N: i32, row: usize): f32 {
  const last = (N - 1) & ~3;
  // Lanes beyond N repeat the row's first value, so that they never win.
  const first = v128.load32_splat(row);
  let largest = v128.bitselect(v128.load(row + ((<usize>last) << 2)), first, laneMask(N - last));
  for (let c = 0; c < last; c += 4) {
    largest = f32x4.max(largest, v128.load(row + ((<usize>c) << 2)));
  }
  return maxAcross(largest);
}

/**
 * to[0..N) = exp(row - maximum), padding up to pad4(N) = 0; returns the f64 sum. `to` may be the
 * row itself, or 0 where the sum alone is wanted.
 * With maximum = rowMaximum no argument is positive, so nothing overflows and the sum is >= 1.
 */
export function rowExp(N: i32, row: usize, to: usize, maximum: f32): f64 {
  const shift = f32x4.splat(maximum);
  const last = (N - 1) & ~3;
  const lastMask = laneMask(N - last);
  let sum = f64x2.splat(0);
  for (let c = 0; c <= last; c += 4) {
    const at = (<usize>c) << 2;
    let e = expVector(f32x4.sub(v128.load(row + at), shift));
    if (c == last) e = v128.and(e, lastMask);
    sum = f64x2.add(sum, f64x2.add(promoteLow(e), promoteHigh(e)));
    if (to) v128.store(to + at, e);
  }
  return sumLanes(sum);
}

/** row[0..N) *= factor, in whole vectors: padding of 0 stays 0. */
export function scaleRow(N: i32, row: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let c = 0; c < N; c += 4) {
    const at = row + ((<usize>c) << 2);
    v128.store(at, f32x4.mul(v128.load(at), factors));
  }
}

/** row[0..N) = softmax(row), padding up to pad4(N) = 0. */
export function rowSoftmax(N: i32, row: usize): void {
  const sum = rowExp(N, row, row, rowMaximum(N, row));
  scaleRow(N, row, <f32>(1.0 / sum));
}
