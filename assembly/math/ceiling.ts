// The yardstick of the benchmarks: multiply-adds that touch registers only.

import { isWide } from "../wide";
import { madd } from "./vector";

/** Factor and summand: loaded, for V8 rebuilds a splatted constant in every round. */
const OPERANDS: usize = memory.data<f32>([0.5, 0.25], 16);
/** Where sums of the wide yardstick begin and end: it is seen by what it loads and stores. */
const SUMS: usize = memory.data<f32>([
  0.1, 0.11, 0.12, 0.13, 0.14, 0.15, 0.16, 0.17, 0.18, 0.19, 0.2, 0.21,
  0.22, 0.23, 0.24, 0.25, 0.26, 0.27, 0.28, 0.29, 0.3, 0.31, 0.32, 0.33,
  0.34, 0.35, 0.36, 0.37, 0.38, 0.39, 0.4, 0.41, 0.42, 0.43, 0.44, 0.45,
  0.46, 0.47, 0.48, 0.49, 0.5, 0.51, 0.52, 0.53, 0.54, 0.55, 0.56, 0.57,
  0.58, 0.59, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66, 0.67, 0.68, 0.69,
  0.7, 0.71, 0.72, 0.73, 0.74, 0.75, 0.76, 0.77, 0.78, 0.79, 0.8, 0.81,
  0.82, 0.83, 0.84, 0.85, 0.86, 0.87, 0.88, 0.89, 0.9, 0.91, 0.92, 0.93,
  0.94, 0.95, 0.96, 0.97, 0.98, 0.99, 1.0, 1.01, 1.02, 1.03, 1.04, 1.05,
], 32);

/**
 * Runs `iterations` rounds of independent vector multiply-adds (fused in the relaxed build) and
 * returns the floating-point operations done: 2 a lane. 12 of four lanes a round, or in wide engines
 * 12 of eight. Every sum is pulled towards 0.5, so none leaves the normal range.
 */
export function ceilingMadd(iterations: i32): f64 {
  return isWide() ? ceilingWide(iterations) : ceilingNarrow(iterations);
}

function ceilingNarrow(iterations: i32): f64 {
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

function ceilingWide(iterations: i32): f64 {
  const a = v128.load32_splat(OPERANDS);
  const b = v128.load32_splat(OPERANDS, 4);
  let s0 = v128.load(SUMS);
  let s1 = v128.load(SUMS, 16);
  let s2 = v128.load(SUMS, 32);
  let s3 = v128.load(SUMS, 48);
  let s4 = v128.load(SUMS, 64);
  let s5 = v128.load(SUMS, 80);
  let s6 = v128.load(SUMS, 96);
  let s7 = v128.load(SUMS, 112);
  let s8 = v128.load(SUMS, 128);
  let s9 = v128.load(SUMS, 144);
  let s10 = v128.load(SUMS, 160);
  let s11 = v128.load(SUMS, 176);
  let s12 = v128.load(SUMS, 192);
  let s13 = v128.load(SUMS, 208);
  let s14 = v128.load(SUMS, 224);
  let s15 = v128.load(SUMS, 240);
  let s16 = v128.load(SUMS, 256);
  let s17 = v128.load(SUMS, 272);
  let s18 = v128.load(SUMS, 288);
  let s19 = v128.load(SUMS, 304);
  let s20 = v128.load(SUMS, 320);
  let s21 = v128.load(SUMS, 336);
  let s22 = v128.load(SUMS, 352);
  let s23 = v128.load(SUMS, 368);
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
    s10 = madd(s10, a, b);
    s11 = madd(s11, a, b);
    s12 = madd(s12, a, b);
    s13 = madd(s13, a, b);
    s14 = madd(s14, a, b);
    s15 = madd(s15, a, b);
    s16 = madd(s16, a, b);
    s17 = madd(s17, a, b);
    s18 = madd(s18, a, b);
    s19 = madd(s19, a, b);
    s20 = madd(s20, a, b);
    s21 = madd(s21, a, b);
    s22 = madd(s22, a, b);
    s23 = madd(s23, a, b);
  }
  v128.store(SUMS, s0);
  v128.store(SUMS, s1, 16);
  v128.store(SUMS, s2, 32);
  v128.store(SUMS, s3, 48);
  v128.store(SUMS, s4, 64);
  v128.store(SUMS, s5, 80);
  v128.store(SUMS, s6, 96);
  v128.store(SUMS, s7, 112);
  v128.store(SUMS, s8, 128);
  v128.store(SUMS, s9, 144);
  v128.store(SUMS, s10, 160);
  v128.store(SUMS, s11, 176);
  v128.store(SUMS, s12, 192);
  v128.store(SUMS, s13, 208);
  v128.store(SUMS, s14, 224);
  v128.store(SUMS, s15, 240);
  v128.store(SUMS, s16, 256);
  v128.store(SUMS, s17, 272);
  v128.store(SUMS, s18, 288);
  v128.store(SUMS, s19, 304);
  v128.store(SUMS, s20, 320);
  v128.store(SUMS, s21, 336);
  v128.store(SUMS, s22, 352);
  v128.store(SUMS, s23, 368);
  return <f64>iterations * 192.0;
}
