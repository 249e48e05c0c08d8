import { copyRows } from "../math/copy";
import { pad4 } from "../math/vector";
import { keepRows } from "../recurrent/lengths";
import { meet, shareOf, threadsOf } from "../team";
import { dropRows, zoneRows } from "../recurrent/drops";
import { GRU_SAVED, groupsOf } from "./gru-layout";
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
 *   kind     see gru-layout.ts
 *   w, b     packed, see there; read only
 *   saved    gruSavedFloats: for gruBackward
 *   rh       gruResetFloats: for gruBackward; 0 with resetAfter
 *   lengths  0, or where samples end, see recurrent/lengths.ts; `first` is the place of step 0 in
 *            the whole sequence
 *   scratch  gruForwardScratchFloats; nothing in it outlives the call
 *   team, rank  see team.ts; 0 and 0: one thread
 *
 * Every pointer is 16-byte aligned; no two buffers may overlap. Padding columns of xh come out as 0
 * when those of the weights and of the initial state are 0.
 */
export function gruForward(
  B: i32, T: i32, I: i32, H: i32, kind: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, saved: usize, rh: usize, lengths: usize, first: i32, scratch: usize,
  team: usize, rank: i32,
): void {
  gruForwardDropped(
    B, T, I, H, kind, x, xStride, xh, w, b, saved, rh, lengths, first, 0, 0, 0, scratch, team, rank,
  );
}

/**
 * gruForward with dropout and zoneout, see recurrent/drops.ts.
 *
 *   masks    0, or of a kind with SPLIT [B][3][K]: factors of x | h as z, r and n see them; read only
 *   masked   with masks [T][B][3][K]: x | h times them, for gruBackwardDropped; written
 *   keepH    0, or [T][B][Hw], Hw a multiple of 16: the mask of zoneout; read only
 */
export function gruForwardDropped(
  B: i32, T: i32, I: i32, H: i32, kind: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, saved: usize, rh: usize, lengths: usize, first: i32, masks: usize, masked: usize, keepH: usize,
  scratch: usize, team: usize, rank: i32,
): void {
  const threads = threadsOf(team);
  const xBytes = (<usize>pad4(I)) << 2;
  const hBytes = (<usize>pad4(H)) << 2;
  const kBytes = xBytes + hBytes;
  const savedBytes = (<usize>(B * (pad4(H) >> 2) * GRU_SAVED)) << 2;
  const xStep = (<usize>xStride) << 2;
  // of the rows of x, and of the groups
  const r0 = shareOf(B, rank, threads);
  const rows = shareOf(B, rank + 1, threads) - r0;
  const g0 = shareOf(groupsOf(H), rank, threads);
  const g1 = shareOf(groupsOf(H), rank + 1, threads);
  const mine = xBytes + ((<usize>g0) << 6);
  const width = min(g1 << 4, pad4(H)) - (g0 << 4);
  const inputs = x + <usize>r0 * xStep;
  copyRows(rows, xBytes, inputs, xStep, xh + <usize>r0 * kBytes, kBytes);
  meet(team);
  const maskBytes = 3 * kBytes;
  const dropped = <usize>r0 * maskBytes;
  const keepBytes = (<usize>groupsOf(H)) << 6;
  if (keepH) keepH += (<usize>g0) << 6;
  for (let t = 0; t < T; ++t) {
    if (masks) {
      dropRows(3, rows, kBytes, xh + <usize>r0 * kBytes, masks + dropped, masked + dropped);
      meet(team);
    }
    const next = xh + <usize>B * kBytes;
    if (t + 1 < T) {
      const from = inputs + <usize>((t + 1) * B) * xStep;
      copyRows(rows, xBytes, from, xStep, next + <usize>r0 * kBytes, kBytes);
    }
    gruStep(B, I, H, g0, g1, kind, xh, w, b, saved, rh, next + xBytes, kBytes, scratch, team, masked);
    if (keepH) {
      zoneRows(B, width, keepH, keepBytes, xh + mine, kBytes, next + mine, kBytes);
      keepH += <usize>B * keepBytes;
    }
    if (lengths) keepRows(B, width, lengths, first + t, xh + mine, kBytes, next + mine, kBytes);
    meet(team);
    saved += savedBytes;
    if (masks) masked += <usize>B * maskBytes;
    if (rh) rh += <usize>B * hBytes;
    xh = next;
  }
}

/** gruZeroState, then gruForward: a sequence that begins without a past, in one call. */
export function gruForwardFromZero(
  B: i32, T: i32, I: i32, H: i32, kind: i32, x: usize, xStride: i32, xh: usize, w: usize,
  b: usize, saved: usize, rh: usize, lengths: usize, scratch: usize, team: usize, rank: i32,
): void {
  if (rank == 0) gruZeroState(B, I, H, xh);
  // biome-ignore format: the argument list of the contract
  gruForward(B, T, I, H, kind, x, xStride, xh, w, b, saved, rh, lengths, 0, scratch, team, rank);
}
