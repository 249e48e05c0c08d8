import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { keepRows } from "../recurrent/lengths";
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
 *
 * gruZeroState gives xh the state of a beginning. Every pointer is 16-byte aligned; no two buffers
 * may overlap.
 */
export function gruInfer(
  B: i32, T: i32, I: i32, H: i32, resetAfter: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, h: usize, sequences: i32, lengths: usize, first: i32, scratch: usize,
): void {
  const xBytes = (<usize>pad4(I)) << 2;
  const hBytes = (<usize>pad4(H)) << 2;
  const kBytes = xBytes + hBytes;
  const saved = scratch + ((<usize>(64 * B * groupsOf(H))) << 2);
  const rh = saved + ((<usize>(B * (pad4(H) >> 2) * GRU_SAVED)) << 2);
  for (let t = 0; t < T; ++t) {
    copyRows(B, xBytes, x, (<usize>xStride) << 2, xh, kBytes);
    gruStep(B, I, H, resetAfter != 0, xh, w, b, saved, rh, h, hBytes, scratch);
    if (lengths) keepRows(B, pad4(H), lengths, first + t, xh + xBytes, kBytes, h, hBytes);
    // only now, for every group reads the whole of the old h
    copyRows(B, hBytes, h, hBytes, xh + xBytes, kBytes);
    x += (<usize>(B * xStride)) << 2;
    if (sequences) h += <usize>B * hBytes;
  }
}
