// Layer normalization in an LSTM (Ba et al. 2016, arXiv 1607.06450, equations 20 to 22): the products of x, those of h, and
// c are normalized each, over all gates of a sample and over its units.
//
//   a = LN(x W) + LN(h U) + b     i, f, o = r(a), g = act(a)     c = f c' + i g     h = o act(LN(c))
//   LN(z) = gain (z - mean) / sqrt(variance + 1e-5) + shift
//
// Behind peepholes stand, for one group: gains of x [G][16], shifts of x, gains of h, shifts of h, gain of c, shift of c.
// A group keeps of a step tiles of B rows of 16 columns, tileBytes apart: x W and h U of each gate, normalized; then i, f, o, g and
// act(LN(c)), where it has peepholes, other gates or other activations [B] rows as cell-lstm.ts keeps them; and [B] rows of eight
// floats: mean and 1 / sqrt of x, of h, of c. In the order in which they are written: over many steps they go beyond L2,
// which is fast where it goes on in a row.

import { panelRows } from "../math/gemm-rows";
import { madd } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { keepRows } from "../recurrent/lengths";
import { meet } from "../team";
import { depthOf, extrasOf, gatesOf, keptBeforeNorms, pad16, PEEPHOLE, savedOf } from "./cell-layout";
import { lstmCellGates, lstmCellOutputs } from "./cell-lstm";
import { isClassicNorm, normGatesForward, normOutputsForward } from "./cell-norm-gates";
import { groupMoments, momentBytes, rowStatistics } from "./cell-norm-moments";

// @ts-ignore: decorator
@inline
export function splat(at: usize): v128 {
  return v128.load32_splat(at);
}

/** Columns past unit H are 0, rows `stride` bytes apart. */
export function clearPast(B: i32, units: i32, to: usize, stride: usize): void {
  if (units >= 16) return;
  for (let r = 0; r < B; ++r) {
    memory.fill(to + <usize>r * stride + (<usize>units << 2), 0, <usize>(16 - units) << 2);
  }
}

/** Where the vectors of the norms begin among those of a group. */
// @ts-ignore: decorator
@inline
export function firstVector(kind: i32): i32 {
  return gatesOf(kind) + (kind & PEEPHOLE ? 3 : 0);
}

/** Bytes from tile to tile; a row more than there are, for caches in which a power of two is slow. */
// @ts-ignore: decorator
@inline
export function tileBytes(B: i32): usize {
  return <usize>(B + 1) << 6;
}

/** Bytes of what a group keeps before its gates, and before its statistics. */
// @ts-ignore: decorator
@inline
export function atGates(kind: i32, B: i32): usize {
  return <usize>(2 * gatesOf(kind)) * tileBytes(B);
}

// @ts-ignore: decorator
@inline
export function atStatistics(kind: i32, B: i32): usize {
  return <usize>(2 * gatesOf(kind) + keptBeforeNorms(kind)) * tileBytes(B);
}

/** Bytes of a row of statistics. */
export const STATISTICS: usize = 32;

