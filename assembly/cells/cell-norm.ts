// Layer normalization in an LSTM (Ba et al. 2016, arXiv 1607.06450, equations 20 to 22): the products of x, those of h, and
// c are normalized each, over all gates of a sample and over its units.
//
//   a = LN(x W) + LN(h U) + b     i, f, o = r(a), g = act(a)     c = f c' + i g     h = o act(LN(c))
//   LN(z) = gain (z - mean) / sqrt(variance + 1e-5) + shift
//
// Behind peepholes stand, for one group: gains of x [G][16], shifts of x, gains of h, shifts of h, gain of c, shift of c.
// Behind what an LSTM keeps of a row: normalized x [G][16], h [G][16], c [16], and 1 / sqrt of x, h, c.

import { panelRows } from "../math/gemm-rows";
import { promoteHigh, promoteLow } from "../math/f64x2";
import { madd, nmadd } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { keepRows } from "../recurrent/lengths";
import { meet } from "../team";
import { throughSlope } from "./cell-activation";
import {
  depthOf, extrasOf, gatesOf, keptBeforeNorms, NORM_SUMS, OUTPUT, pad16, PEEPHOLE, savedOf,
} from "./cell-layout";
import { lstmCellGates, lstmCellOutputs } from "./cell-lstm";

const EPSILON: f64 = 1e-5;

/** sum and sum of squares of 16 n floats of a row, in float64 in a fixed order, added to what is given. */
// @ts-ignore: decorator
@inline
function moments(row: usize, bytes: usize): v128 {
  let sum = f64x2.splat(0);
  let square = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) {
    const z = v128.load(row + at);
    const low = promoteLow(z);
    const high = promoteHigh(z);
    sum = f64x2.add(sum, f64x2.add(low, high));
    square = f64x2.add(square, f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high)));
  }
  return pair(sum, square);
}

/** Both sums of two lanes beside each other. */
// @ts-ignore: decorator
@inline
function pair(a: v128, b: v128): v128 {
  return f64x2.add(v128.shuffle<i64>(a, b, 0, 2), v128.shuffle<i64>(a, b, 1, 3));
}

/** A pair of sums of row b over all groups. */
// @ts-ignore: decorator
@inline
function total(sums: usize, B: i32, b: i32, groups: i32): v128 {
  let all = f64x2.splat(0);
  let at = sums + <usize>b * NORM_SUMS;
  for (let g = 0; g < groups; ++g, at += <usize>B * NORM_SUMS) all = f64x2.add(all, v128.load(at));
  return all;
}

/** mean and 1 / sqrt(variance + epsilon) of n numbers to two floats. */
// @ts-ignore: decorator
@inline
function statistics(sums: v128, n: f64, to: usize): void {
  const mean = f64x2.extract_lane(sums, 0) / n;
  const variance = max(f64x2.extract_lane(sums, 1) / n - mean * mean, 0);
  store<f32>(to, <f32>mean);
  store<f32>(to, <f32>(1 / Math.sqrt(variance + EPSILON)), 4);
}

// @ts-ignore: decorator
@inline
function splat(at: usize): v128 {
  return v128.load32_splat(at);
}

/** Columns past unit H are 0, rows `stride` bytes apart. */
function clearPast(B: i32, units: i32, to: usize, stride: usize): void {
  if (units >= 16) return;
  for (let r = 0; r < B; ++r) {
    memory.fill(to + <usize>r * stride + (<usize>units << 2), 0, <usize>(16 - units) << 2);
  }
}

/** Where the vectors of the norms begin among those of a group. */
// @ts-ignore: decorator
@inline
function firstVector(kind: i32): i32 {
  return gatesOf(kind) + (kind & PEEPHOLE ? 3 : 0);
}

/**
 * One step of groups g0..g1, up to h, or to what is projected. Threads meet twice in it. Pointers are those of column 0
 * of row 0; strides in bytes.
 *
 *   a        [B][K], rows [x | h]
 *   saved    of this step; written
 *   c        states before; cNext written, may be c
 *   h        written; before: what masked samples keep
 *   aside    with lengths, where cNext is c: 16 B floats
 *   scratch  of this thread: [B][G][16], and behind `room` 32 B floats
 *   sums     [groups][B] of NORM_SUMS bytes, shared
 */
