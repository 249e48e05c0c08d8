import { copyRows } from "../math/copy";
import { panelRows } from "../math/gemm-rows";
import { addBlock, beginsGroup, blockRows, closeSums, keepGroup } from "../math/long-sums";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";
import { handOnMasked, holdMasked } from "../recurrent/lengths";
import { gatherTiles, scatterTiles } from "../recurrent/state";
import { gruGatesBackward, gruResetBackward } from "./gru-gates";
import { GRU_SAVED, groupsOf, gruChunkSteps } from "./gru-layout";
import { blockStride } from "./lstm-layout";
import { gruTranspose } from "./gru-pack";

/** A row of zeros: the gradient of steps that nobody asks for, the start of sums. */
const ZEROS: usize = memory.data(64, 16);

/**
 * Backpropagation through time for what gruForward left behind.
 *
 *   xh, saved, rh  as gruForward left them; read only
 *   w              packed; read only
 *   dOut           gradient of h: [T * B][>= Hp] time-major, or [B][>= Hp] for the last step
 *                  when dOutLast is 1; rows dOutStride floats apart, padding 0
 *   dhLast         0, or what whoever takes the last state asks for: [B][Hp], padding 0
 *   dX             0, or [T * B][>= Ip], rows dXStride floats apart: columns 0..Ip overwritten
 *   dW, db         packed like w and b; overwritten; both 0 when nobody wants them
 *   dhFirst        0, or where the gradient of the initial state goes: [B][Hp]
 *   lengths, first as gruForward had them
 *   scratch        gruBackwardScratchFloats; nothing in it outlives the call
 *
 * Every pointer is 16-byte aligned; no two buffers may overlap. Steps go backwards in chunks of about
 * 128 rows, as in lstmBackward.
 */
