// The gradient of a matrix in strips: dW = A^T G over rows, A [R][D], G [R][C], written in the
// layout of math/strip-product. Both operands are packed, 128 rows at a time while hot, so
// that the tile reads them with a stride of one; without packing, power-of-two strides
// evict each other from L1.

import { BLOCK_ROWS, beginsGroup, closeSums, keepGroup, totalFloats } from "./long-sums";
import { packColumns } from "./pack-columns";
import { madd } from "./vector";

/** Floats of scratch that stripGradient needs. f64, so that absurd sizes do not wrap. */
export function stripGradientFloats(R: f64, D: f64, C: f64): f64 {
  const blocks = Math.ceil(R / BLOCK_ROWS);
  return Math.min(R, <f64>BLOCK_ROWS) * (D + C) + totalFloats((D + 1) * C, blocks);
}

/**
 * to [C/8][rows][8], last strip [rows][4] if C % 8 = 4, = g [rows][C];
 * sums[C] = (first) or += the column sums of g; sums 0: nobody wants them.
 */
function splitColumns(
  rows: i32, C: i32, g: usize, gStep: usize, to: usize, sums: usize, first: bool,
): void {
  for (let j = 0; j < C; j += 8) {
    let from = g + ((<usize>j) << 2);
    let s0 = f32x4.splat(0);
    let s1 = f32x4.splat(0);
    const wide = C - j >= 8;
    for (let r = 0; r < rows; ++r, from += gStep) {
      const g0 = v128.load(from);
      s0 = f32x4.add(s0, g0);
      v128.store(to, g0);
      to += 16;
      if (!wide) continue;
      const g1 = v128.load(from, 16);
      s1 = f32x4.add(s1, g1);
      v128.store(to, g1);
      to += 16;
    }
    if (!sums) continue;
    const sum = sums + ((<usize>j) << 2);
    v128.store(sum, first ? s0 : f32x4.add(v128.load(sum), s0));
    if (wide) v128.store(sum, first ? s1 : f32x4.add(v128.load(sum, 16), s1), 16);
  }
}

/** c[4][8] (= or +=) the sum over rows of a[rows][4]^T b[rows][8]; c contiguous. */
export function gradientTile4x8(rows: i32, a: usize, b: usize, c: usize, first: bool): void {
  let s00 = f32x4.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  const end = b + ((<usize>rows) << 5);
  while (true) {
    let b0 = v128.load(b);
    let b1 = v128.load(b, 16);
    let x = v128.load32_splat(a);
    s00 = madd(x, b0, s00);
    s01 = madd(x, b1, s01);
    x = v128.load32_splat(a, 4);
    s10 = madd(x, b0, s10);
    s11 = madd(x, b1, s11);
    x = v128.load32_splat(a, 8);
    s20 = madd(x, b0, s20);
    s21 = madd(x, b1, s21);
    x = v128.load32_splat(a, 12);
    s30 = madd(x, b0, s30);
    s31 = madd(x, b1, s31);
    b += 32;
    if (b >= end) break;
    b0 = v128.load(b);
    b1 = v128.load(b, 16);
    x = v128.load32_splat(a, 16);
    s00 = madd(x, b0, s00);
    s01 = madd(x, b1, s01);
    x = v128.load32_splat(a, 20);
    s10 = madd(x, b0, s10);
    s11 = madd(x, b1, s11);
    x = v128.load32_splat(a, 24);
    s20 = madd(x, b0, s20);
    s21 = madd(x, b1, s21);
    x = v128.load32_splat(a, 28);
    s30 = madd(x, b0, s30);
    s31 = madd(x, b1, s31);
    b += 32;
    if (b >= end) break;
    a += 32;
  }
  storeOrAdd(c, s00, first);
  storeOrAdd(c + 16, s01, first);
  storeOrAdd(c + 32, s10, first);
  storeOrAdd(c + 48, s11, first);
  storeOrAdd(c + 64, s20, first);
  storeOrAdd(c + 80, s21, first);
  storeOrAdd(c + 96, s30, first);
  storeOrAdd(c + 112, s31, first);
}

