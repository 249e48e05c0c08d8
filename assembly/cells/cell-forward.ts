import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { dropRows, zoneMean, zoneRows } from "../recurrent/drops";
import { meet, shareOf, threadsOf } from "../team";
import {
  cellChunk, cellForwardScratchFloats, depthOf, gatesOf, GATES_SEEN, isRecurrent, LAYER_NORM, pad16,
  projectedOf, stateColumns,
  statesOf,
} from "./cell-layout";
import { keepGates, seenProducts } from "./cell-gates";
import { normStep } from "./cell-norm";
import { momentBytes } from "./cell-norm-moments";
import { project } from "./cell-projection";
import { cellProducts, cellStep, savedBytes } from "./cell-step";

/** Zeros where cellForward and cellInfer look for the initial state; c may be 0 where a cell has none. */
export function cellZeroState(kind: i32, B: i32, I: i32, H: i32, xh: usize, c: usize): void {
  const ip = <usize>pad4(I) << 2;
  const hp = <usize>stateColumns(kind, pad16(H)) << 2;
  if (c) memory.fill(c, 0, <usize>(B * statesOf(kind) * pad16(H)) << 2);
  for (let b = 0; b < B; ++b) {
    memory.fill(xh + ip, 0, hp);
    xh += ip + hp;
  }
}

/** A state there: h [B][>= Pw], c [B][>= R Hw], rows hStride and cStride floats apart, padding 0; only read. */
export function cellSetState(
  kind: i32, B: i32, I: i32, H: i32, h: usize, hStride: i32, c: usize, cStride: i32, xh: usize,
  cell: usize,
): void {
  const ip = <usize>pad4(I) << 2;
  const hp = <usize>stateColumns(kind, pad16(H)) << 2;
  const cp = <usize>(statesOf(kind) * pad16(H)) << 2;
  copyRows(B, hp, h, <usize>hStride << 2, xh + ip, ip + hp);
  if (cell) copyRows(B, cp, c, <usize>cStride << 2, cell, cp);
}

/**
 * A layer of the cell that `kind` names over a whole sequence: Elman's, IndRNN, minGRU, minLSTM
 * (cell-simple.ts), the variants of the LSTM (cell-lstm.ts), sLSTM (cell-slstm.ts).
 *
 *   x        [T * B][>= Ip], time-major, rows xStride floats apart, padding 0; read only
 *   xh       [T+1][B][Ip+Pw]: h_(-1) stands in step 0; x is copied in, h_t goes to step t + 1
 *   w, b     packed, see cell-layout.ts; read only
 *   saved    cellSavedFloats: kept for cellBackward
 *   c        [T+1][B][R Hw]: c_(-1) stands in step 0, where gates see gates i, f, o too, of an sLSTM n and m; 0 where the cell
 *            has none, and nothing is projected
 *   lengths  0, or where samples end, see recurrent/lengths.ts
 *   first    the place of step 0 in the whole sequence
 *   scratch  cellForwardScratchFloats for each thread; nothing in it outlives the call
 *   team, rank  see team.ts; 0 and 0: one thread
 *
 * Every pointer is 16-byte aligned; no two buffers may overlap. Where the state meets no matrix the inputs of up
 * to 128 rows meet the weights at once, and only the elementwise part goes step by step.
 */
export function cellForward(
  kind: i32, B: i32, T: i32, I: i32, H: i32, x: usize, xStride: i32, xh: usize, w: usize, b: usize,
  saved: usize, c: usize, lengths: usize, first: i32, scratch: usize, team: usize, rank: i32,
): void {
  cellForwardDropped(
    kind, B, T, I, H, x, xStride, xh, w, b, saved, c, lengths, first, 0, 0, 0, 0, scratch, team, rank,
  );
}

/**
 * cellForward with dropout and zoneout, see recurrent/drops.ts.
 *
 *   masks    0, or of cells whose state meets a matrix [B][G][K]: factors of x | h as each gate sees them; read only
 *   masked   with masks [T][B][G][K]: x | h times them, for cellBackwardDropped; written
 *   keepH, keepC  0, or [T][B][Pw] and [T][B][Hw]: masks of zoneout; read only. h is made of c as it was before zoneout
 */
