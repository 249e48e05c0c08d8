// Values that stand for every time step, and the sums that go back to them.

import { promoteHigh, promoteLow } from "../math/f64x2";
import { pad4 } from "../math/vector";

/** y[t * B + b] = x[b]: x [B][xStride >= pad4(C)], y [T * B][yStride >= pad4(C)], padding as in x. No overlap. */
export function repeatRows(B: i32, T: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32): void {
  const bytes = (<usize>pad4(C)) << 2;
  for (let t = 0; t < T; ++t) {
    let from = x;
    for (let b = 0; b < B; ++b) {
      memory.copy(y, from, bytes);
      from += (<usize>xStride) << 2;
      y += (<usize>yStride) << 2;
    }
  }
}

/**
 * y[b] = sum over t of x[t * B + b], taken in float64: x [T * B][xStride >= pad4(C)], y [B][yStride >= pad4(C)],
 * padding as in x. All 16-byte aligned, strides multiples of 4; no overlap.
 */
export function sumRows(B: i32, T: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32): void {
  const step = (<usize>B * <usize>xStride) << 2;
  for (let b = 0; b < B; ++b) {
    for (let c = 0; c < C; c += 4) {
      let from = x + ((<usize>c) << 2);
      let low = f64x2.splat(0);
      let high = f64x2.splat(0);
      for (let t = 0; t < T; ++t, from += step) {
        const row = v128.load(from);
        low = f64x2.add(low, promoteLow(row));
        high = f64x2.add(high, promoteHigh(row));
      }
      const sums = v128.shuffle<f32>(
        f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5,
      );
      v128.store(y + ((<usize>c) << 2), sums);
    }
    x += (<usize>xStride) << 2;
    y += (<usize>yStride) << 2;
  }
}
