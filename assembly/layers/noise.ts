import { pad4 } from "../math/vector";
import { laneMask } from "../math/rows";

/**
 * y = x + noise (multiply = 0) or x noise (1): R rows of C columns. Columns C..pad4(C) of y are written as 0, whatever
 * stands there in x and noise.
 *
 * x, noise, y: 16-byte aligned, strides >= pad4(C) floats and multiples of 4; y may be x or noise, then with the same
 * stride, or must overlap neither.
 */
export function applyNoise(
  multiply: i32, R: i32, C: i32, x: usize, xStride: i32, noise: usize, noiseStride: i32, y: usize, yStride: i32,
): void {
  const last = <usize>(pad4(C) - 4) << 2;
  const lastMask = laneMask(C - (pad4(C) - 4));
  for (let r = 0; r < R; ++r) {
    for (let at: usize = 0; at <= last; at += 16) {
      const a = v128.load(x + at);
      const b = v128.load(noise + at);
      const value = multiply ? f32x4.mul(a, b) : f32x4.add(a, b);
      v128.store(y + at, at == last ? v128.and(value, lastMask) : value);
    }
    x += <usize>xStride << 2;
    noise += <usize>noiseStride << 2;
    y += <usize>yStride << 2;
  }
}

/**
 * y = x times one row of factors for all time steps of a sample: row t * B + b of T * B by row b of mask [B]. C columns, a
 * multiple of 4; rows xStride, maskStride and yStride floats apart; y may be x. Applied to dY it is its own backward pass.
 */
export function maskSteps(
  B: i32, T: i32, C: i32, x: usize, xStride: i32, mask: usize, maskStride: i32, y: usize, yStride: i32,
): void {
  const bytes = <usize>C << 2;
  for (let t = 0; t < T; ++t) {
    let row = mask;
    for (let b = 0; b < B; ++b) {
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(y + at, f32x4.mul(v128.load(x + at), v128.load(row + at)));
      }
      x += <usize>xStride << 2;
      row += <usize>maskStride << 2;
      y += <usize>yStride << 2;
    }
  }
}
