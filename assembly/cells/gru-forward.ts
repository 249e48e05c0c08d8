import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { keepRows } from "../recurrent/lengths";
import { GRU_SAVED } from "./gru-layout";
import { gruStep } from "./gru-step";

/** Zeros where gruForward and gruInfer look for the initial state: the h-part of xh[0]. */
export function gruZeroState(B: i32, I: i32, H: i32, xh: usize): void {
  const ip = (<usize>pad4(I)) << 2;
  const hp = (<usize>pad4(H)) << 2;
  for (let b = 0; b < B; ++b, xh += ip + hp) memory.fill(xh + ip, 0, hp);
}

/** A state there: rows of h, hStride floats apart, padding 0; only read. */
export function gruSetState(B: i32, I: i32, H: i32, h: usize, hStride: i32, xh: usize): void {
  const ip = (<usize>pad4(I)) << 2;
  const hp = (<usize>pad4(H)) << 2;
  copyRows(B, hp, h, (<usize>hStride) << 2, xh + ip, ip + hp);
}

/**
 * One GRU layer over a whole sequence (Cho et al. 2014; gate order z, r, n as Keras):
 *
 *   x        [T * B][>= Ip], time-major, rows xStride floats apart, padding 0; read only
 *   xh       [T+1][B][Ip+Hp]: h_(-1) stands in step 0; x is copied in, h_t goes to step t + 1.
 *            The x-part of step T is not touched.
 *   w, b     packed, see gru-layout.ts; read only
 *   saved    gruSavedFloats: for gruBackward
 *   rh       gruResetFloats: for gruBackward; 0 with resetAfter
 *   lengths  0, or where samples end, see recurrent/lengths.ts; `first` is the place of step 0 in
 *            the whole sequence
 *   scratch  gruForwardScratchFloats; nothing in it outlives the call
 *
 * Every pointer is 16-byte aligned; no two buffers may overlap. Padding columns of xh come out as 0
 * when those of the weights and of the initial state are 0.
 */
export function gruForward(
  B: i32, T: i32, I: i32, H: i32, resetAfter: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, saved: usize, rh: usize, lengths: usize, first: i32, scratch: usize,
): void {
  const xBytes = (<usize>pad4(I)) << 2;
  const hBytes = (<usize>pad4(H)) << 2;
  const kBytes = xBytes + hBytes;
  const savedBytes = (<usize>(B * (pad4(H) >> 2) * GRU_SAVED)) << 2;
  for (let t = 0; t < T; ++t) {
    const next = xh + <usize>B * kBytes;
    copyRows(B, xBytes, x, (<usize>xStride) << 2, xh, kBytes);
    gruStep(B, I, H, resetAfter != 0, xh, w, b, saved, rh, next + xBytes, kBytes, scratch);
    if (lengths) {
      keepRows(B, pad4(H), lengths, first + t, xh + xBytes, kBytes, next + xBytes, kBytes);
    }
    x += (<usize>(B * xStride)) << 2;
    saved += savedBytes;
    if (rh) rh += <usize>B * hBytes;
    xh = next;
  }
}

/** gruZeroState, then gruForward: a sequence that begins without a past, in one call. */
export function gruForwardFromZero(
  B: i32, T: i32, I: i32, H: i32, resetAfter: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, saved: usize, rh: usize, lengths: usize, scratch: usize,
): void {
  gruZeroState(B, I, H, xh);
  gruForward(B, T, I, H, resetAfter, x, xStride, xh, w, b, saved, rh, lengths, 0, scratch);
}
