// The 2 x 16 tile of panelRows (gemm-rows.ts): 8 sums, 4 weights, 2 splats and, where product
// and sum are two instructions, the product in 15 registers. Eight copies of
// the body, for the plain build waits for its front end and every round costs instructions.

import { madd } from "./vector";

/** panelRows of 2 * tiles rows. */
export function rowsByTwo(
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
    let next = panel;
    let start = a;
    for (let segment = segments; segment > 0; --segment) {
      let w = next;
      next += bytes << 4;
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
        if (p + 16 >= end) break;
        w0 = v128.load(w, 256);
        w1 = v128.load(w, 272);
        w2 = v128.load(w, 288);
        w3 = v128.load(w, 304);
        x = v128.load32_splat(p, 16);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q, 16);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        if (p + 20 >= end) break;
        w0 = v128.load(w, 320);
        w1 = v128.load(w, 336);
        w2 = v128.load(w, 352);
        w3 = v128.load(w, 368);
        x = v128.load32_splat(p, 20);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q, 20);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        if (p + 24 >= end) break;
        w0 = v128.load(w, 384);
        w1 = v128.load(w, 400);
        w2 = v128.load(w, 416);
        w3 = v128.load(w, 432);
        x = v128.load32_splat(p, 24);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q, 24);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        if (p + 28 >= end) break;
        w0 = v128.load(w, 448);
        w1 = v128.load(w, 464);
        w2 = v128.load(w, 480);
        w3 = v128.load(w, 496);
        x = v128.load32_splat(p, 28);
        s00 = madd(x, w0, s00);
        s01 = madd(x, w1, s01);
        s02 = madd(x, w2, s02);
        s03 = madd(x, w3, s03);
        x = v128.load32_splat(q, 28);
        s10 = madd(x, w0, s10);
        s11 = madd(x, w1, s11);
        s12 = madd(x, w2, s12);
        s13 = madd(x, w3, s13);
        p += 32;
        q += 32;
        w += 512;
        if (p >= end) break;
      }
      start += segmentStep;
    }
    const out1 = out + outStride;
    if (add) {
      s00 = f32x4.add(v128.load(out), s00);
      s01 = f32x4.add(v128.load(out, 16), s01);
      s02 = f32x4.add(v128.load(out, 32), s02);
      s03 = f32x4.add(v128.load(out, 48), s03);
      s10 = f32x4.add(v128.load(out1), s10);
      s11 = f32x4.add(v128.load(out1, 16), s11);
      s12 = f32x4.add(v128.load(out1, 32), s12);
      s13 = f32x4.add(v128.load(out1, 48), s13);
    }
    v128.store(out, s00);
    v128.store(out, s01, 16);
    v128.store(out, s02, 32);
    v128.store(out, s03, 48);
    v128.store(out1, s10);
    v128.store(out1, s11, 16);
    v128.store(out1, s12, 32);
    v128.store(out1, s13, 48);
    a += aStride << 1;
    out += outStride << 1;
  }
}
