// The common ones of cell-simple.ts on their way back: Elman's with tanh, minGRU and minLSTM with a linear candidate,
// IndRNN with relu. Sums in registers; two vectors of one row side by side, reads before writes (wide.ts). Each compiled by
// itself, for a branch within the loop would keep engines from fusing the two.

import { one } from "../activations";
import { madd, nmadd } from "../math/vector";
import { LINEAR, RELU, TANH, throughSlope } from "./cell-activation";
import { IND_RNN, MIN_GRU, MIN_LSTM, RNN } from "./cell-layout";

/** simpleCellBackward where cell and activation are among those; whether they are. */
export function simplePairs(
  cell: i32, code: i32, rows: i32, saved: usize, extra: usize, hBefore: usize, stride: usize, dh: usize, d: usize,
  dStep: usize, sums: usize,
): bool {
  if (cell == RNN && code == TANH) elman(rows, saved, dh, d, sums);
  else if (cell == IND_RNN && code == RELU) independent(rows, saved, extra, hBefore, stride, dh, d, sums);
  else if (cell == MIN_GRU && code == LINEAR) minGRU(rows, saved, hBefore, stride, dh, d, dStep, sums);
  else if (cell == MIN_LSTM && code == LINEAR) minLSTM(rows, saved, hBefore, stride, dh, d, dStep, sums);
  else return false;
  return true;
}

function elman(rows: i32, saved: usize, dh: usize, d: usize, sums: usize): void {
  for (let at: usize = 0; at < 64; at += 32) {
    let b0 = v128.load(sums + at);
    let b1 = v128.load(sums + at, 16);
    let row = at;
    for (let r = 0; r < rows; ++r, row += 64) {
      const d0 = throughSlope(TANH, v128.load(saved + row), v128.load(dh + row));
      const d1 = throughSlope(TANH, v128.load(saved + row, 16), v128.load(dh + row, 16));
      b0 = f32x4.add(b0, d0);
      b1 = f32x4.add(b1, d1);
      v128.store(d + row, d0);
      v128.store(d + row, d1, 16);
    }
    v128.store(sums + at, b0);
    v128.store(sums + at, b1, 16);
  }
}

function independent(
  rows: i32, saved: usize, extra: usize, hBefore: usize, stride: usize, dh: usize, d: usize, sums: usize,
): void {
  for (let at: usize = 0; at < 64; at += 32) {
    const u0 = v128.load(extra + at);
    const u1 = v128.load(extra + at, 16);
    let b0 = v128.load(sums + at);
    let b1 = v128.load(sums + at, 16);
    let e0 = v128.load(sums + at, 64);
    let e1 = v128.load(sums + at, 80);
    let past = hBefore + at;
    let row = at;
    for (let r = 0; r < rows; ++r, row += 64, past += stride) {
      const d0 = throughSlope(RELU, v128.load(saved + row), v128.load(dh + row));
      const d1 = throughSlope(RELU, v128.load(saved + row, 16), v128.load(dh + row, 16));
      b0 = f32x4.add(b0, d0);
      b1 = f32x4.add(b1, d1);
      e0 = madd(d0, v128.load(past), e0);
      e1 = madd(d1, v128.load(past, 16), e1);
      v128.store(d + row, d0);
      v128.store(d + row, d1, 16);
      v128.store(dh + row, f32x4.mul(d0, u0));
      v128.store(dh + row, f32x4.mul(d1, u1), 16);
    }
    v128.store(sums + at, b0);
    v128.store(sums + at, b1, 16);
    v128.store(sums + at, e0, 64);
    v128.store(sums + at, e1, 80);
  }
}

