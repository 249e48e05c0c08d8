// Cells whose h is a projection of what their units put out, m [H]: h = a(m V + d), P columns. Of an LSTM (Sak et al. 2014,
// arXiv 1402.1128; proj_size of PyTorch) a is linear and d 0; of Jordan's network (1986) h is its output, the only
// state that the next step sees. Each function for a range p0..p1 of tiles of 16 columns.

import { panelRows } from "../math/gemm-rows";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { keepRows } from "../recurrent/lengths";
import { activate, LINEAR, throughSlope } from "./cell-activation";
import {
  depthOf, extrasOf, gatesOf, isJordan, OUTPUT, pad16, projectedOf,
} from "./cell-layout";

// @ts-ignore: decorator
@inline
function bank(kind: i32, ip: i32, hw: i32, w: usize): usize {
  return w + (<usize>(gatesOf(kind) * hw * depthOf(kind, ip, hw)) << 2);
}

/** Where the biases of a Jordan network's output stand. */
// @ts-ignore: decorator
@inline
function outputBiases(kind: i32, hw: i32, b: usize): usize {
  return b + (<usize>((gatesOf(kind) + extrasOf(kind)) * hw) << 2);
}

/** The activation of h; linear for an LSTM, whose OUTPUT is that of c. */
// @ts-ignore: decorator
@inline
function activationOf(kind: i32): i32 {
  return isJordan(kind) ? (kind >> OUTPUT) & 7 : LINEAR;
}

/**
 * One step. Columns of h past P are 0 whatever the activation makes of them.
 *
 *   m          [B][Hw], rows mStride bytes apart
 *   before, h  the first column of h in row 0, of the step before and of this one, written; strides in bytes
 */
export function project(
  kind: i32, B: i32, H: i32, ip: i32, p0: i32, p1: i32, m: usize, mStride: usize, w: usize, b: usize,
  before: usize, beforeStride: usize, h: usize, hStride: usize, lengths: usize, step: i32,
): void {
  const hw = pad16(H);
  const code = activationOf(kind);
  const tile = <usize>hw << 6;
  const biases = outputBiases(kind, hw, b);
  const weights = bank(kind, ip, hw, w);
  for (let p = p0; p < p1; ++p) {
    const at = <usize>p << 6;
    const to = h + at;
    const init = isJordan(kind) ? biases + at : ZEROS;
    panelRows(B, m, mStride, 1, hw, 0, weights + <usize>p * tile, init, to, hStride, false);
    const columns = projectedOf(kind) - (p << 4);
    let row = to;
    for (let r = 0; code != LINEAR && r < B; ++r, row += hStride) {
      for (let n: usize = 0; n < 64; n += 16) v128.store(row + n, activate(code, v128.load(row + n)));
      if (columns < 16) memory.fill(row + (<usize>columns << 2), 0, <usize>(16 - columns) << 2);
    }
    if (lengths) keepRows(B, 16, lengths, step, before + at, beforeStride, to, hStride);
  }
}

/**
 * Gradients before the activation of h, [rows][16] of one tile, for the products that follow.
 *
 *   h     [rows][16] of this step, rows hStride bytes apart
 *   dh    [rows][16]
 *   d     [rows][16], written
 *   sums  [16] of the biases, added to; 0: there are none
 */
export function projectBackward(
  kind: i32, rows: i32, h: usize, hStride: usize, dh: usize, d: usize, sums: usize,
): void {
  const code = activationOf(kind);
  for (let at: usize = 0; at < 64; at += 16) {
    let sum = sums ? v128.load(sums + at) : f32x4.splat(0);
    let row = h + at;
    let n = at;
    for (let r = 0; r < rows; ++r, row += hStride, n += 64) {
      const before = throughSlope(code, v128.load(row), v128.load(dh + n));
      v128.store(d + n, before);
      sum = f32x4.add(sum, before);
    }
    if (sums) v128.store(sums + at, sum);
  }
}

/** projection [H, P], bias [P] (0: none) to w, b: all of the packed weights. No overlap. */
export function cellPackProjection(
  kind: i32, I: i32, H: i32, projection: usize, bias: usize, w: usize, b: usize,
): void {
  const hw = pad16(H);
  const pw = pad16(projectedOf(kind));
  memory.fill(bank(kind, pad4(I), hw, w), 0, <usize>(hw * pw) << 2);
  if (isJordan(kind)) memory.fill(outputBiases(kind, hw, b), 0, <usize>pw << 2);
  move(kind, I, H, projection, bias, w, b, true);
}

/** The inverse, also for gradients. */
export function cellUnpackProjection(
  kind: i32, I: i32, H: i32, w: usize, b: usize, projection: usize, bias: usize,
): void {
  move(kind, I, H, projection, bias, w, b, false);
}

function move(
  kind: i32, I: i32, H: i32, projection: usize, bias: usize, w: usize, b: usize, pack: bool,
): void {
  const hw = pad16(H);
  const columns = projectedOf(kind);
  const weights = bank(kind, pad4(I), hw, w);
  const biases = outputBiases(kind, hw, b);
  for (let column = 0; column < columns; ++column) {
    const lane = <usize>(column & 15) << 2;
    const at = <usize>column << 2;
    let from = projection + at;
    let to = weights + (<usize>((column >> 4) * hw) << 6) + lane;
    for (let unit = 0; unit < H; ++unit, from += <usize>columns << 2, to += 64) {
      if (pack) store<f32>(to, load<f32>(from));
      else store<f32>(from, load<f32>(to));
    }
    if (!bias) continue;
    if (pack) store<f32>(biases + at, load<f32>(bias + at));
    else store<f32>(bias + at, load<f32>(biases + at));
  }
}
