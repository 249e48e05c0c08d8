// The tiles of panelRows (gemm-rows.ts) for engines that fuse pairs of 128-bit operations into
// 256-bit ones, see wide.ts: twice the columns at once, so that the same sums need half the registers.
// 6 x 16 where the multiply-add is one instruction: 12 sums in flight hide its latency, 15 registers
// hold them, the weights and the splat. 4 x 16 where product and sum are two: a product needs a
// register of its own, and a tile of six spills (72 GFLOP/s against 125). On 128 bits both spill, at
// two thirds of the speed of the tiles for those.

import { madd } from "./vector";

/** panelRows but for the one or two rows that may be left over; how many are done. */
export function panelRowsWide(
  rows: i32,
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
): i32 {
  let done = 0;
  if (ASC_FEATURE_RELAXED_SIMD) {
    let six = rows / 6;
    // two tiles of four rather than one of six and one of two, which is slow
    const left = rows - 6 * six;
    if (six > 0 && (left == 2 || left == 3)) --six;
    if (six > 0) {
      sixRows(six, a, aStride, segments, length, segmentStep, panel, init, out, outStride, add);
      done = 6 * six;
    }
  }
  const four = (rows - done) >> 2;
  if (four > 0) {
    const from = a + <usize>done * aStride;
    const to = out + <usize>done * outStride;
    fourRows(four, from, aStride, segments, length, segmentStep, panel, init, to, outStride, add);
    done += four << 2;
  }
  return done;
}

/** panelRows of 6 * tiles rows. */
export function sixRows(
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
    let s00 = v128.load(init);
    let s01 = v128.load(init, 16);
    let s02 = v128.load(init, 32);
    let s03 = v128.load(init, 48);
    let s10 = s00;
    let s11 = s01;
    let s12 = s02;
    let s13 = s03;
    let s20 = s00;
    let s21 = s01;
    let s22 = s02;
    let s23 = s03;
    let s30 = s00;
    let s31 = s01;
    let s32 = s02;
    let s33 = s03;
    let s40 = s00;
    let s41 = s01;
    let s42 = s02;
    let s43 = s03;
    let s50 = s00;
    let s51 = s01;
    let s52 = s02;
    let s53 = s03;
    let w = panel;
    let start = a;
    for (let segment = segments; segment > 0; --segment) {
      let p0 = start;
      let p1 = p0 + aStride;
      let p2 = p1 + aStride;
      let p3 = p2 + aStride;
      let p4 = p3 + aStride;
      let p5 = p4 + aStride;
      for (const end = start + bytes; p0 < end; p0 += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        const w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48);
        let x = v128.load32_splat(p0);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(p1);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        x = v128.load32_splat(p2);
        s20 = madd(x, w0, s20);
        s21 = madd(x, w1, s21);
        s22 = madd(x, w2, s22);
        s23 = madd(x, w3, s23);
        x = v128.load32_splat(p3);
        s30 = madd(x, w0, s30);
        s31 = madd(x, w1, s31);
        s32 = madd(x, w2, s32);
        s33 = madd(x, w3, s33);
        x = v128.load32_splat(p4);
        s40 = madd(x, w0, s40);
        s41 = madd(x, w1, s41);
        s42 = madd(x, w2, s42);
        s43 = madd(x, w3, s43);
        x = v128.load32_splat(p5);
        s50 = madd(x, w0, s50);
        s51 = madd(x, w1, s51);
        s52 = madd(x, w2, s52);
        s53 = madd(x, w3, s53);
        p1 += 4;
        p2 += 4;
        p3 += 4;
        p4 += 4;
        p5 += 4;
        w += 64;
      }
      start += segmentStep;
    }
    if (add) {
      let from = out;
      s00 = f32x4.add(v128.load(from), s00);
      s01 = f32x4.add(v128.load(from, 16), s01);
      s02 = f32x4.add(v128.load(from, 32), s02);
      s03 = f32x4.add(v128.load(from, 48), s03);
      from += outStride;
      s10 = f32x4.add(v128.load(from), s10);
      s11 = f32x4.add(v128.load(from, 16), s11);
      s12 = f32x4.add(v128.load(from, 32), s12);
      s13 = f32x4.add(v128.load(from, 48), s13);
      from += outStride;
      s20 = f32x4.add(v128.load(from), s20);
      s21 = f32x4.add(v128.load(from, 16), s21);
      s22 = f32x4.add(v128.load(from, 32), s22);
      s23 = f32x4.add(v128.load(from, 48), s23);
      from += outStride;
      s30 = f32x4.add(v128.load(from), s30);
      s31 = f32x4.add(v128.load(from, 16), s31);
      s32 = f32x4.add(v128.load(from, 32), s32);
      s33 = f32x4.add(v128.load(from, 48), s33);
      from += outStride;
      s40 = f32x4.add(v128.load(from), s40);
      s41 = f32x4.add(v128.load(from, 16), s41);
      s42 = f32x4.add(v128.load(from, 32), s42);
      s43 = f32x4.add(v128.load(from, 48), s43);
      from += outStride;
      s50 = f32x4.add(v128.load(from), s50);
      s51 = f32x4.add(v128.load(from, 16), s51);
      s52 = f32x4.add(v128.load(from, 32), s52);
      s53 = f32x4.add(v128.load(from, 48), s53);
    }
    v128.store(out, s00);
    v128.store(out, s01, 16);
    v128.store(out, s02, 32);
    v128.store(out, s03, 48);
    out += outStride;
    v128.store(out, s10);
    v128.store(out, s11, 16);
    v128.store(out, s12, 32);
    v128.store(out, s13, 48);
    out += outStride;
    v128.store(out, s20);
    v128.store(out, s21, 16);
    v128.store(out, s22, 32);
    v128.store(out, s23, 48);
    out += outStride;
    v128.store(out, s30);
    v128.store(out, s31, 16);
    v128.store(out, s32, 32);
    v128.store(out, s33, 48);
    out += outStride;
    v128.store(out, s40);
    v128.store(out, s41, 16);
    v128.store(out, s42, 32);
    v128.store(out, s43, 48);
    out += outStride;
    v128.store(out, s50);
    v128.store(out, s51, 16);
    v128.store(out, s52, 32);
    v128.store(out, s53, 48);
    out += outStride;
    a += 6 * aStride;
  }
}

