// The yardstick of the benchmarks: multiply-adds that touch registers only.

import { madd } from "./vector";

/** Factor and summand: loaded, for V8 rebuilds a splatted constant in every round. */
const OPERANDS: usize = memory.data<f32>([0.5, 0.25], 16);

/**
 * Runs `iterations` rounds of 12 independent vector multiply-adds (fused in the
 * relaxed build) and returns the floating-point operations done: 2 a lane.
 * Every sum is pulled towards 0.5, so none leaves the normal range.
 */
export function ceilingMadd(iterations: i32): f64 {
  const a = v128.load32_splat(OPERANDS);
  const b = v128.load32_splat(OPERANDS, 4);
  let s0 = f32x4.splat(0.0);
  let s1 = f32x4.splat(0.1);
  let s2 = f32x4.splat(0.2);
  let s3 = f32x4.splat(0.3);
  let s4 = f32x4.splat(0.4);
  let s5 = f32x4.splat(0.6);
  let s6 = f32x4.splat(0.7);
  let s7 = f32x4.splat(0.8);
  let s8 = f32x4.splat(0.9);
  let s9 = f32x4.splat(1.0);
  let sa = f32x4.splat(1.1);
  let sb = f32x4.splat(1.2);
  for (let i = 0; i < iterations; ++i) {
    s0 = madd(s0, a, b);
    s1 = madd(s1, a, b);
    s2 = madd(s2, a, b);
    s3 = madd(s3, a, b);
    s4 = madd(s4, a, b);
    s5 = madd(s5, a, b);
    s6 = madd(s6, a, b);
    s7 = madd(s7, a, b);
    s8 = madd(s8, a, b);
    s9 = madd(s9, a, b);
    sa = madd(sa, a, b);
    sb = madd(sb, a, b);
  }
  s0 = f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
  s4 = f32x4.add(f32x4.add(s4, s5), f32x4.add(s6, s7));
  s8 = f32x4.add(f32x4.add(s8, s9), f32x4.add(sa, sb));
  // the sums are positive; the comparison only keeps the loop from being dropped
  const used = f32x4.extract_lane(f32x4.add(f32x4.add(s0, s4), s8), 0) < 0 ? 1.0 : 0.0;
  return <f64>iterations * 96.0 + used;
}
