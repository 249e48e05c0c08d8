// What graphs of layers need beside the layers: rows put beside each other, and gradients added up.

import { addRowsTo } from "../math/copy";

/**
 * y = x, C columns of R rows, and `zeros` columns of 0 behind them. Rows lie xStride and yStride
 * floats apart, and begin at any float: columns of a wider matrix can be read and written.
 */
export function copyColumns(
  R: i32, C: i32, zeros: i32, x: usize, xStride: i32, y: usize, yStride: i32,
): void {
  const vectors = (<usize>(C & ~3)) << 2;
  const bytes = (<usize>C) << 2;
  const all = bytes + ((<usize>zeros) << 2);
  for (let r = 0; r < R; ++r) {
    let at: usize = 0;
    // two vectors a round, reads before writes: see wide.ts
    for (; at + 16 < vectors; at += 32) {
      const first = v128.load(x + at);
      const second = v128.load(x + at, 16);
      v128.store(y + at, first);
      v128.store(y + at, second, 16);
    }
    for (; at < vectors; at += 16) v128.store(y + at, v128.load(x + at));
    for (; at < bytes; at += 4) store<f32>(y + at, load<f32>(x + at));
    for (; at < all; at += 4) store<f32>(y + at, 0);
    x += (<usize>xStride) << 2;
    y += (<usize>yStride) << 2;
  }
}

/**
 * y += x, C columns (a multiple of 4) of R rows that lie xStride and yStride floats apart; all
 * 16-byte aligned. For one stretch of n floats: one row of n columns.
 */
export function addRows(R: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32): void {
  addRowsTo(R, (<usize>C) << 2, x, (<usize>xStride) << 2, y, (<usize>yStride) << 2);
}