export function normStep(
  kind: i32, B: i32, ip: i32, H: i32, g0: i32, g1: i32, a: usize, aStride: usize, w: usize, b: usize,
  saved: usize, c: usize, cNext: usize, cStride: usize, before: usize, beforeStride: usize, h: usize,
  hStride: usize, lengths: usize, step: i32, aside: usize, scratch: usize, room: usize, sums: usize,
  team: usize,
): void {
  const hw = pad16(H);
  const groups = hw >> 4;
  const gates = gatesOf(kind);
  const vectors = gates + extrasOf(kind);
  const depth = depthOf(kind, ip, hw);
  const keeps = <usize>savedOf(kind) << 6;
  const kept = <usize>B * keeps;
  const norms = <usize>keptBeforeNorms(kind) << 6;
  const wide = <usize>gates << 6;
  const own = <usize>B * NORM_SUMS;
  const stats = room;
  const normed = room + (<usize>B << 6);
  for (let g = g0; g < g1; ++g) {
    let tile = w + (<usize>(g * gates * depth) << 6);
    const s = saved + <usize>g * kept + norms;
    for (let gate: usize = 0; gate < wide; gate += 64, tile += <usize>depth << 6) {
      panelRows(B, a, aStride, 1, ip, 0, tile, ZEROS, s + gate, keeps, false);
      const state = a + (<usize>ip << 2);
      const its = tile + (<usize>ip << 6);
      panelRows(B, state, aStride, 1, depth - ip, 0, its, ZEROS, s + wide + gate, keeps, false);
    }
    let to = sums + <usize>g * own;
    let row = s;
    for (let r = 0; r < B; ++r, row += keeps, to += NORM_SUMS) {
      v128.store(to, moments(row, wide));
      v128.store(to, moments(row + wide, wide), 16);
    }
  }
  meet(team);
  const n = <f64>(gates * H);
  for (let r = 0; g0 < g1 && r < B; ++r) {
    const at = stats + (<usize>r << 4);
    statistics(total(sums, B, r, groups), n, at);
    statistics(total(sums + 16, B, r, groups), n, at + 8);
  }
  for (let g = g0; g < g1; ++g) {
    const column = <usize>g << 6;
    const s = saved + <usize>g * kept;
    const weights = b + (<usize>(g * vectors) << 6);
    normalize(kind, B, s + norms, keeps, stats, weights, scratch);
    const past = c + column;
    const now = cNext + column;
    if (lengths && aside) {
      for (let r = 0; r < B; ++r) memory.copy(aside + (<usize>r << 6), past + <usize>r * cStride, 64);
    }
    lstmCellGates(kind, B, scratch, weights + wide, s, past, now, cStride);
    clearPast(B, H - (g << 4), now, cStride);
    if (lengths) keepRows(B, 16, lengths, step, aside ? aside : past, aside ? 64 : cStride, now, cStride);
    let to = sums + <usize>g * own + 32;
    let row = now;
    for (let r = 0; r < B; ++r, row += cStride, to += NORM_SUMS) v128.store(to, moments(row, 64));
  }
  meet(team);
  for (let r = 0; g0 < g1 && r < B; ++r) {
    statistics(total(sums + 32, B, r, groups), <f64>H, stats + (<usize>r << 4));
  }
  for (let g = g0; g < g1; ++g) {
    const column = <usize>g << 6;
    const s = saved + <usize>g * kept;
    const weights = b + (<usize>(g * vectors + firstVector(kind) + 4 * gates) << 6);
    let row = s + norms + 2 * wide;
    for (let r: usize = 0; r < <usize>B; ++r, row += keeps) {
      const mean = splat(stats + (r << 4));
      const scale = splat(stats + (r << 4) + 4);
      for (let at: usize = 0; at < 64; at += 16) {
        const z = f32x4.mul(f32x4.sub(v128.load(cNext + column + r * cStride + at), mean), scale);
        v128.store(row + at, z);
        v128.store(normed + (r << 6) + at, madd(z, v128.load(weights + at), v128.load(weights + at, 64)));
      }
      v128.store(row, scale, 96);
    }
    lstmCellOutputs(kind, B, s, normed, 64, h + column, hStride);
    if (lengths) keepRows(B, 16, lengths, step, before + (beforeStride ? column : 0), beforeStride, h + column, hStride);
    clearPast(B, H - (g << 4), h + column, hStride);
  }
}

