// What merging several values into one needs beside sums and products (recurrent/reversed.ts, mergeRows): quotients, the
// larger or smaller of two values with masks, and columns that stand for several.
//
// Rows are 16-byte aligned, strides multiples of 4, padding columns hold 0 and keep it. `lengths` of masks: 0, or as
// recurrent/lengths.ts reads them; rows are time-major, those of time step `first` on.

import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { laneMask } from "../math/rows";
import { pad4 } from "../math/vector";
import { isMasked } from "../recurrent/lengths";

/** y = x / by: R rows of C columns, a multiple of 4. y may be x. */
export function divideRows(R: i32, C: i32, by: f32, x: usize, xStride: i32, y: usize, yStride: i32): void {
  const bytes = (<usize>C) << 2;
  const divisor = f32x4.splat(by);
  for (let r = 0; r < R; ++r) {
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(y + at, f32x4.div(v128.load(x + at), divisor));
    }
    x += (<usize>xStride) << 2;
    y += (<usize>yStride) << 2;
  }
}

/**
 * y = y x, or y in rows where x is masked by lengths, which are not 0: there x counts as 1, as in Keras' Multiply. x
 * [T * B][xStride], y [T * B][yStride], C columns, a multiple of 4. No overlap.
 */
export function multiplyCounted(
  B: i32, T: i32, C: i32, first: i32, x: usize, xStride: i32, lengths: usize, y: usize, yStride: i32,
): void {
  const bytes = (<usize>C) << 2;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, x += (<usize>xStride) << 2, y += (<usize>yStride) << 2) {
      if (isMasked(lengths, b, first + t)) continue;
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(y + at, f32x4.mul(v128.load(y + at), v128.load(x + at)));
      }
    }
  }
}

/**
 * y = max(y, x), or with `least` min(y, x); y where x is masked, x where y is: x [T * B][xStride], masked by lengths,
 * y [T * B][yStride], masked by covered. C columns, a multiple of 4. No overlap. As Keras'
 * Merge._apply_merge_op_and_or_mask.
 */
export function extremeRows(
  least: bool, B: i32, T: i32, C: i32, first: i32, x: usize, xStride: i32, lengths: usize, covered: usize,
  y: usize, yStride: i32,
): void {
  const bytes = (<usize>C) << 2;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, x += (<usize>xStride) << 2, y += (<usize>yStride) << 2) {
      if (lengths && isMasked(lengths, b, first + t)) continue;
      if (covered && isMasked(covered, b, first + t)) {
        memory.copy(y, x, bytes);
        continue;
      }
      for (let at: usize = 0; at < bytes; at += 16) {
        const a = v128.load(y + at);
        const c = v128.load(x + at);
        v128.store(y + at, least ? f32x4.min(a, c) : f32x4.max(a, c));
      }
    }
  }
}

/**
 * dX = dY where x is the extreme y, else 0, and there dY = 0: called for one x after the other the first of those that tie
 * has the gradient, as in TensorFlow. Nothing where x is masked by lengths, but where `all` masks a step too: all of
 * that step's values are masked, and the first one, for which alone all is not 0, came through. dX may be 0: only dY
 * changes.
 */
export function extremeGradient(
  B: i32, T: i32, C: i32, first: i32, x: usize, xStride: i32, lengths: usize, all: usize, y: usize, yStride: i32,
  dY: usize, dYStride: i32, dX: usize, dXStride: i32,
): void {
  const bytes = (<usize>C) << 2;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b) {
      const masked = lengths && isMasked(lengths, b, first + t) && !(all && isMasked(all, b, first + t));
      for (let at: usize = 0; at < bytes; at += 16) {
        const d = v128.load(dY + at);
        const own = masked ? i32x4.splat(0) : f32x4.eq(v128.load(x + at), v128.load(y + at));
        if (dX) v128.store(dX + at, v128.and(d, own));
        v128.store(dY + at, v128.andnot(d, own));
      }
      x += (<usize>xStride) << 2;
      y += (<usize>yStride) << 2;
      dY += (<usize>dYStride) << 2;
      if (dX) dX += (<usize>dXStride) << 2;
    }
  }
}

/** Columns 0..C of y = column 0 of x, and 0 up to pad4(C): R rows. y may be x. */
export function repeatColumns(R: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32): void {
  const last = ((<usize>(C - 1)) & ~3) << 2;
  const lastMask = laneMask(C - <i32>(last >> 2));
  for (let r = 0; r < R; ++r) {
    const value = v128.load32_splat(x);
    for (let at: usize = 0; at < last; at += 16) v128.store(y + at, value);
    v128.store(y + last, v128.and(value, lastMask));
    x += (<usize>xStride) << 2;
    y += (<usize>yStride) << 2;
  }
}

/** Column 0 of y = the sum of columns 0..C of x, taken in float64, and 0 in columns 1 to 3: R rows. y may be x. */
export function sumColumns(R: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32): void {
  const bytes = (<usize>pad4(C)) << 2;
  for (let r = 0; r < R; ++r) {
    let sums = f64x2.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) {
      const row = v128.load(x + at);
      sums = f64x2.add(sums, f64x2.add(promoteLow(row), promoteHigh(row)));
    }
    v128.store(y, f32x4.replace_lane(f32x4.splat(0), 0, <f32>sumLanes(sums)));
    x += (<usize>xStride) << 2;
    y += (<usize>yStride) << 2;
  }
}