export function gruBackward(
  B: i32, T: i32, I: i32, H: i32, resetAfter: i32, xh: usize, w: usize, saved: usize, rh: usize,
  dOut: usize, dOutStride: i32, dOutLast: i32, dhLast: usize, dX: usize, dXStride: i32,
  dW: usize, db: usize, dhFirst: usize, lengths: usize, first: i32, scratch: usize,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  const k = ip + hp;
  const panels = hp >> 2;
  const groups = groupsOf(H);
  const steps = gruChunkSteps(B, T);
  const xWide = (ip + 15) & ~15;
  const hBytes = (<usize>hp) << 2;
  const kBytes = (<usize>k) << 2;
  const after = resetAfter != 0;
  const stepSaved = (<usize>(B * panels * GRU_SAVED)) << 2;
  const tileStep = (<usize>(steps * B + 1)) << 6;
  const tiles = (<usize>(B * groups)) << 6;
  const block = blockRows(steps * B);
  const weightFloats = 48 * groups * k;
  const biasFloats = 96 * groups;

  const wh = scratch;
  const wx = wh + ((<usize>(48 * groups * 16 * groups)) << 2);
  const d = wx + ((<usize>(48 * groups * xWide)) << 2);
  const packed = d + <usize>(4 * groups) * tileStep;
  const packedReset = packed + <usize>k * blockStride(block);
  const outputs = packedReset + <usize>hp * blockStride(block);
  const dh = outputs + ((<usize>(steps * B * xWide)) << 2);
  const direct = dh + tiles;
  const dRh = direct + tiles;
  const kept = dRh + tiles;
  const sums = kept + tiles;
  const totals = sums + 64;
  const biasTotals = totals + ((<usize>weightFloats) << 3);

  gruTranspose(groups, k, ip, hp, w, wh, false);
  if (dX) gruTranspose(groups, k, 0, ip, w, wx, true);
  gatherTiles(B, panels, dhLast, hBytes, dh);
  // lanes of units that are none stay 0
  memory.fill(d, 0, <usize>(4 * groups) * tileStep);
  memory.fill(direct, 0, tiles);

  let done = 0;
  for (let last = T; last > 0; last -= steps) {
    const from = max(last - steps, 0);
    for (let t = last - 1; t >= from; --t) {
      const asks = !dOutLast || t == T - 1;
      const outStride = asks ? (<usize>dOutStride) << 2 : 0;
      const out = asks ? dOut + (dOutLast ? 0 : <usize>(t * B) * outStride) : ZEROS;
      const outStep: usize = asks ? 16 : 0;
      const h = xh + <usize>(t * B) * kBytes + ((<usize>ip) << 2);
      const at = saved + <usize>t * stepSaved;
      const row = d + ((<usize>((t - from) * B)) << 6);
      if (lengths) holdMasked(B, panels, lengths, first + t, out, outStride, outStep, dh, kept);
      stepGates(B, panels, groups, at, h, kBytes, out, outStride, outStep, dh, direct, row, tileStep, after);
      if (!after) {
        // n as h sees it is n as x sees it; its product with U_n is the gradient of r * h
        const candidates = wh + ((<usize>(32 * groups)) << 6);
        rowsByTiles(B, groups, row, tileStep, candidates, groups, hp, ZEROS, 0, dRh);
        stepReset(B, panels, groups, at, h, kBytes, dRh, direct, row, tileStep);
      }
      if (t > 0 || dhFirst) {
        const seen = row + <usize>groups * tileStep;
        rowsByTiles(B, after ? 3 * groups : 2 * groups, seen, tileStep, wh, groups, hp, direct, 64, dh);
      }
      if (lengths) handOnMasked(B, panels, lengths, first + t, dh, kept);
    }
    const rows = (last - from) * B;
    for (let r = 0; dW != 0 && r < rows; r += block) {
      keepGroup(done, weightFloats, dW, totals);
      keepGroup(done, biasFloats, db, biasTotals);
      const n = min(block, rows - r);
      const input = xh + <usize>(from * B + r) * kBytes;
      const reset = after ? 0 : rh + <usize>(from * B + r) * hBytes;
      const gradients = d + ((<usize>r) << 6);
      const opens = beginsGroup(done);
      weightGradients(n, groups, ip, hp, input, reset, gradients, tileStep, packed, packedReset, dW, opens);
      biasGradients(n, groups, gradients, tileStep, after, sums, db, opens);
      ++done;
    }
    if (dX) inputGradients(rows, groups, ip, xWide, d, tileStep, wx, outputs, dX + ((<usize>(from * B * dXStride)) << 2), (<usize>dXStride) << 2);
  }
  if (dhFirst) scatterTiles(B, panels, dh, dhFirst, hBytes);
  if (dW == 0) return;
  closeSums(done, weightFloats, dW, totals);
  closeSums(done, biasFloats, db, biasTotals);
}

/** gruGatesBackward of one step, panel by panel. */
function stepGates(
  B: i32, panels: i32, groups: i32, saved: usize, h: usize, hStride: usize, out: usize,
  outStride: usize, outStep: usize, dh: usize, direct: usize, d: usize, tileStep: usize, after: bool,
): void {
  for (let p = 0; p < panels; ++p) {
    const group = p >> 2;
    const lane = (<usize>(p & 3)) << 4;
    const tile = ((<usize>(group * B)) << 6) + lane;
    gruGatesBackward(
      B,
      saved + ((<usize>(p * B * GRU_SAVED)) << 2),
      h + ((<usize>p) << 4),
      hStride,
      out + <usize>p * outStep,
      outStride,
      dh + tile,
      direct + tile,
      d + <usize>group * tileStep + lane,
      gatesOf(d, groups, p, tileStep),
      d + <usize>(3 * groups + group) * tileStep + lane,
      after,
    );
  }
}

/** Where the gradients of z and r of a panel stand. */
// @ts-ignore: decorator
@inline
function gatesOf(d: usize, groups: i32, p: i32, tileStep: usize): usize {
  return d + <usize>(groups + (p >> 1)) * tileStep + ((<usize>(p & 1)) << 5);
}

