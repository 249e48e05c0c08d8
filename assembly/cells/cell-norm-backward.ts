// The way back through the norms of cell-norm.ts, in parts between which threads meet, each over one group of 16 units.
//
// What LN(z) is asked for, d gain = D, asks z for (D - mean(D) - n mean(D n)) / sqrt(variance + eps), n the normalized z. Of
// the products x W and h U mean(D) is left out: it adds the same number to every column of a row. W and U act as if each of
// their rows had the mean 0, so the gradients of x and h are products with weights of which the means of rows are taken,
// and those means are taken from the gradients of weights too.

import { madd, nmadd } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { TANH, throughSlope } from "./cell-activation";
import { gatesOf, NORM_SUMS, OUTPUT } from "./cell-layout";
import { atStatistics, clearPast, firstVector, splat, STATISTICS, tileBytes } from "./cell-norm";
import { sumLanes } from "./cell-norm-moments";

/**
 * First part: from dh to what the normalized c is asked for, and its sums over units.
 *
 *   o, squashed  what the group keeps of them, rows stride bytes apart, of row 0 of this run of rows; its statistics likewise
 *   weights  the group's vectors; gradients of theirs are added to sums
 *   c        of this step, its row 0
 *   d        [rows][16], written
 *   rowSums  of row 0; written
 */
export function normOutputBackward(
  kind: i32, rows: i32, o: usize, squashed: usize, stride: usize, stats: usize, weights: usize, c: usize,
  cStride: usize, dh: usize, d: usize, rowSums: usize, sums: usize,
): void {
  const code = (kind >> OUTPUT) & 7;
  const first = <usize>(firstVector(kind) + 4 * gatesOf(kind)) << 6;
  weights += first;
  sums += first;
  if (code == TANH) outputBackward(TANH, rows, o, squashed, stride, stats, weights, c, cStride, dh, d, rowSums, sums);
  else outputBackward(code, rows, o, squashed, stride, stats, weights, c, cStride, dh, d, rowSums, sums);
}

// @ts-ignore: decorator
@inline
function outputBackward(
  code: i32, rows: i32, o: usize, squashed: usize, stride: usize, stats: usize, weights: usize, c: usize,
  cStride: usize, dh: usize, d: usize, rowSums: usize, sums: usize,
): void {
  for (let at: usize = 0; at < 64; at += 32) {
    const g0 = v128.load(weights + at);
    const g1 = v128.load(weights + at, 16);
    const own = sums + at;
    let gain0 = v128.load(own);
    let gain1 = v128.load(own, 16);
    let shift0 = v128.load(own, 64);
    let shift1 = v128.load(own, 80);
    let its = stats;
    let gate = o + at;
    let value = squashed + at;
    let cell = c + at;
    let wanted = dh + at;
    let to = d + at;
    let sum = rowSums;
    // the second half of the units adds to what the first one has left
    let old = at ? rowSums : ZEROS;
    const oldStep: usize = at ? NORM_SUMS : 0;
    const oldSecond: usize = at ? 32 : 0;
    for (let r = 0; r < rows; ++r) {
      const mean = splat(its + 16);
      const scale = splat(its + 20);
      const z0 = f32x4.mul(f32x4.sub(v128.load(cell), mean), scale);
      const z1 = f32x4.mul(f32x4.sub(v128.load(cell, 16), mean), scale);
      const asked0 = f32x4.mul(v128.load(wanted), v128.load(gate));
      const asked1 = f32x4.mul(v128.load(wanted, 16), v128.load(gate, 16));
      const dL0 = throughSlope(code, v128.load(value), asked0);
      const dL1 = throughSlope(code, v128.load(value, 16), asked1);
      const dZ0 = f32x4.mul(dL0, g0);
      const dZ1 = f32x4.mul(dL1, g1);
      const one0 = f32x4.add(v128.load(old), dZ0);
      const one1 = f32x4.add(v128.load(old, 16), dZ1);
      const two0 = madd(dZ0, z0, v128.load(old + oldSecond));
      const two1 = madd(dZ1, z1, v128.load(old + oldSecond, 16));
      gain0 = madd(dL0, z0, gain0);
      gain1 = madd(dL1, z1, gain1);
      shift0 = f32x4.add(shift0, dL0);
      shift1 = f32x4.add(shift1, dL1);
      v128.store(to, dZ0);
      v128.store(to, dZ1, 16);
      v128.store(sum, one0);
      v128.store(sum, one1, 16);
      v128.store(sum, two0, 32);
      v128.store(sum, two1, 48);
      gate += stride;
      value += stride;
      its += STATISTICS;
      cell += cStride;
      wanted += 64;
      to += 64;
      sum += NORM_SUMS;
      old += oldStep;
    }
    v128.store(own, gain0);
    v128.store(own, gain1, 16);
    v128.store(own, shift0, 64);
    v128.store(own, shift1, 80);
  }
}