/** Products [x | h] of a group to normalized ones, in place, and their sum with the biases to pre [B][G][16]. */
function normalize(
  kind: i32, B: i32, row: usize, keeps: usize, stats: usize, weights: usize, pre: usize,
): void {
  const wide = <usize>gatesOf(kind) << 6;
  const gains = weights + (<usize>firstVector(kind) << 6);
  for (let r = 0; r < B; ++r, row += keeps, stats += 16, pre += wide) {
    const meanX = splat(stats);
    const scaleX = splat(stats + 4);
    const meanH = splat(stats + 8);
    const scaleH = splat(stats + 12);
    for (let at: usize = 0; at < wide; at += 16) {
      const x = f32x4.mul(f32x4.sub(v128.load(row + at), meanX), scaleX);
      const h = f32x4.mul(f32x4.sub(v128.load(row + wide + at), meanH), scaleH);
      v128.store(row + at, x);
      v128.store(row + wide + at, h);
      const v = gains + at;
      let sum = madd(x, v128.load(v), v128.load(v + wide));
      sum = f32x4.add(sum, madd(h, v128.load(v + 2 * wide), v128.load(v + 3 * wide)));
      v128.store(pre + at, f32x4.add(sum, v128.load(weights + at)));
    }
    const scales = row + 2 * wide + 64;
    v128.store(scales, scaleX);
    v128.store(scales, scaleH, 16);
  }
}

/**
 * Backwards, first part: from dh to what the normalized c is asked for, and its sums over units.
 *
 *   saved    of row 0 of this run of rows; weights: the group's vectors, gradients of theirs are added to sums
 *   d        [rows][16], written
 *   rowSums  of row 0; written
 */
export function normOutputBackward(
  kind: i32, rows: i32, saved: usize, weights: usize, dh: usize, d: usize, rowSums: usize, sums: usize,
): void {
  const code = (kind >> OUTPUT) & 7;
  const keeps = <usize>savedOf(kind) << 6;
  const gates = gatesOf(kind);
  const c = <usize>(keptBeforeNorms(kind) + 2 * gates) << 6;
  const first = <usize>(firstVector(kind) + 4 * gates) << 6;
  for (let r = 0; r < rows; ++r, saved += keeps, dh += 64, d += 64, rowSums += NORM_SUMS) {
    let one = f64x2.splat(0);
    let two = f64x2.splat(0);
    for (let at: usize = 0; at < 64; at += 16) {
      const z = v128.load(saved + c + at);
      const asked = f32x4.mul(v128.load(dh + at), v128.load(saved + at, 128));
      const dL = throughSlope(code, v128.load(saved + at, 192), asked);
      const gain = sums + first + at;
      v128.store(gain, madd(dL, z, v128.load(gain)));
      v128.store(gain, f32x4.add(v128.load(gain, 64), dL), 64);
      const dZ = f32x4.mul(dL, v128.load(weights + first + at));
      v128.store(d + at, dZ);
      const both = f32x4.mul(dZ, z);
      one = f64x2.add(one, f64x2.add(promoteLow(dZ), promoteHigh(dZ)));
      two = f64x2.add(two, f64x2.add(promoteLow(both), promoteHigh(both)));
    }
    v128.store(rowSums, pair(one, two));
  }
}

/** Totals of row sums over all groups, over n, to two floats a row, `stats` bytes 16 apart. */
export function normMeans(B: i32, groups: i32, n: i32, sums: usize, stats: usize): void {
  for (let r = 0; r < B; ++r, stats += 16) {
    const all = f64x2.div(total(sums, B, r, groups), f64x2.splat(<f64>n));
    v128.store64_lane(stats, f32x4.demote_f64x2_zero(all), 0);
  }
}

/** Second part: dc of all rows += what it is asked for through its norm. */
export function normCellBackward(
  kind: i32, B: i32, units: i32, saved: usize, d: usize, stats: usize, dc: usize,
): void {
  const keeps = <usize>savedOf(kind) << 6;
  let row = saved + (<usize>(keptBeforeNorms(kind) + 2 * gatesOf(kind)) << 6);
  let to = dc;
  for (let r = 0; r < B; ++r, row += keeps, d += 64, stats += 16, to += 64) {
    const mean = splat(stats);
    const along = splat(stats + 4);
    const scale = v128.load(row, 96);
    for (let at: usize = 0; at < 64; at += 16) {
      const left = nmadd(v128.load(row + at), along, f32x4.sub(v128.load(d + at), mean));
      v128.store(to + at, madd(left, scale, v128.load(to + at)));
    }
  }
  clearPast(B, units, dc, 64);
}