/** panelRows of 4 * tiles rows. */
export function fourRows(
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
    let s00 = v128.load(init);
    let s01 = v128.load(init, 16);
    let s02 = v128.load(init, 32);
    let s03 = v128.load(init, 48);
    let s10 = s00;
    let s11 = s01;
    let s12 = s02;
    let s13 = s03;
    let s20 = s00;
    let s21 = s01;
    let s22 = s02;
    let s23 = s03;
    let s30 = s00;
    let s31 = s01;
    let s32 = s02;
    let s33 = s03;
    let w = panel;
    let start = a;
    for (let segment = segments; segment > 0; --segment) {
      let p0 = start;
      let p1 = p0 + aStride;
      let p2 = p1 + aStride;
      let p3 = p2 + aStride;
      for (const end = start + bytes; p0 < end; p0 += 4) {
        const w0 = v128.load(w);
        const w1 = v128.load(w, 16);
        const w2 = v128.load(w, 32);
        const w3 = v128.load(w, 48);
        let x = v128.load32_splat(p0);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(p1);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        x = v128.load32_splat(p2);
        s20 = madd(x, w0, s20);
        s21 = madd(x, w1, s21);
        s22 = madd(x, w2, s22);
        s23 = madd(x, w3, s23);
        x = v128.load32_splat(p3);
        s30 = madd(x, w0, s30);
        s31 = madd(x, w1, s31);
        s32 = madd(x, w2, s32);
        s33 = madd(x, w3, s33);
        p1 += 4;
        p2 += 4;
        p3 += 4;
        w += 64;
      }
      start += segmentStep;
    }
    if (add) {
      let from = out;
      s00 = f32x4.add(v128.load(from), s00);
      s01 = f32x4.add(v128.load(from, 16), s01);
      s02 = f32x4.add(v128.load(from, 32), s02);
      s03 = f32x4.add(v128.load(from, 48), s03);
      from += outStride;
      s10 = f32x4.add(v128.load(from), s10);
      s11 = f32x4.add(v128.load(from, 16), s11);
      s12 = f32x4.add(v128.load(from, 32), s12);
      s13 = f32x4.add(v128.load(from, 48), s13);
      from += outStride;
      s20 = f32x4.add(v128.load(from), s20);
      s21 = f32x4.add(v128.load(from, 16), s21);
      s22 = f32x4.add(v128.load(from, 32), s22);
      s23 = f32x4.add(v128.load(from, 48), s23);
      from += outStride;
      s30 = f32x4.add(v128.load(from), s30);
      s31 = f32x4.add(v128.load(from, 16), s31);
      s32 = f32x4.add(v128.load(from, 32), s32);
      s33 = f32x4.add(v128.load(from, 48), s33);
    }
    v128.store(out, s00);
    v128.store(out, s01, 16);
    v128.store(out, s02, 32);
    v128.store(out, s03, 48);
    out += outStride;
    v128.store(out, s10);
    v128.store(out, s11, 16);
    v128.store(out, s12, 32);
    v128.store(out, s13, 48);
    out += outStride;
    v128.store(out, s20);
    v128.store(out, s21, 16);
    v128.store(out, s22, 32);
    v128.store(out, s23, 48);
    out += outStride;
    v128.store(out, s30);
    v128.store(out, s31, 16);
    v128.store(out, s32, 32);
    v128.store(out, s33, 48);
    out += outStride;
    a += 4 * aStride;
  }
}
