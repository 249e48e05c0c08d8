// Gradients of weights where the products of x and of h are normalized, and the means of rows that are taken from weights
// and gradients: see cell-norm-backward.ts.

import { panelRows } from "../math/gemm-rows";
import { ZEROS } from "../math/zeros";
import { gatesOf } from "./cell-layout";
import { clearPast, firstVector } from "./cell-norm";
import { sumLanes } from "./cell-norm-moments";

/** dW of tiles p0..p1 over one block of rows, as lstmWeightGradients, where rows of x and of h are asked for by each their own. */
export function normWeightGradients(
  rows: i32, ip: i32, depth: i32, p0: i32, p1: i32, packed: usize, stride: usize, d: usize, dX: usize,
  dStep: usize, dW: usize, first: bool,
): void {
  const state = packed + <usize>ip * stride;
  for (let p = p0; p < p1; ++p) {
    const to = dW + (<usize>(p * depth) << 6);
    const at = <usize>p * dStep;
    panelRows(ip, packed, stride, 1, rows, 0, dX + at, ZEROS, to, 64, !first);
    panelRows(depth - ip, state, stride, 1, rows, 0, d + at, ZEROS, to + (<usize>ip << 6), 64, !first);
  }
}

/** Of transposed weights [q][rows][16], tiles q0..q1: each column less its mean over n rows; rows past them meet zeros. */
export function takeMeans(rows: i32, n: i32, q0: i32, q1: i32, w: usize): void {
  const share = f32x4.splat(1 / <f32>n);
  const bytes = <usize>rows << 6;
  for (let q = q0; q < q1; ++q) {
    const tile = w + <usize>q * bytes;
    const end = tile + bytes;
    for (let column: usize = 0; column < 64; column += 32) {
      let m0 = v128.load(ZEROS);
      let m1 = v128.load(ZEROS, 16);
      let o0 = m0;
      let o1 = m1;
      // rows are a multiple of 16
      for (let at = tile + column; at < end; at += 128) {
        m0 = f32x4.add(m0, v128.load(at));
        m1 = f32x4.add(m1, v128.load(at, 16));
        o0 = f32x4.add(o0, v128.load(at, 64));
        o1 = f32x4.add(o1, v128.load(at, 80));
      }
      m0 = f32x4.mul(f32x4.add(m0, o0), share);
      m1 = f32x4.mul(f32x4.add(m1, o1), share);
      for (let at = tile + column; at < end; at += 64) {
        const left0 = f32x4.sub(v128.load(at), m0);
        const left1 = f32x4.sub(v128.load(at, 16), m1);
        v128.store(at, left0);
        v128.store(at, left1, 16);
      }
    }
  }
}

/** Of gradients of weights [tiles][depth][16], rows k0..k1: each less its mean over all gates and units. room: [k1 - k0][16]. */
export function takeRowMeans(
  gates: i32, H: i32, depth: i32, k0: i32, k1: i32, dW: usize, room: usize,
): void {
  const groups = (H + 15) >> 4;
  const bytes = <usize>(k1 - k0) << 6;
  const share = f32x4.splat(1 / <f32>(gates * H));
  memory.fill(room, 0, bytes);
  for (let p = 0; p < groups * gates; ++p) {
    const tile = dW + (<usize>(p * depth + k0) << 6);
    for (let at: usize = 0; at < bytes; at += 32) {
      const sum0 = f32x4.add(v128.load(room + at), v128.load(tile + at));
      const sum1 = f32x4.add(v128.load(room + at, 16), v128.load(tile + at, 16));
      v128.store(room + at, sum0);
      v128.store(room + at, sum1, 16);
    }
  }
  for (let at = room, end = room + bytes; at < end; at += 64) {
    const pairs = f32x4.add(f32x4.add(v128.load(at), v128.load(at, 16)), f32x4.add(v128.load(at, 32), v128.load(at, 48)));
    const sums = sumLanes(pairs, pairs, pairs, pairs);
    v128.store(at, f32x4.mul(sums, share));
  }
  for (let p = 0; p < groups * gates; ++p) {
    const units = H - ((p / gates) << 4);
    const tile = dW + (<usize>(p * depth + k0) << 6);
    for (let at: usize = 0; at < bytes; at += 64) {
      const mean = v128.load(room + at);
      for (let n: usize = 0; n < 64; n += 32) {
        const left0 = f32x4.sub(v128.load(tile + at + n), mean);
        const left1 = f32x4.sub(v128.load(tile + at + n, 16), mean);
        v128.store(tile + at + n, left0);
        v128.store(tile + at + n, left1, 16);
      }
    }
    clearPast(k1 - k0, units, tile, 64);
  }
}

/** The shifts of both products have the gradients of the biases: copies them, of one group. */
export function copyShifts(kind: i32, db: usize): void {
  const wide = <usize>gatesOf(kind) << 6;
  const to = db + (<usize>firstVector(kind) << 6) + wide;
  memory.copy(to, db, wide);
  memory.copy(to + 2 * wide, db, wide);
}
