// Convolution over time:   y[o][n] = activation(b[n] + sum over k, c of x[o S - left + k d][c] w[k][c][n]),
// steps outside of the sequence being 0: K taps, d steps apart (dilation), a window every S steps, the first of them
// `left` steps before the sequence.
//
// x [T][B][xStride >= Cp], y [O][B][yStride >= Np]: time-major rows, padding 0; Cp = pad4(C), Np = pad4(N). Weights w are the
// matrix [K Cp][Np] in strips (math/strip-product), row k Cp + c for tap k and column c, padding 0; b [Np]. Up to ROWS
// rows at a time are gathered, with their taps side by side [K Cp], into scratch that stays in the cache: the products are
// those of a dense layer over it, and no more of x is copied at once. O S, T and (K - 1) d stay below 2^30. All
// pointers 16-byte aligned, strides in floats and multiples of 4.
// Source: Conv1D of Keras 3 (a cross-correlation: the kernel is not turned).

import { BLOCK_ROWS as ROWS } from "../math/long-sums";
import { offset, transposeStrips } from "../math/strip-layout";
import { closeStripGradient, stripGradientBlock, stripGradientFloats } from "../math/strip-gradient";
import { stripProduct } from "../math/strip-product";
import { pad4 } from "../math/vector";
import { activate, activationGradient } from "./dense-activation";

/** Floats of a gathered block of R rows, K taps of C columns. f64, as all sizes, so that absurd ones do not wrap. */
export function convScratchFloats(R: f64, K: f64, C: f64): f64 {
  return Math.min(R, <f64>ROWS) * K * Math.ceil(C / 4) * 4;
}

/** Floats of scratch that convBackward needs for R rows of y. */
export function convBackwardScratchFloats(R: f64, K: f64, C: f64, N: f64): f64 {
  const D = K * Math.ceil(C / 4) * 4;
  const Np = Math.ceil(N / 4) * 4;
  return convScratchFloats(R, K, C) + D * Np + Np + stripGradientFloats(R, D, Np);
}

/** to [rows][K Cp] = the taps of rows r0 and on of y. */
function gather(
  B: i32, T: i32, Cp: i32, K: i32, S: i32, d: i32, left: i32, x: usize, xStride: i32, r0: i32, rows: i32,
  to: usize,
): void {
  const bytes = (<usize>Cp) << 2;
  const step = (<usize>xStride) << 2;
  let o = r0 / B;
  let b = r0 % B;
  for (let i = 0; i < rows; ++i) {
    let t = o * S - left;
    for (let k = 0; k < K; ++k, t += d, to += bytes) {
      if (t >= 0 && t < T) {
        const from = x + (<usize>t * <usize>B + <usize>b) * step;
        for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
      } else {
        for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, f32x4.splat(0));
      }
    }
    if (++b == B) {
      b = 0;
      ++o;
    }
  }
}

/** The way back: x += the taps [rows][K Cp]. */
function scatter(
  B: i32, T: i32, Cp: i32, K: i32, S: i32, d: i32, left: i32, x: usize, xStride: i32, r0: i32, rows: i32,
  from: usize,
): void {
  const bytes = (<usize>Cp) << 2;
  const step = (<usize>xStride) << 2;
  let o = r0 / B;
  let b = r0 % B;
  for (let i = 0; i < rows; ++i) {
    let t = o * S - left;
    for (let k = 0; k < K; ++k, t += d, from += bytes) {
      if (t < 0 || t >= T) continue;
      const to = x + (<usize>t * <usize>B + <usize>b) * step;
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
      }
    }
    if (++b == B) {
      b = 0;
      ++o;
    }
  }
}

/**
 * x, w, b (0: none): only read. y: overwritten, columns N..Np with 0. scratch: convScratchFloats of O B rows.
 */
export function convForward(
  B: i32, T: i32, O: i32, C: i32, K: i32, S: i32, d: i32, left: i32, N: i32, x: usize, xStride: i32,
  w: usize, b: usize, activation: i32, y: usize, yStride: i32, scratch: usize,
): void {
  const Cp = pad4(C);
  const D = K * Cp;
  const R = O * B;
  const yStep = (<usize>yStride) << 2;
  for (let r = 0; r < R; r += ROWS) {
    const rows = min<i32>(ROWS, R - r);
    gather(B, T, Cp, K, S, d, left, x, xStride, r, rows, scratch);
    stripProduct(rows, D, pad4(N), scratch, D, w, D, b, y + <usize>r * yStep, yStride);
  }
  activate(activation, R, N, y, yStride);
}

