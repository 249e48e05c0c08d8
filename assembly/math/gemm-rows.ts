// Product of rows with one packed panel of 16 columns, the one inner loop of the cells:
//
//   out[r][0..16) = init[r][0..16) + sum over k of a[r][k] * w[k][0..16)
//
// The columns of a may stand in segments: `segments` runs of `length` floats,
// `segmentStep` bytes apart (one run for plain rows). The sum goes through k in
// order for every row, so a row's result depends neither on the rows beside it
// nor on the product being cut into several calls (init = out).
//
//   rows      rows of a, init and out; at least 1
//   a         f32, row r at a + r * aStride bytes, any alignment of 4
//   length    at least 1; a multiple of 4 where there are several segments
//   panel     f32 [segments * length][16], contiguous, 16-byte aligned
//   init      f32, row r at init + r * initStride bytes (0: one row for all)
//   out       f32, row r at out + r * outStride bytes; may be init, else no overlap
//
// Tiles, by what V8 makes of them (15 vector registers, all loads of a basic block
// hoisted to its top): 6 rows x 8 columns fused, for 12 sums in flight hide the
// latency of the multiply-add; 2 x 16 where product and sum are two instructions and
// need a register between them, and for the rows that six leave over. A branch that is
// never taken ends a basic block and keeps the loads behind it from being hoisted.

import { madd } from "./vector";

export function panelRows(
  rows: i32,
  a: usize,
  aStride: usize,
  segments: i32,
  length: i32,
  segmentStep: usize,
  panel: usize,
  init: usize,
  initStride: usize,
  out: usize,
  outStride: usize,
): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    const six = rows / 6;
    if (six > 0) {
      bySix(six, a, aStride, segments, length, segmentStep, panel, init, initStride, out, outStride);
      const done = <usize>(6 * six);
      rows -= <i32>done;
      a += done * aStride;
      init += done * initStride;
      out += done * outStride;
    }
  }
  const two = rows >> 1;
  if (two > 0) {
    byTwo(two, a, aStride, segments, length, segmentStep, panel, init, initStride, out, outStride);
  }
  if (rows & 1) {
    const done = <usize>(rows - 1);
    a += done * aStride;
    byOne(a, segments, length, segmentStep, panel, init + done * initStride, out + done * outStride);
  }
}

/** panelRows of 6 * tiles rows. */
function bySix(
  tiles: i32,
  a: usize,
  aStride: usize,
  segments: i32,
  length: i32,
  segmentStep: usize,
  panel: usize,
  init: usize,
  initStride: usize,
  out: usize,
  outStride: usize,
): void {
  const bytes = <usize>length << 2;
  for (; tiles > 0; --tiles) {
    for (let half: usize = 0; half < 64; half += 32) {
      let from = init + half;
      let s00 = v128.load(from);
      let s01 = v128.load(from, 16);
      from += initStride;
      let s10 = v128.load(from);
      let s11 = v128.load(from, 16);
      from += initStride;
      let s20 = v128.load(from);
      let s21 = v128.load(from, 16);
      from += initStride;
      let s30 = v128.load(from);
      let s31 = v128.load(from, 16);
      from += initStride;
      let s40 = v128.load(from);
      let s41 = v128.load(from, 16);
      from += initStride;
      let s50 = v128.load(from);
      let s51 = v128.load(from, 16);
      let w = panel + half;
      let start = a;
      for (let segment = segments; segment > 0; --segment) {
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
    init += 6 * initStride;
    out += 6 * outStride;
  }
}

/** panelRows of 2 * tiles rows. */
function byTwo(
  tiles: i32,
  a: usize,
  aStride: usize,
  segments: i32,
  length: i32,
  segmentStep: usize,
  panel: usize,
  init: usize,
  initStride: usize,
  out: usize,
  outStride: usize,
): void {
  const bytes = <usize>length << 2;
  for (; tiles > 0; --tiles) {
    const init1 = init + initStride;
    let s00 = v128.load(init);
    let s01 = v128.load(init, 16);
    let s02 = v128.load(init, 32);
    let s03 = v128.load(init, 48);
    let s10 = v128.load(init1);
    let s11 = v128.load(init1, 16);
    let s12 = v128.load(init1, 32);
    let s13 = v128.load(init1, 48);
    let w = panel;
    let start = a;
    for (let segment = segments; segment > 0; --segment) {
      let p = start;
      let q = start + aStride;
      const end = start + bytes;
      while (true) {
        let w0 = v128.load(w);
        let w1 = v128.load(w, 16);
        let w2 = v128.load(w, 32);
        let w3 = v128.load(w, 48);
        let x = v128.load32_splat(p);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        if (p + 4 >= end) break;
        w0 = v128.load(w, 64);
        w1 = v128.load(w, 80);
        w2 = v128.load(w, 96);
        w3 = v128.load(w, 112);
        x = v128.load32_splat(p, 4);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q, 4);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        if (p + 8 >= end) break;
        w0 = v128.load(w, 128);
        w1 = v128.load(w, 144);
        w2 = v128.load(w, 160);
        w3 = v128.load(w, 176);
        x = v128.load32_splat(p, 8);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q, 8);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        if (p + 12 >= end) break;
        w0 = v128.load(w, 192);
        w1 = v128.load(w, 208);
        w2 = v128.load(w, 224);
        w3 = v128.load(w, 240);
        x = v128.load32_splat(p, 12);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q, 12);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        p += 16;
        q += 16;
        w += 256;
        if (p >= end) break;
      }
      start += segmentStep;
    }
    v128.store(out, s00);
    v128.store(out, s01, 16);
    v128.store(out, s02, 32);
    v128.store(out, s03, 48);
    const out1 = out + outStride;
    v128.store(out1, s10);
    v128.store(out1, s11, 16);
    v128.store(out1, s12, 32);
    v128.store(out1, s13, 48);
    a += aStride << 1;
    init += initStride << 1;
    out += outStride << 1;
  }
}