/** Reads a number of each cache line, so that they come all at once; the sum goes where nobody looks. bytes: a multiple of 64. */
export function touch(from: usize, bytes: usize, sink: usize): void {
  let sum: i32 = 0;
  for (const end = from + bytes; from < end; from += 64) sum += load<i32>(from);
  store<i32>(sink, sum);
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
 *   scratch  of this thread: [B][G][16], and behind `room` 36 (B rounded up to 4) + 16 G floats
 *   moments  [groups] of momentBytes, shared
 */
export function normStep(
  kind: i32, B: i32, ip: i32, H: i32, g0: i32, g1: i32, a: usize, aStride: usize, w: usize, b: usize,
  saved: usize, c: usize, cNext: usize, cStride: usize, before: usize, beforeStride: usize, h: usize,
  hStride: usize, lengths: usize, step: i32, aside: usize, scratch: usize, room: usize, moments: usize,
  team: usize,
): void {
  const hw = pad16(H);
  const groups = hw >> 4;
  const gates = gatesOf(kind);
  const vectors = gates + extrasOf(kind);
  const depth = depthOf(kind, ip, hw);
  const tile = tileBytes(B);
  const kept = <usize>savedOf(kind) * tile;
  const toGates = atGates(kind, B);
  const toStatistics = atStatistics(kind, B);
  const own = momentBytes(B);
  const rows = <usize>((B + 3) & ~3);
  const part = room;
  const normed = part + (rows << 6);
  const stats = normed + (rows << 6);
  const biases = stats + (rows << 4);
  const classic = isClassicNorm(kind);
  for (let g = g0; g < g1; ++g) {
    let weights = w + (<usize>(g * gates * depth) << 6);
    const s = saved + <usize>g * kept;
    for (let to = s, end = s + toGates; to < end; to += 2 * tile, weights += <usize>depth << 6) {
      panelRows(B, a, aStride, 1, ip, 0, weights, ZEROS, to, 64, false);
      const state = a + (<usize>ip << 2);
      panelRows(B, state, aStride, 1, depth - ip, 0, weights + (<usize>ip << 6), ZEROS, to + tile, 64, false);
    }
    const to = moments + <usize>g * own;
    groupMoments(B, s, 64, gates, 2 * tile, H - (g << 4), part, 0, to);
    groupMoments(B, s + tile, 64, gates, 2 * tile, H - (g << 4), part, 1, to);
  }
  meet(team);
  if (g0 < g1) rowStatistics(false, B, groups, gates, H, moments, part, stats);
  for (let g = g0; g < g1; ++g) {
    const column = <usize>g << 6;
    const s = saved + <usize>g * kept;
    const weights = b + (<usize>(g * vectors) << 6);
    normalize(kind, B, H - (g << 4), s, s + toStatistics, stats, weights, biases, scratch);
    const past = c + column;
    const now = cNext + column;
    if (lengths && aside) {
      for (let r = 0; r < B; ++r) memory.copy(aside + (<usize>r << 6), past + <usize>r * cStride, 64);
    }
    if (classic) normGatesForward(B, scratch, s + toGates, tile, past, now, cStride);
    else lstmCellGates(kind, B, scratch, weights + (<usize>gates << 6), s + toGates, past, now, cStride);
    clearPast(B, H - (g << 4), now, cStride);
    if (lengths) keepRows(B, 16, lengths, step, aside ? aside : past, aside ? 64 : cStride, now, cStride);
    groupMoments(B, now, cStride, 1, 0, H - (g << 4), part, 2, moments + <usize>g * own);
  }
  meet(team);
  if (g0 < g1) rowStatistics(true, B, groups, gates, H, moments, part, stats);
  for (let g = g0; g < g1; ++g) {
    const column = <usize>g << 6;
    const s = saved + <usize>g * kept;
    const weights = b + (<usize>(g * vectors + firstVector(kind) + 4 * gates) << 6);
    normalizeCell(B, cNext + column, cStride, stats, weights, s + toStatistics + 16, normed);
    if (classic) normOutputsForward(B, normed, s + toGates, tile, h + column, hStride);
    else lstmCellOutputs(kind, B, s + toGates, normed, 64, h + column, hStride);
    if (lengths) keepRows(B, 16, lengths, step, before + (beforeStride ? column : 0), beforeStride, h + column, hStride);
    clearPast(B, H - (g << 4), h + column, hStride);
  }
}

/** Products of a group to normalized ones, in place, and their sum with the biases to pre [B][G][16]; keeps statistics. */
function normalize(
  kind: i32, B: i32, units: i32, row: usize, keep: usize, stats: usize, weights: usize, biases: usize, pre: usize,
): void {
  const wide = <usize>gatesOf(kind) << 6;
  const tile = tileBytes(B);
  const first = row;
  const gains = weights + (<usize>firstVector(kind) << 6);
  for (let at: usize = 0; at < wide; at += 16) {
    const shifts = f32x4.add(v128.load(gains + wide + at), v128.load(gains + 3 * wide + at));
    v128.store(biases + at, f32x4.add(v128.load(weights + at), shifts));
  }
  for (let r = 0; r < B; ++r, row += 64, keep += STATISTICS, stats += 16) {
    const meanX = splat(stats);
    const scaleX = splat(stats + 4);
    const meanH = splat(stats + 8);
    const scaleH = splat(stats + 12);
    let atX = row;
    let gX = gains;
    let gH = gains + 2 * wide;
    let bias = biases;
    for (const end = pre + wide; pre < end; pre += 64, atX += 2 * tile, gX += 64, gH += 64, bias += 64) {
      const atH = atX + tile;
      for (let n: usize = 0; n < 64; n += 32) {
        const x0 = f32x4.mul(f32x4.sub(v128.load(atX + n), meanX), scaleX);
        const x1 = f32x4.mul(f32x4.sub(v128.load(atX + n, 16), meanX), scaleX);
        const h0 = f32x4.mul(f32x4.sub(v128.load(atH + n), meanH), scaleH);
        const h1 = f32x4.mul(f32x4.sub(v128.load(atH + n, 16), meanH), scaleH);
        const s0 = madd(h0, v128.load(gH + n), v128.load(bias + n));
        const s1 = madd(h1, v128.load(gH + n, 16), v128.load(bias + n, 16));
        const a0 = madd(x0, v128.load(gX + n), s0);
        const a1 = madd(x1, v128.load(gX + n, 16), s1);
        v128.store(atX + n, x0);
        v128.store(atX + n, x1, 16);
        v128.store(atH + n, h0);
        v128.store(atH + n, h1, 16);
        v128.store(pre + n, a0);
        v128.store(pre + n, a1, 16);
      }
    }
    v128.store(keep, v128.load(stats));
  }
  // what is no unit is asked for nothing in the backward pass
  clearPast(2 * gatesOf(kind) * (B + 1), units, first, 64);
}

/** c of a group, normalized, to [B][16]; keeps its statistics. weights: gain, shift. */
function normalizeCell(
  B: i32, c: usize, cStride: usize, stats: usize, weights: usize, keep: usize, normed: usize,
): void {
  for (let r = 0; r < B; ++r, c += cStride, stats += 16, keep += STATISTICS, normed += 64) {
    const mean = splat(stats);
    const scale = splat(stats + 4);
    for (let at: usize = 0; at < 64; at += 32) {
      const z0 = f32x4.mul(f32x4.sub(v128.load(c + at), mean), scale);
      const z1 = f32x4.mul(f32x4.sub(v128.load(c + at, 16), mean), scale);
      const a0 = madd(z0, v128.load(weights + at), v128.load(weights + at, 64));
      const a1 = madd(z1, v128.load(weights + at, 16), v128.load(weights + at, 80));
      v128.store(normed + at, a0);
      v128.store(normed + at, a1, 16);
    }
    v128.store(keep, v128.load(stats));
  }
}
