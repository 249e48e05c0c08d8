// A matrix [D][C], C a multiple of 4, cut into tiles of 16 columns, then one of 8 and one of 4 for what is left; each tile [D][width]
// stands by itself, so that a product walks it with a stride of one. D C floats in all, whatever D.

import { narrowRows } from "./gemm-narrow";
import { panelRows } from "./gemm-rows";

/** Columns of the tile that begins at column j of C. */
// @ts-ignore: decorator
@inline
export function tileWidth(C: i32, j: i32): i32 {
  const left = C - j;
  return left >= 16 ? 16 : left >= 8 ? 8 : 4;
}

/** Byte offset of element (row, column) of [D][C]. */
export function tileOffset(row: i32, column: i32, D: i32, C: i32): usize {
  let first = column & ~15;
  let width = tileWidth(C, first);
  if (width == 8 && column - first >= 8) {
    first += 8;
    width = 4;
  }
  return (<usize>first * <usize>D + <usize>(row * width + column - first)) << 2;
}

/** panelRows of a tile of 16, 8 or 4 columns. */
export function tileRows(
  width: i32, rows: i32, a: usize, aStride: usize, segments: i32, length: i32, segmentStep: usize, tile: usize,
  init: usize, out: usize, outStride: usize, add: bool,
): void {
  if (width == 16) panelRows(rows, a, aStride, segments, length, segmentStep, tile, init, out, outStride, add);
  else narrowRows(width, rows, a, aStride, segments, length, segmentStep, tile, init, out, outStride, add);
}
