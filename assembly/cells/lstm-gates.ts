// The elementwise part of the LSTM cell, one panel (four units) over all rows of a
// batch. Kept apart from the products: their loops need every register.

import { constant, half, SIGMOID, sigmoidRational, TANH, tanhRational } from "../activations";
import { madd, nmadd } from "../math/vector";
import { isWide } from "../wide";
import { lstmGatesForwardWide } from "./lstm-gates-wide";

/**
 * i, f, o = sigmoid(pre), g = tanh(pre), c = f * cPrevious + i * g, h = o * tanh(c).
 *
 *   pre        [rows][16] i, f, g, o before activation, contiguous
 *   saved      [rows][20] i, f, g, o, tanh(c), contiguous; written
 *   cPrevious  row r at + r * cStride bytes, four floats; c likewise, written
 *   h          row r at + r * hStride bytes, four floats; written
 *
 * All 16-byte aligned; c may be cPrevious, else no two may overlap.
 */
export function lstmGatesForward(
  rows: i32,
  pre: usize,
  saved: usize,
  cPrevious: usize,
  c: usize,
  cStride: usize,
  h: usize,
  hStride: usize,
): void {
  if (isWide()) {
    lstmGatesForwardWide(rows, pre, saved, cPrevious, c, cStride, h, hStride);
    return;
  }
  gates(rows, pre, saved, cPrevious, c, cStride);
  outputs(rows, saved, c, cStride, h, hStride);
}

/** The gates and c. Apart from the outputs because the two chains of operations overlap badly. */
function gates(
  rows: i32,
  pre: usize,
  saved: usize,
  cPrevious: usize,
  c: usize,
  cStride: usize,
): void {
  // V8 takes three instructions for a negation: not in the loop
  const tHigh = constant(TANH);
  const tLow = f32x4.neg(tHigh);
  const t0 = constant(TANH + 1);
  const t1 = constant(TANH + 2);
  const t2 = constant(TANH + 3);
  const t3 = constant(TANH + 4);
  const t4 = constant(TANH + 5);
  const u0 = constant(TANH + 6);
  const u1 = constant(TANH + 7);
  const u2 = constant(TANH + 8);
  const u3 = constant(TANH + 9);
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
  const h = half();
  for (const end = pre + (<usize>rows << 6); pre < end; pre += 64) {
    const i = sigmoidRational(v128.load(pre), low, high, p0, p1, p2, p3, q0, q1, q2, q3, h);
    const f = sigmoidRational(v128.load(pre, 16), low, high, p0, p1, p2, p3, q0, q1, q2, q3, h);
    const g = tanhRational(v128.load(pre, 32), tLow, tHigh, t0, t1, t2, t3, t4, u0, u1, u2, u3);
    const o = sigmoidRational(v128.load(pre, 48), low, high, p0, p1, p2, p3, q0, q1, q2, q3, h);
    v128.store(saved, i);
    v128.store(saved, f, 16);
    v128.store(saved, g, 32);
    v128.store(saved, o, 48);
    v128.store(c, madd(f, v128.load(cPrevious), f32x4.mul(i, g)));
    saved += 80;
    cPrevious += cStride;
    c += cStride;
  }
}

/** tanh(c), saved beside the gates, and h = o * tanh(c). */
function outputs(
  rows: i32,
  saved: usize,
  c: usize,
  cStride: usize,
  h: usize,
  hStride: usize,
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
  for (let r = 0; r < rows; ++r) {
    const squashed = tanhRational(v128.load(c), low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3);
    v128.store(saved, squashed, 64);
    v128.store(h, f32x4.mul(v128.load(saved, 48), squashed));
    saved += 80;
    c += cStride;
    h += hStride;
  }
}

/**
 * Gradients before activation, from dh = dOut + dNext (what the layer above and the
 * next step ask for) and dc:
 *
 *   dc += dh * o * (1 - tanh(c)^2)
 *   di = dc * g * i (1 - i)    df = dc * cPrevious * f (1 - f)
 *   dg = dc * i * (1 - g^2)    do = dh * tanh(c) * o (1 - o)
 *   dc = dc * f                for the step before
 *   sums += column sums of di, df, dg, do
 *
 *   saved      [rows][20] as lstmGatesForward left it
 *   cPrevious  row r at + r * cStride bytes
 *   dc         [rows][4], contiguous; updated in place
 *   dOut       row r at + r * dOutStride bytes (0: one row for all)
 *   dNext      row r at + r * 64 bytes
 *   dPre       [rows][16] gradients of i, f, g, o, contiguous; written
 *   sums       [16]
 *
 * All 16-byte aligned; no two may overlap.
 */
export function lstmGatesBackward(
  rows: i32,
  saved: usize,
  cPrevious: usize,
  cStride: usize,
  dc: usize,
  dOut: usize,
  dOutStride: usize,
  dNext: usize,
  dPre: usize,
  sums: usize,
): void {
  let bi = v128.load(sums);
  let bf = v128.load(sums, 16);
  let bg = v128.load(sums, 32);
  let bo = v128.load(sums, 48);
  for (const end = dPre + (<usize>rows << 6); dPre < end; dPre += 64) {
    const dh = f32x4.add(v128.load(dOut), v128.load(dNext));
    const o = v128.load(saved, 48);
    const squashed = v128.load(saved, 64);
    const toC = f32x4.mul(dh, o);
    const toO = f32x4.mul(toC, squashed);
    const dO = nmadd(toO, o, toO);
    v128.store(dPre, dO, 48);
    bo = f32x4.add(bo, dO);
    const d = f32x4.add(v128.load(dc), nmadd(toO, squashed, toC));
    const i = v128.load(saved);
    const f = v128.load(saved, 16);
    const g = v128.load(saved, 32);
    const toG = f32x4.mul(d, i);
    const toI = f32x4.mul(toG, g);
    const dI = nmadd(toI, i, toI);
    v128.store(dPre, dI);
    bi = f32x4.add(bi, dI);
    const dG = nmadd(toI, g, toG);
    v128.store(dPre, dG, 32);
    bg = f32x4.add(bg, dG);
    const before = f32x4.mul(d, f);
    v128.store(dc, before);
    const toF = f32x4.mul(before, v128.load(cPrevious));
    const dF = nmadd(toF, f, toF);
    v128.store(dPre, dF, 16);
    bf = f32x4.add(bf, dF);
    saved += 80;
    cPrevious += cStride;
    dc += 16;
    dOut += dOutStride;
    dNext += 64;
  }
  v128.store(sums, bi);
  v128.store(sums, bf, 16);
  v128.store(sums, bg, 32);
  v128.store(sums, bo, 48);
}
