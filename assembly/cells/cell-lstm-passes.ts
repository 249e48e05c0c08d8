// The forward passes of cell-lstm.ts. One for each gate, so that its constants stay in registers; two vectors side by
// side, reads before writes, for engines that fuse them (wide.ts): neighbouring units of one gate undergo the same by
// nature. In 128 bits these loops are the faster ones too.

import {
  constant, half, one, SIGMOID as SIGMOID_TABLE, sigmoidRational, TANH as TANH_TABLE, tanhRational,
} from "../activations";
import { madd } from "../math/vector";
import { activate, SIGMOID, TANH } from "./cell-activation";
import { CANDIDATE, COUPLED, GATE, HAS_F, HAS_I, HAS_O, PEEPHOLE } from "./cell-layout";

/** lstmCellGates of any kind. keeps: bytes that a row of saved takes. */
export function lstmGates(
  kind: i32, rows: i32, pre: usize, extra: usize, saved: usize, keeps: usize, cBefore: usize, c: usize,
  cStride: usize,
): void {
  const gate = (kind >> GATE) & 7;
  const atF: usize = kind & HAS_I ? 64 : 0;
  const atG: usize = atF + (kind & HAS_F ? 64 : 0);
  const atO: usize = atG + 64;
  const step: usize = atO + (kind & HAS_O ? 64 : 0);
  const peep = kind & PEEPHOLE;
  if (kind & HAS_I) squash(gate, rows, pre, step, peep ? extra : 0, cBefore, cStride, saved, keeps);
  else fill(rows, saved, keeps);
  if (kind & HAS_F) {
    squash(gate, rows, pre + atF, step, peep ? extra + 64 : 0, cBefore, cStride, saved + 256, keeps);
  }
  squash((kind >> CANDIDATE) & 7, rows, pre + atG, step, 0, 0, 0, saved + 64, keeps);
  cells(kind, rows, saved, keeps, cBefore, c, cStride);
  if (kind & HAS_O) {
    squash(gate, rows, pre + atO, step, peep ? extra + 128 : 0, c, cStride, saved + 128, keeps);
  } else fill(rows, saved + 128, keeps);
}

/** What h is of c, saved beside the gates, and h. */
export function lstmOutputs(
  code: i32, rows: i32, saved: usize, keeps: usize, c: usize, cStride: usize, h: usize, hStride: usize,
): void {
  squash(code, rows, c, cStride, 0, 0, 0, saved + 192, keeps);
  for (let at: usize = 0; at < 64; at += 32) {
    let s = saved + at;
    let to = h + at;
    for (let r = 0; r < rows; ++r) {
      const o0 = v128.load(s, 128);
      const o1 = v128.load(s, 144);
      const y0 = v128.load(s, 192);
      const y1 = v128.load(s, 208);
      v128.store(to, f32x4.mul(o0, y0));
      v128.store(to, f32x4.mul(o1, y1), 16);
      s += keeps;
      to += hStride;
    }
  }
}

/** to [rows][16] = a(x), or with peepholes a(x + peep * c). */
export function squash(
  code: i32, rows: i32, x: usize, xStep: usize, peep: usize, c: usize, cStep: usize, to: usize, toStep: usize,
): void {
  if (code == SIGMOID && !peep) sigmoids(rows, x, xStep, to, toStep);
  else if (code == SIGMOID) sigmoidsSeeing(rows, x, xStep, peep, c, cStep, to, toStep);
  else if (code == TANH && !peep) tanhs(rows, x, xStep, to, toStep);
  else {
    for (let r = 0; r < rows; ++r) {
      for (let at: usize = 0; at < 64; at += 16) {
        let a = v128.load(x + at);
        if (peep) a = madd(v128.load(peep + at), v128.load(c + at), a);
        v128.store(to + at, activate(code, a));
      }
      x += xStep;
      c += cStep;
      to += toStep;
    }
  }
}

function sigmoids(rows: i32, x: usize, xStep: usize, to: usize, toStep: usize): void {
  const high = constant(SIGMOID_TABLE);
  const low = f32x4.neg(high);
  const p0 = constant(SIGMOID_TABLE + 1);
  const p1 = constant(SIGMOID_TABLE + 2);
  const p2 = constant(SIGMOID_TABLE + 3);
  const p3 = constant(SIGMOID_TABLE + 4);
  const q0 = constant(SIGMOID_TABLE + 5);
  const q1 = constant(SIGMOID_TABLE + 6);
  const q2 = constant(SIGMOID_TABLE + 7);
  const q3 = constant(SIGMOID_TABLE + 8);
  const m = half();
  for (let at: usize = 0; at < 64; at += 32) {
    let from = x + at;
    let s = to + at;
    for (let r = 0; r < rows; ++r) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      v128.store(s, sigmoidRational(a, low, high, p0, p1, p2, p3, q0, q1, q2, q3, m));
      v128.store(s, sigmoidRational(b, low, high, p0, p1, p2, p3, q0, q1, q2, q3, m), 16);
      from += xStep;
      s += toStep;
    }
  }
}

