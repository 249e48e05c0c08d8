// lstmCellBackward for engines that fuse pairs of 128-bit operations, see wide.ts: two vectors of neighbouring units side
// by side, reads before writes. Of the kinds that are common, each compiled by itself.

import { one } from "../activations";
import { madd, nmadd } from "../math/vector";
import { SIGMOID, TANH, throughSlope } from "./cell-activation";
import { COUPLED, COUPLED_LSTM, HAS_F, PEEPHOLE, PEEPHOLE_LSTM } from "./cell-layout";

/** As lstmCellBackward for the kinds that are common; whether it is one of them. keeps: bytes that a row of saved takes. */
export function backwardWide(
  kind: i32, rows: i32, saved: usize, keeps: usize, extra: usize, cBefore: usize, c: usize, cStride: usize,
  dh: usize, out: usize, outStride: usize, dc: usize, d: usize, dStep: usize, sums: usize,
): bool {
  if (kind == COUPLED_LSTM) coupled(rows, saved, keeps, cBefore, cStride, dh, out, outStride, dc, d, dStep, sums);
  else if (kind == PEEPHOLE_LSTM) seeing(rows, saved, keeps, extra, cBefore, c, cStride, dh, out, outStride, dc, d, dStep, sums);
  else return false;
  return true;
}

// functions of their own, for calls of one with different kinds would be folded into one that asks for the kind
function coupled(
  rows: i32, saved: usize, keeps: usize, cBefore: usize, cStride: usize, dh: usize, out: usize,
  outStride: usize, dc: usize, d: usize, dStep: usize, sums: usize,
): void {
  backward(COUPLED_LSTM, rows, saved, keeps, 0, cBefore, 0, cStride, dh, out, outStride, dc, d, dStep, sums);
}

function seeing(
  rows: i32, saved: usize, keeps: usize, extra: usize, cBefore: usize, c: usize, cStride: usize, dh: usize,
  out: usize, outStride: usize, dc: usize, d: usize, dStep: usize, sums: usize,
): void {
  backward(PEEPHOLE_LSTM, rows, saved, keeps, extra, cBefore, c, cStride, dh, out, outStride, dc, d, dStep, sums);
}