function stepReset(
  B: i32, panels: i32, groups: i32, saved: usize, h: usize, hStride: usize, dRh: usize,
  direct: usize, d: usize, tileStep: usize,
): void {
  for (let p = 0; p < panels; ++p) {
    const tile = ((<usize>((p >> 2) * B)) << 6) + ((<usize>(p & 3)) << 4);
    gruResetBackward(
      B,
      saved + ((<usize>(p * B * GRU_SAVED)) << 2),
      h + ((<usize>p) << 4),
      hStride,
      dRh + tile,
      direct + tile,
      gatesOf(d, groups, p, tileStep),
    );
  }
}

/**
 * out [columns / 16][rows][16] = init + d, `tiles` tiles of it, times rows of the transposed weights
 * (48 groups of them a block of 16 columns). init: rows initStride bytes apart in blocks like those
 * of out (64), or one row for all (0).
 */
function rowsByTiles(
  rows: i32, tiles: i32, d: usize, tileStep: usize, w: usize, groups: i32, columns: i32,
  init: usize, initStride: usize, out: usize,
): void {
  for (let n = 0; n < columns; n += 16) {
    panelRows(rows, d, 64, tiles, 16, tileStep, w, init, initStride, out, 64, false);
    w += (<usize>(48 * groups)) << 6;
    out += (<usize>rows) << 6;
    init += <usize>rows * initStride;
  }
}

function inputGradients(
  rows: i32, groups: i32, ip: i32, xWide: i32, d: usize, tileStep: usize, wx: usize, outputs: usize,
  dX: usize, stride: usize,
): void {
  const direct = xWide == ip;
  const to = direct ? dX : outputs;
  const toStride = direct ? stride : (<usize>xWide) << 2;
  for (let n = 0; n < xWide; n += 16) {
    const columns = to + ((<usize>n) << 2);
    panelRows(rows, d, 64, 3 * groups, 16, tileStep, wx, ZEROS, 0, columns, toStride, false);
    wx += (<usize>(48 * groups)) << 6;
  }
  if (!direct) copyRows(rows, (<usize>ip) << 2, outputs, toStride, dX, stride);
}

/** dW = (first) or += the products over one block of rows, the inputs being transposed once. */
function weightGradients(
  rows: i32, groups: i32, ip: i32, hp: i32, xh: usize, rh: usize, d: usize, tileStep: usize,
  packed: usize, packedReset: usize, dW: usize, first: bool,
): void {
  const k = ip + hp;
  const stride = blockStride(rows);
  const add = !first;
  transposeRows(rows, k, xh, (<usize>k) << 2, packed, stride);
  if (rh) transposeRows(rows, hp, rh, (<usize>hp) << 2, packedReset, stride);
  const tile = (<usize>k) << 6;
  for (let group = 0; group < groups; ++group) {
    for (let pair = 0; pair < 2; ++pair) {
      const gates = d + <usize>(groups + 2 * group + pair) * tileStep;
      panelRows(k, packed, stride, 1, rows, 0, gates, ZEROS, 0, dW, 64, add);
      dW += tile;
    }
    const candidate = d + <usize>group * tileStep;
    panelRows(ip, packed, stride, 1, rows, 0, candidate, ZEROS, 0, dW, 64, add);
    const recurrent = dW + ((<usize>ip) << 6);
    if (rh) panelRows(hp, packedReset, stride, 1, rows, 0, candidate, ZEROS, 0, recurrent, 64, add);
    else {
      const seen = d + <usize>(3 * groups + group) * tileStep;
      panelRows(hp, packed + <usize>ip * stride, stride, 1, rows, 0, seen, ZEROS, 0, recurrent, 64, add);
    }
    dW += tile;
  }
}

/** db = (first) or += column sums over one block of rows. */
function biasGradients(
  rows: i32, groups: i32, d: usize, tileStep: usize, after: bool, sums: usize, db: usize, first: bool,
): void {
  for (let group = 0; group < groups; ++group) {
    for (let tile = 0; tile < 6; ++tile) {
      const part = tile % 3;
      const place = part == 2 ? (tile == 2 ? group : 3 * groups + group) : groups + 2 * group + part;
      if (tile < 3 || after) columnSums(rows, d + <usize>place * tileStep, sums);
      else memory.fill(sums, 0, 64);
      addBlock(16, sums, db, first);
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
