// What both ways of a convolution are made of: products of windows over time with a matrix in tiles, without a copy of any window.
// Rows are time-major, so the rows that one tap sees of all samples, and of neighbouring steps, lie equally far apart: a window
// is `taps` segments of a row for the tiles of gemm-rows.ts. Windows that reach out of the sequence see fewer taps.

import { tileRows, tileWidth } from "../math/column-tiles";

/** Rows that are multiplied with one tile before the next: they stay in L2 meanwhile. A multiple of the tiles' rows. */
const ROW_BLOCK: i32 = 240;

/**
 * y[o yS] = init + sum over k < taps of x[first + o S + k d] w_k for O windows, steps outside of 0..T seen as 0.
 *
 *   x     T steps of B rows, of which `length` columns are read, any alignment of 4
 *   w     [taps length][columns] in tiles, see math/column-tiles; columns a multiple of 4
 *   init  [columns], or 16 zeros where `same`
 *   y     step o at o yS B rows, 16-byte aligned: columns are overwritten
 * Strides in bytes. No overlap.
 */
export function windowProducts(
  B: i32, T: i32, O: i32, S: i32, d: i32, first: i32, taps: i32, length: i32, x: usize, xStride: usize, w: usize,
  columns: i32, init: usize, same: bool, y: usize, yStride: usize, yS: i32,
): void {
  const xStep = <usize>B * xStride;
  const yStep = <usize>B * <usize>yS * yStride;
  const segment = <usize>d * xStep;
  let end = 0;
  for (let o = 0; o < O; o = end) {
    const low = lowestTap(first + o * S, d, taps);
    const high = highestTap(first + o * S, d, taps, T);
    end = o + 1;
    while (end < O && lowestTap(first + end * S, d, taps) == low && highestTap(first + end * S, d, taps, T) == high) ++end;
    const steps = end - o;
    const seen = high - low;
    // a window that sees nothing has no place in x
    let from = seen > 0 ? x + <usize>(first + o * S + low * d) * xStep : x;
    let to = y + <usize>o * yStep;
    if (S == 1 && yS == 1) {
      windowRows(steps * B, from, xStride, low, seen, taps, length, segment, w, columns, init, same, to, yStride);
    } else if (steps > B) {
      const stride = <usize>S * xStep;
      for (let b = 0; b < B; ++b, from += xStride, to += yStride) {
        windowRows(steps, from, stride, low, seen, taps, length, segment, w, columns, init, same, to, yStep);
      }
    } else {
      for (let i = 0; i < steps; ++i, from += <usize>S * xStep, to += yStep) {
        windowRows(B, from, xStride, low, seen, taps, length, segment, w, columns, init, same, to, yStride);
      }
    }
  }
}

/** The first of the taps of a window that begins at step t which sees a step of the sequence. */
function lowestTap(t: i32, d: i32, taps: i32): i32 {
  return t >= 0 ? 0 : min((d - 1 - t) / d, taps);
}

/** One behind the last of them; the lowest where there is none. */
function highestTap(t: i32, d: i32, taps: i32, T: i32): i32 {
  return max(t >= T ? 0 : min((T - t + d - 1) / d, taps), lowestTap(t, d, taps));
}

/** `rows` windows that lie equally far apart, and see taps low..low + seen. */
function windowRows(
  rows: i32, x: usize, xStride: usize, low: i32, seen: i32, taps: i32, length: i32, segment: usize, w: usize,
  columns: i32, init: usize, same: bool, y: usize, yStride: usize,
): void {
  if (segment == (<usize>length) << 2 && seen > 0) {
    // of one sequence without padding a window is one stretch
    const all = taps * length;
    blockRows(rows, x, xStride, low * length, 1, seen * length, all, 0, w, columns, init, same, y, yStride);
    return;
  }
  blockRows(rows, x, xStride, low * length, seen, length, taps * length, segment, w, columns, init, same, y, yStride);
}

function blockRows(
  rows: i32, x: usize, xStride: usize, row: i32, segments: i32, length: i32, D: i32, segment: usize, w: usize,
  columns: i32, init: usize, same: bool, y: usize, yStride: usize,
): void {
  for (let r = 0; r < rows; r += ROW_BLOCK) {
    const block = min(ROW_BLOCK, rows - r);
    const from = x + <usize>r * xStride;
    const to = y + <usize>r * yStride;
    for (let j = 0, width = 0; j < columns; j += width) {
      width = tileWidth(columns, j);
      const at = (<usize>j) << 2;
      const tile = w + at * <usize>D + ((<usize>(row * width)) << 2);
      const begin = same ? init : init + at;
      tileRows(width, block, from, xStride, segments, length, segment, tile, begin, to + at, yStride, false);
    }
  }
}
