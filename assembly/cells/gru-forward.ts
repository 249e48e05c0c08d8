import { panelRows } from "../math/gemm-rows";
import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { keepRows } from "../recurrent/lengths";
import { candidateColumn, gateColumn, gruGates, gruOutputs, PRE } from "./gru-gates";
import { GRU_SAVED, groupsOf } from "./gru-layout";

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

/**
 * One time step from xh [B][Ip+Hp], whose x-part is there, to h, rows hStride bytes apart, which must
 * not overlap xh.
 */
export function gruStep(
  B: i32, I: i32, H: i32, resetAfter: bool, xh: usize, w: usize, b: usize, saved: usize, rh: usize,
  h: usize, hStride: usize, scratch: usize,
): void {
  const ip = pad4(I);
  const hp = pad4(H);
  const k = ip + hp;
  const groups = groupsOf(H);
  const kBytes = (<usize>k) << 2;
  const hBytes = (<usize>hp) << 2;
  const tile = kBytes << 4;
  const panelSaved = (<usize>(B * GRU_SAVED)) << 2;
  const before = xh + ((<usize>ip) << 2);
  for (let group = 0; group < groups; ++group) {
    const panels = min((hp >> 2) - 4 * group, 4);
    const weights = w + <usize>group * 3 * tile;
    const bias = b + <usize>group * 384;
    const pre = scratch + <usize>(group * B) * PRE;
    for (let pair = 0; 2 * pair < panels; ++pair) {
      const at = (<usize>pair) << 6;
      panelRows(B, xh, kBytes, 1, k, 0, weights + <usize>pair * tile, bias + at, 0, pre + at, PRE, false);
    }
    const candidate = weights + 2 * tile;
    panelRows(B, xh, kBytes, 1, ip, 0, candidate, bias + 128, 0, pre + 128, PRE, false);
    if (resetAfter) {
      const recurrent = candidate + ((<usize>ip) << 6);
      panelRows(B, before, kBytes, 1, hp, 0, recurrent, bias + 320, 0, pre + 192, PRE, false);
    }
    for (let p = 0; p < panels; ++p) {
      const panel = <usize>(4 * group + p);
      const kept = saved + panel * panelSaved;
      const column = panel << 4;
      const reset = resetAfter ? 0 : rh + column;
      gruGates(B, pre + gateColumn(p), bias + 192 + gateColumn(p), kept, before + column, kBytes, reset, hBytes);
      if (resetAfter) {
        gruOutputs(B, pre + candidateColumn(p), kept, before + column, kBytes, h + column, hStride, true);
      }
    }
  }
  if (resetAfter) return;
  for (let group = 0; group < groups; ++group) {
    const panels = min((hp >> 2) - 4 * group, 4);
    const recurrent = w + (<usize>group * 3 + 2) * tile + ((<usize>ip) << 6);
    const pre = scratch + <usize>(group * B) * PRE;
    panelRows(B, rh, hBytes, 1, hp, 0, recurrent, pre + 128, PRE, pre + 192, PRE, false);
    for (let p = 0; p < panels; ++p) {
      const panel = <usize>(4 * group + p);
      const column = panel << 4;
      const kept = saved + panel * panelSaved;
      gruOutputs(B, pre + candidateColumn(p), kept, before + column, kBytes, h + column, hStride, false);
    }
  }
}
