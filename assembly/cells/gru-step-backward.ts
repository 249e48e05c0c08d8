// What one step of gruBackward is made of, each for a range of panels, of groups or of tiles (16
// columns), so that threads can share a step: a range writes nothing but its own, and its bits do not
// depend on the others. Between the parts of a step the threads must have met: the products read the
// gradients of all panels. How gradients stand in tiles: gru-layout.ts.

import { panelRows } from "../math/gemm-rows";
import { addBlock } from "../math/long-sums";
import { ZEROS } from "../math/zeros";
import { gruGatesBackwardOther, gruResetBackwardOther } from "./gru-activations";
import { gruGatesBackward, gruResetBackward } from "./gru-gates";
import { GRU_SAVED, OTHER, RESET_AFTER, SPLIT } from "./gru-layout";
import { blockStride } from "./lstm-layout";

/** Bytes from the gradients of z to those of r. */
// @ts-ignore: decorator
@inline
function apart(kind: i32, groups: i32, tileStep: usize): usize {
  return kind & SPLIT ? <usize>groups * tileStep : 16;
}

/** Where the gradients of z and r of a panel stand. */
// @ts-ignore: decorator
@inline
function gatesOf(kind: i32, d: usize, groups: i32, p: i32, tileStep: usize): usize {
  if (kind & SPLIT) return d + <usize>(groups + (p >> 2)) * tileStep + ((<usize>(p & 3)) << 4);
  return d + <usize>(groups + (p >> 1)) * tileStep + ((<usize>(p & 1)) << 5);
}

/**
 * The gates of one step, panels p0..p1.
 *
 *   saved        of this step
 *   h            of the step before, rows hStride bytes apart
 *   out          what this output is asked for: row b of panel p at + b * outStride + p * outStep bytes
 *   dh           in tiles [Hp/16][B][16]: what the step after asks for; then what goes straight to the
 *                step before
 *   d            gradients before activation: tile i at + i * tileStep, rows of 16; written
 */
export function gruStepBackward(
  B: i32, groups: i32, p0: i32, p1: i32, kind: i32, saved: usize, h: usize, hStride: usize,
  out: usize, outStride: usize, outStep: usize, dh: usize, d: usize, tileStep: usize,
): void {
  for (let p = p0; p < p1; ++p) {
    const group = p >> 2;
    const lane = (<usize>(p & 3)) << 4;
    const tile = ((<usize>(group * B)) << 6) + lane;
    const kept = saved + ((<usize>(p * B * GRU_SAVED)) << 2);
    const before = h + ((<usize>p) << 4);
    const asked = out + <usize>p * outStep;
    const dX = d + <usize>group * tileStep + lane;
    const dZ = gatesOf(kind, d, groups, p, tileStep);
    const dH = d + <usize>(3 * groups + group) * tileStep + lane;
    const after = (kind & RESET_AFTER) != 0;
    if (kind & OTHER) {
      gruGatesBackwardOther(kind, B, apart(kind, groups, tileStep), kept, before, hStride, asked, outStride, dh + tile, dX, dZ, dH, after);
    } else gruGatesBackward(B, kept, before, hStride, asked, outStride, dh + tile, dX, dZ, dH, after);
  }
}

/** Reset before: from dRh, the gradient of r * h in tiles, that of r, and more of dh. */
export function gruStepResetBackward(
  B: i32, groups: i32, p0: i32, p1: i32, saved: usize, h: usize, hStride: usize, dRh: usize,
  dh: usize, d: usize, tileStep: usize,
): void {
  for (let p = p0; p < p1; ++p) {
    const tile = ((<usize>((p >> 2) * B)) << 6) + ((<usize>(p & 3)) << 4);
    gruResetBackward(
      B,
      saved + ((<usize>(p * B * GRU_SAVED)) << 2),
      h + ((<usize>p) << 4),
      hStride,
      dRh + tile,
      dh + tile,
      gatesOf(0, d, groups, p, tileStep),
    );
  }
}

/** The same for activations that are stated. */
export function gruStepResetOther(
  kind: i32, B: i32, groups: i32, p0: i32, p1: i32, saved: usize, h: usize, hStride: usize, dRh: usize,
  dh: usize, d: usize, tileStep: usize,
): void {
  for (let p = p0; p < p1; ++p) {
    const tile = ((<usize>((p >> 2) * B)) << 6) + ((<usize>(p & 3)) << 4);
    const kept = saved + ((<usize>(p * B * GRU_SAVED)) << 2);
    const dZ = gatesOf(kind, d, groups, p, tileStep);
    gruResetBackwardOther(kind, B, apart(kind, groups, tileStep), kept, h + ((<usize>p) << 4), hStride, dRh + tile, dh + tile, dZ);
  }
}

/**
 * out = (add: out) + d, `tiles` tiles of it, times rows of the transposed weights (48 groups of them a
 * tile of 16 columns), tiles n0..n1: row r of tile n stands at out + n * outStep + r * outStride bytes.
 */
