import { addRowsTo, copyRows } from "../math/copy";
import { addBlock, beginsGroup, blockRows, closeSums, keepGroup } from "../math/long-sums";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { panelRows } from "../math/gemm-rows";
import { addTile, dropProduct, holdZoned } from "../recurrent/drops";
import { handOnMasked, holdMasked } from "../recurrent/lengths";
import { gatherTiles, scatterTiles } from "../recurrent/state";
import { meet, shareOf, threadsOf } from "../team";
import { NO_BIAS } from "./cell-layout";
import { GRU_SAVED, groupsOf, gruChunkSteps, OTHER, RESET_AFTER, SPLIT } from "./gru-layout";
import { blockStride } from "./lstm-layout";
import { gruTranspose } from "./gru-pack";
import {
  gruBiasGradients,
  gruGateGradients,
  gruGradientProduct,
  gruStepBackward,
  gruStepResetBackward,
  gruStepResetOther,
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
 *   team, rank     see team.ts; 0 and 0: one thread
 *
 * Every pointer is 16-byte aligned; no two buffers may overlap. Steps go backwards in chunks of about
 * 128 rows, as in lstmBackward.
 */
export function gruBackward(
  B: i32, T: i32, I: i32, H: i32, kind: i32, xh: usize, w: usize, saved: usize, rh: usize,
  dOut: usize, dOutStride: i32, dOutLast: i32, dhLast: usize, dX: usize, dXStride: i32,
  dW: usize, db: usize, dhFirst: usize, lengths: usize, first: i32, scratch: usize, team: usize,
  rank: i32,
): void {
  gruBackwardDropped(
    B, T, I, H, kind, xh, w, saved, rh, dOut, dOutStride, dOutLast, dhLast, dX, dXStride, dW, db, dhFirst, lengths,
    first, 0, 0, 0, 0, scratch, team, rank,
  );
}

/**
 * The same for what gruForwardDropped left behind: masks, masked and keepH as it had them. aside: gruDropFloats; nothing in
 * it outlives the call.
 */
export function gruBackwardDropped(
  B: i32, T: i32, I: i32, H: i32, kind: i32, xh: usize, w: usize, saved: usize, rh: usize,
  dOut: usize, dOutStride: i32, dOutLast: i32, dhLast: usize, dX: usize, dXStride: i32,
  dW: usize, db: usize, dhFirst: usize, lengths: usize, first: i32, masks: usize, masked: usize, keepH: usize,
  aside: usize, scratch: usize, team: usize, rank: i32,
): void {
  const threads = threadsOf(team);
  const ip = pad4(I);
  const hp = pad4(H);
  const k = ip + hp;
  const panels = hp >> 2;
  const groups = groupsOf(H);
  const steps = gruChunkSteps(B, T);
  const xWide = (ip + 15) & ~15;
  const hBytes = (<usize>hp) << 2;
  const kBytes = (<usize>k) << 2;
  const after = (kind & RESET_AFTER) != 0;
  const split = (kind & SPLIT) != 0;
  const gatesSeen = after ? 3 : 2;
  const maskBytes = 3 * kBytes;
  const stepSaved = (<usize>(B * panels * GRU_SAVED)) << 2;
  const tileStep = (<usize>(steps * B + 1)) << 6;
  const tiles = (<usize>(B * groups)) << 6;
  // from one tile of a state's gradient to the next
  const state = (<usize>B) << 6;
  const block = blockRows(steps * B);
  const weightFloats = 48 * groups * k;

  const wh = scratch;
  const wx = wh + ((<usize>(48 * groups * 16 * groups)) << 2);
  const d = wx + ((<usize>(48 * groups * xWide)) << 2);
  const packed = d + <usize>(4 * groups) * tileStep;
  const packedReset = packed + <usize>k * blockStride(block);
  const outputs = packedReset + <usize>hp * blockStride(block);
  const dh = outputs + ((<usize>(steps * B * xWide)) << 2);
  const dRh = dh + tiles;
  const kept = dRh + tiles;
  const totals = kept + tiles;
  const biasTotals = totals + ((<usize>weightFloats) << 3);

  // of what is dropped: what zoned units hand on
  const dhZoned = aside + ((<usize>(16 * B * max(steps, groups))) << 2);
  const keepBytes = (<usize>groups) << 6;

  // a group is a tile of dh: what a thread asks of the step before it takes up itself
  const g0 = shareOf(groups, rank, threads);
  const g1 = shareOf(groups, rank + 1, threads);
  const p0 = g0 << 2;
  const p1 = min(g1 << 2, panels);
  const q0 = shareOf(xWide >> 4, rank, threads);
  const q1 = shareOf(xWide >> 4, rank + 1, threads);
  // of what is packed, in groups of four columns
  const k0 = shareOf(k >> 2, rank, threads) << 2;
  const k1 = shareOf(k >> 2, rank + 1, threads) << 2;
  const h0 = shareOf(panels, rank, threads) << 2;
  const h1 = shareOf(panels, rank + 1, threads) << 2;
  // the share of dW and db: floats, and bytes before it
  const mineW = 48 * (g1 - g0) * k;
  const mineB = 96 * (g1 - g0);
  const firstW = (<usize>(48 * g0 * k)) << 2;
  const firstB = (<usize>(96 * g0)) << 2;
  // free between two steps
  const sums = dRh + ((<usize>(g0 * B)) << 6);

  gruTranspose(groups, k, ip, hp, w, wh, false, g0, g1, split);
  if (dX) gruTranspose(groups, k, 0, ip, w, wx, true, q0, q1, split);
  if (rank == 0) {
    gatherTiles(B, panels, dhLast, hBytes, dh);
    // lanes of units that are none stay 0
    memory.fill(d, 0, <usize>(4 * groups) * tileStep);
  }
  meet(team);

  let done = 0;
  for (let last = T; last > 0; last -= steps) {
    const from = max(last - steps, 0);
    for (let t = last - 1; t >= from; --t) {
      const asks = !dOutLast || t == T - 1;
      let outStride = asks ? (<usize>dOutStride) << 2 : 0;
      let out = asks ? dOut + (dOutLast ? 0 : <usize>(t * B) * outStride) : ZEROS;
      let outStep: usize = asks ? 16 : 0;
      const h = xh + <usize>(t * B) * kBytes + ((<usize>ip) << 2);
      const at = saved + <usize>t * stepSaved;
      const row = d + ((<usize>((t - from) * B)) << 6);
      if (lengths) holdMasked(B, p0, p1, lengths, first + t, out, outStride, outStep, dh, kept);
      if (keepH) {
        // all that is asked of h, less what units that kept their state hand on
        for (let g = g0; g < g1; ++g) {
          const tile = (<usize>(g * B)) << 6;
          const column = (<usize>g) << 6;
          if (asks) addRowsTo(B, <usize>min(4, panels - (g << 2)) << 4, out + column, outStride, dh + tile, 64);
          holdZoned(B, keepH + <usize>(t * B) * keepBytes + column, keepBytes, dh + tile, dhZoned + tile);
        }
        out = ZEROS;
        outStride = 0;
        outStep = 0;
      }
      gruStepBackward(B, groups, p0, p1, kind, at, h, kBytes, out, outStride, outStep, dh, row, tileStep);
      if (!after) {
        // n as h sees it is n as x sees it; its product with U_n is the gradient of r * h
        const candidates = wh + ((<usize>(32 * groups)) << 6);
        meet(team);
        gruGradientProduct(B, groups, row, tileStep, candidates, groups, g0, g1, dRh, 64, state, 0);
        for (let g = g0; masks && g < g1; ++g) {
          const mask = masks + 2 * kBytes + ((<usize>ip) << 2) + ((<usize>g) << 6);
          const tile = dRh + ((<usize>(g * B)) << 6);
          dropProduct(B, 0, B, tile, mask, maskBytes, tile, 64, false);
        }
        if (kind & OTHER) gruStepResetOther(kind, B, groups, p0, p1, at, h, kBytes, dRh, dh, row, tileStep);
        else gruStepResetBackward(B, groups, p0, p1, at, h, kBytes, dRh, dh, row, tileStep);
      }
      if (t > 0 || dhFirst) {
        const seen = row + <usize>groups * tileStep;
        const tilesSeen = after ? 3 * groups : 2 * groups;
        meet(team);
        for (let g = g0; masks && g < g1; ++g) {
          const tile = (<usize>(g * B)) << 6;
          const mask = masks + ((<usize>ip) << 2) + ((<usize>g) << 6);
          const own = wh + ((<usize>(48 * groups * g)) << 6);
          for (let gate = 0; gate < gatesSeen; ++gate) {
            const from = seen + <usize>(gate * groups) * tileStep;
            const weights = own + ((<usize>(16 * groups * gate)) << 6);
            panelRows(B, from, 64, groups, 16, tileStep, weights, ZEROS, aside + tile, 64, false);
            const factors = mask + <usize>gate * kBytes;
            dropProduct(B, 0, B, aside + tile, factors, maskBytes, dh + tile, 64, true);
          }
        }
        if (!masks) gruGradientProduct(B, tilesSeen, seen, tileStep, wh, groups, g0, g1, dh, 64, state, 1);
        for (let g = g0; keepH && g < g1; ++g) {
          const tile = (<usize>(g * B)) << 6;
          addTile(B, dhZoned + tile, dh + tile);
        }
      }
      if (lengths) handOnMasked(B, p0, p1, lengths, first + t, dh, kept);
    }
    const rows = (last - from) * B;
    for (let r = 0; dW != 0 && r < rows; r += block) {
      keepGroup(done, mineW, dW + firstW, totals + 2 * firstW);
      keepGroup(done, mineB, db + firstB, biasTotals + 2 * firstB);
      const n = min(block, rows - r);
      const input = xh + <usize>(from * B + r) * kBytes;
      const reset: usize = after ? 0 : rh + <usize>(from * B + r) * hBytes;
      const gradients = d + ((<usize>r) << 6);
      const opens = beginsGroup(done);
      const stride = blockStride(n);
      const columns = input + ((<usize>k0) << 2);
      if (!masks) transposeRows(n, k1 - k0, columns, kBytes, packed + <usize>k0 * stride, stride);
      if (reset) {
        const resets = reset + ((<usize>h0) << 2);
        transposeRows(n, h1 - h0, resets, hBytes, packedReset + <usize>h0 * stride, stride);
      }
      const resetPacked: usize = reset ? packedReset : 0;
      meet(team);
      for (let gate = 0; split && gate < 3; ++gate) {
        if (masks) {
          const seenBy = masked + <usize>(from * B + r) * maskBytes + <usize>gate * kBytes + ((<usize>k0) << 2);
          transposeRows(n, k1 - k0, seenBy, maskBytes, packed + <usize>k0 * stride, stride);
          meet(team);
        }
        gruGateGradients(
          gate, n, ip, hp, groups, g0, g1, packed, resetPacked, gradients, tileStep, dW, opens ? 1 : 0,
        );
        if (masks) meet(team);
      }
      if (!split) {
        gruWeightGradients(n, ip, hp, groups, g0, g1, packed, resetPacked, gradients, tileStep, dW, opens ? 1 : 0);
      }
      gruBiasGradients(n, groups, g0, g1, kind, gradients, tileStep, sums, db, opens ? 1 : 0);
      // what is packed may be overwritten
      meet(team);
      ++done;
    }
    if (dX) {
      // a share of rows: there may be one tile alone
      const r0 = shareOf(rows, rank, threads);
      const count = shareOf(rows, rank + 1, threads) - r0;
      const stride = (<usize>dXStride) << 2;
      const to = dX + <usize>(from * B + r0) * stride;
      const wide = (<usize>xWide) << 2;
      const direct = xWide == ip;
      const own = outputs + <usize>r0 * wide;
      const columns = direct ? to : own;
      const columnsStride = direct ? stride : wide;
      const mine = d + ((<usize>r0) << 6);
      if (dW == 0) meet(team);
      if (count > 0) {
        for (let q = 0; masks && q < xWide >> 4; ++q) {
          const product = aside + ((<usize>r0) << 6);
          const weights = wx + ((<usize>(48 * groups * q)) << 6);
          for (let place = 0; place < 3; ++place) {
            // n stands first
            const gate = place == 0 ? 2 : place - 1;
            const its = mine + <usize>(place * groups) * tileStep;
            const rowsOfGate = weights + ((<usize>(16 * groups * place)) << 6);
            panelRows(count, its, 64, groups, 16, tileStep, rowsOfGate, ZEROS, product, 64, false);
            const factors = masks + <usize>gate * kBytes + ((<usize>q) << 6);
            dropProduct(
              count, r0, B, product, factors, maskBytes, columns + ((<usize>q) << 6), columnsStride, place > 0,
            );
          }
        }
        if (!masks) {
          gruGradientProduct(
            count, 3 * groups, mine, tileStep, wx, groups, 0, xWide >> 4, columns, columnsStride, 64, 0,
          );
        }
        if (!direct) copyRows(count, (<usize>ip) << 2, own, wide, to, stride);
      }
    }
    // the gradients of this chunk may be overwritten
    meet(team);
  }
  if (dhFirst && rank == 0) scatterTiles(B, panels, dh, dhFirst, hBytes);
  if (dW != 0) {
    closeSums(done, mineW, dW + firstW, totals + 2 * firstW);
    closeSums(done, mineB, db + firstB, biasTotals + 2 * firstB);
    if (kind & NO_BIAS) memory.fill(db + firstB, 0, <usize>mineB << 2);
  }
  meet(team);
}
