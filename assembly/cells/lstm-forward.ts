import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { keepRows } from "../recurrent/lengths";
import { SAVED } from "./lstm-layout";
import { lstmStep } from "./lstm-step";

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
 *   scratch  lstmScratchFloats; nothing in it outlives the call
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
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  const k = ip + hp;
  const panels = hp >> 2;
  const kBytes = <usize>k << 2;
  const xBytes = <usize>ip << 2;
  const hBytes = <usize>hp << 2;
  const savedBytes = <usize>(B * SAVED) << 2;
  for (let t = 0; t < T; ++t) {
    const xhNext = xh + <usize>B * kBytes;
    const cNext = c + <usize>B * hBytes;
    copyRows(B, xBytes, x, <usize>xStride << 2, xh, kBytes);
    x += <usize>(B * xStride) << 2;
    const h = xhNext + xBytes;
    lstmStep(B, I, H, 0, panels, xh, w, b, gates, savedBytes, c, cNext, h, kBytes, scratch);
    if (lengths) {
      keepRows(B, hp, lengths, first + t, xh + xBytes, kBytes, h, kBytes);
      keepRows(B, hp, lengths, first + t, c, hBytes, cNext, hBytes);
    }
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
): void {
  lstmZeroState(B, I, H, xh, c);
  lstmForward(B, T, I, H, x, xStride, xh, w, b, gates, c, lengths, 0, scratch);
}
