import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { keepRows } from "../recurrent/lengths";
import { meet, shareOf, threadsOf } from "../team";
import { chunkSteps, SAVED } from "./lstm-layout";
import { lstmInputProducts, lstmStateStep, lstmStep } from "./lstm-step";

/**
 * A state where lstmForward and lstmInfer look for the initial one: h [B][>= Hp] and c [B][>= Hp],
 * rows hStride and cStride floats apart, padding 0; only read.
 */
export function lstmSetState(
  B: i32, I: i32, H: i32, h: usize, hStride: i32, c: usize, cStride: i32, xh: usize, cell: usize,
): void {
  const ip = <usize>pad4(I) << 2;
  const hp = <usize>pad4(H) << 2;
  copyRows(B, hp, h, <usize>hStride << 2, xh + ip, ip + hp);
  copyRows(B, hp, c, <usize>cStride << 2, cell, hp);
}

/** Zeros where lstmForward looks for the initial state: c[0] and the h-part of xh[0]. */
export function lstmZeroState(B: i32, I: i32, H: i32, xh: usize, c: usize): void {
  const ip = <usize>pad4(I) << 2;
  const hp = <usize>pad4(H) << 2;
  memory.fill(c, 0, <usize>B * hp);
  for (let b = 0; b < B; ++b) {
    memory.fill(xh + ip, 0, hp);
    xh += ip + hp;
  }
}

/**
 * One LSTM layer over a whole sequence (Hochreiter & Schmidhuber 1997 with the
 * forget gate of Gers et al. 2000; gate order i, f, g, o and no peepholes, as Keras):
 *
 *   i, f, o = sigmoid(x_t W + h_(t-1) U + b)   g = tanh(x_t W + h_(t-1) U + b)
 *   c_t = f * c_(t-1) + i * g                  h_t = o * tanh(c_t)
 *
 *   x        [T * B][>= Ip], time-major, rows xStride floats apart, padding 0; read only
 *   xh       [T+1][B][Ip+Hp]: h_(-1) stands in step 0; x is copied in, h_t goes to step t + 1.
 *            The x-part of step T is not touched.
 *   w, b     packed, see lstm-layout.ts; read only
 *   gates    lstmGatesFloats: saved for lstmBackward
 *   c        [T+1][B][Hp]: c_(-1) stands in step 0
 *   lengths  0, or where samples end, see recurrent/lengths.ts; `first` is the place of step 0 in
 *            the whole sequence
 *   scratch  lstmScratchFloats, and 16 B floats for each thread but the first; nothing in it
 *            outlives the call
 *   team, rank  see team.ts; 0 and 0: one thread
 *
 * Every pointer is 16-byte aligned; no two buffers may overlap. Padding columns of
 * xh and c come out as 0 when those of the weights and of the initial state are 0.
 */
export function lstmForward(
  B: i32,
  T: i32,
  I: i32,
  H: i32,
  x: usize,
  xStride: i32,
  xh: usize,
  w: usize,
  b: usize,
  gates: usize,
  c: usize,
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
  const kBytes = <usize>k << 2;
  const xBytes = <usize>ip << 2;
  const hBytes = <usize>hp << 2;
  const savedBytes = <usize>(B * SAVED) << 2;
  const xStep = <usize>xStride << 2;
  // of the rows of x, and of the panels
  const r0 = shareOf(B, rank, threads);
  const rows = shareOf(B, rank + 1, threads) - r0;
  const p0 = shareOf(panels, rank, threads);
  const p1 = shareOf(panels, rank + 1, threads);
  const mine = <usize>p0 << 4;
  // of one sequence the inputs of many steps meet the weights at once: the sums, and so the bits, are the same
  const steps = chunkSteps(B, T);
  const row = <usize>hp << 4;
  let pre = scratch;
  // of several a panel's, of each thread
  if (B > 1) scratch += <usize>(rank * B) << 6;
  const inputs = x + <usize>r0 * xStep;
  copyRows(rows, xBytes, inputs, xStep, xh + <usize>r0 * kBytes, kBytes);
  meet(team);
  for (let t = 0; t < T; ++t) {
    const xhNext = xh + <usize>B * kBytes;
    const cNext = c + <usize>B * hBytes;
    if (t + 1 < T) {
      const from = inputs + <usize>((t + 1) * B) * xStep;
      copyRows(rows, xBytes, from, xStep, xhNext + <usize>r0 * kBytes, kBytes);
    }
    const h = xhNext + xBytes;
    if (B == 1) {
      if (t % steps == 0) {
        pre = scratch;
        lstmInputProducts(min(steps, T - t), ip, hp, p0, p1, x + <usize>t * xStep, xStep, w, b, pre);
      }
      lstmStateStep(ip, hp, p0, p1, xh + xBytes, w, pre, gates, c, cNext, h);
      pre += row;
    } else {
      lstmStep(B, I, H, p0, p1, xh, w, b, gates, savedBytes, c, cNext, h, kBytes, scratch);
    }
    if (lengths) {
      const width = 4 * (p1 - p0);
      const before = xh + xBytes + mine;
      keepRows(B, width, lengths, first + t, before, kBytes, h + mine, kBytes);
      keepRows(B, width, lengths, first + t, c + mine, hBytes, cNext + mine, hBytes);
    }
    meet(team);
    gates += <usize>panels * savedBytes;
    xh = xhNext;
    c = cNext;
  }
}

/**
 * lstmZeroState, then lstmForward: a sequence that begins without a past, in one call. The same
 * pointers and rules; whatever stood in step 0 of c and of the h-part of xh is overwritten.
 */
export function lstmForwardFromZero(
  B: i32,
  T: i32,
  I: i32,
  H: i32,
  x: usize,
  xStride: i32,
  xh: usize,
  w: usize,
  b: usize,
  gates: usize,
  c: usize,
  lengths: usize,
  scratch: usize,
  team: usize,
  rank: i32,
): void {
  if (rank == 0) lstmZeroState(B, I, H, xh, c);
  lstmForward(B, T, I, H, x, xStride, xh, w, b, gates, c, lengths, 0, scratch, team, rank);
}
