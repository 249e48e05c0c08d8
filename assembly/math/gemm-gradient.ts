// Gradient of a packed panel of weights, 16 columns wide:
//
//   dw[k][0..16) += sum over r of x[r][k] * g[r][0..16)
//
// with x packed in groups of four columns by packColumns, so that the inner loop
// reads two streams and no stride.
//
//   rows    any number >= 1
//   packed  f32 [groups][rows][4], 16-byte aligned
//   g       f32 [rows][16], 16-byte aligned
//   dw      f32 [4 * groups][16], 16-byte aligned, accumulated into; no overlap with the others
//
// Tile: 4 rows of dw x 8 columns. For the breaks see gemm-rows.ts.

import { madd } from "./vector";

export function panelGradient(rows: i32, groups: i32, packed: usize, g: usize, dw: usize): void {
  const bytes = <usize>rows << 4;
  for (let group = 0; group < groups; ++group) {
    const end = packed + bytes;
    for (let half: usize = 0; half < 64; half += 32) {
      const d = dw + half;
      let s00 = v128.load(d);
      let s01 = v128.load(d, 16);
      let s10 = v128.load(d, 64);
      let s11 = v128.load(d, 80);
      let s20 = v128.load(d, 128);
      let s21 = v128.load(d, 144);
      let s30 = v128.load(d, 192);
      let s31 = v128.load(d, 208);
      let p = packed;
      let q = g + half;
      while (true) {
        let g0 = v128.load(q);
        let g1 = v128.load(q, 16);
        let s = v128.load32_splat(p);
        s00 = madd(s, g0, s00);
        s01 = madd(s, g1, s01);
        s = v128.load32_splat(p, 4);
        s10 = madd(s, g0, s10);
        s11 = madd(s, g1, s11);
        s = v128.load32_splat(p, 8);
        s20 = madd(s, g0, s20);
        s21 = madd(s, g1, s21);
        s = v128.load32_splat(p, 12);
        s30 = madd(s, g0, s30);
        s31 = madd(s, g1, s31);
        if (p + 16 >= end) break;
        g0 = v128.load(q, 64);
        g1 = v128.load(q, 80);
        s = v128.load32_splat(p, 16);
        s00 = madd(s, g0, s00);
        s01 = madd(s, g1, s01);
        s = v128.load32_splat(p, 20);
        s10 = madd(s, g0, s10);
        s11 = madd(s, g1, s11);
        s = v128.load32_splat(p, 24);
        s20 = madd(s, g0, s20);
        s21 = madd(s, g1, s21);
        s = v128.load32_splat(p, 28);
        s30 = madd(s, g0, s30);
        s31 = madd(s, g1, s31);
        if (p + 32 >= end) break;
        g0 = v128.load(q, 128);
        g1 = v128.load(q, 144);
        s = v128.load32_splat(p, 32);
        s00 = madd(s, g0, s00);
        s01 = madd(s, g1, s01);
        s = v128.load32_splat(p, 36);
        s10 = madd(s, g0, s10);
        s11 = madd(s, g1, s11);
        s = v128.load32_splat(p, 40);
        s20 = madd(s, g0, s20);
        s21 = madd(s, g1, s21);
        s = v128.load32_splat(p, 44);
        s30 = madd(s, g0, s30);
        s31 = madd(s, g1, s31);
        if (p + 48 >= end) break;
        g0 = v128.load(q, 192);
        g1 = v128.load(q, 208);
        s = v128.load32_splat(p, 48);
        s00 = madd(s, g0, s00);
        s01 = madd(s, g1, s01);
        s = v128.load32_splat(p, 52);
        s10 = madd(s, g0, s10);
        s11 = madd(s, g1, s11);
        s = v128.load32_splat(p, 56);
        s20 = madd(s, g0, s20);
        s21 = madd(s, g1, s21);
        s = v128.load32_splat(p, 60);
        s30 = madd(s, g0, s30);
        s31 = madd(s, g1, s31);
        p += 64;
        q += 256;
        if (p >= end) break;
      }
      v128.store(d, s00);
      v128.store(d, s01, 16);
      v128.store(d, s10, 64);
      v128.store(d, s11, 80);
      v128.store(d, s20, 128);
      v128.store(d, s21, 144);
      v128.store(d, s30, 192);
      v128.store(d, s31, 208);
    }
    packed = end;
    dw += 256;
  }
}

/** x[rows][4 * groups] with rows `stride` bytes apart -> packed [groups][rows][4]. 16-byte aligned. */
export function packColumns(rows: i32, groups: i32, x: usize, stride: usize, packed: usize): void {
  const step = <usize>rows << 4;
  for (let r = 0; r < rows; ++r) {
    let to = packed;
    for (let group = 0; group < groups; ++group) {
      v128.store(to, v128.load(x + (<usize>group << 4)));
      to += step;
    }
    packed += 16;
    x += stride;
  }
}
