// What one step of lstmBackward is made of, each for a range of panels or of tiles (16 columns), so that
// threads can share a step: a range writes nothing but its own, and its bits do not depend on the others.
// Between the parts of a step the threads must have met: the products read the gradients of all panels.

import { copyRows } from "../math/copy";
import { panelRows } from "../math/gemm-rows";
import { rowPanels } from "../math/gemm-rows-one";
import { ZEROS } from "../math/zeros";
import { blockStride, SAVED } from "./lstm-layout";
import { lstmGatesBackward } from "./lstm-gates";

/**
 * The gates of one step, panels p0..p1, in runs of `part` rows of the batch: each run has sums of its
 * own, [runs][4 Hp], added to.
 *
 *   saved    of this step, see lstm-layout.ts
 *   c        [B][Hp] of the step before
 *   dc       [Hp/4][B][4], updated in place
 *   out      what this output is asked for: row b of panel p at + b * outStride + p * outStep bytes
 *   dh       what the step after asks for, in tiles [Hp/16][B][16]
 *   d        gradients before activation: panel p at + p * panelStep, [B][16]; written
 */
export function lstmStepBackward(
  B: i32, part: i32, hp: i32, p0: i32, p1: i32, saved: usize, c: usize, dc: usize, out: usize,
  outStride: usize, outStep: usize, dh: usize, d: usize, panelStep: usize, sums: usize,
): void {
  const hBytes = <usize>hp << 2;
  for (let b = 0; b < B; b += part) {
    const rows = min(part, B - b);
    const row = <usize>b;
    for (let p = p0; p < p1; ++p) {
      const at = <usize>p << 4;
      const first = <usize>(p * B) + row;
      lstmGatesBackward(
        rows,
        saved + first * (SAVED << 2),
        c + row * hBytes + at,
        hBytes,
        dc + (first << 4),
        out + row * outStride + <usize>p * outStep,
        outStride,
        dh + ((<usize>((p >> 2) * B) + row) << 6) + (at & 48),
        d + <usize>p * panelStep + (row << 6),
        sums + (at << 2),
      );
    }
    sums += <usize>hp << 4;
  }
}

/**
 * out = d [rows][4 Hp, in panels] * transposed weights [columns/16][4 Hp][16], tiles n0..n1 of 16
 * columns: row r of tile n stands at out + n * outStep + r * outStride bytes. The gradient of the state
 * before, or of the inputs.
 */
export function lstmGradientProduct(
  rows: i32, panels: i32, d: usize, panelStep: usize, w: usize, n0: i32, n1: i32, out: usize,
  outStride: usize, outStep: usize,
): void {
  const tile = <usize>panels << 10;
  w += <usize>n0 * tile;
  out += <usize>n0 * outStep;
  for (let n = n0; n < n1; ++n) {
    panelRows(rows, d, 64, panels, 16, panelStep, w, ZEROS, out, outStride, false);
    w += tile;
    out += outStep;
  }
}

/** Puts the gradients of the one row of a step side by side, panels p0..p1, for lstmRowProduct. */
export function lstmRowOf(p0: i32, p1: i32, d: usize, panelStep: usize, row: usize): void {
  copyRows(p1 - p0, 64, d + <usize>p0 * panelStep, panelStep, row + (<usize>p0 << 6), 64);
}

/** lstmGradientProduct of one row that lstmRowOf has laid out, several tiles at a time: the same sums. */
export function lstmRowProduct(panels: i32, row: usize, w: usize, n0: i32, n1: i32, out: usize): void {
  const tile = <usize>panels << 10;
  out += <usize>n0 << 6;
  memory.fill(out, 0, <usize>(n1 - n0) << 6);
  rowPanels(row, panels << 4, n1 - n0, w + <usize>n0 * tile, tile, out, out);
}

/**
 * dW = (first) or += xh^T d over one block of rows, panels p0..p1. Each sum begins at zero, so that a
 * block is one summand of dW.
 *
 *   packed   xh^T as transposeRows leaves it, rows blockStride(rows) bytes apart
 */
export function lstmWeightGradients(
  rows: i32, k: i32, p0: i32, p1: i32, packed: usize, d: usize, panelStep: usize, dW: usize,
  first: i32,
): void {
  const stride = blockStride(rows);
  d += <usize>p0 * panelStep;
  dW += <usize>(p0 * k) << 6;
  for (let p = p0; p < p1; ++p) {
    panelRows(k, packed, stride, 1, rows, 0, d, ZEROS, dW, 64, !first);
    dW += <usize>k << 6;
    d += panelStep;
  }
}
