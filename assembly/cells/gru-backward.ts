import { copyRows } from "../math/copy";
import { addBlock, beginsGroup, blockRows, closeSums, keepGroup } from "../math/long-sums";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { handOnMasked, holdMasked } from "../recurrent/lengths";
import { gatherTiles, scatterTiles } from "../recurrent/state";
import { GRU_SAVED, groupsOf, gruChunkSteps } from "./gru-layout";
import { blockStride } from "./lstm-layout";
import { gruTranspose } from "./gru-pack";
import {
  gruBiasGradients,
  gruGradientProduct,
  gruStepBackward,
  gruStepResetBackward,
  gruWeightGradients,
} from "./gru-step-backward";

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
  // from one tile of a state's gradient to the next
  const state = (<usize>B) << 6;
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
  const dRh = dh + tiles;
  const kept = dRh + tiles;
  const sums = kept + tiles;
  const totals = sums + 64;
  const biasTotals = totals + ((<usize>weightFloats) << 3);

  gruTranspose(groups, k, ip, hp, w, wh, false);
  if (dX) gruTranspose(groups, k, 0, ip, w, wx, true);
  gatherTiles(B, panels, dhLast, hBytes, dh);
  // lanes of units that are none stay 0
  memory.fill(d, 0, <usize>(4 * groups) * tileStep);

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
      if (lengths) holdMasked(B, 0, panels, lengths, first + t, out, outStride, outStep, dh, kept);
      gruStepBackward(B, groups, 0, panels, resetAfter, at, h, kBytes, out, outStride, outStep, dh, row, tileStep);
      if (!after) {
        // n as h sees it is n as x sees it; its product with U_n is the gradient of r * h
        const candidates = wh + ((<usize>(32 * groups)) << 6);
        gruGradientProduct(B, groups, row, tileStep, candidates, groups, 0, groups, dRh, 64, state, 0);
        gruStepResetBackward(B, groups, 0, panels, at, h, kBytes, dRh, dh, row, tileStep);
      }
      if (t > 0 || dhFirst) {
        const seen = row + <usize>groups * tileStep;
        const tilesSeen = after ? 3 * groups : 2 * groups;
        gruGradientProduct(B, tilesSeen, seen, tileStep, wh, groups, 0, groups, dh, 64, state, 1);
      }
      if (lengths) handOnMasked(B, 0, panels, lengths, first + t, dh, kept);
    }
    const rows = (last - from) * B;
    for (let r = 0; dW != 0 && r < rows; r += block) {
      keepGroup(done, weightFloats, dW, totals);
      keepGroup(done, biasFloats, db, biasTotals);
      const n = min(block, rows - r);
      const input = xh + <usize>(from * B + r) * kBytes;
      const reset: usize = after ? 0 : rh + <usize>(from * B + r) * hBytes;
      const gradients = d + ((<usize>r) << 6);
      const opens = beginsGroup(done);
      transposeRows(n, k, input, kBytes, packed, blockStride(n));
      if (reset) transposeRows(n, hp, reset, hBytes, packedReset, blockStride(n));
      const resetPacked: usize = reset ? packedReset : 0;
      gruWeightGradients(n, ip, hp, groups, 0, groups, packed, resetPacked, gradients, tileStep, dW, opens ? 1 : 0);
      gruBiasGradients(n, groups, 0, groups, resetAfter, gradients, tileStep, sums, db, opens ? 1 : 0);
      ++done;
    }
    if (dX) {
      const stride = (<usize>dXStride) << 2;
      const to = dX + <usize>(from * B) * stride;
      const wide = (<usize>xWide) << 2;
      const direct = xWide == ip;
      const columns = direct ? to : outputs;
      const columnsStride = direct ? stride : wide;
      gruGradientProduct(rows, 3 * groups, d, tileStep, wx, groups, 0, xWide >> 4, columns, columnsStride, 64, 0);
      if (!direct) copyRows(rows, (<usize>ip) << 2, outputs, wide, to, stride);
    }
  }
  if (dhFirst) scatterTiles(B, panels, dh, dhFirst, hBytes);
  if (dW == 0) return;
  closeSums(done, weightFloats, dW, totals);
  closeSums(done, biasFloats, db, biasTotals);
}
