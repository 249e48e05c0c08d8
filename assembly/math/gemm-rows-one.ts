// One row of a times packed panels of 16 columns; see gemm-rows.ts.

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
 * panels at a time, for the four sums of one would wait for each other.
 *
 *   a           f32 [length]; length at least 1
 *   w           f32 [panels][length][16]
 *   init, out   f32 [panels][16]; out may be init, else no overlap
 */
export function rowPanels(
  a: usize,
  length: i32,
  panels: i32,
  w: usize,
  init: usize,
  out: usize,
): void {
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
  if (panels > 0) rowsByOne(a, 1, length, 0, w, init, out, false);
}
