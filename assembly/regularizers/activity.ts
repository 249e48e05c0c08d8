// Penalties on what layers put out, as activityRegularizer of Keras: of rows of n floats, padded to a multiple of 4 (what stands
// there, as in states, counts for nothing), row r that of sample r mod B in step first + r / B. Where lengths are given rows of masked steps count as 0.

import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { madd } from "../math/vector";
import { isMasked } from "../recurrent/lengths";

/** Ones in the lanes of the last vector of n floats that are not padding. */
function lastLanes(n: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(((n - 1) & 3) + 1));
}

/** Returns l1 sum |x| + l2 sum x^2. Sums are f64 in a fixed order. x: rows stride floats apart, 16-byte aligned; read only. */
export function activityPenalty(
  rows: i32, n: i32, x: usize, stride: i32, B: i32, lengths: usize, first: i32, l1: f64, l2: f64,
): f64 {
  let magnitudes = f64x2.splat(0);
  let squares = f64x2.splat(0);
  const last = (<usize>(n - 1) >> 2) << 4;
  const lanes = lastLanes(n);
  const all = i32x4.splat(-1);
  for (let r = 0; r < rows; ++r, x += (<usize>stride) << 2) {
    if (lengths && isMasked(lengths, r % B, first + r / B)) continue;
    for (let at: usize = 0; at <= last; at += 16) {
      const a = f32x4.abs(v128.and(v128.load(x + at), select<v128>(lanes, all, at == last)));
      const low = promoteLow(a);
      const high = promoteHigh(a);
      magnitudes = f64x2.add(magnitudes, f64x2.add(low, high));
      squares = f64x2.add(squares, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    }
  }
  return l1 * sumLanes(magnitudes) + l2 * sumLanes(squares);
}

/** Its gradient: g += l1 sign(x) + 2 l2 x, sign(0) = 0; rows of g gStride floats apart. They do not overlap. */
export function addActivityGradient(
  rows: i32, n: i32, x: usize, stride: i32, B: i32, lengths: usize, first: i32, l1: f32, l2: f32, g: usize,
  gStride: i32,
): void {
  const signs = i32x4.splat(0x80000000);
  const magnitude = f32x4.splat(l1);
  const slope = f32x4.splat(2 * l2);
  const zero = f32x4.splat(0);
  const last = (<usize>(n - 1) >> 2) << 4;
  const lanes = lastLanes(n);
  const all = i32x4.splat(-1);
  for (let r = 0; r < rows; ++r) {
    if (!lengths || !isMasked(lengths, r % B, first + r / B)) {
      for (let at: usize = 0; at <= last; at += 16) {
        const v = v128.and(v128.load(x + at), select<v128>(lanes, all, at == last));
        const step = v128.and(v128.or(magnitude, v128.and(v, signs)), f32x4.ne(v, zero));
        v128.store(g + at, f32x4.add(v128.load(g + at), madd(slope, v, step)));
      }
    }
    x += (<usize>stride) << 2;
    g += (<usize>gStride) << 2;
  }
}
