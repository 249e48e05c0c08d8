import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { zoneMean } from "../recurrent/drops";
import { keepRows } from "../recurrent/lengths";
import { meet, shareOf, threadsOf } from "../team";
import { GRU_SAVED, groupsOf } from "./gru-layout";
import { gruStep } from "./gru-step";

/**
 * gruForward for inference: the same sums, and so the same bits, over an extent of T time steps
 * that begins in the state which the one before left behind. Nothing is kept for a backward pass.
 *
 *   x         [T * B][>= Ip], time-major, rows xStride floats apart, padding 0; read only
 *   xh        [B][Ip+Hp]: the h-part is the state, read and written; the x-part is written
 *   w, b      packed, see gru-layout.ts; read only
 *   h         sequences = 1: [T * B][Hp], the output of every step; 0: [B][Hp], that of the last
 *   lengths   0, or where samples end; `first` is the place of step 0 in the whole sequence
 *   scratch   gruInferScratchFloats; nothing in it outlives the call
 *   team, rank  see team.ts; 0 and 0: one thread
 *
 * gruZeroState gives xh the state of a beginning. Every pointer is 16-byte aligned; no two buffers
 * may overlap.
 */
export function gruInfer(
  B: i32, T: i32, I: i32, H: i32, kind: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, h: usize, sequences: i32, lengths: usize, first: i32, scratch: usize,
  team: usize, rank: i32,
): void {
  gruInferZoned(
    B, T, I, H, kind, x, xStride, xh, w, b, h, sequences, lengths, first, 0, scratch, team, rank,
  );
}

/** gruInfer where units were zoned out in training: h becomes what it is on average, with this rate. */
export function gruInferZoned(
  B: i32, T: i32, I: i32, H: i32, kind: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, h: usize, sequences: i32, lengths: usize, first: i32, rateH: f32, scratch: usize,
  team: usize, rank: i32,
): void {
  const threads = threadsOf(team);
  const xBytes = (<usize>pad4(I)) << 2;
  const hBytes = (<usize>pad4(H)) << 2;
  const kBytes = xBytes + hBytes;
  const saved = scratch + ((<usize>(64 * B * groupsOf(H))) << 2);
  const rh = saved + ((<usize>(B * (pad4(H) >> 2) * GRU_SAVED)) << 2);
  const xStep = (<usize>xStride) << 2;
  const r0 = shareOf(B, rank, threads);
  const rows = shareOf(B, rank + 1, threads) - r0;
  const g0 = shareOf(groupsOf(H), rank, threads);
  const g1 = shareOf(groupsOf(H), rank + 1, threads);
  const mine = (<usize>g0) << 6;
  const width = min(g1 << 4, pad4(H)) - (g0 << 4);
  const state = xh + xBytes + mine;
  for (let t = 0; t < T; ++t) {
    copyRows(rows, xBytes, x + <usize>r0 * xStep, xStep, xh + <usize>r0 * kBytes, kBytes);
    meet(team);
    gruStep(B, I, H, g0, g1, kind, xh, w, b, saved, rh, h, hBytes, scratch, team, 0);
    if (rateH > 0) zoneMean(B, width, rateH, state, kBytes, h + mine, hBytes);
    if (lengths) keepRows(B, width, lengths, first + t, state, kBytes, h + mine, hBytes);
    // only now, for every group reads the whole of the old h
    meet(team);
    copyRows(B, (<usize>width) << 2, h + mine, hBytes, state, kBytes);
    x += <usize>B * xStep;
    if (sequences) h += <usize>B * hBytes;
  }
  meet(team);
}
