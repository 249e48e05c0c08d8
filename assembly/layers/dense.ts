// Dense layer y = activation(x w + b), forward and backward.
//
// R rows, K inputs, N outputs, Kp = pad4(K), Np = pad4(N). Parameters live in the layout in which
// the products read them: w [Kp][Np] cut into strips of 8 columns (math/strip-product), Kp Np
// floats; b [Np]; padding 0. densePack and denseUnpack convert from and to the public kernel [K][N],
// bias [N]. The optimizer is elementwise and dW, db have the layout of w, b, so nothing else needs
// to know.
//
// All pointers 16-byte aligned, strides in floats and multiples of 4.

import { packStrips, transposeStrips, unpackStrips } from "../math/strip-layout";
import { stripProduct } from "../math/strip-product";
import { stripGradient, stripGradientFloats } from "../math/strip-gradient";
import { pad4 } from "../math/vector";
import { activate, activationGradient } from "./dense-activation";

/** Floats of scratch that denseBackward needs. f64, so that absurd sizes do not wrap. */
export function denseScratchFloats(R: f64, K: f64, N: f64): f64 {
  const Kp = Math.ceil(K / 4) * 4;
  const Np = Math.ceil(N / 4) * 4;
  return Kp * Np + stripGradientFloats(R, Kp, Np);
}

/**
 * y = activation(x w + b).
 * x [R][xStride >= K]: only columns 0..K are read. w, b as above: only read; b 0: there is none.
 * y [R][yStride >= Np]: overwritten, columns N..Np with 0. y must not overlap the others.
 */
export function denseForward(
  R: i32, K: i32, N: i32, x: usize, xStride: i32, w: usize, b: usize, activation: i32,
  y: usize, yStride: i32,
): void {
  stripProduct(R, K, pad4(N), x, xStride, w, pad4(K), b, y, yStride);
  activate(activation, R, N, y, yStride);
}

/**
 * With dZ = dY activation'(y):   dX = dZ w^T,   dW = x^T dZ,   db = column sums of dZ.
 * x [R][xStride >= Kp], padding 0, y [R][yStride >= Np] (output of denseForward), w: only read.
 * dY [R][dYStride >= Np], padding 0: becomes dZ. dX [R][dXStride >= Kp], or 0 when it is not
 * wanted: overwritten, columns K..Kp with 0. dW, db: overwritten, padding with 0; 0 when they are
 * not wanted (db alone: where there is no bias).
 * scratch: denseScratchFloats. Nothing may overlap.
 */
export function denseBackward(
  R: i32, K: i32, N: i32, x: usize, xStride: i32, w: usize, y: usize, yStride: i32,
  dY: usize, dYStride: i32, activation: i32, dX: usize, dXStride: i32,
  dW: usize, db: usize, scratch: usize,
): void {
  const Kp = pad4(K);
  const Np = pad4(N);
  activationGradient(activation, R, N, y, yStride, dY, dYStride);
  if (dX) {
    transposeStrips(Kp, Np, w, scratch);
    stripProduct(R, N, Kp, dY, dYStride, scratch, Np, 0, dX, dXStride);
  }
  if (!dW) return;
  const packed = scratch + ((<usize>Kp * <usize>Np) << 2);
  stripGradient(R, Kp, Np, x, xStride, dY, dYStride, dW, db, packed);
}

/** w, b = kernel [K][N], bias [N] (contiguous, any alignment of 4), padding = 0. No overlap. b 0: there is none. */
export function densePack(
  K: i32, N: i32, kernel: usize, bias: usize, w: usize, b: usize,
): void {
  packStrips(K, N, kernel, w);
  if (!b) return;
  memory.fill(b, 0, (<usize>pad4(N)) << 2);
  memory.copy(b, bias, (<usize>N) << 2);
}

/** kernel [K][N], bias [N] (contiguous) = w, b without their padding. No overlap. b 0: there is none. */
export function denseUnpack(
  K: i32, N: i32, w: usize, b: usize, kernel: usize, bias: usize,
): void {
  unpackStrips(K, N, w, kernel);
  if (b) memory.copy(bias, b, (<usize>N) << 2);
}
