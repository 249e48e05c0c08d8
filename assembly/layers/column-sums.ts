// Sums over rows, a column each, in float64: [Cp] doubles that rows are added to one after the other.

import { promoteHigh, promoteLow } from "../math/f64x2";

/** sums[4] (float64) += v (float32). */
// @ts-ignore: decorator
@inline
export function addVector(sums: usize, v: v128): void {
  v128.store(sums, f64x2.add(v128.load(sums), promoteLow(v)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), promoteHigh(v)), 16);
}

/** to (float32, so many bytes) = sums (float64). */
export function closeVector(bytes: usize, sums: usize, to: usize): void {
  for (let at: usize = 0; at < bytes; at += 16, sums += 32) {
    const low = f32x4.demote_f64x2_zero(v128.load(sums));
    const high = f32x4.demote_f64x2_zero(v128.load(sums, 16));
    v128.store(to + at, v128.shuffle<i64>(low, high, 0, 2));
  }
}