export function gruGradientProduct(
  rows: i32, tiles: i32, d: usize, tileStep: usize, w: usize, groups: i32, n0: i32, n1: i32,
  out: usize, outStride: usize, outStep: usize, add: i32,
): void {
  const weights = (<usize>(48 * groups)) << 6;
  for (let n = n0; n < n1; ++n) {
    const at = <usize>n;
    const columns = out + at * outStep;
    panelRows(rows, d, 64, tiles, 16, tileStep, w + at * weights, ZEROS, columns, outStride, add != 0);
  }
}

/**
 * dW = (first) or += the products over one block of rows, groups g0..g1.
 *
 *   packed       xh^T as transposeRows leaves it, rows blockStride(rows) bytes apart
 *   packedReset  (r * h)^T likewise; 0 with resetAfter
 */
export function gruWeightGradients(
  rows: i32, ip: i32, hp: i32, groups: i32, g0: i32, g1: i32, packed: usize, packedReset: usize,
  d: usize, tileStep: usize, dW: usize, first: i32,
): void {
  const stride = blockStride(rows);
  const add = !first;
  const k = ip + hp;
  const tile = (<usize>k) << 6;
  dW += <usize>(3 * g0) * tile;
  for (let group = g0; group < g1; ++group) {
    for (let pair = 0; pair < 2; ++pair) {
      const gates = d + <usize>(groups + 2 * group + pair) * tileStep;
      panelRows(k, packed, stride, 1, rows, 0, gates, ZEROS, dW, 64, add);
      dW += tile;
    }
    const candidate = d + <usize>group * tileStep;
    panelRows(ip, packed, stride, 1, rows, 0, candidate, ZEROS, dW, 64, add);
    const recurrent = dW + ((<usize>ip) << 6);
    if (packedReset) {
      panelRows(hp, packedReset, stride, 1, rows, 0, candidate, ZEROS, recurrent, 64, add);
    } else {
      const seen = d + <usize>(3 * groups + group) * tileStep;
      panelRows(hp, packed + <usize>ip * stride, stride, 1, rows, 0, seen, ZEROS, recurrent, 64, add);
    }
    dW += tile;
  }
}

/** dW of one gate (0 z, 1 r, 2 n) of a kind with SPLIT: packed is what that gate saw. The others as gruWeightGradients. */
export function gruGateGradients(
  gate: i32, rows: i32, ip: i32, hp: i32, groups: i32, g0: i32, g1: i32, packed: usize, packedReset: usize, d: usize,
  tileStep: usize, dW: usize, first: i32,
): void {
  const stride = blockStride(rows);
  const add = !first;
  const k = ip + hp;
  const tile = (<usize>k) << 6;
  for (let group = g0; group < g1; ++group) {
    const to = dW + <usize>(3 * group + gate) * tile;
    if (gate < 2) {
      const own = d + <usize>((gate + 1) * groups + group) * tileStep;
      panelRows(k, packed, stride, 1, rows, 0, own, ZEROS, to, 64, add);
      continue;
    }
    const candidate = d + <usize>group * tileStep;
    panelRows(ip, packed, stride, 1, rows, 0, candidate, ZEROS, to, 64, add);
    const a = packedReset ? packedReset : packed + <usize>ip * stride;
    const own = packedReset ? candidate : d + <usize>(3 * groups + group) * tileStep;
    panelRows(hp, a, stride, 1, rows, 0, own, ZEROS, to + ((<usize>ip) << 6), 64, add);
  }
}

/** db = (first) or += column sums over one block of rows, groups g0..g1. sums: room for 16 floats. */
export function gruBiasGradients(
  rows: i32, groups: i32, g0: i32, g1: i32, kind: i32, d: usize, tileStep: usize, sums: usize,
  db: usize, first: i32,
): void {
  db += <usize>g0 * 384;
  for (let group = g0; group < g1; ++group) {
    for (let tile = 0; tile < 6; ++tile) {
      const part = tile % 3;
      const gate = groups + (kind & SPLIT ? part * groups + group : 2 * group + part);
      const place = part == 2 ? (tile == 2 ? group : 3 * groups + group) : gate;
      if (tile < 3 || kind & RESET_AFTER) columnSums(rows, d + <usize>place * tileStep, sums);
      else memory.fill(sums, 0, 64);
      addBlock(16, sums, db, first != 0);
      db += 64;
    }
  }
}

function columnSums(rows: i32, d: usize, sums: usize): void {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  let s2 = f32x4.splat(0);
  let s3 = f32x4.splat(0);
  for (const end = d + ((<usize>rows) << 6); d < end; d += 64) {
    s0 = f32x4.add(s0, v128.load(d));
    s1 = f32x4.add(s1, v128.load(d, 16));
    s2 = f32x4.add(s2, v128.load(d, 32));
    s3 = f32x4.add(s3, v128.load(d, 48));
  }
  v128.store(sums, s0);
  v128.store(sums, s1, 16);
  v128.store(sums, s2, 32);
  v128.store(sums, s3, 48);
}
