// One row of a times packed panels of 16 columns; see gemm-rows.ts.

import { isWide } from "../wide";
import { madd } from "./vector";

/** panelRows of one row. */
export function rowsByOne(
  a: usize,
  segments: i32,
  length: i32,
  segmentStep: usize,
  w: usize,
  init: usize,
  out: usize,
  add: bool,
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
  if (add) {
    s0 = f32x4.add(v128.load(out), s0);
    s1 = f32x4.add(v128.load(out, 16), s1);
    s2 = f32x4.add(v128.load(out, 32), s2);
    s3 = f32x4.add(v128.load(out, 48), s3);
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}

/**
 * One row times `panels` panels that follow each other: out[p][0..16) = init[p][0..16) +
 * sum over k of a[k] * w[p][k][0..16), in the order of panelRows and with its bits. Two
 * panels at a time, for the four sums of one would wait for each other; four where sums are wide.
 *
 *   a           f32 [length]; length at least 1
 *   w           f32 [length][16], one panel wStep bytes behind the other
 *   init, out   f32 [panels][16]; out may be init, else no overlap
 */
export function rowPanels(
  a: usize,
  length: i32,
  panels: i32,
  w: usize,
  wStep: usize,
  init: usize,
  out: usize,
): void {
  if (isWide()) {
    const fours = panels >> 2;
    fourPanels(fours, a, length, w, wStep, init, out);
    const done = <usize>fours << 2;
    panels &= 3;
    w += done * wStep;
    init += done << 6;
    out += done << 6;
  }
  for (; panels >= 2; panels -= 2) {
    let s0 = v128.load(init);
    let s1 = v128.load(init, 16);
    let s2 = v128.load(init, 32);
    let s3 = v128.load(init, 48);
    let t0 = v128.load(init, 64);
    let t1 = v128.load(init, 80);
    let t2 = v128.load(init, 96);
    let t3 = v128.load(init, 112);
    let u = w;
    let v = w + wStep;
    for (let p = a, end = a + (<usize>length << 2); p < end; p += 4) {
      const x = v128.load32_splat(p);
      s0 = madd(x, v128.load(u), s0);
      s1 = madd(x, v128.load(u, 16), s1);
      s2 = madd(x, v128.load(u, 32), s2);
      s3 = madd(x, v128.load(u, 48), s3);
      u += 64;
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
    w += 2 * wStep;
    init += 128;
    out += 128;
  }
  if (panels > 0) rowsByOne(a, 1, length, 0, w, init, out, false);
}

/** rowPanels of 4 * fours panels, for engines that fuse pairs: eight sums in flight, see wide.ts. */
function fourPanels(
  fours: i32,
  a: usize,
  length: i32,
  w: usize,
  wStep: usize,
  init: usize,
  out: usize,
): void {
  for (; fours > 0; --fours) {
    let s00 = v128.load(init);
    let s01 = v128.load(init, 16);
    let s02 = v128.load(init, 32);
    let s03 = v128.load(init, 48);
    let s10 = v128.load(init, 64);
    let s11 = v128.load(init, 80);
    let s12 = v128.load(init, 96);
    let s13 = v128.load(init, 112);
    let s20 = v128.load(init, 128);
    let s21 = v128.load(init, 144);
    let s22 = v128.load(init, 160);
    let s23 = v128.load(init, 176);
    let s30 = v128.load(init, 192);
    let s31 = v128.load(init, 208);
    let s32 = v128.load(init, 224);
    let s33 = v128.load(init, 240);
    let w0 = w;
    let w1 = w0 + wStep;
    let w2 = w1 + wStep;
    let w3 = w2 + wStep;
    for (let p = a, end = a + (<usize>length << 2); p < end; p += 4) {
      const x = v128.load32_splat(p);
      s00 = madd(x, v128.load(w0), s00);
      s01 = madd(x, v128.load(w0, 16), s01);
      s02 = madd(x, v128.load(w0, 32), s02);
      s03 = madd(x, v128.load(w0, 48), s03);
      s10 = madd(x, v128.load(w1), s10);
      s11 = madd(x, v128.load(w1, 16), s11);
      s12 = madd(x, v128.load(w1, 32), s12);
      s13 = madd(x, v128.load(w1, 48), s13);
      s20 = madd(x, v128.load(w2), s20);
      s21 = madd(x, v128.load(w2, 16), s21);
      s22 = madd(x, v128.load(w2, 32), s22);
      s23 = madd(x, v128.load(w2, 48), s23);
      s30 = madd(x, v128.load(w3), s30);
      s31 = madd(x, v128.load(w3, 16), s31);
      s32 = madd(x, v128.load(w3, 32), s32);
      s33 = madd(x, v128.load(w3, 48), s33);
      w0 += 64;
      w1 += 64;
      w2 += 64;
      w3 += 64;
    }
    v128.store(out, s00);
    v128.store(out, s01, 16);
    v128.store(out, s02, 32);
    v128.store(out, s03, 48);
    v128.store(out, s10, 64);
    v128.store(out, s11, 80);
    v128.store(out, s12, 96);
    v128.store(out, s13, 112);
    v128.store(out, s20, 128);
    v128.store(out, s21, 144);
    v128.store(out, s22, 160);
    v128.store(out, s23, 176);
    v128.store(out, s30, 192);
    v128.store(out, s31, 208);
    v128.store(out, s32, 224);
    v128.store(out, s33, 240);
    w += 4 * wStep;
    init += 256;
    out += 256;
  }
}