/**
 * Third part: gradients of gains, and sums over gates and units of what both products are asked for.
 *
 *   d  gradients of gate g before activation at + g * dStep bytes, [rows][16]
 */
export function normGateSums(
  kind: i32, rows: i32, saved: usize, weights: usize, d: usize, dStep: usize, rowSums: usize, sums: usize,
): void {
  const keeps = <usize>savedOf(kind) << 6;
  const wide = <usize>gatesOf(kind) << 6;
  const first = <usize>firstVector(kind) << 6;
  let row = saved + (<usize>keptBeforeNorms(kind) << 6);
  for (let r = 0; r < rows; ++r, row += keeps, d += 64, rowSums += NORM_SUMS) {
    let x1 = f64x2.splat(0);
    let x2 = f64x2.splat(0);
    let h1 = f64x2.splat(0);
    let h2 = f64x2.splat(0);
    let its = d;
    for (let gate: usize = 0; gate < wide; gate += 64, its += dStep) {
      for (let n: usize = 0; n < 64; n += 16) {
        const at = gate + n;
        const asked = v128.load(its + n);
        const x = v128.load(row + at);
        const h = v128.load(row + wide + at);
        const sum = sums + first + at;
        v128.store(sum, madd(asked, x, v128.load(sum)));
        v128.store(sum + 2 * wide, madd(asked, h, v128.load(sum + 2 * wide)));
        const dX = f32x4.mul(asked, v128.load(weights + first + at));
        const dH = f32x4.mul(asked, v128.load(weights + first + 2 * wide + at));
        const bothX = f32x4.mul(dX, x);
        const bothH = f32x4.mul(dH, h);
        x1 = f64x2.add(x1, f64x2.add(promoteLow(dX), promoteHigh(dX)));
        x2 = f64x2.add(x2, f64x2.add(promoteLow(bothX), promoteHigh(bothX)));
        h1 = f64x2.add(h1, f64x2.add(promoteLow(dH), promoteHigh(dH)));
        h2 = f64x2.add(h2, f64x2.add(promoteLow(bothH), promoteHigh(bothH)));
      }
    }
    v128.store(rowSums, pair(x1, x2), 16);
    v128.store(rowSums, pair(h1, h2), 32);
  }
}

/** Last part: what the products of h are asked for in place of d, that of x to dX likewise. stats: of x, then of h. */
export function normGatesBackward(
  kind: i32, B: i32, units: i32, saved: usize, weights: usize, stats: usize, statsH: usize, d: usize,
  dX: usize, dStep: usize,
): void {
  const keeps = <usize>savedOf(kind) << 6;
  const wide = <usize>gatesOf(kind) << 6;
  const gains = weights + (<usize>firstVector(kind) << 6);
  for (let gate: usize = 0; gate < wide; gate += 64, d += dStep, dX += dStep) {
    let row = saved + (<usize>keptBeforeNorms(kind) << 6) + gate;
    for (let r: usize = 0; r < <usize>B; ++r, row += keeps) {
      const scales = row - gate + 2 * wide + 64;
      const scaleX = v128.load(scales);
      const scaleH = v128.load(scales, 16);
      const meanX = splat(stats + (r << 4));
      const alongX = splat(stats + (r << 4) + 4);
      const meanH = splat(statsH + (r << 4));
      const alongH = splat(statsH + (r << 4) + 4);
      for (let n: usize = 0; n < 64; n += 16) {
        const at = (r << 6) + n;
        const asked = v128.load(d + at);
        const askedX = f32x4.mul(asked, v128.load(gains + gate + n));
        const askedH = f32x4.mul(asked, v128.load(gains + 2 * wide + gate + n));
        const x = nmadd(v128.load(row + n), alongX, f32x4.sub(askedX, meanX));
        const h = nmadd(v128.load(row + wide + n), alongH, f32x4.sub(askedH, meanH));
        v128.store(dX + at, f32x4.mul(x, scaleX));
        v128.store(d + at, f32x4.mul(h, scaleH));
      }
    }
    clearPast(B, units, d, 64);
    clearPast(B, units, dX, 64);
  }
}

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

/** The shifts of both products have the gradients of the biases: copies them, of one group. */
export function copyShifts(kind: i32, db: usize): void {
  const wide = <usize>gatesOf(kind) << 6;
  const to = db + (<usize>firstVector(kind) << 6) + wide;
  memory.copy(to, db, wide);
  memory.copy(to + 2 * wide, db, wide);
}
