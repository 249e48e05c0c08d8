import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { isMasked, keepRows } from "../recurrent/lengths";
import { meet, shareOf, threadsOf } from "../team";
import { SAVED } from "./lstm-layout";
import { lstmInputProducts, lstmStateStep, lstmStep } from "./lstm-step";

/**
 * lstmForward for inference: the same sums, and so the same bits, over an extent of T time steps
 * that begins in the state which the one before left behind. Nothing is kept for a backward pass.
 *
 *   x         [T * B][>= Ip], time-major, rows xStride floats apart, padding 0; read only
 *   xh        [B][Ip+Hp]: the h-part is the state h, read and written; the x-part is written
 *   w, b      packed, see lstm-layout.ts; read only
 *   c         [B][Hp]: the state c, read and written
 *   h         sequences = 1: [T * B][Hp], the output of every step; 0: [B][Hp], that of the last
 *   lengths   0, or where samples end, see recurrent/lengths.ts; `first` is the place of step 0 in
 *             the whole sequence
 *   scratch   lstmInferScratchFloats for each thread; nothing in it outlives the call
 *   team, rank  see team.ts; 0 and 0: one thread
 *
 * lstmZeroState gives xh and c the state of a beginning. Every pointer is 16-byte aligned; no
 * two buffers may overlap. Padding columns of the state and of h come out as 0 when those of the
 * weights and of the state are 0.
 */
export function lstmInfer(
  B: i32,
  T: i32,
  I: i32,
  H: i32,
  x: usize,
  xStride: i32,
  xh: usize,
  w: usize,
  b: usize,
  c: usize,
  h: usize,
  sequences: i32,
  lengths: usize,
  first: i32,
  scratch: usize,
  team: usize,
  rank: i32,
): void {
  const threads = threadsOf(team);
  const ip = pad4(I);
  const hp = pad4(H);
  const panels = hp >> 2;
  const kBytes = <usize>(ip + hp) << 2;
  const xBytes = <usize>ip << 2;
  const hBytes = <usize>hp << 2;
  const xStep = <usize>(B * xStride) << 2;
  const hStep = sequences ? <usize>B * hBytes : 0;
  // of the rows of x, and of the panels
  const r0 = shareOf(B, rank, threads);
  const rows = shareOf(B, rank + 1, threads) - r0;
  const p0 = shareOf(panels, rank, threads);
  const p1 = shareOf(panels, rank + 1, threads);
  const mine = <usize>p0 << 4;
  const width = <usize>(p1 - p0) << 4;
  scratch += <usize>rank * (<usize>lstmInferScratchFloats(B, H) << 2);
  if (B == 1 && T > 1) {
    inferOne(T, I, H, x, xStride, xh, w, b, c, h, hStep, lengths, first, scratch, team, p0, p1);
    return;
  }
  const saved = scratch + (<usize>max(B, panels) << 6);
  const before = saved + <usize>(max(B, panels) * SAVED) * 4;
  for (let t = 0; t < T; ++t) {
    const xs = <usize>xStride << 2;
    copyRows(rows, xBytes, x + <usize>r0 * xs, xs, xh + <usize>r0 * kBytes, kBytes);
    meet(team);
    if (!lengths || B == 1) {
      if (!lengths || !isMasked(lengths, 0, first + t)) {
        lstmStep(B, I, H, p0, p1, xh, w, b, saved, 0, c, c, h, hBytes, scratch);
      }
    } else {
      for (let p = p0; p < p1; ++p) {
        const cell = c + (<usize>p << 4);
        copyRows(B, 16, cell, hBytes, before, 16);
        lstmStep(B, I, H, p, p + 1, xh, w, b, saved, 0, c, c, h, hBytes, scratch);
        keepRows(B, 4, lengths, first + t, before, 16, cell, hBytes);
      }
    }
    const state = xh + xBytes + mine;
    if (lengths) keepRows(B, 4 * (p1 - p0), lengths, first + t, state, kBytes, h + mine, hBytes);
    // only now, for every panel reads the whole of the old h
    meet(team);
    copyRows(B, width, h + mine, hBytes, state, kBytes);
    x += xStep;
    h += hStep;
  }
  meet(team);
}

/**
 * lstmInfer of one sequence: the inputs of some steps meet the weights at once, which are read once for
 * them; what they give is where the sums of h begin, in the order of one product over [x | h].
 */
function inferOne(
  T: i32, I: i32, H: i32, x: usize, xStride: i32, xh: usize, w: usize, b: usize, c: usize, h: usize,
  hStep: usize, lengths: usize, first: i32, scratch: usize, team: usize, p0: i32, p1: i32,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  const panels = hp >> 2;
  const state = xh + (<usize>ip << 2);
  const xBytes = <usize>xStride << 2;
  const row = <usize>panels << 6;
  const mine = <usize>p0 << 4;
  const width = <usize>(p1 - p0) << 4;
  const saved = scratch + <usize>ROWS_OF_ONE * row;
  for (let from = 0; from < T; from += ROWS_OF_ONE) {
    const rows = min(ROWS_OF_ONE, T - from);
    lstmInputProducts(rows, ip, hp, p0, p1, x, xBytes, w, b, scratch);
    let pre = scratch;
    for (let t = from; t < from + rows; ++t) {
      if (!lengths || !isMasked(lengths, 0, first + t)) {
        lstmStateStep(ip, hp, p0, p1, state, w, pre, saved, c, c, h);
      } else {
        copyRows(1, width, state + mine, width, h + mine, width);
      }
      // only now, for every panel reads the whole of the old h
      meet(team);
      copyRows(1, width, h + mine, width, state + mine, width);
      meet(team);
      pre += row;
      h += hStep;
    }
    x += <usize>rows * xBytes;
  }
}

/** Steps of one sequence whose inputs meet the weights at once. */
const ROWS_OF_ONE: i32 = 32;

/**
 * Scratch of one thread of lstmInfer for at most B rows: gates before and after activation, of one panel
 * or of a row, and a panel's c; or those of one sequence.
 */
export function lstmInferScratchFloats(B: f64, H: f64): f64 {
  const panels = Math.ceil(H / 4);
  const one = (16 * <f64>ROWS_OF_ONE + <f64>SAVED) * panels;
  return Math.max((16 + <f64>SAVED) * Math.max(B, panels) + 4 * B, one);
}