function sigmoidsSeeing(
  rows: i32, x: usize, xStep: usize, peep: usize, c: usize, cStep: usize, to: usize, toStep: usize,
): void {
  const high = constant(SIGMOID_TABLE);
  const low = f32x4.neg(high);
  const p0 = constant(SIGMOID_TABLE + 1);
  const p1 = constant(SIGMOID_TABLE + 2);
  const p2 = constant(SIGMOID_TABLE + 3);
  const p3 = constant(SIGMOID_TABLE + 4);
  const q0 = constant(SIGMOID_TABLE + 5);
  const q1 = constant(SIGMOID_TABLE + 6);
  const q2 = constant(SIGMOID_TABLE + 7);
  const q3 = constant(SIGMOID_TABLE + 8);
  const m = half();
  for (let at: usize = 0; at < 64; at += 32) {
    const u0 = v128.load(peep + at);
    const u1 = v128.load(peep + at, 16);
    let from = x + at;
    let seen = c + at;
    let s = to + at;
    for (let r = 0; r < rows; ++r) {
      const a = madd(u0, v128.load(seen), v128.load(from));
      const b = madd(u1, v128.load(seen, 16), v128.load(from, 16));
      v128.store(s, sigmoidRational(a, low, high, p0, p1, p2, p3, q0, q1, q2, q3, m));
      v128.store(s, sigmoidRational(b, low, high, p0, p1, p2, p3, q0, q1, q2, q3, m), 16);
      from += xStep;
      seen += cStep;
      s += toStep;
    }
  }
}

function tanhs(rows: i32, x: usize, xStep: usize, to: usize, toStep: usize): void {
  const high = constant(TANH_TABLE);
  const low = f32x4.neg(high);
  const p0 = constant(TANH_TABLE + 1);
  const p1 = constant(TANH_TABLE + 2);
  const p2 = constant(TANH_TABLE + 3);
  const p3 = constant(TANH_TABLE + 4);
  const p4 = constant(TANH_TABLE + 5);
  const q0 = constant(TANH_TABLE + 6);
  const q1 = constant(TANH_TABLE + 7);
  const q2 = constant(TANH_TABLE + 8);
  const q3 = constant(TANH_TABLE + 9);
  for (let at: usize = 0; at < 64; at += 32) {
    let from = x + at;
    let s = to + at;
    for (let r = 0; r < rows; ++r) {
      const a = v128.load(from);
      const b = v128.load(from, 16);
      v128.store(s, tanhRational(a, low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3));
      v128.store(s, tanhRational(b, low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3), 16);
      from += xStep;
      s += toStep;
    }
  }
}

/** A gate that is missing is 1. */
function fill(rows: i32, to: usize, toStep: usize): void {
  const unit = one();
  for (let r = 0; r < rows; ++r, to += toStep) {
    for (let at: usize = 0; at < 64; at += 16) v128.store(to + at, unit);
  }
}

/** c = f c' + i g. */
function cells(
  kind: i32, rows: i32, saved: usize, keeps: usize, cBefore: usize, c: usize, cStride: usize,
): void {
  const unit = one();
  const atF: usize = kind & HAS_F ? 256 : 0;
  for (let at: usize = 0; at < 64; at += 32) {
    let s = saved + at;
    let from = cBefore + at;
    let to = c + at;
    if (kind & HAS_F) {
      for (let r = 0; r < rows; ++r) {
        const i0 = f32x4.mul(v128.load(s), v128.load(s, 64));
        const i1 = f32x4.mul(v128.load(s, 16), v128.load(s, 80));
        const now0 = madd(v128.load(s, 256), v128.load(from), i0);
        const now1 = madd(v128.load(s, 272), v128.load(from, 16), i1);
        v128.store(to, now0);
        v128.store(to, now1, 16);
        s += keeps;
        from += cStride;
        to += cStride;
      }
    } else if (kind & COUPLED) {
      for (let r = 0; r < rows; ++r) {
        const i0 = v128.load(s);
        const i1 = v128.load(s, 16);
        const now0 = madd(f32x4.sub(unit, i0), v128.load(from), f32x4.mul(i0, v128.load(s, 64)));
        const now1 = madd(f32x4.sub(unit, i1), v128.load(from, 16), f32x4.mul(i1, v128.load(s, 80)));
        v128.store(to, now0);
        v128.store(to, now1, 16);
        s += keeps;
        from += cStride;
        to += cStride;
      }
    } else {
      for (let r = 0; r < rows; ++r) {
        const i0 = f32x4.mul(v128.load(s), v128.load(s, 64));
        const i1 = f32x4.mul(v128.load(s, 16), v128.load(s, 80));
        const now0 = madd(unit, v128.load(from), i0);
        const now1 = madd(unit, v128.load(from, 16), i1);
        v128.store(to, now0);
        v128.store(to, now1, 16);
        s += keeps;
        from += cStride;
        to += cStride;
      }
    }
  }
}