export function cellForwardDropped(
  kind: i32, B: i32, T: i32, I: i32, H: i32, x: usize, xStride: i32, xh: usize, w: usize, b: usize,
  saved: usize, c: usize, lengths: usize, first: i32, masks: usize, masked: usize, keepH: usize, keepC: usize,
  scratch: usize, team: usize, rank: i32,
): void {
  const threads = threadsOf(team);
  const ip = pad4(I);
  const hw = pad16(H);
  const groups = hw >> 4;
  const xBytes = <usize>ip << 2;
  const hBytes = <usize>hw << 2;
  const kBytes = xBytes + (<usize>stateColumns(kind, hw) << 2);
  const xStep = <usize>xStride << 2;
  const steps = isRecurrent(kind) ? 1 : cellChunk(B, T);
  const projected = projectedOf(kind);
  const tiles = stateColumns(kind, hw) >> 4;
  const p0 = shareOf(tiles, rank, threads);
  const p1 = shareOf(tiles, rank + 1, threads);
  const preStep = <usize>(B * gatesOf(kind)) << 6;
  const kept = savedBytes(kind, B);
  const cBytes = <usize>statesOf(kind) * hBytes;
  // of what is projected
  const last = cBytes - hBytes;
  const gateBytes: usize = masks ? kBytes : 0;
  const aBytes = masks ? <usize>gatesOf(kind) * kBytes : kBytes;
  const outBytes = kBytes - xBytes;
  const g0 = shareOf(groups, rank, threads);
  const g1 = shareOf(groups, rank + 1, threads);
  scratch += <usize>rank * (<usize>cellForwardScratchFloats(<f64>kind, <f64>B) << 2);
  const room = scratch + (<usize>(max(B, 128) * gatesOf(kind)) << 6);
  const moments = c + <usize>(T + 1) * <usize>B * cBytes;
  for (let t = 0; t < T; t += steps) {
    const n = min(steps, T - t);
    // of the rows of x
    const r0 = shareOf(n * B, rank, threads);
    const rows = shareOf(n * B, rank + 1, threads) - r0;
    const from = x + <usize>(t * B + r0) * xStep;
    const own = xh + <usize>r0 * kBytes;
    copyRows(rows, xBytes, from, xStep, own, kBytes);
    if (masks) {
      const at = <usize>r0 * aBytes;
      dropRows(gatesOf(kind), rows, kBytes, own, masks + at, masked + at);
    }
    meet(team);
    const a = masks ? masked : xh;
    if (kind & LAYER_NORM) {
      const h = xh + xBytes;
      const next = c + <usize>B * cBytes;
      normStep(
        kind, B, ip, H, g0, g1, xh, kBytes, w, b, saved, c, next, cBytes, projected ? ZEROS : h,
        projected ? 0 : kBytes, projected ? next + last : h + <usize>B * kBytes, projected ? cBytes : kBytes, lengths,
        first + t, 0, scratch, room, moments, team,
      );
    }
    for (let g = g0; !(kind & LAYER_NORM) && g < g1; ++g) {
      const mine = <usize>g << 6;
      cellProducts(kind, n * B, a, aBytes, gateBytes, depthOf(kind, ip, hw), g, w, b, scratch);
      if (kind & GATES_SEEN) seenProducts(B, hw, depthOf(kind, ip, hw), g, c, w, scratch);
      for (let s = 0; s < n; ++s) {
        const before = xh + <usize>(s * B) * kBytes + xBytes + mine;
        const cell = c + <usize>(s * B) * cBytes + mine;
        const keep = saved + <usize>(s * groups + g) * kept;
        const pre = scratch + <usize>s * preStep;
        const next = cell + <usize>B * cBytes;
        if (projected) {
          cellStep(
            kind, B, H, g, pre, b, keep, ZEROS, 0, cell, next, cBytes, next + last, cBytes, lengths,
            first + t + s, 0, keepC ? keepC + mine : 0, hBytes, 0, 0, 0,
          );
        } else {
          const keepS = keepH ? keepH + <usize>(s * B) * outBytes + mine : 0;
          cellStep(
            kind, B, H, g, pre, b, keep, before, kBytes, cell, next, cBytes, before + <usize>B * kBytes, kBytes,
            lengths, first + t + s, keepS, keepC ? keepC + mine : 0, hBytes, 0, 0, 0,
          );
        }
        if (kind & GATES_SEEN) {
          const gates = cell + hBytes;
          const to = gates + <usize>B * cBytes;
          keepGates(B, H, g, keep, gates, cBytes, to, cBytes, hBytes, lengths, first + t + s);
        }
      }
    }
    meet(team);
    if (projected) {
      const m = c + <usize>B * cBytes + last;
      const h = xh + xBytes;
      const next = h + <usize>B * kBytes;
      project(kind, B, H, ip, p0, p1, m, cBytes, w, b, h, kBytes, next, kBytes, lengths, first + t);
      if (keepH) {
        const at = <usize>p0 << 6;
        zoneRows(B, (p1 - p0) << 4, keepH + at, outBytes, h + at, kBytes, next + at, kBytes);
      }
      meet(team);
    }
    xh += <usize>(n * B) * kBytes;
    c += <usize>(n * B) * cBytes;
    saved += <usize>(n * groups) * kept;
    if (masks) masked += <usize>B * aBytes;
    if (keepH) keepH += <usize>(n * B) * outBytes;
    if (keepC) keepC += <usize>B * hBytes;
  }
}