/** panelRows of one row. */
function byOne(
  a: usize,
  segments: i32,
  length: i32,
  segmentStep: usize,
  w: usize,
  init: usize,
  out: usize,
): void {
  let s0 = v128.load(init);
  let s1 = v128.load(init, 16);
  let s2 = v128.load(init, 32);
  let s3 = v128.load(init, 48);
  for (; segments > 0; --segments) {
    const end = a + (<usize>length << 2);
    for (let p = a; p < end; p += 4) {
      const x = v128.load32_splat(p);
      s0 = madd(x, v128.load(w), s0);
      s1 = madd(x, v128.load(w, 16), s1);
      s2 = madd(x, v128.load(w, 32), s2);
      s3 = madd(x, v128.load(w, 48), s3);
      w += 64;
    }
    a += segmentStep;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}

/**
 * One row times `panels` panels that follow each other: out[p][0..16) = init[p][0..16) +
 * sum over k of a[k] * w[p][k][0..16), in the order of panelRows and with its bits. Two
 * panels at a time, for the four sums of one would wait for each other.
 *
 *   a           f32 [length]; length at least 1
 *   w           f32 [panels][length][16]
 *   init, out   f32 [panels][16]; out may be init, else no overlap
 */
export function rowPanels(a: usize, length: i32, panels: i32, w: usize, init: usize, out: usize): void {
  const step = <usize>length << 6;
  for (; panels >= 2; panels -= 2) {
    let s0 = v128.load(init);
    let s1 = v128.load(init, 16);
    let s2 = v128.load(init, 32);
    let s3 = v128.load(init, 48);
    let t0 = v128.load(init, 64);
    let t1 = v128.load(init, 80);
    let t2 = v128.load(init, 96);
    let t3 = v128.load(init, 112);
    let v = w + step;
    const end = v;
    for (let p = a; w < end; p += 4) {
      const x = v128.load32_splat(p);
      s0 = madd(x, v128.load(w), s0);
      s1 = madd(x, v128.load(w, 16), s1);
      s2 = madd(x, v128.load(w, 32), s2);
      s3 = madd(x, v128.load(w, 48), s3);
      w += 64;
      // never taken, as in the tiles
      if (p == 1) break;
      t0 = madd(x, v128.load(v), t0);
      t1 = madd(x, v128.load(v, 16), t1);
      t2 = madd(x, v128.load(v, 32), t2);
      t3 = madd(x, v128.load(v, 48), t3);
      v += 64;
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
    v128.store(out, t0, 64);
    v128.store(out, t1, 80);
    v128.store(out, t2, 96);
    v128.store(out, t3, 112);
    w = v;
    init += 128;
    out += 128;
  }
  if (panels > 0) byOne(a, 1, length, 0, w, init, out);
}
