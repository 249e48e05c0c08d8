// The elementwise part of LSTMs that are not the vanilla one (lstm-gates.ts): other gates, peepholes, other
// activations. One group of 16 units over all rows of a batch. What `kind` says is settled when this is compiled
// for the kinds that are common: the branches of a pass over them are gone.

import { one } from "../activations";
import { madd, nmadd } from "../math/vector";
import { isWide } from "../wide";
import { throughSlope } from "./cell-activation";
import {
  CANDIDATE, COUPLED, COUPLED_LSTM, GATE, GATES_SEEN, HAS_F, HAS_I, HAS_O, LAYER_NORM, NO_BIAS, OUTPUT,
  PEEPHOLE, PEEPHOLE_LSTM,
} from "./cell-layout";
import { lstmGates, lstmOutputs } from "./cell-lstm-passes";
import { backwardWide } from "./cell-lstm-wide";

/** Bits of a kind that tell what the arithmetic of a unit is. */
const OF_A_UNIT: i32 = ((1 << 20) - 1) & ~NO_BIAS;

/**
 *   i = r(pre_i + p_i c')    f = r(pre_f + p_f c'), or 1 - i    g = a(pre_g)
 *   c = f c' + i g           o = r(pre_o + p_o c)               h = o b(c)
 *
 * where a gate that is missing is 1, and a missing peephole 0.
 *
 *   pre     [rows][gates][16], those that there are of i, f, g, o
 *   extra   [3][16] peepholes of i, f, o
 *   saved   [rows][S][16] i, g, o, b(c), and f where that is no other's; written
 *   cBefore row r at + r * cStride bytes, 16 floats; c likewise, written, may be cBefore
 *   h       row r at + r * hStride bytes; written
 */
export function lstmCellForward(
  kind: i32, rows: i32, pre: usize, extra: usize, saved: usize, cBefore: usize, c: usize,
  cStride: usize, h: usize, hStride: usize,
): void {
  const keeps = keptBytes(kind);
  lstmGates(kind, rows, pre, extra, saved, keeps, cBefore, c, cStride);
  lstmOutputs((kind >> OUTPUT) & 7, rows, saved, keeps, c, cStride, h, hStride);
}

/** Of a cell with norms: lstmCellForward up to c, and what is left of it, where c is the normalized one. */
export function lstmCellGates(
  kind: i32, rows: i32, pre: usize, extra: usize, saved: usize, cBefore: usize, c: usize, cStride: usize,
): void {
  lstmGates(kind, rows, pre, extra, saved, keptBytes(kind), cBefore, c, cStride);
}

export function lstmCellOutputs(
  kind: i32, rows: i32, saved: usize, c: usize, cStride: usize, h: usize, hStride: usize,
): void {
  lstmOutputs((kind >> OUTPUT) & 7, rows, saved, keptBytes(kind), c, cStride, h, hStride);
}

/** Bytes that a row keeps, but for what its norms do. */
// @ts-ignore: decorator
@inline
function keptBytes(kind: i32): usize {
  return kind & HAS_F ? 320 : 256;
}

/**
 * Gradients before activation, from dh and dc of this step; dc becomes that of the step before.
 *
 *   saved, extra, cBefore, c   as lstmCellForward left them
 *   dh     [rows][16], to which row r at out + r * outStride bytes is added; dc [rows][16], updated in place
 *   asked  what the next step asks of gates, [rows][16] of i, of f and of o at + askedStep bytes each; 0: nothing
 *   d      gradients of gate g at + g * dStep bytes, [rows][16]; written
 *   sums   [gates + 3 where there are peepholes][16], added to
 */
export function lstmCellBackward(
  kind: i32, rows: i32, saved: usize, extra: usize, cBefore: usize, c: usize, cStride: usize,
  dh: usize, out: usize, outStride: usize, dc: usize, asked: usize, askedStep: usize, d: usize, dStep: usize,
  sums: usize,
): void {
  const common = kind & OF_A_UNIT;
  if (isWide()) {
    const keeps = keptBytes(kind);
    // biome-ignore format: the argument list of the contract
    if (backwardWide(common, rows, saved, keeps, extra, cBefore, c, cStride, dh, out, outStride, dc, d, dStep, sums)) return;
  }
  if (common == COUPLED_LSTM) {
    backward(COUPLED_LSTM, rows, saved, extra, cBefore, c, cStride, dh, out, outStride, dc, 0, 0, d, dStep, sums);
  } else if (common == PEEPHOLE_LSTM) {
    backward(PEEPHOLE_LSTM, rows, saved, extra, cBefore, c, cStride, dh, out, outStride, dc, 0, 0, d, dStep, sums);
  } else {
    backward(common, rows, saved, extra, cBefore, c, cStride, dh, out, outStride, dc, asked, askedStep, d, dStep, sums);
  }
}

