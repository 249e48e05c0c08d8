// The elementwise part of an sLSTM (Beck et al. 2024, xLSTM, arXiv 2405.04517). One group of 16 units over all rows of
// a batch. States c, n, m stand beside each other, [c | n | m] in a row.

import {
  constant, expVector, half, one, SIGMOID as S, sigmoidRational, sigmoidVector, tanhVector,
} from "../activations";
import { madd, nmadd } from "../math/vector";
import { EXP_FORGET } from "./cell-layout";

// log(1 + u) = 2 t (1 + t^2/3 + t^4/5 + ...), t = u / (2 + u): for u in [0, 1] t is at most 1/3, and what is left after
// t^12 / 13 is below 2e-8 of the sum
const SERIES: usize = memory.data<f32>([
  0.07692307692, 0.09090909091, 0.1111111111, 0.1428571429, 0.2, 0.3333333333, 1.0, 2.0,
], 16);

// @ts-ignore: decorator
@inline
function term(index: usize): v128 {
  return v128.load32_splat(SERIES + (index << 2));
}

/** log(sigmoid(x)) = min(x, 0) - log(1 + exp(-|x|)). NaN passes. */
// @ts-ignore: decorator
@inline
function logSigmoid(x: v128): v128 {
  const u = expVector(f32x4.neg(f32x4.abs(x)));
  const t = f32x4.div(u, f32x4.add(u, term(7)));
  const s = f32x4.mul(t, t);
  let p = madd(term(0), s, term(1));
  p = madd(p, s, term(2));
  p = madd(p, s, term(3));
  p = madd(p, s, term(4));
  p = madd(p, s, term(5));
  p = madd(p, s, term(6));
  return nmadd(f32x4.add(t, t), p, f32x4.pmin(x, f32x4.splat(0)));
}

// @ts-ignore: decorator
@inline
function gate(x: v128): v128 {
  return sigmoidRational(
    x, f32x4.neg(constant(S)), constant(S), constant(S + 1), constant(S + 2), constant(S + 3),
    constant(S + 4), constant(S + 5), constant(S + 6), constant(S + 7), constant(S + 8), half(),
  );
}

/**
 *   l = log(sigmoid(pre_f)), or pre_f with EXP_FORGET
 *   m = max(pre_i, l + m'), or pre_i where n' = 0: the largest exponent so far is taken out of c and n
 *   i = exp(pre_i - m)       f = min(1, exp(l + m' - m))       z = tanh(pre_z)       o = sigmoid(pre_o)
 *   c = f c' + i z           n = f n' + i                      h = o c / n
 *
 * as the plain code of the authors has it (xlstm/blocks/slstm/src/vanilla/slstm.py).
 *
 *   pre     [rows][4][16]: i, f, z, o
 *   saved   [rows][5][16]: i, f, z, o, dl/dpre_f; written
 *   before  c' of row r at + r * beforeStride bytes, n' and m' beforePart bytes further each
 *   c       likewise, written; may be what is before
 *   h       row r at + r * hStride bytes; written
 */
export function slstmForward(
  kind: i32, rows: i32, pre: usize, saved: usize, before: usize, beforeStride: usize,
  beforePart: usize, c: usize, cStride: usize, cPart: usize, h: usize, hStride: usize,
): void {
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 16) {
      const rawI = v128.load(pre + at);
      const rawF = v128.load(pre + at, 64);
      let l = rawF;
      let slope = one();
      if (!(kind & EXP_FORGET)) {
        l = logSigmoid(rawF);
        slope = sigmoidVector(f32x4.neg(rawF));
      }
      const past = before + at;
      const cBefore = v128.load(past);
      const nBefore = v128.load(past + beforePart);
      l = f32x4.add(l, v128.load(past + 2 * beforePart));
      // pmax keeps its first operand when the comparison fails: NaN passes
      const empty = f32x4.eq(nBefore, f32x4.splat(0));
      const m = v128.bitselect(rawI, f32x4.pmax(rawI, l), empty);
      // exp(0) is 1 to the bit, and what is not the largest is below it
      const i = expVector(f32x4.sub(rawI, m));
      const f = expVector(f32x4.pmin(f32x4.sub(l, m), f32x4.splat(0)));
      const z = tanhVector(v128.load(pre + at, 128));
      const o = gate(v128.load(pre + at, 192));
      const now = madd(f, cBefore, f32x4.mul(i, z));
      const n = madd(f, nBefore, i);
      const s = saved + at;
      v128.store(s, i);
      v128.store(s, f, 64);
      v128.store(s, z, 128);
      v128.store(s, o, 192);
      v128.store(s, slope, 256);
      const to = c + at;
      v128.store(to, now);
      v128.store(to + cPart, n);
      v128.store(to + 2 * cPart, m);
      v128.store(h + at, f32x4.div(f32x4.mul(o, now), n));
    }
    pre += 256;
    saved += 320;
    before += beforeStride;
    c += cStride;
    h += hStride;
  }
}

