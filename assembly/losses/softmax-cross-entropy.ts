import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { laneMask } from "../math/rows";
import { rowWeight } from "./row-weight";
import { rowMaximum, rowExp, scaleRow } from "../math/softmax";

/**
 * Softmax and categorical cross-entropy in one, from logits: with p = softmax(z), returns
 *   -1/R sum over rows and columns of t log p = 1/R sum of t (log(sum(exp(z - m))) + m - z)
 * with m the row's maximum, so logits of +-1e4 are as good as any; dZ = (w p - t) / R with w the
 * sum of the row's targets: the derivative of that loss also where they do not sum to 1, and 0 where
 * all of them are 0. (TensorFlow's fused operation presumes w = 1.)
 *
 * z [R][zStride] logits, strides >= pad4(N) floats: only read, unless p is z.
 * t [R][tStride]: only read, its padding does not matter.
 * p [R][pStride], where the probabilities go, columns N..pad4(N) as 0: may be z itself (with its
 * stride), or 0 when nobody wants them.
 * dZ [R][dZStride], or 0 when no gradient is wanted: written, columns N..pad4(N) as 0;
 * with p it may be p (then p is not kept) or t itself, with equal strides.
 * weights: a factor for each row's loss and gradient, f32, one after the other; 0 for none.
 * All 16-byte aligned, strides multiples of 4. Exponentials are f32; their sum, the logarithm and
 * the loss f64 in a fixed order.
 */
export function softmaxCrossEntropy(
  R: i32, N: i32, z: usize, zStride: i32, t: usize, tStride: i32, p: usize, pStride: i32,
  dZ: usize, dZStride: i32, weights: usize,
): f64 {
  const last = (N - 1) & ~3;
  const lastMask = laneMask(N - last);
  let loss = 0.0;
  for (let r = 0; r < R; ++r) {
    const maximum = rowMaximum(N, z);
    // sum over columns of t and of t (m - z), before z is overwritten
    let targets = f64x2.splat(0);
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
      targets = f64x2.add(targets, f64x2.add(t0, t1));
      const d0 = f64x2.mul(t0, f64x2.sub(shift, promoteLow(logits)));
      const d1 = f64x2.mul(t1, f64x2.sub(shift, promoteHigh(logits)));
      distance = f64x2.add(distance, f64x2.add(d0, d1));
    }
    const total = sumLanes(targets);
    const weight = rowWeight(weights, r);
    // without p the exponentials wait in dZ, or nowhere when only the loss is wanted
    const exponentials = p ? p : dZ;
    const sum = rowExp(N, z, exponentials, maximum);
    loss += weight * (total * NativeMath.log(sum) + sumLanes(distance));
    if (exponentials) scaleRow(N, exponentials, <f32>(1.0 / sum));
    if (dZ) {
      rowGradient(N, exponentials, t, <f32>total, <f32>(weight / <f64>R), dZ);
      dZ += (<usize>dZStride) << 2;
    }
    z += (<usize>zStride) << 2;
    t += (<usize>tStride) << 2;
    if (p) p += (<usize>pStride) << 2;
  }
  return loss / <f64>R;
}

/** dZ = (total p - t) factor for one row. */
// @ts-ignore: decorator
@inline
function rowGradient(N: i32, p: usize, t: usize, total: f32, factor: f32, dZ: usize): void {
  const scale = f32x4.splat(factor);
  const sum = f32x4.splat(total);
  const last = (N - 1) & ~3;
  const lastMask = laneMask(N - last);
  for (let c = 0; c <= last; c += 4) {
    const at = (<usize>c) << 2;
    let d = f32x4.sub(f32x4.mul(v128.load(p + at), sum), v128.load(t + at));
    if (c == last) d = v128.and(d, lastMask);
    v128.store(dZ + at, f32x4.mul(d, scale));
  }
}
