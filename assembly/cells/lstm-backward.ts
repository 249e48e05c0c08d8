import { copyRows } from "../math/copy";
import { addBlock, beginsGroup, blockRows, closeSums, keepGroup } from "../math/long-sums";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { gatherPanels, gatherTiles, scatterPanels, scatterTiles } from "../recurrent/state";
import { handOnMasked, holdCell, holdMasked } from "../recurrent/lengths";
import { blockStride, chunkSteps, lstmTotalFloats, SAVED } from "./lstm-layout";
import { lstmTranspose } from "./lstm-pack";
import { lstmGradientProduct, lstmStepBackward, lstmWeightGradients } from "./lstm-step-backward";

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
): void {
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

  if (T > 1 || dhFirst) lstmTranspose(hp, k, ip, hp, w, wh);
  if (dX != 0) lstmTranspose(hp, k, 0, ip, w, wx);
  gatherTiles(B, panels, dhLast, hBytes, dh);
  gatherPanels(B, panels, dcLast, hBytes, dc);

  let done = 0;
  for (let last = T; last > 0; last -= steps) {
    const from = max(last - steps, 0);
    memory.fill(blockSums, 0, <usize>blocks * sumsStep);
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
        holdMasked(B, 0, panels, lengths, first + t, out, outStride, outStep, dh, dhKept);
        holdCell(B, 0, panels, lengths, first + t, dc, dcKept, false);
      }
      lstmStepBackward(
        B,
        min(B, block),
        hp,
        0,
        panels,
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
        lstmGradientProduct(B, panels, d, panelStep, wh, 0, hWide >> 4, dh, 64, <usize>B << 6);
      }
      if (lengths) {
        handOnMasked(B, 0, panels, lengths, first + t, dh, dhKept);
        holdCell(B, 0, panels, lengths, first + t, dc, dcKept, true);
      }
    }
    const rows = (last - from) * B;
    const inputs = xh + (<usize>(from * B * k) << 2);
    let sums = blockSums;
    for (let r = 0; dW != 0 && r < rows; r += block) {
      keepGroup(done, 4 * hp * k, dW, totals);
      keepGroup(done, 4 * hp, db, biasTotals);
      const input = inputs + (<usize>(r * k) << 2);
      const to = dPre + (<usize>r << 6);
      const n = min(block, rows - r);
      const opens = beginsGroup(done);
      transposeRows(n, k, input, <usize>k << 2, packed, blockStride(n));
      lstmWeightGradients(n, k, 0, panels, packed, to, panelStep, dW, opens ? 1 : 0);
      addBlock(4 * hp, sums, db, opens);
      sums += sumsStep;
      ++done;
    }
    if (dX != 0) {
      const stride = <usize>dXStride << 2;
      const to = dX + <usize>(from * B) * stride;
      const tiles = xWide >> 4;
      if (xWide == ip) {
        lstmGradientProduct(rows, panels, dPre, panelStep, wx, 0, tiles, to, stride, 64);
      } else {
        const wide = <usize>xWide << 2;
        lstmGradientProduct(rows, panels, dPre, panelStep, wx, 0, tiles, outputs, wide, 64);
        copyRows(rows, <usize>ip << 2, outputs, wide, to, stride);
      }
    }
  }
  if (dhFirst) scatterTiles(B, panels, dh, dhFirst, hBytes);
  if (dcFirst) scatterPanels(B, panels, dc, dcFirst, hBytes);
  if (dW == 0) return;
  closeSums(done, 4 * hp * k, dW, totals);
  closeSums(done, 4 * hp, db, biasTotals);
}
