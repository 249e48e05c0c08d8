// The elementwise parts of the GRU cell (Cho et al. 2014), one panel (four units) over all rows of a
// batch:
//
//   z, r = sigmoid(...)    n = tanh(x W_n + b_n + r * (h U_n + c_n))    reset after (cuDNN, Keras)
//                          n = tanh(x W_n + b_n + (r * h) U_n)          reset before
//   h' = z * h + (1 - z) * n
//
// Rows of `pre` are 256 bytes: z, r, z, r of two panels, the same of the other two, n as x gives it of
// four panels, n as h gives it. All pointers 16-byte aligned; no two buffers may overlap but for h,
// which may be hPrevious.

import { constant, half, SIGMOID, sigmoidRational, TANH, tanhRational } from "../activations";
import { madd, nmadd } from "../math/vector";

/** Bytes of a row of `pre`. */
export const PRE: usize = 256;

/** Where z of panel p of a group stands in a row of `pre`, and n. */
// @ts-ignore: decorator
@inline
export function gateColumn(p: i32): usize {
  return (<usize>p) << 5;
}
// @ts-ignore: decorator
@inline
export function candidateColumn(p: i32): usize {
  return 128 + ((<usize>p) << 4);
}

/**
 * z and r into `saved` [rows][16]; with rh also r * h.
 *
 *   pre       at the panel's z
 *   bias      what the product of h brings along: 4 floats of z, then of r
 *   h         row r at + r * hStride bytes; rh likewise with rhStride, 0: not wanted
 */
export function gruGates(
  rows: i32, pre: usize, bias: usize, saved: usize,
  h: usize, hStride: usize, rh: usize, rhStride: usize,
): void {
  const high = constant(SIGMOID);
  const low = f32x4.neg(high);
  const p0 = constant(SIGMOID + 1);
  const p1 = constant(SIGMOID + 2);
  const p2 = constant(SIGMOID + 3);
  const p3 = constant(SIGMOID + 4);
  const q0 = constant(SIGMOID + 5);
  const q1 = constant(SIGMOID + 6);
  const q2 = constant(SIGMOID + 7);
  const q3 = constant(SIGMOID + 8);
  const one = half();
  const bz = v128.load(bias);
  const br = v128.load(bias, 16);
  for (const end = pre + <usize>rows * PRE; pre < end; pre += PRE) {
    const z = f32x4.add(v128.load(pre), bz);
    const r = f32x4.add(v128.load(pre, 16), br);
    v128.store(saved, sigmoidRational(z, low, high, p0, p1, p2, p3, q0, q1, q2, q3, one));
    const reset = sigmoidRational(r, low, high, p0, p1, p2, p3, q0, q1, q2, q3, one);
    v128.store(saved, reset, 16);
    if (rh) {
      v128.store(rh, f32x4.mul(reset, v128.load(h)));
      rh += rhStride;
      h += hStride;
    }
    saved += 64;
  }
}

/**
 * n, and h' into h. `pre` at the panel's n as x gives it; 64 bytes further stands n as h gives it:
 * with resetAfter what r is yet to multiply, and it is saved; else the whole sum.
 */
export function gruOutputs(
  rows: i32, pre: usize, saved: usize, hPrevious: usize, hPreviousStride: usize,
  h: usize, hStride: usize, resetAfter: bool,
): void {
  const high = constant(TANH);
  const low = f32x4.neg(high);
  const p0 = constant(TANH + 1);
  const p1 = constant(TANH + 2);
  const p2 = constant(TANH + 3);
  const p3 = constant(TANH + 4);
  const p4 = constant(TANH + 5);
  const q0 = constant(TANH + 6);
  const q1 = constant(TANH + 7);
  const q2 = constant(TANH + 8);
  const q3 = constant(TANH + 9);
  for (const end = pre + <usize>rows * PRE; pre < end; pre += PRE) {
    let sum = v128.load(pre, 64);
    if (resetAfter) {
      v128.store(saved, sum, 48);
      sum = madd(v128.load(saved, 16), sum, v128.load(pre));
    }
    const n = tanhRational(sum, low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3);
    v128.store(saved, n, 32);
    v128.store(h, madd(v128.load(saved), f32x4.sub(v128.load(hPrevious), n), n));
    saved += 64;
    hPrevious += hPreviousStride;
    h += hStride;
  }
}

/**
 * Gradients before activation, from dh = dOut + dNext:
 *
 *   dn = dh * (1 - z) * (1 - n^2)     dz = dh * (h - n) * z (1 - z)
 *   dNext = dh * z                    what goes straight to the step before
 *   with resetAfter: dr = dn * (h U_n + c_n) * r (1 - r), and as h sees n: dn * r
 *
 *   saved      [rows][16] as the forward pass left it
 *   h          of the step before, row r at + r * hStride bytes
 *   dOut       row r at + r * dOutStride bytes (0: one row for all)
 *   dNext, dX, dZ, dH   rows 64 bytes apart: dX is n as x sees it, dZ z and r, dH n as h sees it; dNext
 *              is read, then overwritten
 */
export function gruGatesBackward(
  rows: i32, saved: usize, h: usize, hStride: usize, dOut: usize, dOutStride: usize, dNext: usize,
  dX: usize, dZ: usize, dH: usize, resetAfter: bool,
): void {
  for (const end = saved + ((<usize>rows) << 6); saved < end; saved += 64) {
    const dh = f32x4.add(v128.load(dOut), v128.load(dNext));
    const z = v128.load(saved);
    const n = v128.load(saved, 32);
    const through = f32x4.mul(dh, z);
    v128.store(dNext, through);
    const toN = f32x4.sub(dh, through);
    const dn = nmadd(f32x4.mul(toN, n), n, toN);
    v128.store(dX, dn);
    // dh (h - n) z (1 - z) = (h - n) z (dh - dh z)
    v128.store(dZ, f32x4.mul(f32x4.mul(f32x4.sub(v128.load(h), n), z), toN));
    if (resetAfter) {
      const r = v128.load(saved, 16);
      const back = f32x4.mul(dn, r);
      v128.store(dH, back);
      const toR = f32x4.mul(back, v128.load(saved, 48));
      v128.store(dZ, nmadd(toR, r, toR), 16);
    }
    h += hStride;
    dOut += dOutStride;
    dNext += 64;
    dX += 64;
    dZ += 64;
    dH += 64;
  }
}

/** Reset before: from dRh, the gradient of r * h: dr = dRh * h * r (1 - r), dh += dRh * r. */
export function gruResetBackward(
  rows: i32, saved: usize, h: usize, hStride: usize, dRh: usize, dh: usize, dZ: usize,
): void {
  for (const end = saved + ((<usize>rows) << 6); saved < end; saved += 64) {
    const r = v128.load(saved, 16);
    const back = f32x4.mul(v128.load(dRh), r);
    v128.store(dh, f32x4.add(v128.load(dh), back));
    const toR = f32x4.mul(back, v128.load(h));
    v128.store(dZ, nmadd(toR, r, toR), 16);
    h += hStride;
    dRh += 64;
    dh += 64;
    dZ += 64;
  }
}
