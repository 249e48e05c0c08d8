// The elementwise part of LSTMs that are not the vanilla one (lstm-gates.ts): other gates, peepholes, other
// activations. One group of 16 units over all rows of a batch. What `kind` says is settled when this is compiled
// for the kinds that are common: the branches of a pass over them are gone.

import { madd, nmadd } from "../math/vector";
import { one } from "../activations";
import { activate, throughSlope } from "./cell-activation";
import {
  CANDIDATE, COUPLED, GATE, GATES_SEEN, HAS_F, HAS_I, HAS_O, NO_BIAS, OUTPUT, PEEPHOLE,
} from "./cell-layout";

/** LSTM with tanh and sigmoid: cell 1, candidate and output 1, gates 2. */
const CLASSIC: i32 = 1 | (1 << CANDIDATE) | (1 << OUTPUT) | (2 << GATE);
const COUPLED_LSTM: i32 = CLASSIC | HAS_I | HAS_O | COUPLED;
const PEEPHOLE_LSTM: i32 = CLASSIC | HAS_I | HAS_F | HAS_O | PEEPHOLE;

/**
 *   i = r(pre_i + p_i c')    f = r(pre_f + p_f c'), or 1 - i    g = a(pre_g)
 *   c = f c' + i g           o = r(pre_o + p_o c)               h = o b(c)
 *
 * where a gate that is missing is 1, and a missing peephole 0.
 *
 *   pre     [rows][gates][16], those that there are of i, f, g, o
 *   extra   [3][16] peepholes of i, f, o
 *   saved   [rows][5][16] i, f, g, o, b(c); written
 *   cBefore row r at + r * cStride bytes, 16 floats; c likewise, written, may be cBefore
 *   h       row r at + r * hStride bytes; written
 */
export function lstmCellForward(
  kind: i32, rows: i32, pre: usize, extra: usize, saved: usize, cBefore: usize, c: usize,
  cStride: usize, h: usize, hStride: usize,
): void {
  const common = kind & ~NO_BIAS;
  if (common == COUPLED_LSTM) {
    forward(COUPLED_LSTM, rows, pre, extra, saved, cBefore, c, cStride, h, hStride);
  } else if (common == PEEPHOLE_LSTM) {
    forward(PEEPHOLE_LSTM, rows, pre, extra, saved, cBefore, c, cStride, h, hStride);
  } else forward(common, rows, pre, extra, saved, cBefore, c, cStride, h, hStride);
}

// @ts-ignore: decorator
@inline
function forward(
  kind: i32, rows: i32, pre: usize, extra: usize, saved: usize, cBefore: usize, c: usize,
  cStride: usize, h: usize, hStride: usize,
): void {
  const candidate = (kind >> CANDIDATE) & 7;
  const output = (kind >> OUTPUT) & 7;
  const gate = (kind >> GATE) & 7;
  const atF: usize = kind & HAS_I ? 64 : 0;
  const atG: usize = atF + (kind & HAS_F ? 64 : 0);
  const atO: usize = atG + 64;
  const step: usize = atO + (kind & HAS_O ? 64 : 0);
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 16) {
      const x = pre + at;
      const before = v128.load(cBefore + at);
      let i = one();
      if (kind & HAS_I) {
        let a = v128.load(x);
        if (kind & PEEPHOLE) a = madd(v128.load(extra + at), before, a);
        i = activate(gate, a);
      }
      let f = one();
      if (kind & COUPLED) f = f32x4.sub(f, i);
      else if (kind & HAS_F) {
        let a = v128.load(x + atF);
        if (kind & PEEPHOLE) a = madd(v128.load(extra + at, 64), before, a);
        f = activate(gate, a);
      }
      const g = activate(candidate, v128.load(x + atG));
      const now = madd(f, before, f32x4.mul(i, g));
      let o = one();
      if (kind & HAS_O) {
        let a = v128.load(x + atO);
        if (kind & PEEPHOLE) a = madd(v128.load(extra + at, 128), now, a);
        o = activate(gate, a);
      }
      const squashed = activate(output, now);
      const s = saved + at;
      v128.store(s, i);
      v128.store(s, f, 64);
      v128.store(s, g, 128);
      v128.store(s, o, 192);
      v128.store(s, squashed, 256);
      v128.store(c + at, now);
      v128.store(h + at, f32x4.mul(o, squashed));
    }
    pre += step;
    saved += 320;
    cBefore += cStride;
    c += cStride;
    h += hStride;
  }
}

