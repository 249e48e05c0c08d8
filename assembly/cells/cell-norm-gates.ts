// The elementwise part of an LSTM with norms, one group of 16 units over all rows of a batch, with tanh and sigmoid. Each
// loop has one function and four neighbouring vectors, all reads before the writes, so that engines with 256 bits pack them
// (wide.ts); what it needs beside is loaded before it.

import { madd } from "../math/vector";
import { SIGMOID as OF_GATES, TANH as OF_CELL, throughSlope } from "./cell-activation";
import { NO_BIAS, NORM_LSTM } from "./cell-layout";
import { squash } from "./cell-lstm-passes";

/** Whether it has all gates, no peepholes, tanh and sigmoid: what stands here is for those. */
// @ts-ignore: decorator
@inline
export function isClassicNorm(kind: i32): bool {
  return (kind & ((1 << 20) - 1) & ~NO_BIAS) == NORM_LSTM;
}

/** pre [rows][4][16] of i, f, g, o to tiles i, f, o, g of saved, `tile` bytes apart, and c. */
export function normGatesForward(
  rows: i32, pre: usize, saved: usize, tile: usize, cBefore: usize, c: usize, cStride: usize,
): void {
  let i = saved;
  let f = i + tile;
  let g = i + 3 * tile;
  squash(OF_GATES, rows, pre, 256, 0, 0, 0, i, 64);
  squash(OF_GATES, rows, pre + 64, 256, 0, 0, 0, f, 64);
  squash(OF_GATES, rows, pre + 192, 256, 0, 0, 0, f + tile, 64);
  squash(OF_CELL, rows, pre + 128, 256, 0, 0, 0, g, 64);
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 32) {
      const i0 = v128.load(i);
      const i1 = v128.load(i, 16);
      const g0 = v128.load(g);
      const g1 = v128.load(g, 16);
      const f0 = v128.load(f);
      const f1 = v128.load(f, 16);
      const b0 = v128.load(cBefore + at);
      const b1 = v128.load(cBefore + at, 16);
      const c0 = madd(f0, b0, f32x4.mul(i0, g0));
      const c1 = madd(f1, b1, f32x4.mul(i1, g1));
      v128.store(c + at, c0);
      v128.store(c + at, c1, 16);
      i += 32;
      f += 32;
      g += 32;
    }
    cBefore += cStride;
    c += cStride;
  }
}

/** Normalized c, [rows][16], to tanh of it in saved, and h. */
export function normOutputsForward(
  rows: i32, normed: usize, saved: usize, tile: usize, h: usize, hStride: usize,
): void {
  let o = saved + 2 * tile;
  let squashed = saved + 4 * tile;
  squash(OF_CELL, rows, normed, 64, 0, 0, 0, squashed, 64);
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 32) {
      const h0 = f32x4.mul(v128.load(o), v128.load(squashed));
      const h1 = f32x4.mul(v128.load(o, 16), v128.load(squashed, 16));
      v128.store(h + at, h0);
      v128.store(h + at, h1, 16);
      o += 32;
      squashed += 32;
    }
    h += hStride;
  }
}

/**
 * lstmCellBackward of these: dh and dc to gradients of the gates before activation, dc to that of the step before.
 * dc holds what comes through h already. Pointers as there.
 */
export function normPointwiseBackward(
  rows: i32, saved: usize, tile: usize, cBefore: usize, cStride: usize, dh: usize, dc: usize, d: usize, dStep: usize,
  sums: usize,
): void {
  for (let at: usize = 0; at < 64; at += 32) {
    const own = sums + at;
    let bI0 = v128.load(own);
    let bI1 = v128.load(own, 16);
    let bF0 = v128.load(own, 64);
    let bF1 = v128.load(own, 80);
    let bG0 = v128.load(own, 128);
    let bG1 = v128.load(own, 144);
    let bO0 = v128.load(own, 192);
    let bO1 = v128.load(own, 208);
    let i = saved + at;
    let f = i + tile;
    let o = f + tile;
    let g = o + tile;
    let t = g + tile;
    let past = cBefore + at;
    let to = d + at;
    let wanted = dh + at;
    let cell = dc + at;
    for (let r = 0; r < rows; ++r) {
      const i0 = v128.load(i);
      const i1 = v128.load(i, 16);
      const g0 = v128.load(g);
      const g1 = v128.load(g, 16);
      const o0 = v128.load(o);
      const o1 = v128.load(o, 16);
      const t0 = v128.load(t);
      const t1 = v128.load(t, 16);
      const f0 = v128.load(f);
      const f1 = v128.load(f, 16);
      const w0 = v128.load(wanted);
      const w1 = v128.load(wanted, 16);
      const c0 = v128.load(cell);
      const c1 = v128.load(cell, 16);
      const p0 = v128.load(past);
      const p1 = v128.load(past, 16);
      const dI0 = throughSlope(OF_GATES, i0, f32x4.mul(c0, g0));
      const dI1 = throughSlope(OF_GATES, i1, f32x4.mul(c1, g1));
      const dF0 = throughSlope(OF_GATES, f0, f32x4.mul(c0, p0));
      const dF1 = throughSlope(OF_GATES, f1, f32x4.mul(c1, p1));
      const dG0 = throughSlope(OF_CELL, g0, f32x4.mul(c0, i0));
      const dG1 = throughSlope(OF_CELL, g1, f32x4.mul(c1, i1));
      const dO0 = throughSlope(OF_GATES, o0, f32x4.mul(w0, t0));
      const dO1 = throughSlope(OF_GATES, o1, f32x4.mul(w1, t1));
      bI0 = f32x4.add(bI0, dI0);
      bI1 = f32x4.add(bI1, dI1);
      bF0 = f32x4.add(bF0, dF0);
      bF1 = f32x4.add(bF1, dF1);
      bG0 = f32x4.add(bG0, dG0);
      bG1 = f32x4.add(bG1, dG1);
      bO0 = f32x4.add(bO0, dO0);
      bO1 = f32x4.add(bO1, dO1);
      v128.store(to, dI0);
      v128.store(to, dI1, 16);
      v128.store(to + dStep, dF0);
      v128.store(to + dStep, dF1, 16);
      v128.store(to + 2 * dStep, dG0);
      v128.store(to + 2 * dStep, dG1, 16);
      v128.store(to + 3 * dStep, dO0);
      v128.store(to + 3 * dStep, dO1, 16);
      v128.store(cell, f32x4.mul(c0, f0));
      v128.store(cell, f32x4.mul(c1, f1), 16);
      i += 64;
      f += 64;
      o += 64;
      g += 64;
      t += 64;
      past += cStride;
      to += 64;
      wanted += 64;
      cell += 64;
    }
    v128.store(own, bI0);
    v128.store(own, bI1, 16);
    v128.store(own, bF0, 64);
    v128.store(own, bF1, 80);
    v128.store(own, bG0, 128);
    v128.store(own, bG1, 144);
    v128.store(own, bO0, 192);
    v128.store(own, bO1, 208);
  }
}
