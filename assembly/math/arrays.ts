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
 * Returns the sum of g[i]^2 over `runs` stretches of n floats, n a multiple of 4 (padding holds 0
 * and adds nothing), that begin `stride` floats apart. Squares and sums are f64, so neither large
 * nor tiny gradients are lost, and the order of the additions is fixed: the same bits on every
 * run. g, 16-byte aligned, is only read.
 */
export function sumOfSquares(runs: i32, n: i32, stride: i32, g: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  const bytes = (<usize>n) << 2;
  const pairBytes = (<usize>(n & ~7)) << 2;
  for (let run = 0; run < runs; ++run, g += (<usize>stride) << 2) {
    let at = g;
    const pairEnd = g + pairBytes;
    for (; at < pairEnd; at += 32) {
      const a = v128.load(at);
      const b = v128.load(at, 16);
      const a0 = promoteLow(a);
      const a1 = promoteHigh(a);
      const b0 = promoteLow(b);
      const b1 = promoteHigh(b);
      s0 = f64x2.add(s0, f64x2.mul(a0, a0));
      s1 = f64x2.add(s1, f64x2.mul(a1, a1));
      s2 = f64x2.add(s2, f64x2.mul(b0, b0));
      s3 = f64x2.add(s3, f64x2.mul(b1, b1));
    }
    if (at < g + bytes) {
      const a = v128.load(at);
      const a0 = promoteLow(a);
      const a1 = promoteHigh(a);
      s0 = f64x2.add(s0, f64x2.mul(a0, a0));
      s1 = f64x2.add(s1, f64x2.mul(a1, a1));
    }
  }
  return sumLanes(f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3)));
}

/**
 * a[i] = min(max(a[i], -limit), limit) over n floats, n a multiple of 4; limit > 0. Infinities
 * become +-limit, NaN stays NaN. a: 16-byte aligned.
 */
export function clampValues(n: i32, a: usize, limit: f32): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  const end = a + ((<usize>n) << 2);
  for (; a < end; a += 16) {
    v128.store(a, f32x4.min(f32x4.max(v128.load(a), low), high));
  }
}

/**
 * a[i] = a[i] factor over n floats, any n >= 0: the product in f64, rounded once. a: float-aligned at least.
 */
export function scaleValues(n: i32, a: usize, factor: f64): void {
  const factors = f64x2.splat(factor);
  const end = a + ((<usize>n) << 2);
  const vectorEnd = a + ((<usize>(n & ~3)) << 2);
  for (; a < vectorEnd; a += 16) {
    const values = v128.load(a);
    const low = f32x4.demote_f64x2_zero(f64x2.mul(promoteLow(values), factors));
    const high = f32x4.demote_f64x2_zero(f64x2.mul(promoteHigh(values), factors));
    v128.store(a, v128.shuffle<i32>(low, high, 0, 1, 4, 5));
  }
  for (; a < end; a += 4) store<f32>(a, <f32>(<f64>load<f32>(a) * factor));
}

/**
 * Returns the largest |a[i]| over n floats, n a multiple of 4; NaN where one of them is NaN. Without
 * its sign a float is ordered as its bits are, infinity above all numbers and NaN above infinity.
 * a, 16-byte aligned, is only read.
 */
export function largestMagnitude(n: i32, a: usize): f32 {
  const mask = i32x4.splat(0x7fffffff);
  let m0 = i32x4.splat(0);
  let m1 = i32x4.splat(0);
  const end = a + ((<usize>n) << 2);
  const pairEnd = a + ((<usize>(n & ~7)) << 2);
  for (; a < pairEnd; a += 32) {
    m0 = i32x4.max_u(m0, v128.and(v128.load(a), mask));
    m1 = i32x4.max_u(m1, v128.and(v128.load(a, 16), mask));
  }
  if (a < end) m0 = i32x4.max_u(m0, v128.and(v128.load(a), mask));
  m0 = i32x4.max_u(m0, m1);
  m0 = i32x4.max_u(m0, v128.shuffle<i32>(m0, m0, 2, 3, 0, 1));
  m0 = i32x4.max_u(m0, v128.shuffle<i32>(m0, m0, 1, 0, 3, 2));
  return reinterpret<f32>(i32x4.extract_lane(m0, 0));
}