// @ts-ignore: decorator
@inline
function backward(
  kind: i32, rows: i32, saved: usize, extra: usize, cBefore: usize, c: usize, cStride: usize,
  dh: usize, out: usize, outStride: usize, dc: usize, asked: usize, askedStep: usize, d: usize, dStep: usize,
  sums: usize,
): void {
  const candidate = (kind >> CANDIDATE) & 7;
  const output = (kind >> OUTPUT) & 7;
  const gate = (kind >> GATE) & 7;
  const f0: usize = kind & HAS_I ? 1 : 0;
  const g0: usize = f0 + (kind & HAS_F ? 1 : 0);
  const o0: usize = g0 + 1;
  const e0: usize = o0 + (kind & HAS_O ? 1 : 0);
  const peep = kind & PEEPHOLE;
  const keeps = keptBytes(kind);
  for (let at: usize = 0; at < 64; at += 16) {
    const own = sums + at;
    let bI = v128.load(own);
    let bF = v128.load(own + (f0 << 6));
    let bG = v128.load(own + (g0 << 6));
    let bO = kind & HAS_O ? v128.load(own + (o0 << 6)) : bG;
    let eI = peep ? v128.load(own + (e0 << 6)) : bG;
    let eF = peep ? v128.load(own + (e0 << 6), 64) : bG;
    let eO = peep ? v128.load(own + (e0 << 6), 128) : bG;
    const peepI = peep ? v128.load(extra + at) : bG;
    const peepF = peep ? v128.load(extra + at, 64) : bG;
    const peepO = peep ? v128.load(extra + at, 128) : bG;
    let s = saved + at;
    let past = cBefore + at;
    let now = c + at;
    let from = out + at;
    let row = at;
    for (let r = 0; r < rows; ++r) {
      const o = v128.load(s, 128);
      const squashed = v128.load(s, 192);
      const wanted = f32x4.add(v128.load(dh + row), v128.load(from));
      const before = v128.load(past);
      let toC = v128.load(dc + row);
      // of a cell with norms dc holds what comes through h
      if (!(kind & LAYER_NORM)) {
        toC = f32x4.add(toC, throughSlope(output, squashed, f32x4.mul(wanted, o)));
      }
      if (kind & HAS_O) {
        let toO = f32x4.mul(wanted, squashed);
        if (kind & GATES_SEEN) toO = f32x4.add(toO, v128.load(asked + 2 * askedStep + row));
        const dO = throughSlope(gate, o, toO);
        v128.store(d + o0 * dStep + row, dO);
        bO = f32x4.add(bO, dO);
        if (peep) {
          toC = madd(dO, peepO, toC);
          eO = madd(dO, v128.load(now), eO);
        }
      }
      const i = v128.load(s);
      const g = v128.load(s, 64);
      const dG = throughSlope(candidate, g, f32x4.mul(toC, i));
      v128.store(d + g0 * dStep + row, dG);
      bG = f32x4.add(bG, dG);
      let f = one();
      if (kind & COUPLED) f = f32x4.sub(f, i);
      else if (kind & HAS_F) f = v128.load(s, 256);
      let toBefore = f32x4.mul(toC, f);
      if (kind & HAS_I) {
        let toI = f32x4.mul(toC, g);
        if (kind & COUPLED) toI = nmadd(toC, before, toI);
        if (kind & GATES_SEEN) toI = f32x4.add(toI, v128.load(asked + row));
        const dI = throughSlope(gate, i, toI);
        v128.store(d + row, dI);
        bI = f32x4.add(bI, dI);
        if (peep) {
          toBefore = madd(dI, peepI, toBefore);
          eI = madd(dI, before, eI);
        }
      }
      if (kind & HAS_F) {
        let toF = f32x4.mul(toC, before);
        if (kind & GATES_SEEN) toF = f32x4.add(toF, v128.load(asked + askedStep + row));
        const dF = throughSlope(gate, f, toF);
        v128.store(d + f0 * dStep + row, dF);
        bF = f32x4.add(bF, dF);
        if (peep) {
          toBefore = madd(dF, peepF, toBefore);
          eF = madd(dF, before, eF);
        }
      }
      v128.store(dc + row, toBefore);
      s += keeps;
      past += cStride;
      now += cStride;
      from += outStride;
      row += 64;
    }
    if (kind & HAS_I) v128.store(own, bI);
    if (kind & HAS_F) v128.store(own + (f0 << 6), bF);
    v128.store(own + (g0 << 6), bG);
    if (kind & HAS_O) v128.store(own + (o0 << 6), bO);
    if (peep) {
      v128.store(own + (e0 << 6), eI);
      v128.store(own + (e0 << 6), eF, 64);
      v128.store(own + (e0 << 6), eO, 128);
    }
  }
}
