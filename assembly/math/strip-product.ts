// Matrix products against "strips": a matrix [D][C] cut into strips of 8 columns, each strip
// contiguous, so that a product walks it with a stride of one. C is a multiple of 4; if it is
// not one of 8, the last strip is 4 wide. Strip j starts at float 8 j Dp, Dp = allocated depth:
//   [C/8][Dp][8], then [Dp][4] if C % 8 = 4                              (Dp C floats in all)
//
// Every element is one chain of multiply-adds over the depth in ascending order, starting at
// the bias, whatever tile it falls into: a row's result does not depend on its neighbours.

import { narrowRows } from "./gemm-narrow";
import { ZEROS } from "./zeros";

/** Rows that are multiplied with one strip before the next: they stay in L2 meanwhile. */
const ROW_BLOCK: i32 = 64;

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
      const from = a + <usize>r0 * aStep;
      const to = c + <usize>r0 * cStep + ((<usize>j) << 2);
      narrowRows(min<i32>(C - j, 8), r1 - r0, from, aStep, 1, D, 0, strip, at, to, cStep, false);
    }
  }
}
