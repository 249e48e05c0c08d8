import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { laneMask } from "../math/rows";
import { rowMaximum, rowExp, scaleRow } from "../math/softmax";

/**
 * Softmax and categorical cross-entropy in one, from logits: with p = softmax(z), returns
 *   -1/R sum over rows and columns of t log p = 1/R sum of t (log(sum(exp(z - m))) + m - z)
 * with m the row's maximum, so logits of +-1e4 are as good as any; dZ = (p - t) / R.
 *
 * z [R][zStride] logits, strides >= pad4(N) floats: afterwards it holds p, columns N..pad4(N) as 0.
 * t [R][tStride]: one-hot or probabilities summing to 1; only read, its padding does not matter.
 * dZ [R][dZStride], or 0 when no gradient is wanted: written, columns N..pad4(N) as 0;
 * may be z itself (then p is not kept) or t itself, with equal strides.
 * All 16-byte aligned, strides multiples of 4. Exponentials are f32; their sum, the logarithm and
 * the loss f64 in a fixed order.
 */
export function softmaxCrossEntropy(
  R: i32, N: i32, z: usize, zStride: i32, t: usize, tStride: i32, dZ: usize, dZStride: i32,
): f64 {
  const scale = f32x4.splat(<f32>(1.0 / <f64>R));
  const last = (N - 1) & ~3;
  const lastMask = laneMask(N - last);
  let loss = 0.0;
  for (let r = 0; r < R; ++r) {
    const maximum = rowMaximum(N, z);
    // sum over columns of t and of t (m - z), before z is overwritten
    let weight = f64x2.splat(0);
    let distance = f64x2.splat(0);
    const shift = f64x2.splat(maximum);
    for (let c = 0; c <= last; c += 4) {
      const at = (<usize>c) << 2;
      let target = v128.load(t + at);
      let logits = v128.load(z + at);
      if (c == last) {
        target = v128.and(target, lastMask);
        logits = v128.and(logits, lastMask);
      }
      const t0 = promoteLow(target);
      const t1 = promoteHigh(target);
      weight = f64x2.add(weight, f64x2.add(t0, t1));
      const d0 = f64x2.mul(t0, f64x2.sub(shift, promoteLow(logits)));
      const d1 = f64x2.mul(t1, f64x2.sub(shift, promoteHigh(logits)));
      distance = f64x2.add(distance, f64x2.add(d0, d1));
    }
    const sum = rowExp(N, z, maximum);
    loss += sumLanes(weight) * NativeMath.log(sum) + sumLanes(distance);
    scaleRow(N, z, <f32>(1.0 / sum));
    if (dZ) {
      for (let c = 0; c <= last; c += 4) {
        const at = (<usize>c) << 2;
        let d = f32x4.sub(v128.load(z + at), v128.load(t + at));
        if (c == last) d = v128.and(d, lastMask);
        v128.store(dZ + at, f32x4.mul(d, scale));
      }
      dZ += (<usize>dZStride) << 2;
    }
    z += (<usize>zStride) << 2;
    t += (<usize>tStride) << 2;
  }
  return loss / <f64>R;
}
