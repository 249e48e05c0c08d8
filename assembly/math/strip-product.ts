// Matrix products against "strips": a matrix [D][C] cut into strips of 8 columns, each strip
// contiguous, so that a product walks it with a stride of one. C is a multiple of 4; if it is
// not one of 8, the last strip is 4 wide. Strip j starts at float 8 j Dp, Dp = allocated depth:
//   [C/8][Dp][8], then [Dp][4] if C % 8 = 4                              (Dp C floats in all)
//
// The tile is 4 rows x 8 columns: 8 accumulators, 2 strip vectors and the products stay within
// the 15 registers that V8 has. The loop is unrolled by `break`s, because V8 in Node 20 hoists
// all loads of a basic block above its arithmetic and spills.
//
// Every element is one chain of multiply-adds over the depth in ascending order, starting at
// the bias, whatever tile it falls into: a row's result does not depend on its neighbours.

import { madd } from "./vector";

/** Rows that are multiplied with one strip before the next: they stay in L2 meanwhile. */
const ROW_BLOCK: i32 = 64;

const ZEROS: usize = memory.data(32, 16);

/** c[4][8] = bias[8] + a[4][depth] strip[depth][8]; rows aStep and cStep bytes apart. */
export function tile4x8(
  depth: i32, a: usize, aStep: usize, strip: usize, bias: usize, c: usize, cStep: usize,
): void {
  let a1 = a + aStep;
  let a2 = a1 + aStep;
  let a3 = a2 + aStep;
  let s00 = v128.load(bias);
  let s01 = v128.load(bias, 16);
  let s10 = s00;
  let s11 = s01;
  let s20 = s00;
  let s21 = s01;
  let s30 = s00;
  let s31 = s01;
  const end = strip + ((<usize>depth) << 5);
  while (true) {
    let b0 = v128.load(strip);
    let b1 = v128.load(strip, 16);
    let x = v128.load32_splat(a);
    s00 = madd(x, b0, s00);
    s01 = madd(x, b1, s01);
    x = v128.load32_splat(a1);
    s10 = madd(x, b0, s10);
    s11 = madd(x, b1, s11);
    x = v128.load32_splat(a2);
    s20 = madd(x, b0, s20);
    s21 = madd(x, b1, s21);
    x = v128.load32_splat(a3);
    s30 = madd(x, b0, s30);
    s31 = madd(x, b1, s31);
    strip += 32;
    if (strip >= end) break;
    b0 = v128.load(strip);
    b1 = v128.load(strip, 16);
    x = v128.load32_splat(a, 4);
    s00 = madd(x, b0, s00);
    s01 = madd(x, b1, s01);
    x = v128.load32_splat(a1, 4);
    s10 = madd(x, b0, s10);
    s11 = madd(x, b1, s11);
    x = v128.load32_splat(a2, 4);
    s20 = madd(x, b0, s20);
    s21 = madd(x, b1, s21);
    x = v128.load32_splat(a3, 4);
    s30 = madd(x, b0, s30);
    s31 = madd(x, b1, s31);
    strip += 32;
    if (strip >= end) break;
    a += 8;
    a1 += 8;
    a2 += 8;
    a3 += 8;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  c += cStep;
  v128.store(c, s10);
  v128.store(c, s11, 16);
  c += cStep;
  v128.store(c, s20);
  v128.store(c, s21, 16);
  c += cStep;
  v128.store(c, s30);
  v128.store(c, s31, 16);
}

/** c[4][4] = bias[4] + a[4][depth] strip[depth][4]. */
export function tile4x4(
  depth: i32, a: usize, aStep: usize, strip: usize, bias: usize, c: usize, cStep: usize,
): void {
  let a1 = a + aStep;
  let a2 = a1 + aStep;
  let a3 = a2 + aStep;
  let s0 = v128.load(bias);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  const end = strip + ((<usize>depth) << 4);
  for (; strip < end; strip += 16, a += 4, a1 += 4, a2 += 4, a3 += 4) {
    const b = v128.load(strip);
    s0 = madd(v128.load32_splat(a), b, s0);
    s1 = madd(v128.load32_splat(a1), b, s1);
    s2 = madd(v128.load32_splat(a2), b, s2);
    s3 = madd(v128.load32_splat(a3), b, s3);
  }
  v128.store(c, s0);
  v128.store(c + cStep, s1);
  v128.store(c + 2 * cStep, s2);
  v128.store(c + 3 * cStep, s3);
}

/** c[width] = bias[width] + a[depth] strip[depth][width], width 8 or 4. */
function tileRow(depth: i32, a: usize, strip: usize, bias: usize, c: usize, width: i32): void {
  let s0 = v128.load(bias);
  if (width == 4) {
    const end = strip + ((<usize>depth) << 4);
    for (; strip < end; strip += 16, a += 4) {
      s0 = madd(v128.load32_splat(a), v128.load(strip), s0);
    }
    v128.store(c, s0);
    return;
  }
  let s1 = v128.load(bias, 16);
  const end = strip + ((<usize>depth) << 5);
  for (; strip < end; strip += 32, a += 4) {
    const x = v128.load32_splat(a);
    s0 = madd(x, v128.load(strip), s0);
    s1 = madd(x, v128.load(strip, 16), s1);
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}

/**
 * c[R][C] = a[R][D] strips[D][C] + bias[C], D >= 1.
 * aStride, cStride: floats between rows; Dp: allocated depth of the strips; bias may be 0.
 * c is overwritten and must not overlap anything else.
 */
export function stripProduct(
  R: i32, D: i32, C: i32, a: usize, aStride: i32, strips: usize, Dp: i32, bias: usize,
  c: usize, cStride: i32,
): void {
  const aStep = (<usize>aStride) << 2;
  const cStep = (<usize>cStride) << 2;
  for (let r0 = 0; r0 < R; r0 += ROW_BLOCK) {
    const r1 = min<i32>(r0 + ROW_BLOCK, R);
    for (let j = 0; j < C; j += 8) {
      const strip = strips + (<usize>j * <usize>Dp << 2);
      const at = bias ? bias + ((<usize>j) << 2) : ZEROS;
      let from = a + <usize>r0 * aStep;
      let to = c + <usize>r0 * cStep + ((<usize>j) << 2);
      const wide = C - j >= 8;
      let r = r0;
      for (; r + 4 <= r1; r += 4) {
        if (wide) tile4x8(D, from, aStep, strip, at, to, cStep);
        else tile4x4(D, from, aStep, strip, at, to, cStep);
        from += aStep << 2;
        to += cStep << 2;
      }
      for (; r < r1; ++r) {
        tileRow(D, from, strip, at, to, wide ? 8 : 4);
        from += aStep;
        to += cStep;
      }
    }
  }
}