/** cellZeroState, then cellForward. */
export function cellForwardFromZero(
  kind: i32, B: i32, T: i32, I: i32, H: i32, x: usize, xStride: i32, xh: usize, w: usize, b: usize,
  saved: usize, c: usize, lengths: usize, scratch: usize, team: usize, rank: i32,
): void {
  if (rank == 0) cellZeroState(kind, B, I, H, xh, c);
  cellForward(kind, B, T, I, H, x, xStride, xh, w, b, saved, c, lengths, 0, scratch, team, rank);
}

/**
 * cellForward for inference: the same sums, and so the same bits, over T time steps that begin in the state which
 * the extent before left behind.
 *
 *   xh        [B][Ip+Pw]: the h-part is the state, read and written; the x-part is written
 *   c         [B][R Hw]: the state c, read and written, where gates see gates i, f, o too, and [B][3Hw] behind
 *             it, written; 0 where the cell has none, and nothing is projected
 *   h         sequences = 1: [T * B][Pw], the output of every step; 0: [B][Pw], that of the last
 */
export function cellInfer(
  kind: i32, B: i32, T: i32, I: i32, H: i32, x: usize, xStride: i32, xh: usize, w: usize, b: usize,
  c: usize, h: usize, sequences: i32, lengths: usize, first: i32, scratch: usize, team: usize,
  rank: i32,
): void {
  cellInferZoned(
    kind, B, T, I, H, x, xStride, xh, w, b, c, h, sequences, lengths, first, 0, 0, scratch, team, rank,
  );
}

