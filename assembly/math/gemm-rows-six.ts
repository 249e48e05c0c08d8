// The 6 x 8 tile of panelRows (gemm-rows.ts): 12 sums, 2 weights and 1 splat in 15 registers,
// every row of a its own basic block. The pointers of rows stand for conditions that V8
// cannot drop: they are never 0 or 1, and change in every round.

import { madd } from "./vector";

/** panelRows of 6 * tiles rows. */
export function rowsBySix(
  tiles: i32,
  a: usize,
  aStride: usize,
  segments: i32,
  length: i32,
  segmentStep: usize,
  panel: usize,
  init: usize,
  out: usize,
  outStride: usize,
  add: bool,
): void {
  const bytes = <usize>length << 2;
  for (; tiles > 0; --tiles) {
    for (let half: usize = 0; half < 64; half += 32) {
      let s00 = v128.load(init + half);
      let s01 = v128.load(init + half, 16);
      let s10 = s00;
      let s11 = s01;
      let s20 = s00;
      let s21 = s01;
      let s30 = s00;
      let s31 = s01;
      let s40 = s00;
      let s41 = s01;
      let s50 = s00;
      let s51 = s01;
      let next = panel + half;
      let start = a;
      for (let segment = segments; segment > 0; --segment) {
        let w = next;
        next += bytes << 4;
        let p0 = start;
        let p1 = p0 + aStride;
        let p2 = p1 + aStride;
        let p3 = p2 + aStride;
        let p4 = p3 + aStride;
        let p5 = p4 + aStride;
        const end = start + bytes;
        while (true) {
          let w0 = v128.load(w);
          let w1 = v128.load(w, 16);
          let x = v128.load32_splat(p0);
          s00 = madd(x, w0, s00);
          s01 = madd(x, w1, s01);
          if (p1 == 0) break;
          x = v128.load32_splat(p1);
          s10 = madd(x, w0, s10);
          s11 = madd(x, w1, s11);
          if (p2 == 0) break;
          x = v128.load32_splat(p2);
          s20 = madd(x, w0, s20);
          s21 = madd(x, w1, s21);
          if (p3 == 0) break;
          x = v128.load32_splat(p3);
          s30 = madd(x, w0, s30);
          s31 = madd(x, w1, s31);
          if (p4 == 0) break;
          x = v128.load32_splat(p4);
          s40 = madd(x, w0, s40);
          s41 = madd(x, w1, s41);
          if (p5 == 0) break;
          x = v128.load32_splat(p5);
          s50 = madd(x, w0, s50);
          s51 = madd(x, w1, s51);
          if (p0 + 4 >= end) break;
          w0 = v128.load(w, 64);
          w1 = v128.load(w, 80);
          x = v128.load32_splat(p0, 4);
          s00 = madd(x, w0, s00);
          s01 = madd(x, w1, s01);
          if (p1 == 1) break;
          x = v128.load32_splat(p1, 4);
          s10 = madd(x, w0, s10);
          s11 = madd(x, w1, s11);
          if (p2 == 1) break;
          x = v128.load32_splat(p2, 4);
          s20 = madd(x, w0, s20);
          s21 = madd(x, w1, s21);
          if (p3 == 1) break;
          x = v128.load32_splat(p3, 4);
          s30 = madd(x, w0, s30);
          s31 = madd(x, w1, s31);
          if (p4 == 1) break;
          x = v128.load32_splat(p4, 4);
          s40 = madd(x, w0, s40);
          s41 = madd(x, w1, s41);
          if (p5 == 1) break;
          x = v128.load32_splat(p5, 4);
          s50 = madd(x, w0, s50);
          s51 = madd(x, w1, s51);
          p0 += 8;
          p1 += 8;
          p2 += 8;
          p3 += 8;
          p4 += 8;
          p5 += 8;
          w += 128;
          if (p0 >= end) break;
        }
        start += segmentStep;
      }
      let to = out + half;
      if (add) {
        let from = to;
        s00 = f32x4.add(v128.load(from), s00);
        s01 = f32x4.add(v128.load(from, 16), s01);
        from += outStride;
        s10 = f32x4.add(v128.load(from), s10);
        s11 = f32x4.add(v128.load(from, 16), s11);
        from += outStride;
        s20 = f32x4.add(v128.load(from), s20);
        s21 = f32x4.add(v128.load(from, 16), s21);
        from += outStride;
        s30 = f32x4.add(v128.load(from), s30);
        s31 = f32x4.add(v128.load(from, 16), s31);
        from += outStride;
        s40 = f32x4.add(v128.load(from), s40);
        s41 = f32x4.add(v128.load(from, 16), s41);
        from += outStride;
        s50 = f32x4.add(v128.load(from), s50);
        s51 = f32x4.add(v128.load(from, 16), s51);
      }
      v128.store(to, s00);
      v128.store(to, s01, 16);
      to += outStride;
      v128.store(to, s10);
      v128.store(to, s11, 16);
      to += outStride;
      v128.store(to, s20);
      v128.store(to, s21, 16);
      to += outStride;
      v128.store(to, s30);
      v128.store(to, s31, 16);
      to += outStride;
      v128.store(to, s40);
      v128.store(to, s41, 16);
      to += outStride;
      v128.store(to, s50);
      v128.store(to, s51, 16);
    }
    a += 6 * aStride;
    out += 6 * outStride;
  }
}