// @ts-ignore: decorator
@inline
function addTo(sums: usize, d: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), d));
}

/**
 * Gradients before activation. What is asked of m, less what c and n owe to it, goes to the larger of the two that m
 * was made of; it is 0 but for rounding where nobody asks for c, n and m themselves, for h does not depend on m.
 *
 *   before  states of the step before, as in slstmForward
 *   dh      [rows][16]
 *   dc      [rows][16], of n and m dStates bytes further each; those of the step before take their place
 *   d       gradients of i, f, z, o at + g * dStep bytes, [rows][16]; written
 *   sums    [4][16], added to
 */
export function slstmBackward(
  rows: i32, saved: usize, before: usize, cStride: usize, cPart: usize, dh: usize, dc: usize,
  dStates: usize, d: usize, dStep: usize, sums: usize,
): void {
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 16) {
      const s = saved + at;
      const i = v128.load(s);
      const f = v128.load(s, 64);
      const z = v128.load(s, 128);
      const o = v128.load(s, 192);
      const cBefore = v128.load(before + at);
      const nBefore = v128.load(before + at + cPart);
      // this step's own: of a masked sample the row holds what was before it
      const n = madd(f, nBefore, i);
      const share = f32x4.div(madd(f, cBefore, f32x4.mul(i, z)), n);
      const asked = v128.load(dh + at);
      const through = f32x4.div(f32x4.mul(asked, o), n);
      const toC = f32x4.add(v128.load(dc + at), through);
      const toN = nmadd(through, share, v128.load(dc + at + dStates));
      const slopeO = f32x4.mul(f32x4.mul(asked, share), o);
      const dO = nmadd(slopeO, o, slopeO);
      const dI = f32x4.mul(i, madd(toC, z, toN));
      const dF = f32x4.mul(f, madd(toC, cBefore, f32x4.mul(toN, nBefore)));
      const slopeZ = f32x4.mul(toC, i);
      const dZ = nmadd(f32x4.mul(slopeZ, z), z, slopeZ);
      const left = f32x4.sub(v128.load(dc + at + 2 * dStates), f32x4.add(dI, dF));
      // where the forget gate was the larger one f is 1, and there was something to forget
      const old = v128.and(f32x4.eq(f, one()), f32x4.ne(nBefore, f32x4.splat(0)));
      const toOld = f32x4.add(dF, v128.and(left, old));
      const allI = f32x4.add(dI, v128.andnot(left, old));
      const allF = f32x4.mul(toOld, v128.load(s, 256));
      const to = d + at;
      v128.store(to, allI);
      v128.store(to + dStep, allF);
      v128.store(to + 2 * dStep, dZ);
      v128.store(to + 3 * dStep, dO);
      addTo(sums + at, allI);
      addTo(sums + at + 64, allF);
      addTo(sums + at + 128, dZ);
      addTo(sums + at + 192, dO);
      v128.store(dc + at, f32x4.mul(toC, f));
      v128.store(dc + at + dStates, f32x4.mul(toN, f));
      v128.store(dc + at + 2 * dStates, toOld);
    }
    saved += 320;
    before += cStride;
    dh += 64;
    dc += 64;
    d += 64;
  }
}

/**
 * Gradients of a group's weights that stand outside the blocks of the recurrent matrix: 0, so that the weights, which
 * begin as 0, stay it.
 *
 *   dW  the group's four tiles, [4][depth][16], of which rows from ip on meet h
 */
export function clearOutside(heads: i32, H: i32, group: i32, ip: i32, depth: i32, dW: usize): void {
  if (heads == 1) return;
  const size = H / heads;
  const tile = <usize>depth << 6;
  for (let lane = 0; lane < min(16, H - (group << 4)); ++lane) {
    const first = (((group << 4) + lane) / size) * size;
    for (let k = 0; k < H; ++k) {
      if (k >= first && k < first + size) continue;
      const at = dW + (<usize>(ip + k) << 6) + (<usize>lane << 2);
      for (let g: usize = 0; g < 4; ++g) store<f32>(at + g * tile, 0);
    }
  }
}
