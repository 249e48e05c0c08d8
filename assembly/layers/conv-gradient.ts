// The gradient of the weights of a convolution, by blocks of rows as everywhere (math/long-sums): what the taps see is transposed,
// so that the sums over rows are products of gemm-rows.ts, too.

import { BLOCK_ROWS, beginsGroup, closeSums, keepGroup, totalFloats } from "../math/long-sums";
import { tileRows, tileWidth } from "../math/column-tiles";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";

/** Rows in a column of a transposed block: not a power of two, so that neighbours fall into different sets of the cache. */
function columnRows(rows: f64): f64 {
  return Math.ceil(rows / 4) * 4 + 4;
}

/**
 * Whether all taps read one transposed stretch, each at another place of it: where windows begin at every step, the steps
 * between their ends are few, and a tap has enough columns for the products.
 */
function sharesStretch(B: i32, K: i32, S: i32, d: i32, C: i32, rows: i32): bool {
  return S == 1 && K > 1 && C >= 12 && <f64>(K - 1) * <f64>d * <f64>B < <f64>(K - 1) * <f64>rows;
}

/** Floats of scratch that convWeightGradient needs. f64, so that absurd sizes do not wrap. */
export function convGradientFloats(R: f64, K: f64, C: f64, N: f64): f64 {
  const rows = Math.min(R, <f64>BLOCK_ROWS);
  const Np = Math.ceil(N / 4) * 4;
  // a stretch is at most as long as the taps one by one
  const columns = K * C * columnRows(rows);
  return Math.ceil(columns / 4) * 4 + rows * Np + totalFloats((K * C + 1) * Np, Math.ceil(R / BLOCK_ROWS));
}

/** to [C][stride bytes] = rows r0..r0 + rows of x, counted from step 0, those outside of 0..all being 0. */
function turnRows(r0: i64, rows: i32, all: i32, C: i32, x: usize, xStride: usize, to: usize, stride: usize): void {
  const before = <i32>min<i64>(max<i64>(-r0, 0), rows);
  const after = <i32>min<i64>(max<i64>(r0 + rows - all, 0), rows - before);
  const inside = rows - before - after;
  const end = (<usize>(rows - after)) << 2;
  for (let c = 0, at = to; c < C; ++c, at += stride) {
    if (before > 0) memory.fill(at, 0, (<usize>before) << 2);
    if (after > 0) memory.fill(at + end, 0, (<usize>after) << 2);
  }
  if (inside <= 0) return;
  const from = x + <usize>(<i32>r0 + before) * xStride;
  const out = to + ((<usize>before) << 2);
  const whole = C & ~3;
  transposeRows(inside, whole, from, xStride, out, stride);
  for (let c = <usize>whole; c < <usize>C; ++c) {
    let at = out + c * stride;
    for (let r = 0, one = from + (c << 2); r < inside; ++r, one += xStride, at += 4) store<f32>(at, load<f32>(one));
  }
}

/** to [rows][width] of each tile = g [rows][N], padded with 0 to Np columns; sums [Np] = (first) or += their columns, 0: nobody wants them. */
function splitRows(
  rows: i32, N: i32, Np: i32, g: usize, gStride: usize, to: usize, sums: usize, first: bool,
): void {
  for (let j = 0, width = 0; j < Np; j += width) {
    width = tileWidth(Np, j);
    const step = (<usize>width) << 2;
    for (let n = j; n < j + width; n += 4) {
      let from = g + ((<usize>n) << 2);
      let at = to + ((<usize>(n - j)) << 2);
      let sum = f32x4.splat(0);
      const left = N - n;
      for (let r = 0; r < rows; ++r, from += gStride, at += step) {
        let row: v128;
        if (left >= 4) {
          row = v128.load(from);
        } else {
          row = v128.load32_zero(from);
          if (left > 1) row = f32x4.replace_lane(row, 1, load<f32>(from, 4));
          if (left > 2) row = f32x4.replace_lane(row, 2, load<f32>(from, 8));
        }
        sum = f32x4.add(sum, row);
        v128.store(at, row);
      }
      if (!sums) continue;
      const total = sums + ((<usize>n) << 2);
      v128.store(total, first ? sum : f32x4.add(v128.load(total), sum));
    }
    to += <usize>rows * step;
  }
}

