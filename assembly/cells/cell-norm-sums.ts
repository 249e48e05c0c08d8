// Of the way back through the norms of cell-norm.ts: what is summed over rows, and over columns, of both products. Most of what
// norms cost backwards: four rows at once, so that sums over rows are read and written once for them.

import { madd } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { gatesOf, NORM_SUMS } from "./cell-layout";
import { firstVector } from "./cell-norm";

/**
 * Third part: gradients of gains, and sums over gates and units of what both products are asked for, along what they are.
 *
 *   products  of this run of rows, tiles `tile` bytes apart
 *   d         gradients of gate g before activation at + g * dStep bytes, [rows][16]
 */
export function normGateSums(
  kind: i32, rows: i32, products: usize, tile: usize, weights: usize, d: usize, dStep: usize, rowSums: usize, sums: usize,
): void {
  const gates = gatesOf(kind);
  const wide = <usize>gates << 6;
  const gains = weights + (<usize>firstVector(kind) << 6);
  const sum = sums + (<usize>firstVector(kind) << 6);
  const four = rows & ~3;
  for (let r = 0; r < rows; r += r < four ? 4 : 1) {
    const from = products + (<usize>r << 6);
    const own = d + (<usize>r << 6);
    const to = rowSums + <usize>r * NORM_SUMS + 64;
    if (r < four) {
      sumsOfFour(from, gates, 2 * tile, gains, own, dStep, to, sum);
      sumsOfFour(from + tile, gates, 2 * tile, gains + 2 * wide, own, dStep, to + 32, sum + 2 * wide);
    } else {
      sumsOfOne(from, gates, 2 * tile, gains, own, dStep, to, sum);
      sumsOfOne(from + tile, gates, 2 * tile, gains + 2 * wide, own, dStep, to + 32, sum + 2 * wide);
    }
  }
}

/** Of one of both products z, tiles zStep bytes apart: sums += d z, and the totals over columns of d gain z, a pair of vectors a row. */
function sumsOfFour(
  z: usize, gates: i32, zStep: usize, gains: usize, d: usize, dStep: usize, rowSums: usize, sums: usize,
): void {
  let r00 = v128.load(ZEROS);
  let r01 = v128.load(ZEROS, 16);
  let r10 = r00;
  let r11 = r01;
  let r20 = r00;
  let r21 = r01;
  let r30 = r00;
  let r31 = r01;
  for (let gate = 0; gate < gates; ++gate, d += dStep - 64, z += zStep - 64) {
    for (let half = 0; half < 2; ++half) {
      const g0 = v128.load(gains);
      const g1 = v128.load(gains, 16);
      const a0 = f32x4.mul(v128.load(d), v128.load(z));
      const a1 = f32x4.mul(v128.load(d, 16), v128.load(z, 16));
      const b0 = f32x4.mul(v128.load(d, 64), v128.load(z, 64));
      const b1 = f32x4.mul(v128.load(d, 80), v128.load(z, 80));
      r00 = madd(a0, g0, r00);
      r01 = madd(a1, g1, r01);
      r10 = madd(b0, g0, r10);
      r11 = madd(b1, g1, r11);
      const ab0 = f32x4.add(a0, b0);
      const ab1 = f32x4.add(a1, b1);
      const c0 = f32x4.mul(v128.load(d, 128), v128.load(z, 128));
      const c1 = f32x4.mul(v128.load(d, 144), v128.load(z, 144));
      const e0 = f32x4.mul(v128.load(d, 192), v128.load(z, 192));
      const e1 = f32x4.mul(v128.load(d, 208), v128.load(z, 208));
      r20 = madd(c0, g0, r20);
      r21 = madd(c1, g1, r21);
      r30 = madd(e0, g0, r30);
      r31 = madd(e1, g1, r31);
      const all0 = f32x4.add(v128.load(sums), f32x4.add(ab0, f32x4.add(c0, e0)));
      const all1 = f32x4.add(v128.load(sums, 16), f32x4.add(ab1, f32x4.add(c1, e1)));
      v128.store(sums, all0);
      v128.store(sums, all1, 16);
      d += 32;
      z += 32;
      gains += 32;
      sums += 32;
    }
  }
  v128.store(rowSums, r00);
  v128.store(rowSums, r01, 16);
  rowSums += NORM_SUMS;
  v128.store(rowSums, r10);
  v128.store(rowSums, r11, 16);
  rowSums += NORM_SUMS;
  v128.store(rowSums, r20);
  v128.store(rowSums, r21, 16);
  rowSums += NORM_SUMS;
  v128.store(rowSums, r30);
  v128.store(rowSums, r31, 16);
}

/** sumsOfFour of one row. */
function sumsOfOne(
  z: usize, gates: i32, zStep: usize, gains: usize, d: usize, dStep: usize, rowSums: usize, sums: usize,
): void {
  let r0 = v128.load(ZEROS);
  let r1 = v128.load(ZEROS, 16);
  for (let gate = 0; gate < gates; ++gate, d += dStep, z += zStep) {
    for (let n: usize = 0; n < 64; n += 32) {
      const a0 = f32x4.mul(v128.load(d + n), v128.load(z + n));
      const a1 = f32x4.mul(v128.load(d + n, 16), v128.load(z + n, 16));
      r0 = madd(a0, v128.load(gains), r0);
      r1 = madd(a1, v128.load(gains, 16), r1);
      const all0 = f32x4.add(v128.load(sums), a0);
      const all1 = f32x4.add(v128.load(sums, 16), a1);
      v128.store(sums, all0);
      v128.store(sums, all1, 16);
      gains += 32;
      sums += 32;
    }
  }
  v128.store(rowSums, r0);
  v128.store(rowSums, r1, 16);
}