/**
 * x, w, y (output of convForward): only read. dY [O][B][dYStride >= Np], padding 0: becomes the gradient before the
 * activation. dX [T][B][dXStride >= Cp], or 0 when it is not wanted: overwritten, padding with 0. dW, of the layout of w,
 * and db [Np], 0 when they are not wanted (db alone: where there is no bias): overwritten, padding with 0.
 * scratch: convBackwardScratchFloats. Nothing may overlap.
 */
export function convBackward(
  B: i32, T: i32, O: i32, C: i32, K: i32, S: i32, d: i32, left: i32, N: i32, x: usize, xStride: i32,
  w: usize, y: usize, yStride: i32, dY: usize, dYStride: i32, activation: i32, dX: usize, dXStride: i32,
  dW: usize, db: usize, scratch: usize,
): void {
  const Cp = pad4(C);
  const Np = pad4(N);
  const D = K * Cp;
  const R = O * B;
  const most = min<i32>(ROWS, R);
  const asks = (<usize>dYStride) << 2;
  activationGradient(activation, R, N, y, yStride, dY, dYStride);
  const turned = scratch + ((<usize>most * <usize>D) << 2);
  const spare = turned + ((<usize>D * <usize>Np) << 2);
  const sums = spare + ((<usize>Np) << 2);
  const bias = db ? db : spare;
  if (dX) {
    transposeStrips(D, Np, w, turned);
    const bytes = (<usize>Cp) << 2;
    let row = dX;
    for (let r = 0; r < T * B; ++r, row += (<usize>dXStride) << 2) {
      for (let at: usize = 0; at < bytes; at += 16) v128.store(row + at, f32x4.splat(0));
    }
  }
  let done = 0;
  for (let r = 0; r < R; r += ROWS) {
    const rows = min<i32>(ROWS, R - r);
    const asked = dY + <usize>r * asks;
    if (dW) {
      gather(B, T, Cp, K, S, d, left, x, xStride, r, rows, scratch);
      stripGradientBlock(done++, rows, most, D, Np, scratch, (<usize>D) << 2, asked, asks, dW, bias, sums);
    }
    if (!dX) continue;
    stripProduct(rows, N, D, asked, dYStride, turned, Np, 0, scratch, D);
    scatter(B, T, Cp, K, S, d, left, dX, dXStride, r, rows, scratch);
  }
  if (dW) closeStripGradient(done, most, D, Np, dW, bias, sums);
}

/** w = kernel [K][C][N], b = bias [N] (contiguous; both 0 where there is no bias), padding = 0. No overlap. */
export function convPack(
  K: i32, C: i32, N: i32, kernel: usize, bias: usize, w: usize, b: usize,
): void {
  const Cp = pad4(C);
  const Np = pad4(N);
  memory.fill(w, 0, (<usize>(K * Cp) * <usize>Np) << 2);
  for (let k = 0; k < K; ++k) {
    for (let c = 0; c < C; ++c) {
      for (let n = 0; n < N; ++n, kernel += 4) {
        store<f32>(w + offset(k * Cp + c, n, K * Cp, Np), load<f32>(kernel));
      }
    }
  }
  if (!b) return;
  memory.fill(b, 0, (<usize>Np) << 2);
  memory.copy(b, bias, (<usize>N) << 2);
}

/** kernel [K][C][N], bias [N] (contiguous; both 0 where there is no bias) = w, b without their padding. No overlap. */
export function convUnpack(
  K: i32, C: i32, N: i32, w: usize, b: usize, kernel: usize, bias: usize,
): void {
  const Cp = pad4(C);
  const Np = pad4(N);
  for (let k = 0; k < K; ++k) {
    for (let c = 0; c < C; ++c) {
      for (let n = 0; n < N; ++n, kernel += 4) {
        store<f32>(kernel, load<f32>(w + offset(k * Cp + c, n, K * Cp, Np)));
      }
    }
  }
  if (b) memory.copy(bias, b, (<usize>N) << 2);
}