/**
 * dW, as the weights of one group stand, = the sum over all rows of y of what its taps see [K C] and dZ [N]; db [pad4(N)] = column sums of
 * dZ, or 0 when they are not wanted. x and dZ (strides in bytes) begin at the first column of the group, of any alignment of 4.
 * scratch: convGradientFloats of O B rows. Nothing may overlap.
 */
export function convWeightGradient(
  B: i32, T: i32, O: i32, C: i32, K: i32, S: i32, d: i32, left: i32, N: i32, x: usize, xStride: usize,
  dZ: usize, dZStride: usize, dW: usize, db: usize, scratch: usize,
): void {
  const R = O * B;
  const D = K * C;
  const Np = pad4(N);
  const most = min<i32>(BLOCK_ROWS, R);
  const tiles = scratch + ((<usize>Math.ceil(<f64>D * columnRows(<f64>most) / 4) * 4) << 2);
  const totals = tiles + ((<usize>most * <usize>Np) << 2);
  let done = 0;
  for (let r = 0; r < R; r += BLOCK_ROWS, ++done) {
    const rows = min<i32>(BLOCK_ROWS, R - r);
    const first = beginsGroup(done);
    keepGroup(done, D * Np, dW, totals);
    if (db) keepGroup(done, Np, db, totals + ((<usize>D * <usize>Np) << 3));
    const shares = sharesStretch(B, K, S, d, C, rows);
    const stretch = rows + (shares ? (K - 1) * d * B : 0);
    const stride = (<usize>columnRows(<f64>stretch)) << 2;
    if (shares) turnRows(<i64>r - <i64>left * B, stretch, T * B, C, x, xStride, scratch, stride);
    else turnTaps(B, T, r, rows, C, K, S, d, left, x, xStride, scratch, stride);
    splitRows(rows, N, Np, dZ + <usize>r * dZStride, dZStride, tiles, db, first);
    for (let j = 0, width = 0; j < Np; j += width) {
      width = tileWidth(Np, j);
      const tile = tiles + ((<usize>j * <usize>rows) << 2);
      const to = dW + ((<usize>j * <usize>D) << 2);
      const toStride = (<usize>width) << 2;
      if (!shares) {
        tileRows(width, D, scratch, stride, 1, rows, 0, tile, ZEROS, to, toStride, !first);
        continue;
      }
      for (let k = 0; k < K; ++k) {
        const from = scratch + ((<usize>(k * d * B)) << 2);
        tileRows(width, C, from, stride, 1, rows, 0, tile, ZEROS, to + <usize>(k * C) * toStride, toStride, !first);
      }
    }
  }
  closeSums(done, D * Np, dW, totals);
  if (db) closeSums(done, Np, db, totals + ((<usize>D * <usize>Np) << 3));
}

/** to [K][C][stride bytes] = what tap k sees of windows r..r + rows (step o of sample b being window o B + b). */
function turnTaps(
  B: i32, T: i32, r: i32, rows: i32, C: i32, K: i32, S: i32, d: i32, left: i32, x: usize, xStride: usize,
  to: usize, stride: usize,
): void {
  for (let k = 0; k < K; ++k, to += <usize>C * stride) {
    const shift = k * d - left;
    if (S == 1) {
      turnRows(<i64>r + <i64>shift * B, rows, T * B, C, x, xStride, to, stride);
      continue;
    }
    let count = 0;
    for (let i = 0; i < rows; i += count) {
      const o = (r + i) / B;
      const b = (r + i) % B;
      count = min(B - b, rows - i);
      turnRows(<i64>(o * S + shift) * B + b, count, T * B, C, x, xStride, to + ((<usize>i) << 2), stride);
    }
  }
}
