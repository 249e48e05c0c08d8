// Elementwise passes over flat float arrays.

import { promoteHigh, promoteLow, sumLanes } from "./f64x2";

/**
 * ptr[0..n) = value. Any n >= 0; ptr float-aligned at least.
 */
export function fill(n: i32, ptr: usize, value: f32): void {
  const values = f32x4.splat(value);
  const end = ptr + ((<usize>n) << 2);
  const vectorEnd = ptr + ((<usize>(n & ~3)) << 2);
  for (; ptr < vectorEnd; ptr += 16) v128.store(ptr, values);
  for (; ptr < end; ptr += 4) store<f32>(ptr, value);
}

/**
 * Returns the sum of g[i]^2 over n floats, n a multiple of 4 (padding holds 0 and adds nothing).
 * Squares and sums are f64, so neither large nor tiny gradients are lost, and the order of the
 * additions is fixed: the same bits on every run. g, 16-byte aligned, is only read.
 */
export function sumOfSquares(n: i32, g: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  const end = g + ((<usize>n) << 2);
  const pairEnd = g + ((<usize>(n & ~7)) << 2);
  for (; g < pairEnd; g += 32) {
    const a = v128.load(g);
    const b = v128.load(g, 16);
    const a0 = promoteLow(a);
    const a1 = promoteHigh(a);
    const b0 = promoteLow(b);
    const b1 = promoteHigh(b);
    s0 = f64x2.add(s0, f64x2.mul(a0, a0));
    s1 = f64x2.add(s1, f64x2.mul(a1, a1));
    s2 = f64x2.add(s2, f64x2.mul(b0, b0));
    s3 = f64x2.add(s3, f64x2.mul(b1, b1));
  }
  if (g < end) {
    const a = v128.load(g);
    const a0 = promoteLow(a);
    const a1 = promoteHigh(a);
    s0 = f64x2.add(s0, f64x2.mul(a0, a0));
    s1 = f64x2.add(s1, f64x2.mul(a1, a1));
  }
  return sumLanes(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
}
