import { copyRows } from "../math/copy";
import { addBlock, beginsGroup, blockRows, closeSums, keepGroup } from "../math/long-sums";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { gatherPanels, gatherTiles, scatterPanels, scatterTiles } from "../recurrent/state";
import { handOnMasked, holdCell, holdMasked } from "../recurrent/lengths";
import { meet, shareOf, threadsOf } from "../team";
import { blockStride, chunkSteps, lstmTotalFloats, SAVED } from "./lstm-layout";
import { lstmTranspose } from "./lstm-pack";
import {
  lstmGradientProduct, lstmRowOf, lstmRowProduct, lstmStepBackward, lstmWeightGradients,
} from "./lstm-step-backward";

/**
 * Backpropagation through time for what lstmForward left behind.
 *
 *   xh, c, gates   as lstmForward left them; read only
 *   w              packed; read only
 *   dOut           gradient of h: [T * B][>= Hp] time-major, or [B][>= Hp] for the last step
 *                  when dOutLast is 1; rows dOutStride floats apart, padding 0
 *   dhLast, dcLast 0, or what whoever takes the last state asks for: [B][Hp], padding 0
 *   dX             0, or [T * B][>= Ip], rows dXStride floats apart: gradient of x, columns
 *                  0..Ip overwritten
 *   dW, db         packed like w and b; overwritten; both 0 when nobody wants them
 *   dhFirst, dcFirst  0, or where the gradients of the initial state go: [B][Hp]
 *   lengths, first as lstmForward had them
 *   scratch        lstmScratchFloats; nothing in it outlives the call
 *   team, rank     see team.ts; 0 and 0: one thread
 *
 * Every pointer is 16-byte aligned; no two buffers may overlap.
 *
 * Steps go backwards in chunks of about 128 rows: gate gradients and dh step by step,
 * then, while the chunk is in cache, its share of dW, db and dX at once. dW and db are
 * summed by blocks, see math/long-sums.ts.
 */
