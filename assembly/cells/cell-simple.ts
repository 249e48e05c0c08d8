// The elementwise part of cells whose only state is h: Elman's, IndRNN, minGRU, minLSTM. One group of 16 units
// over all rows of a batch.

import { one, sigmoidVector } from "../activations";
import { copyRows } from "../math/copy";
import { madd, nmadd } from "../math/vector";
import { activate, TANH, throughSlope } from "./cell-activation";
import { CANDIDATE, cellOf, IND_RNN, MIN_GRU, MIN_LSTM, RNN } from "./cell-layout";
import { squash } from "./cell-lstm-passes";
import { simplePairs } from "./cell-simple-pairs";

/**
 *   Elman     h = a(pre)
 *   IndRNN    h = a(pre + u h')                                     (arXiv 1803.04831)
 *   minGRU    z = sigmoid(pre_z), n = a(pre_n); h = (1 - z) h' + z n   (arXiv 2410.01201)
 *   minLSTM   f, i = sigmoid(pre) over their sum, n = a(pre_n); h = f h' + i n   (the same)
 *
 *   pre     [rows][gates][16]: h; h; z, n; f, i, n
 *   extra   [16] u of an IndRNN
 *   saved   [rows][S][16]: h; h; z, n; f, i, n, where i is the normalized one and f the raw one; written
 *   hBefore row r at + r * beforeStride bytes; h at + r * hStride, written
 */
export function simpleCellForward(
  kind: i32, rows: i32, pre: usize, extra: usize, saved: usize, hBefore: usize, beforeStride: usize,
  h: usize, hStride: usize,
): void {
  const cell = cellOf(kind);
  const code = (kind >> CANDIDATE) & 7;
  if (cell == RNN && code == TANH) {
    squash(TANH, rows, pre, 64, 0, 0, 0, saved, 64);
    copyRows(rows, 64, saved, 64, h, hStride);
    return;
  }
  const floats: usize = cell == MIN_LSTM ? 192 : cell == MIN_GRU ? 128 : 64;
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 16) {
      const before = v128.load(hBefore + at);
      const a = v128.load(pre + at);
      const s = saved + at;
      let now: v128;
      if (cell == MIN_GRU) {
        const z = sigmoidVector(a);
        const n = activate(code, v128.load(pre + at, 64));
        v128.store(s, z);
        v128.store(s, n, 64);
        now = madd(z, f32x4.sub(n, before), before);
      } else if (cell == MIN_LSTM) {
        const f = sigmoidVector(a);
        const i = sigmoidVector(v128.load(pre + at, 64));
        const n = activate(code, v128.load(pre + at, 128));
        // each sigmoid is at least 1e-38, so that the sum is not 0
        const share = f32x4.div(i, f32x4.add(f, i));
        v128.store(s, f);
        v128.store(s, i, 64);
        v128.store(s, n, 128);
        now = madd(share, f32x4.sub(n, before), before);
      } else {
        now = activate(code, cell == IND_RNN ? madd(v128.load(extra + at), before, a) : a);
        v128.store(s, now);
      }
      v128.store(h + at, now);
    }
    pre += floats;
    saved += floats;
    hBefore += beforeStride;
    h += hStride;
  }
}

// @ts-ignore: decorator
@inline
function addTo(sums: usize, d: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), d));
}

/**
 * Gradients before activation, from dh of this step. Where the state meets no matrix dh becomes that of the
 * step before.
 *
 *   dh     [rows][16]
 *   d      gradients of gate g at + g * dStep bytes, [rows][16]; written
 *   sums   [gates, and u of an IndRNN][16], added to
 */
export function simpleCellBackward(
  kind: i32, rows: i32, saved: usize, extra: usize, hBefore: usize, beforeStride: usize, dh: usize,
  d: usize, dStep: usize, sums: usize,
): void {
  const cell = cellOf(kind);
  const code = (kind >> CANDIDATE) & 7;
  if (simplePairs(cell, code, rows, saved, extra, hBefore, beforeStride, dh, d, dStep, sums)) return;
  const floats: usize = cell == MIN_LSTM ? 192 : cell == MIN_GRU ? 128 : 64;
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < 64; at += 16) {
      const before = v128.load(hBefore + at);
      const asked = v128.load(dh + at);
      const s = saved + at;
      const sum = sums + at;
      const to = d + at;
      if (cell == MIN_GRU) {
        const z = v128.load(s);
        const n = v128.load(s, 64);
        const dN = throughSlope(code, n, f32x4.mul(asked, z));
        const toZ = f32x4.mul(f32x4.mul(asked, f32x4.sub(n, before)), z);
        const dZ = nmadd(toZ, z, toZ);
        v128.store(to, dZ);
        v128.store(to + dStep, dN);
        addTo(sum, dZ);
        addTo(sum + 64, dN);
        v128.store(dh + at, nmadd(asked, z, asked));
      } else if (cell == MIN_LSTM) {
        const f = v128.load(s);
        const i = v128.load(s, 64);
        const n = v128.load(s, 128);
        const total = f32x4.add(f, i);
        const share = f32x4.div(i, total);
        const dN = throughSlope(code, n, f32x4.mul(asked, share));
        // d share / d pre_i = share (1 - share) (1 - i), d share / d pre_f = - share (1 - share) (1 - f)
        const toShare = f32x4.mul(asked, f32x4.sub(n, before));
        const slope = f32x4.mul(f32x4.mul(toShare, share), f32x4.div(f, total));
        const dI = nmadd(slope, i, slope);
        const dF = f32x4.mul(slope, f32x4.sub(f, one()));
        v128.store(to, dF);
        v128.store(to + dStep, dI);
        v128.store(to + 2 * dStep, dN);
        addTo(sum, dF);
        addTo(sum + 64, dI);
        addTo(sum + 128, dN);
        v128.store(dh + at, nmadd(asked, share, asked));
      } else {
        const dA = throughSlope(code, v128.load(s), asked);
        v128.store(to, dA);
        addTo(sum, dA);
        if (cell == IND_RNN) {
          v128.store(sum + 64, madd(dA, before, v128.load(sum + 64)));
          v128.store(dh + at, f32x4.mul(dA, v128.load(extra + at)));
        }
      }
    }
    saved += floats;
    hBefore += beforeStride;
    dh += 64;
    d += 64;
  }
}
