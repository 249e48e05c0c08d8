// Product of rows with one packed panel of 16 columns:
//
//   out[r][0..16) = init[r][0..16) + sum over k of a[r][k] * w[k][0..16)
//
// The columns of a may stand in segments: `segments` runs of `length` floats,
// `segmentStep` bytes apart (one run for plain rows). The sum goes through k in
// order for every row, so a row's result does not depend on the rows beside it,
// nor on the product being cut into several calls (init = out).
//
//   rows          rows of a and out
//   a             f32, row r at a + r * aStride bytes; any alignment of 4
//   segments * length = number of k; length a multiple of 4
//   w             f32 [k][16], contiguous, 16-byte aligned
//   init          f32, row r at init + r * initStride (0: one row for all)
//   out           f32, row r at out + r * outStride; may be init, must not overlap a or w
//   strides       bytes
//
// Tile: 2 rows x 16 columns, 8 accumulators + 4 weights + 1 splat in 15 registers.
// The breaks between the unrolled copies keep V8 from hoisting the loads of all
// copies to the top, which would spill.

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
  const bytes = <usize>length << 2;
  let r = 0;
  for (; r + 2 <= rows; r += 2) {
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
        let s = v128.load32_splat(p);
        s00 = madd(s, w0, s00);
        s01 = madd(s, w1, s01);
        s02 = madd(s, w2, s02);
        s03 = madd(s, w3, s03);
        s = v128.load32_splat(q);
        s10 = madd(s, w0, s10);
        s11 = madd(s, w1, s11);
        s12 = madd(s, w2, s12);
        s13 = madd(s, w3, s13);
        if (p + 4 >= end) break;
        w0 = v128.load(w, 64);
        w1 = v128.load(w, 80);
        w2 = v128.load(w, 96);
        w3 = v128.load(w, 112);
        s = v128.load32_splat(p, 4);
        s00 = madd(s, w0, s00);
        s01 = madd(s, w1, s01);
        s02 = madd(s, w2, s02);
        s03 = madd(s, w3, s03);
        s = v128.load32_splat(q, 4);
        s10 = madd(s, w0, s10);
        s11 = madd(s, w1, s11);
        s12 = madd(s, w2, s12);
        s13 = madd(s, w3, s13);
        if (p + 8 >= end) break;
        w0 = v128.load(w, 128);
        w1 = v128.load(w, 144);
        w2 = v128.load(w, 160);
        w3 = v128.load(w, 176);
        s = v128.load32_splat(p, 8);
        s00 = madd(s, w0, s00);
        s01 = madd(s, w1, s01);
        s02 = madd(s, w2, s02);
        s03 = madd(s, w3, s03);
        s = v128.load32_splat(q, 8);
        s10 = madd(s, w0, s10);
        s11 = madd(s, w1, s11);
        s12 = madd(s, w2, s12);
        s13 = madd(s, w3, s13);
        if (p + 12 >= end) break;
        w0 = v128.load(w, 192);
        w1 = v128.load(w, 208);
        w2 = v128.load(w, 224);
        w3 = v128.load(w, 240);
        s = v128.load32_splat(p, 12);
        s00 = madd(s, w0, s00);
        s01 = madd(s, w1, s01);
        s02 = madd(s, w2, s02);
        s03 = madd(s, w3, s03);
        s = v128.load32_splat(q, 12);
        s10 = madd(s, w0, s10);
        s11 = madd(s, w1, s11);
        s12 = madd(s, w2, s12);
        s13 = madd(s, w3, s13);
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
  if (r < rows) panelRow(a, segments, length, segmentStep, panel, init, out);
}

/** panelRows of one row. */
export function panelRow(
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
      const s = v128.load32_splat(p);
      s0 = madd(s, v128.load(w), s0);
      s1 = madd(s, v128.load(w, 16), s1);
      s2 = madd(s, v128.load(w, 32), s2);
      s3 = madd(s, v128.load(w, 48), s3);
      w += 64;
    }
    a += segmentStep;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}