/** Totals of two sums of each row over all groups, divided by n, to two floats of [B rounded up to 4][4]. */
export function normMeans(B: i32, groups: i32, n: i32, rowSums: usize, stats: usize): void {
  const step = <usize>((B + 3) & ~3) * NORM_SUMS;
  const share = f32x4.splat(1 / <f32>n);
  for (let r = 0; r < B; r += 4) {
    const at = rowSums + <usize>r * NORM_SUMS;
    const a = totals(at, groups, step);
    const b = totals(at + NORM_SUMS, groups, step);
    const c = totals(at + 2 * NORM_SUMS, groups, step);
    const d = totals(at + 3 * NORM_SUMS, groups, step);
    const one = f32x4.mul(sumLanes(a, b, c, d), share);
    const e = totals(at + 32, groups, step);
    const f = totals(at + 32 + NORM_SUMS, groups, step);
    const g = totals(at + 32 + 2 * NORM_SUMS, groups, step);
    const h = totals(at + 32 + 3 * NORM_SUMS, groups, step);
    const two = f32x4.mul(sumLanes(e, f, g, h), share);
    const to = stats + (<usize>r << 4);
    const low = v128.shuffle<f32>(one, two, 0, 4, 1, 5);
    const high = v128.shuffle<f32>(one, two, 2, 6, 3, 7);
    v128.store64_lane(to, low, 0);
    v128.store64_lane(to, low, 1, 16);
    v128.store64_lane(to, high, 0, 32);
    v128.store64_lane(to, high, 1, 48);
  }
}

// @ts-ignore: decorator
@inline
function totals(at: usize, groups: i32, step: usize): v128 {
  let one = v128.load(at);
  let two = v128.load(at, 16);
  for (let g = 1; g < groups; ++g) {
    at += step;
    one = f32x4.add(one, v128.load(at));
    two = f32x4.add(two, v128.load(at, 16));
  }
  return f32x4.add(one, two);
}

/** Second part: dc of all rows += what it is asked for through its norm. */
export function normCellBackward(
  kind: i32, B: i32, units: i32, saved: usize, c: usize, cStride: usize, d: usize, stats: usize, dc: usize,
): void {
  let row = saved + atStatistics(kind, B) + 16;
  let to = dc;
  for (let r = 0; r < B; ++r, row += STATISTICS, c += cStride, d += 64, stats += 16, to += 64) {
    const mean = splat(row);
    const scale = splat(row + 4);
    const less = splat(stats);
    const along = splat(stats + 4);
    for (let at: usize = 0; at < 64; at += 32) {
      const z0 = f32x4.mul(f32x4.sub(v128.load(c + at), mean), scale);
      const z1 = f32x4.mul(f32x4.sub(v128.load(c + at, 16), mean), scale);
      const left0 = nmadd(z0, along, f32x4.sub(v128.load(d + at), less));
      const left1 = nmadd(z1, along, f32x4.sub(v128.load(d + at, 16), less));
      const to0 = madd(left0, scale, v128.load(to + at));
      const to1 = madd(left1, scale, v128.load(to + at, 16));
      v128.store(to + at, to0);
      v128.store(to + at, to1, 16);
    }
  }
  clearPast(B, units, dc, 64);
}

/** Last part: what the products of h are asked for in place of d, that of x to dX likewise, but for means over columns. */
export function normGatesBackward(
  kind: i32, B: i32, saved: usize, weights: usize, stats: usize, d: usize, dX: usize, dStep: usize,
): void {
  const gates = gatesOf(kind);
  const wide = <usize>gates << 6;
  const tile = tileBytes(B);
  let row = saved;
  let its = saved + atStatistics(kind, B);
  for (let r = 0; r < B; ++r, row += 64, its += STATISTICS, stats += 16, d += 64, dX += 64) {
    const scaleX = splat(its + 4);
    const scaleH = splat(its + 12);
    const alongX = f32x4.mul(splat(stats + 8), scaleX);
    const alongH = f32x4.mul(splat(stats + 12), scaleH);
    let gX = weights + (<usize>firstVector(kind) << 6);
    let gH = gX + 2 * wide;
    let atX = row;
    let asked = d;
    let toX = dX;
    for (let gate = 0; gate < gates; ++gate, atX += 2 * tile, gX += 64, gH += 64, asked += dStep, toX += dStep) {
      const atH = atX + tile;
      for (let n: usize = 0; n < 64; n += 32) {
        const asked0 = v128.load(asked + n);
        const asked1 = v128.load(asked + n, 16);
        const x0 = f32x4.mul(f32x4.mul(asked0, v128.load(gX + n)), scaleX);
        const x1 = f32x4.mul(f32x4.mul(asked1, v128.load(gX + n, 16)), scaleX);
        const h0 = f32x4.mul(f32x4.mul(asked0, v128.load(gH + n)), scaleH);
        const h1 = f32x4.mul(f32x4.mul(asked1, v128.load(gH + n, 16)), scaleH);
        const toX0 = nmadd(v128.load(atX + n), alongX, x0);
        const toX1 = nmadd(v128.load(atX + n, 16), alongX, x1);
        const toH0 = nmadd(v128.load(atH + n), alongH, h0);
        const toH1 = nmadd(v128.load(atH + n, 16), alongH, h1);
        v128.store(toX + n, toX0);
        v128.store(toX + n, toX1, 16);
        v128.store(asked + n, toH0);
        v128.store(asked + n, toH1, 16);
      }
    }
  }
}