/**
 * Gradients before activation, from dh and dc of this step; dc becomes that of the step before.
 *
 *   saved, extra, cBefore, c   as lstmCellForward left them
 *   dh     [rows][16]; dc [rows][16], updated in place
 *   asked  what the next step asks of gates, [rows][16] of i, of f and of o at + askedStep bytes each; 0: nothing
 *   d      gradients of gate g at + g * dStep bytes, [rows][16]; written
 *   sums   [gates + 3 where there are peepholes][16], added to
 */
export function lstmCellBackward(
  kind: i32, rows: i32, saved: usize, extra: usize, cBefore: usize, c: usize, cStride: usize,
  dh: usize, dc: usize, asked: usize, askedStep: usize, d: usize, dStep: usize, sums: usize,
): void {
  const common = kind & ~NO_BIAS;
  if (common == COUPLED_LSTM) {
    backward(COUPLED_LSTM, rows, saved, extra, cBefore, c, cStride, dh, dc, 0, 0, d, dStep, sums);
  } else if (common == PEEPHOLE_LSTM) {
    backward(PEEPHOLE_LSTM, rows, saved, extra, cBefore, c, cStride, dh, dc, 0, 0, d, dStep, sums);
  } else {
    backward(common, rows, saved, extra, cBefore, c, cStride, dh, dc, asked, askedStep, d, dStep, sums);
  }
}

// @ts-ignore: decorator
@inline
function addTo(sums: usize, d: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), d));
}

// @ts-ignore: decorator
@inline
function backward(
  kind: i32, rows: i32, saved: usize, extra: usize, cBefore: usize, c: usize, cStride: usize,
  dh: usize, dc: usize, asked: usize, askedStep: usize, d: usize, dStep: usize, sums: usize,
): void {
  const candidate = (kind >> CANDIDATE) & 7;
  const output = (kind >> OUTPUT) & 7;
  const gate = (kind >> GATE) & 7;
  const f0: usize = kind & HAS_I ? 1 : 0;
  const g0: usize = f0 + (kind & HAS_F ? 1 : 0);
  const o0: usize = g0 + 1;
  const e0: usize = (o0 + (kind & HAS_O ? 1 : 0)) << 6;
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 16) {
      const s = saved + at;
      const i = v128.load(s);
      const f = v128.load(s, 64);
      const g = v128.load(s, 128);
      const o = v128.load(s, 192);
      const squashed = v128.load(s, 256);
      const wanted = v128.load(dh + at);
      const before = v128.load(cBefore + at);
      const sum = sums + at;
      let toC = f32x4.add(v128.load(dc + at), throughSlope(output, squashed, f32x4.mul(wanted, o)));
      if (kind & HAS_O) {
        let toO = f32x4.mul(wanted, squashed);
        if (kind & GATES_SEEN) toO = f32x4.add(toO, v128.load(asked + 2 * askedStep + at));
        const dO = throughSlope(gate, o, toO);
        v128.store(d + o0 * dStep + at, dO);
        addTo(sum + (o0 << 6), dO);
        if (kind & PEEPHOLE) {
          toC = madd(dO, v128.load(extra + at, 128), toC);
          const own = sum + e0 + 128;
          v128.store(own, madd(dO, v128.load(c + at), v128.load(own)));
        }
      }
      const dG = throughSlope(candidate, g, f32x4.mul(toC, i));
      v128.store(d + g0 * dStep + at, dG);
      addTo(sum + (g0 << 6), dG);
      let toBefore = f32x4.mul(toC, f);
      if (kind & HAS_I) {
        let toI = f32x4.mul(toC, g);
        if (kind & COUPLED) toI = nmadd(toC, before, toI);
        if (kind & GATES_SEEN) toI = f32x4.add(toI, v128.load(asked + at));
        const dI = throughSlope(gate, i, toI);
        v128.store(d + at, dI);
        addTo(sum, dI);
        if (kind & PEEPHOLE) {
          toBefore = madd(dI, v128.load(extra + at), toBefore);
          const own = sum + e0;
          v128.store(own, madd(dI, before, v128.load(own)));
        }
      }
      if (kind & HAS_F) {
        let toF = f32x4.mul(toC, before);
        if (kind & GATES_SEEN) toF = f32x4.add(toF, v128.load(asked + askedStep + at));
        const dF = throughSlope(gate, f, toF);
        v128.store(d + f0 * dStep + at, dF);
        addTo(sum + (f0 << 6), dF);
        if (kind & PEEPHOLE) {
          toBefore = madd(dF, v128.load(extra + at, 64), toBefore);
          const own = sum + e0 + 64;
          v128.store(own, madd(dF, before, v128.load(own)));
        }
      }
      v128.store(dc + at, toBefore);
    }
    saved += 320;
    cBefore += cStride;
    c += cStride;
    dh += 64;
    dc += 64;
    asked += 64;
    d += 64;
  }
}
