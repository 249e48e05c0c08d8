// Penalties on the magnitudes of weights and their gradients, over weights as the kernels keep them: padding holds 0,
// which adds nothing and stays 0.

import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { madd } from "../math/vector";

/**
 * Returns the sum of |w[i]| over `runs` stretches of n floats, n a multiple of 4, that begin `stride` floats apart. Sums
 * are f64 in a fixed order. w, 16-byte aligned, is only read.
 */
export function sumOfMagnitudes(runs: i32, n: i32, stride: i32, w: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  const bytes = (<usize>n) << 2;
  for (let run = 0; run < runs; ++run, w += (<usize>stride) << 2) {
    for (let at = w; at < w + bytes; at += 16) {
      const a = f32x4.abs(v128.load(at));
      s0 = f64x2.add(s0, promoteLow(a));
      s1 = f64x2.add(s1, promoteHigh(a));
    }
  }
  return sumLanes(f64x2.add(s0, s1));
}

/**
 * g += l1 sign(w) + 2 l2 w: the gradient of l1 sum |w| + l2 sum w^2, with sign(0) = 0, over stretches as in
 * sumOfMagnitudes. w is only read, g read and written; both 16-byte aligned with the same stride; they do not overlap.
 */
export function addPenaltyGradient(
  runs: i32, n: i32, stride: i32, w: usize, g: usize, l1: f32, l2: f32,
): void {
  const signs = i32x4.splat(0x80000000);
  const magnitude = f32x4.splat(l1);
  const slope = f32x4.splat(2 * l2);
  const zero = f32x4.splat(0);
  const bytes = (<usize>n) << 2;
  for (let run = 0; run < runs; ++run) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const x = v128.load(w + at);
      const signed = v128.or(magnitude, v128.and(x, signs));
      const step = v128.and(signed, f32x4.ne(x, zero));
      v128.store(g + at, f32x4.add(v128.load(g + at), madd(slope, x, step)));
    }
    w += (<usize>stride) << 2;
    g += (<usize>stride) << 2;
  }
}
