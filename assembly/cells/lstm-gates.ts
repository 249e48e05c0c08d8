// The elementwise part of the LSTM cell, one panel (four units) over all rows of a
// batch. Kept apart from the products: their loops need every register.

import { gateSigmoid, one, tanhVector } from "../activations";
import { madd, nmadd } from "../math/vector";

/**
 * i, f, o = sigmoid(pre), g = tanh(pre), c = f * cPrevious + i * g, h = o * tanh(c).
 *
 *   pre        [rows][16] i, f, g, o before activation, contiguous
 *   saved      [rows][20] i, f, g, o, tanh(c), contiguous; written
 *   cPrevious  row r at + r * cStride bytes, four floats; c likewise, written
 *   h          row r at + r * hStride bytes, four floats; written
 *
 * All 16-byte aligned; no two may overlap.
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
  for (const end = pre + (<usize>rows << 6); pre < end; pre += 64) {
    const i = gateSigmoid(v128.load(pre));
    const f = gateSigmoid(v128.load(pre, 16));
    const g = tanhVector(v128.load(pre, 32));
    const o = gateSigmoid(v128.load(pre, 48));
    const state = madd(f, v128.load(cPrevious), f32x4.mul(i, g));
    const squashed = tanhVector(state);
    v128.store(saved, i);
    v128.store(saved, f, 16);
    v128.store(saved, g, 32);
    v128.store(saved, o, 48);
    v128.store(saved, squashed, 64);
    v128.store(c, state);
    v128.store(h, f32x4.mul(o, squashed));
    saved += 80;
    cPrevious += cStride;
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
 *
 *   saved      [rows][20] as lstmGatesForward left it
 *   cPrevious  row r at + r * cStride bytes; dc likewise, updated in place
 *   dOut       row r at + r * dOutStride bytes (0: one row for all); dNext likewise
 *   dPre       [rows][16] gradients of i, f, g, o, contiguous; written
 *
 * All 16-byte aligned; no two may overlap.
 */
export function lstmGatesBackward(
  rows: i32,
  saved: usize,
  cPrevious: usize,
  dc: usize,
  cStride: usize,
  dOut: usize,
  dOutStride: usize,
  dNext: usize,
  dNextStride: usize,
  dPre: usize,
): void {
  for (const end = dPre + (<usize>rows << 6); dPre < end; dPre += 64) {
    const dh = f32x4.add(v128.load(dOut), v128.load(dNext));
    const o = v128.load(saved, 48);
    const squashed = v128.load(saved, 64);
    const dho = f32x4.mul(dh, o);
    // do = dh tanh(c) o (1 - o)
    v128.store(dPre, f32x4.mul(f32x4.mul(dho, squashed), f32x4.sub(one(), o)), 48);
    const d = f32x4.add(v128.load(dc), nmadd(f32x4.mul(dho, squashed), squashed, dho));
    const i = v128.load(saved);
    const f = v128.load(saved, 16);
    const g = v128.load(saved, 32);
    const di = f32x4.mul(d, i);
    v128.store(dPre, f32x4.mul(f32x4.mul(di, g), f32x4.sub(one(), i)));
    v128.store(dPre, nmadd(f32x4.mul(di, g), g, di), 32);
    const df = f32x4.mul(d, f);
    v128.store(dPre, f32x4.mul(f32x4.mul(df, v128.load(cPrevious)), f32x4.sub(one(), f)), 16);
    v128.store(dc, df);
    saved += 80;
    cPrevious += cStride;
    dc += cStride;
    dOut += dOutStride;
    dNext += dNextStride;
  }
}