/** What `kind` says is settled when this is compiled. */
// @ts-ignore: decorator
@inline
function backward(
  kind: i32, rows: i32, saved: usize, keeps: usize, extra: usize, cBefore: usize, c: usize, cStride: usize,
  dh: usize, out: usize, outStride: usize, dc: usize, d: usize, dStep: usize, sums: usize,
): void {
  const g0: usize = kind & HAS_F ? 2 : 1;
  const dF = d + dStep;
  const dG = d + g0 * dStep;
  const dO = dG + dStep;
  const peep = kind & PEEPHOLE;
  const e = sums + ((g0 + 2) << 6);
  const unit = one();
  for (let at: usize = 0; at < 64; at += 32) {
    const own = sums + at;
    let bI0 = v128.load(own);
    let bI1 = v128.load(own, 16);
    let bF0 = v128.load(own, 64);
    let bF1 = v128.load(own, 80);
    let bG0 = v128.load(own + (g0 << 6));
    let bG1 = v128.load(own + (g0 << 6), 16);
    let bO0 = v128.load(own + (g0 << 6), 64);
    let bO1 = v128.load(own + (g0 << 6), 80);
    let eI0 = peep ? v128.load(e + at) : bG0;
    let eI1 = peep ? v128.load(e + at, 16) : bG1;
    let eF0 = peep ? v128.load(e + at, 64) : bG0;
    let eF1 = peep ? v128.load(e + at, 80) : bG1;
    let eO0 = peep ? v128.load(e + at, 128) : bG0;
    let eO1 = peep ? v128.load(e + at, 144) : bG1;
    const peepI0 = peep ? v128.load(extra + at) : bG0;
    const peepI1 = peep ? v128.load(extra + at, 16) : bG1;
    const peepF0 = peep ? v128.load(extra + at, 64) : bG0;
    const peepF1 = peep ? v128.load(extra + at, 80) : bG1;
    const peepO0 = peep ? v128.load(extra + at, 128) : bG0;
    const peepO1 = peep ? v128.load(extra + at, 144) : bG1;
    let s = saved + at;
    let past = cBefore + at;
    let now = c + at;
    let from = out + at;
    let row = at;
    for (let r = 0; r < rows; ++r) {
      const o0 = v128.load(s, 128);
      const o1 = v128.load(s, 144);
      const y0 = v128.load(s, 192);
      const y1 = v128.load(s, 208);
      const wanted0 = f32x4.add(v128.load(dh + row), v128.load(from));
      const wanted1 = f32x4.add(v128.load(dh + row, 16), v128.load(from, 16));
      let toC0 = f32x4.add(v128.load(dc + row), throughSlope(TANH, y0, f32x4.mul(wanted0, o0)));
      let toC1 = f32x4.add(v128.load(dc + row, 16), throughSlope(TANH, y1, f32x4.mul(wanted1, o1)));
      const dO0 = throughSlope(SIGMOID, o0, f32x4.mul(wanted0, y0));
      const dO1 = throughSlope(SIGMOID, o1, f32x4.mul(wanted1, y1));
      bO0 = f32x4.add(bO0, dO0);
      bO1 = f32x4.add(bO1, dO1);
      if (peep) {
        toC0 = madd(dO0, peepO0, toC0);
        toC1 = madd(dO1, peepO1, toC1);
        eO0 = madd(dO0, v128.load(now), eO0);
        eO1 = madd(dO1, v128.load(now, 16), eO1);
      }
      const i0 = v128.load(s);
      const i1 = v128.load(s, 16);
      const y2 = v128.load(s, 64);
      const y3 = v128.load(s, 80);
      const dG0 = throughSlope(TANH, y2, f32x4.mul(toC0, i0));
      const dG1 = throughSlope(TANH, y3, f32x4.mul(toC1, i1));
      bG0 = f32x4.add(bG0, dG0);
      bG1 = f32x4.add(bG1, dG1);
      const f0 = kind & COUPLED ? f32x4.sub(unit, i0) : v128.load(s, 256);
      const f1 = kind & COUPLED ? f32x4.sub(unit, i1) : v128.load(s, 272);
      const before0 = v128.load(past);
      const before1 = v128.load(past, 16);
      let toBefore0 = f32x4.mul(toC0, f0);
      let toBefore1 = f32x4.mul(toC1, f1);
      let toI0 = f32x4.mul(toC0, y2);
      let toI1 = f32x4.mul(toC1, y3);
      if (kind & COUPLED) {
        toI0 = nmadd(toC0, before0, toI0);
        toI1 = nmadd(toC1, before1, toI1);
      }
      const dI0 = throughSlope(SIGMOID, i0, toI0);
      const dI1 = throughSlope(SIGMOID, i1, toI1);
      bI0 = f32x4.add(bI0, dI0);
      bI1 = f32x4.add(bI1, dI1);
      if (peep) {
        toBefore0 = madd(dI0, peepI0, toBefore0);
        toBefore1 = madd(dI1, peepI1, toBefore1);
        eI0 = madd(dI0, before0, eI0);
        eI1 = madd(dI1, before1, eI1);
      }
      if (kind & HAS_F) {
        const dF0 = throughSlope(SIGMOID, f0, f32x4.mul(toC0, before0));
        const dF1 = throughSlope(SIGMOID, f1, f32x4.mul(toC1, before1));
        bF0 = f32x4.add(bF0, dF0);
        bF1 = f32x4.add(bF1, dF1);
        if (peep) {
          toBefore0 = madd(dF0, peepF0, toBefore0);
          toBefore1 = madd(dF1, peepF1, toBefore1);
          eF0 = madd(dF0, before0, eF0);
          eF1 = madd(dF1, before1, eF1);
        }
        v128.store(dF + row, dF0);
        v128.store(dF + row, dF1, 16);
      }
      v128.store(d + row, dI0);
      v128.store(d + row, dI1, 16);
      v128.store(dG + row, dG0);
      v128.store(dG + row, dG1, 16);
      v128.store(dO + row, dO0);
      v128.store(dO + row, dO1, 16);
      v128.store(dc + row, toBefore0);
      v128.store(dc + row, toBefore1, 16);
      s += keeps;
      past += cStride;
      now += cStride;
      from += outStride;
      row += 64;
    }
    v128.store(own, bI0);
    v128.store(own, bI1, 16);
    if (kind & HAS_F) {
      v128.store(own, bF0, 64);
      v128.store(own, bF1, 80);
    }
    v128.store(own + (g0 << 6), bG0);
    v128.store(own + (g0 << 6), bG1, 16);
    v128.store(own + (g0 << 6), bO0, 64);
    v128.store(own + (g0 << 6), bO1, 80);
    if (peep) {
      v128.store(e + at, eI0);
      v128.store(e + at, eI1, 16);
      v128.store(e + at, eF0, 64);
      v128.store(e + at, eF1, 80);
      v128.store(e + at, eO0, 128);
      v128.store(e + at, eO1, 144);
    }
  }
}
