// Layer normalization: each row by the mean and the variance of its own C columns,
//   n = (x - mean) / sqrt(variance + epsilon),   y = gamma n + beta,   variance over C, not C - 1.
// Backward, g = gamma dY:   dX = (g - mean(g) - n mean(g n)) / sqrt(variance + epsilon),
//   dGamma = sum over rows of dY n,   dBeta = sum over rows of dY.
// All of these means and sums are float64, and rounded once.
//
// R rows, Cp = pad4(C). gamma and beta [Cp], padding 0; 0 for none: factors of 1, offsets of 0. All pointers 16-byte
// aligned, strides in floats and multiples of 4.
// Source: Ba, Kiros, Hinton 2016 (arXiv 1607.06450); LayerNormalization of Keras 3 over its last axis.

import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { laneMask } from "../math/rows";
import { madd, pad4 } from "../math/vector";
import { addVector, closeVector } from "./column-sums";

/** Floats of scratch that layerNormBackward needs. f64, so that absurd sizes do not wrap. */
export function layerNormScratchFloats(C: f64): f64 {
  return 4 * (Math.ceil(C / 4) * 4);
}

/**
 * x [R][xStride >= Cp], padding 0: only read. y [R][yStride >= Cp]: overwritten, padding with 0; may be x.
 * saved [R][2]: each row's mean and 1 / sqrt(variance + epsilon), for the way back; 0 where nobody goes back.
 */
export function layerNormForward(
  R: i32, C: i32, x: usize, xStride: i32, gamma: usize, beta: usize, epsilon: f64,
  y: usize, yStride: i32, saved: usize,
): void {
  const bytes = (<usize>pad4(C)) << 2;
  const last = bytes - 16;
  const mask = laneMask(((C - 1) & 3) + 1);
  const n = <f64>C;
  for (let r = 0; r < R; ++r, x += (<usize>xStride) << 2, y += (<usize>yStride) << 2) {
    let sum = f64x2.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const v = v128.load(x + at);
      sum = f64x2.add(sum, f64x2.add(promoteLow(v), promoteHigh(v)));
    }
    const mean = <f32>(sumLanes(sum) / n);
    const middle = f32x4.splat(mean);
    sum = f64x2.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      let d = f32x4.sub(v128.load(x + at), middle);
      if (at == last) d = v128.and(d, mask);
      const low = promoteLow(d);
      const high = promoteHigh(d);
      sum = f64x2.add(sum, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
    }
    const inverse = <f32>(1 / Math.sqrt(sumLanes(sum) / n + epsilon));
    if (saved) {
      store<f32>(saved, mean);
      store<f32>(saved, inverse, 4);
      saved += 8;
    }
    const factor = f32x4.splat(inverse);
    for (let at: usize = 0; at < bytes; at += 16) {
      let v = f32x4.mul(f32x4.sub(v128.load(x + at), middle), factor);
      if (at == last) v = v128.and(v, mask);
      const offset = beta ? v128.load(beta + at) : f32x4.splat(0);
      v128.store(y + at, gamma ? madd(v, v128.load(gamma + at), offset) : f32x4.add(v, offset));
    }
  }
}

/**
 * x, gamma, saved as of layerNormForward, dY [R][dYStride >= Cp], padding 0: only read.
 * dX [R][dXStride >= Cp], or 0 when it is not wanted: overwritten, padding with 0. dGamma, dBeta [Cp], each 0 when it
 * is not wanted: overwritten, padding with 0. scratch: layerNormScratchFloats. Nothing may overlap.
 */
export function layerNormBackward(
  R: i32, C: i32, x: usize, xStride: i32, gamma: usize, saved: usize, dY: usize, dYStride: i32,
  dX: usize, dXStride: i32, dGamma: usize, dBeta: usize, scratch: usize,
): void {
  const bytes = (<usize>pad4(C)) << 2;
  const last = bytes - 16;
  const mask = laneMask(((C - 1) & 3) + 1);
  const offsets = scratch + (bytes << 1);
  memory.fill(scratch, 0, bytes << 2);
  for (let r = 0; r < R; ++r, saved += 8) {
    const middle = v128.load32_splat(saved);
    const factor = v128.load32_splat(saved, 4);
    let sum = f64x2.splat(0);
    let dot = f64x2.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      let n = f32x4.mul(f32x4.sub(v128.load(x + at), middle), factor);
      if (at == last) n = v128.and(n, mask);
      const asked = v128.load(dY + at);
      if (dGamma) addVector(scratch + (at << 1), f32x4.mul(asked, n));
      if (dBeta) addVector(offsets + (at << 1), asked);
      const g = gamma ? f32x4.mul(asked, v128.load(gamma + at)) : asked;
      const low = promoteLow(g);
      const high = promoteHigh(g);
      sum = f64x2.add(sum, f64x2.add(low, high));
      dot = f64x2.add(dot, f64x2.mul(low, promoteLow(n)));
      dot = f64x2.add(dot, f64x2.mul(high, promoteHigh(n)));
    }
    if (dX) {
      const mean = f32x4.splat(<f32>(sumLanes(sum) / <f64>C));
      const slope = f32x4.splat(<f32>(sumLanes(dot) / <f64>C));
      for (let at: usize = 0; at < bytes; at += 16) {
        const n = f32x4.mul(f32x4.sub(v128.load(x + at), middle), factor);
        const asked = v128.load(dY + at);
        const g = gamma ? f32x4.mul(asked, v128.load(gamma + at)) : asked;
        let d = f32x4.mul(f32x4.sub(f32x4.sub(g, mean), f32x4.mul(n, slope)), factor);
        if (at == last) d = v128.and(d, mask);
        v128.store(dX + at, d);
      }
      dX += (<usize>dXStride) << 2;
    }
    x += (<usize>xStride) << 2;
    dY += (<usize>dYStride) << 2;
  }
  if (dGamma) closeVector(bytes, scratch, dGamma);
  if (dBeta) closeVector(bytes, offsets, dBeta);
}
