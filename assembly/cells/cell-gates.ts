// Full gate recurrence (Greff et al. 2017, arXiv 1503.04069): i, f, o of a step see those of the step before through
// nine matrices. Rows i | f | o [3Hw] stand behind c, and meet tiles of their own behind those of [x | h].

import { panelRows } from "../math/gemm-rows";
import { ZEROS } from "../math/zeros";
import { isMasked, keepRows } from "../recurrent/lengths";
import { pad4 } from "../math/vector";
import { pad16 } from "./cell-layout";

/** Places of i, f, o among the products i, f, g, o. */
// @ts-ignore: decorator
@inline
function place(q: i32): i32 {
  return q == 2 ? 3 : q;
}

/**
 * pre [B][4][16] of i, f, o += gates of the step before * their tiles, one group.
 *
 *   c   [B][4Hw], c | i | f | o of the step before
 *   w   all weights, tiles of [x | h] first, which are `depth` rows deep
 */
export function seenProducts(
  B: i32, hw: i32, depth: i32, group: i32, c: usize, w: usize, pre: usize,
): void {
  const hBytes = <usize>hw << 2;
  const tile = <usize>(3 * hw) << 6;
  w += (<usize>(4 * (hw >> 4) * depth) << 6) + <usize>(3 * group) * tile;
  for (let q = 0; q < 3; ++q) {
    const to = pre + (<usize>place(q) << 6);
    panelRows(B, c + hBytes, 4 * hBytes, 1, 3 * hw, 0, w, ZEROS, to, 256, true);
    w += tile;
  }
}

/**
 * The gates of a step to where the next one reads them; of masked samples those of the step before. Columns past
 * unit H are 0, whatever a gate makes of 0, so that their weights get no gradient.
 *
 *   saved        [B][5][16] as lstmCellForward left it
 *   before, to   the group's first column of i in row 0; f and o hBytes further each
 */
export function keepGates(
  B: i32, H: i32, group: i32, saved: usize, before: usize, beforeStride: usize, to: usize,
  toStride: usize, hBytes: usize, lengths: usize, step: i32,
): void {
  const units = H - (group << 4);
  for (let q = 0; q < 3; ++q) {
    // kept as i, g, o, b(c), f
    let from = saved + (q == 0 ? 0 : q == 1 ? 256 : 128);
    let row = to;
    for (let r = 0; r < B; ++r, from += 320, row += toStride) {
      for (let at: usize = 0; at < 64; at += 16) v128.store(row + at, v128.load(from + at));
      if (units < 16) memory.fill(row + (<usize>units << 2), 0, <usize>(16 - units) << 2);
    }
    if (lengths) keepRows(B, 16, lengths, step, before, beforeStride, to, toStride);
    before += hBytes;
    to += hBytes;
  }
}

/** d [4] of a group, gradients of i, f, g, o, B rows of each at + gate * dStep: those of i, f, o to [3], likewise. */
export function gatesAlone(B: i32, d: usize, to: usize, dStep: usize): void {
  const bytes = <usize>B << 6;
  for (let q = 0; q < 3; ++q) {
    const from = d + <usize>place(q) * dStep;
    for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
    to += dStep;
  }
}

/** Of masked samples, a tile [B][16]: aside with it, and 0 in its place. */
export function holdTile(B: i32, lengths: usize, step: i32, tile: usize, kept: usize): void {
  for (let b = 0; b < B; ++b, tile += 64, kept += 64) {
    if (!isMasked(lengths, b, step)) continue;
    memory.copy(kept, tile, 64);
    memory.fill(tile, 0, 64);
  }
}

/** gateKernel [3H, 3H], gates i, f, o in rows and columns, to `w`: all of the packed weights. No overlap. */
export function cellPackGates(I: i32, H: i32, gateKernel: usize, w: usize): void {
  const hw = pad16(H);
  memory.fill(firstSeen(I, hw, w), 0, <usize>(9 * hw * hw) << 2);
  move(I, H, gateKernel, w, true);
}

/** The inverse, also for gradients. */
export function cellUnpackGates(I: i32, H: i32, w: usize, gateKernel: usize): void {
  move(I, H, gateKernel, w, false);
}

function firstSeen(I: i32, hw: i32, w: usize): usize {
  return w + (<usize>(4 * hw * (pad4(I) + hw)) << 2);
}

function move(I: i32, H: i32, gateKernel: usize, w: usize, pack: bool): void {
  const hw = pad16(H);
  w = firstSeen(I, hw, w);
  for (let row = 0; row < 3 * H; ++row) {
    const k = (row / H) * hw + (row % H);
    for (let column = 0; column < 3 * H; ++column, gateKernel += 4) {
      const unit = column % H;
      const tile = 3 * (unit >> 4) + column / H;
      const at = w + (<usize>(tile * 3 * hw + k) << 6) + (<usize>(unit & 15) << 2);
      if (pack) store<f32>(at, load<f32>(gateKernel));
      else store<f32>(gateKernel, load<f32>(at));
    }
  }
}
