import { pad4 } from "../math/vector";
import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { laneMask } from "../math/rows";
import { rowWeight } from "./row-weight";

/**
 * Returns the mean of (y - t)^2 over R rows and N columns; dY = 2 (y - t) / (R N).
 *
 * y [R][yStride] predictions, t [R][tStride] targets: only read, strides >= pad4(N) floats;
 * what stands in their padding does not matter. dY [R][dYStride], or 0 when no gradient is
 * wanted: written, columns N..pad4(N) as 0; may be y or t itself (with the same stride).
 * weights: a factor for each row, f32, one after the other; 0 for none. It multiplies the row's
 * squares and gradient; the mean is still over R rows, as Keras 3 takes it with sample_weight.
 * All 16-byte aligned, strides multiples of 4. Differences are f32, squares and
 * the sum f64 in a fixed order.
 */
export function meanSquaredError(
  R: i32, N: i32, y: usize, yStride: i32, t: usize, tStride: i32, dY: usize, dYStride: i32,
  weights: usize,
): f64 {
  const count = <f64>R * <f64>N;
  const last = pad4(N) - 4;
  const lastMask = laneMask(N - last);
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let r = 0; r < R; ++r) {
    const weight = rowWeight(weights, r);
    const factor = f64x2.splat(weight);
    const scale = f32x4.splat(<f32>((2.0 / count) * weight));
    for (let c = 0; c <= last; c += 4) {
      const at = (<usize>c) << 2;
      let difference = f32x4.sub(v128.load(y + at), v128.load(t + at));
      if (c == last) difference = v128.and(difference, lastMask);
      const d0 = promoteLow(difference);
      const d1 = promoteHigh(difference);
      low = f64x2.add(low, f64x2.mul(f64x2.mul(d0, d0), factor));
      high = f64x2.add(high, f64x2.mul(f64x2.mul(d1, d1), factor));
      if (dY) v128.store(dY + at, f32x4.mul(difference, scale));
    }
    y += (<usize>yStride) << 2;
    t += (<usize>tStride) << 2;
    if (dY) dY += (<usize>dYStride) << 2;
  }
  return sumLanes(f64x2.add(low, high)) / count;
}