function minGRU(
  rows: i32, saved: usize, hBefore: usize, stride: usize, dh: usize, d: usize, dStep: usize, sums: usize,
): void {
  for (let at: usize = 0; at < 64; at += 32) {
    let bZ0 = v128.load(sums + at);
    let bZ1 = v128.load(sums + at, 16);
    let bN0 = v128.load(sums + at, 64);
    let bN1 = v128.load(sums + at, 80);
    let s = saved + at;
    let past = hBefore + at;
    let row = at;
    for (let r = 0; r < rows; ++r, row += 64, past += stride, s += 128) {
      const asked0 = v128.load(dh + row);
      const asked1 = v128.load(dh + row, 16);
      const z0 = v128.load(s);
      const z1 = v128.load(s, 16);
      const dN0 = f32x4.mul(asked0, z0);
      const dN1 = f32x4.mul(asked1, z1);
      const toZ0 = f32x4.mul(f32x4.mul(asked0, f32x4.sub(v128.load(s, 64), v128.load(past))), z0);
      const toZ1 = f32x4.mul(f32x4.mul(asked1, f32x4.sub(v128.load(s, 80), v128.load(past, 16))), z1);
      const dZ0 = nmadd(toZ0, z0, toZ0);
      const dZ1 = nmadd(toZ1, z1, toZ1);
      bZ0 = f32x4.add(bZ0, dZ0);
      bZ1 = f32x4.add(bZ1, dZ1);
      bN0 = f32x4.add(bN0, dN0);
      bN1 = f32x4.add(bN1, dN1);
      v128.store(d + row, dZ0);
      v128.store(d + row, dZ1, 16);
      v128.store(d + dStep + row, dN0);
      v128.store(d + dStep + row, dN1, 16);
      v128.store(dh + row, nmadd(asked0, z0, asked0));
      v128.store(dh + row, nmadd(asked1, z1, asked1), 16);
    }
    v128.store(sums + at, bZ0);
    v128.store(sums + at, bZ1, 16);
    v128.store(sums + at, bN0, 64);
    v128.store(sums + at, bN1, 80);
  }
}

function minLSTM(
  rows: i32, saved: usize, hBefore: usize, stride: usize, dh: usize, d: usize, dStep: usize, sums: usize,
): void {
  const unit = one();
  for (let at: usize = 0; at < 64; at += 32) {
    let bF0 = v128.load(sums + at);
    let bF1 = v128.load(sums + at, 16);
    let bI0 = v128.load(sums + at, 64);
    let bI1 = v128.load(sums + at, 80);
    let bN0 = v128.load(sums + at, 128);
    let bN1 = v128.load(sums + at, 144);
    let s = saved + at;
    let past = hBefore + at;
    let row = at;
    for (let r = 0; r < rows; ++r, row += 64, past += stride, s += 192) {
      const asked0 = v128.load(dh + row);
      const asked1 = v128.load(dh + row, 16);
      const f0 = v128.load(s);
      const f1 = v128.load(s, 16);
      const i0 = v128.load(s, 64);
      const i1 = v128.load(s, 80);
      const total0 = f32x4.add(f0, i0);
      const total1 = f32x4.add(f1, i1);
      const share0 = f32x4.div(i0, total0);
      const share1 = f32x4.div(i1, total1);
      const dN0 = f32x4.mul(asked0, share0);
      const dN1 = f32x4.mul(asked1, share1);
      const to0 = f32x4.mul(asked0, f32x4.sub(v128.load(s, 128), v128.load(past)));
      const to1 = f32x4.mul(asked1, f32x4.sub(v128.load(s, 144), v128.load(past, 16)));
      const slope0 = f32x4.mul(f32x4.mul(to0, share0), f32x4.div(f0, total0));
      const slope1 = f32x4.mul(f32x4.mul(to1, share1), f32x4.div(f1, total1));
      const dI0 = nmadd(slope0, i0, slope0);
      const dI1 = nmadd(slope1, i1, slope1);
      const dF0 = f32x4.mul(slope0, f32x4.sub(f0, unit));
      const dF1 = f32x4.mul(slope1, f32x4.sub(f1, unit));
      bF0 = f32x4.add(bF0, dF0);
      bF1 = f32x4.add(bF1, dF1);
      bI0 = f32x4.add(bI0, dI0);
      bI1 = f32x4.add(bI1, dI1);
      bN0 = f32x4.add(bN0, dN0);
      bN1 = f32x4.add(bN1, dN1);
      v128.store(d + row, dF0);
      v128.store(d + row, dF1, 16);
      v128.store(d + dStep + row, dI0);
      v128.store(d + dStep + row, dI1, 16);
      v128.store(d + 2 * dStep + row, dN0);
      v128.store(d + 2 * dStep + row, dN1, 16);
      v128.store(dh + row, nmadd(asked0, share0, asked0));
      v128.store(dh + row, nmadd(asked1, share1, asked1), 16);
    }
    v128.store(sums + at, bF0);
    v128.store(sums + at, bF1, 16);
    v128.store(sums + at, bI0, 64);
    v128.store(sums + at, bI1, 80);
    v128.store(sums + at, bN0, 128);
    v128.store(sums + at, bN1, 144);
  }
}