export function lstmBackward(
  B: i32,
  T: i32,
  I: i32,
  H: i32,
  xh: usize,
  w: usize,
  gates: usize,
  c: usize,
  dOut: usize,
  dOutStride: i32,
  dOutLast: i32,
  dhLast: usize,
  dcLast: usize,
  dX: usize,
  dXStride: i32,
  dW: usize,
  db: usize,
  dhFirst: usize,
  dcFirst: usize,
  lengths: usize,
  first: i32,
  scratch: usize,
  team: usize,
  rank: i32,
): void {
  const threads = threadsOf(team);
  const ip = pad4(I);
  const hp = pad4(H);
  const k = ip + hp;
  const panels = hp >> 2;
  const steps = chunkSteps(B, T);
  const hWide = (hp + 15) & ~15;
  const xWide = (ip + 15) & ~15;
  const hBytes = <usize>hp << 2;
  const stepSaved = <usize>(B * SAVED) << 2;
  const panelStep = <usize>(steps * B + 1) << 6;

  const wh = scratch;
  const wx = wh + (<usize>(4 * hp * hWide) << 2);
  const dPre = wx + (<usize>(4 * hp * xWide) << 2);
  const packed = dPre + <usize>panels * panelStep;
  const block = blockRows(steps * B);
  const outputs = packed + <usize>k * blockStride(block);
  const dh = outputs + (<usize>(steps * B * xWide) << 2);
  const dc = dh + (<usize>(B * hWide) << 2);
  // sums of the gate gradients in each block of a chunk, [blocks][4 Hp]
  const blockSums = dc + (<usize>(B * hp) << 2);
  const sumsStep = <usize>hp << 4;
  const blocks = (steps * B + block - 1) / block;
  const totals = blockSums + <usize>blocks * sumsStep;
  const biasTotals = totals + (<usize>(4 * hp * k) << 3);
  // what masked samples hand on from one step to the one before it
  const dhKept = totals + (<usize>lstmTotalFloats(B, T, hp, k, blocks, steps) << 2);
  const dcKept = dhKept + (<usize>(B * hWide) << 2);
  // of a single sequence: two, for a thread may be a step ahead of one that still reads
  const rowsOfOne = dcKept + (<usize>(B * hp) << 2);

  // A share of the hidden units is one of whole tiles: what a thread asks of the step before it takes
  // up itself, so that one meeting a step is enough.
  const tiles = hWide >> 4;
  const n0 = shareOf(tiles, rank, threads);
  const n1 = shareOf(tiles, rank + 1, threads);
  const p0 = min(n0 << 2, panels);
  const p1 = min(n1 << 2, panels);
  // of what is packed, in groups of four columns
  const k0 = shareOf(k >> 2, rank, threads) << 2;
  const k1 = shareOf(k >> 2, rank + 1, threads) << 2;
  const q0 = shareOf(xWide >> 4, rank, threads);
  const q1 = shareOf(xWide >> 4, rank + 1, threads);

  if (T > 1 || dhFirst) lstmTranspose(hp, k, ip, hp, w, wh, n0, n1);
  if (dX != 0) lstmTranspose(hp, k, 0, ip, w, wx, q0, q1);
  if (rank == 0) {
    gatherTiles(B, panels, dhLast, hBytes, dh);
    gatherPanels(B, panels, dcLast, hBytes, dc);
  }
  meet(team);

  // the share of dW and db: floats, and bytes before it
  const mineW = 16 * (p1 - p0) * k;
  const mineB = 16 * (p1 - p0);
  const firstW = <usize>(p0 * k) << 6;
  const firstB = <usize>p0 << 6;

  let done = 0;
  for (let last = T; last > 0; last -= steps) {
    const from = max(last - steps, 0);
    for (let n = 0; n < blocks; ++n) {
      memory.fill(blockSums + <usize>n * sumsStep + (<usize>p0 << 6), 0, <usize>(p1 - p0) << 6);
    }
    for (let t = last - 1; t >= from; --t) {
      let out = ZEROS;
      let outStride: usize = 0;
      let outStep: usize = 0;
      if (!dOutLast || t == T - 1) {
        outStride = <usize>dOutStride << 2;
        out = dOut + (dOutLast ? 0 : <usize>(t * B) * outStride);
        outStep = 16;
      }
      const d = dPre + (<usize>((t - from) * B) << 6);
      const saved = gates + <usize>(t * panels) * stepSaved;
      const cStep = c + <usize>(t * B) * hBytes;
      if (lengths) {
        holdMasked(B, p0, p1, lengths, first + t, out, outStride, outStep, dh, dhKept);
        holdCell(B, p0, p1, lengths, first + t, dc, dcKept, false);
      }
      lstmStepBackward(
        B,
        min(B, block),
        hp,
        p0,
        p1,
        saved,
        cStep,
        dc,
        out,
        outStride,
        outStep,
        dh,
        d,
        panelStep,
        blockSums,
      );
      if (t > 0 || dhFirst) {
        const row = rowsOfOne + (t & 1 ? <usize>hp << 4 : 0);
        if (B == 1) lstmRowOf(p0, p1, d, panelStep, row);
        meet(team);
        if (B == 1) lstmRowProduct(panels, row, wh, n0, n1, dh);
        else lstmGradientProduct(B, panels, d, panelStep, wh, n0, n1, dh, 64, <usize>B << 6);
      }
      if (lengths) {
        handOnMasked(B, p0, p1, lengths, first + t, dh, dhKept);
        holdCell(B, p0, p1, lengths, first + t, dc, dcKept, true);
      }
    }
    const rows = (last - from) * B;
    const inputs = xh + (<usize>(from * B * k) << 2);
    let sums = blockSums;
    for (let r = 0; dW != 0 && r < rows; r += block) {
      keepGroup(done, mineW, dW + firstW, totals + 2 * firstW);
      keepGroup(done, mineB, db + firstB, biasTotals + 2 * firstB);
      const input = inputs + (<usize>(r * k) << 2);
      const to = dPre + (<usize>r << 6);
      const n = min(block, rows - r);
      const opens = beginsGroup(done);
      const stride = blockStride(n);
      const columns = input + (<usize>k0 << 2);
      transposeRows(n, k1 - k0, columns, <usize>k << 2, packed + <usize>k0 * stride, stride);
      meet(team);
      lstmWeightGradients(n, k, p0, p1, packed, to, panelStep, dW, opens ? 1 : 0);
      addBlock(mineB, sums + firstB, db + firstB, opens);
      // what is packed may be overwritten
      meet(team);
      sums += sumsStep;
      ++done;
    }
    if (dX != 0) {
      // a share of rows: there may be one tile alone
      const r0 = shareOf(rows, rank, threads);
      const count = shareOf(rows, rank + 1, threads) - r0;
      const stride = <usize>dXStride << 2;
      const to = dX + <usize>(from * B + r0) * stride;
      const d = dPre + (<usize>r0 << 6);
      if (dW == 0) meet(team);
      if (count == 0) {
        // fewer rows than threads
      } else if (xWide == ip) {
        lstmGradientProduct(count, panels, d, panelStep, wx, 0, xWide >> 4, to, stride, 64);
      } else {
        const wide = <usize>xWide << 2;
        const rowsOut = outputs + <usize>r0 * wide;
        lstmGradientProduct(count, panels, d, panelStep, wx, 0, xWide >> 4, rowsOut, wide, 64);
        copyRows(count, <usize>ip << 2, rowsOut, wide, to, stride);
      }
    }
    // the gradients of this chunk may be overwritten
    meet(team);
  }
  if (rank == 0) {
    if (dhFirst) scatterTiles(B, panels, dh, dhFirst, hBytes);
    if (dcFirst) scatterPanels(B, panels, dc, dcFirst, hBytes);
  }
  if (dW != 0) {
    closeSums(done, mineW, dW + firstW, totals + 2 * firstW);
    closeSums(done, mineB, db + firstB, biasTotals + 2 * firstB);
  }
  meet(team);
}