/** cellInfer where units were zoned out in training: h and c become what they are on average, with these rates. */
export function cellInferZoned(
  kind: i32, B: i32, T: i32, I: i32, H: i32, x: usize, xStride: i32, xh: usize, w: usize, b: usize,
  c: usize, h: usize, sequences: i32, lengths: usize, first: i32, rateH: f32, rateC: f32, scratch: usize,
  team: usize, rank: i32,
): void {
  const threads = threadsOf(team);
  const recurrent = isRecurrent(kind);
  const ip = pad4(I);
  const hw = pad16(H);
  const groups = hw >> 4;
  const xBytes = <usize>ip << 2;
  const hBytes = <usize>hw << 2;
  const outBytes = <usize>stateColumns(kind, hw) << 2;
  const kBytes = xBytes + outBytes;
  const xStep = <usize>xStride << 2;
  const steps = recurrent ? 1 : cellChunk(B, T);
  const gates = gatesOf(kind);
  const preStep = <usize>(B * gates) << 6;
  const cBytes = <usize>statesOf(kind) * hBytes;
  // gates of this step, until every group has read the old ones
  const fresh = c + <usize>B * cBytes;
  // with norms the moments of rows stand there, and what a step keeps
  const normSaved = fresh + <usize>groups * momentBytes(B);
  const hStep = sequences ? <usize>B * outBytes : 0;
  const projected = projectedOf(kind);
  const p0 = shareOf(<i32>(outBytes >> 6), rank, threads);
  const p1 = shareOf(<i32>(outBytes >> 6), rank + 1, threads);
  const g0 = shareOf(groups, rank, threads);
  const g1 = shareOf(groups, rank + 1, threads);
  const r0 = shareOf(B, rank, threads);
  const rows = shareOf(B, rank + 1, threads) - r0;
  scratch += <usize>rank * (<usize>cellForwardScratchFloats(<f64>kind, <f64>B) << 2);
  const saved = scratch + (<usize>(max(B, 128) * gates) << 6);
  const before = saved + savedBytes(kind, B);
  const state = xh + xBytes;
  const mine = <usize>p0 << 6;
  const width = <usize>(p1 - p0) << 6;
  const gateWidth = <usize>(g1 - g0) << 6;
  const m = c + cBytes - hBytes;
  for (let t = 0; t < T; t += steps) {
    const n = min(steps, T - t);
    const inputs = x + <usize>(t * B) * xStep;
    if (recurrent) {
      copyRows(rows, xBytes, inputs + <usize>r0 * xStep, xStep, xh + <usize>r0 * kBytes, kBytes);
      meet(team);
    }
    if (kind & LAYER_NORM) {
      normStep(
        kind, B, ip, H, g0, g1, xh, kBytes, w, b, normSaved, c, c, cBytes, projected ? ZEROS : state,
        projected ? 0 : kBytes, projected ? m : h, projected ? cBytes : outBytes, lengths, first + t, before, scratch,
        saved, fresh, team,
      );
    }
    for (let g = g0; !(kind & LAYER_NORM) && g < g1; ++g) {
      const at = <usize>g << 6;
      const a = recurrent ? xh : inputs;
      const stride = recurrent ? kBytes : xStep;
      cellProducts(kind, n * B, a, stride, 0, depthOf(kind, ip, hw), g, w, b, scratch);
      if (kind & GATES_SEEN) seenProducts(B, hw, depthOf(kind, ip, hw), g, c, w, scratch);
      for (let s = 0; s < n; ++s) {
        const to = h + <usize>s * hStep + at;
        const pre = scratch + <usize>s * preStep;
        if (projected) {
          cellStep(
            kind, B, H, g, pre, b, saved, ZEROS, 0, c + at, c + at, cBytes, m + at, cBytes, lengths,
            first + t + s, 0, 0, 0, 0, rateC, before,
          );
        } else {
          cellStep(
            kind, B, H, g, pre, b, saved, state + at, kBytes, c + at, c + at, cBytes, to, hBytes, lengths,
            first + t + s, 0, 0, 0, rateH, rateC, before,
          );
        }
        if (kind & GATES_SEEN) {
          const gatesBefore = c + hBytes + at;
          const wide = 3 * hBytes;
          keepGates(B, H, g, saved, gatesBefore, cBytes, fresh + at, wide, hBytes, lengths, first + t + s);
        }
        if (!recurrent) copyRows(B, 64, to, hBytes, state + at, kBytes);
      }
    }
    if (recurrent) {
      // only now, for every group reads the whole of the old h
      meet(team);
      if (projected) {
        project(kind, B, H, ip, p0, p1, m, cBytes, w, b, state, kBytes, h, outBytes, lengths, first + t);
        if (rateH > 0) zoneMean(B, (p1 - p0) << 4, rateH, state + mine, kBytes, h + mine, outBytes);
      }
      copyRows(B, width, h + mine, outBytes, state + mine, kBytes);
      for (let q: usize = 0; kind & GATES_SEEN && q < 3; ++q) {
        const at = <usize>g0 << 6;
        const from = fresh + q * hBytes + at;
        copyRows(B, gateWidth, from, 3 * hBytes, c + (q + 1) * hBytes + at, cBytes);
      }
    }
    h += <usize>n * hStep;
  }
  meet(team);
}