/** c[4][4] (= or +=) the sum over rows of a[rows][4]^T b[rows][4]; c contiguous. */
export function gradientTile4x4(rows: i32, a: usize, b: usize, c: usize, first: bool): void {
  let s0 = f32x4.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = b + ((<usize>rows) << 4);
  for (; b < end; b += 16, a += 16) {
    const b0 = v128.load(b);
    s0 = madd(v128.load32_splat(a), b0, s0);
    s1 = madd(v128.load32_splat(a, 4), b0, s1);
    s2 = madd(v128.load32_splat(a, 8), b0, s2);
    s3 = madd(v128.load32_splat(a, 12), b0, s3);
  }
  storeOrAdd(c, s0, first);
  storeOrAdd(c + 16, s1, first);
  storeOrAdd(c + 32, s2, first);
  storeOrAdd(c + 48, s3, first);
}

// @ts-ignore: decorator
@inline
function storeOrAdd(c: usize, value: v128, first: bool): void {
  v128.store(c, first ? value : f32x4.add(v128.load(c), value));
}

/**
 * dW = a^T g in strips [D][C] and db[C] = column sums of g, 0 where they are not wanted; both overwritten.
 * a [R][aStride >= D], g [R][gStride >= C]; D and C are multiples of 4; all 16-byte aligned.
 * scratch: stripGradientFloats. Nothing may overlap.
 * Sums run over blocks of rows, see math/long-sums, in ascending order.
 */
export function stripGradient(
  R: i32, D: i32, C: i32, a: usize, aStride: i32, g: usize, gStride: i32,
  dW: usize, db: usize, scratch: usize,
): void {
  const aStep = (<usize>aStride) << 2;
  const gStep = (<usize>gStride) << 2;
  const most = min<i32>(R, BLOCK_ROWS);
  let done = 0;
  for (let r = 0; r < R; r += BLOCK_ROWS) {
    const rows = min<i32>(BLOCK_ROWS, R - r);
    const from = a + <usize>r * aStep;
    stripGradientBlock(done++, rows, most, D, C, from, aStep, g + <usize>r * gStep, gStep, dW, db, scratch);
  }
  closeStripGradient(done, most, D, C, dW, db, scratch);
}

/**
 * What stripGradient does to one block after the other, of at most `most` rows (at most BLOCK_ROWS), rows aStep and gStep
 * bytes apart: `done` counts those before it. After the last one closeStripGradient.
 */
export function stripGradientBlock(
  done: i32, rows: i32, most: i32, D: i32, C: i32, a: usize, aStep: usize, g: usize, gStep: usize,
  dW: usize, db: usize, scratch: usize,
): void {
  const strips = scratch + ((<usize>most * <usize>D) << 2);
  const totals = strips + ((<usize>most * <usize>C) << 2);
  const first = beginsGroup(done);
  keepGroup(done, D * C, dW, totals);
  if (db) keepGroup(done, C, db, totals + ((<usize>D * <usize>C) << 3));
  packColumns(rows, D >> 2, a, aStep, scratch);
  splitColumns(rows, C, g, gStep, strips, db, first);
  let to = dW;
  for (let j = 0; j < C; j += 8) {
    const wide = C - j >= 8;
    const strip = strips + ((<usize>j * <usize>rows) << 2);
    for (let k = 0; k < D; k += 4) {
      const columns = scratch + ((<usize>k * <usize>rows) << 2);
      if (wide) gradientTile4x8(rows, columns, strip, to, first);
      else gradientTile4x4(rows, columns, strip, to, first);
      to += wide ? 128 : 64;
    }
  }
}

/** After the last of `done` blocks. */
export function closeStripGradient(
  done: i32, most: i32, D: i32, C: i32, dW: usize, db: usize, scratch: usize,
): void {
  const totals = scratch + ((<usize>most * <usize>(D + C)) << 2);
  closeSums(done, D * C, dW, totals);
  if (db) closeSums(done, C, db, totals + ((<usize>D * <usize>C) << 3));
}
