// panelRows (gemm-rows.ts) for panels of 8 or 4 columns, where a matrix has fewer than 16 left: the same sums in the same order.
// Tiles of 4 rows x 8 columns and 8 x 4: eight sums in flight within the 15 registers that V8 has. Loops are unrolled by `break`s,
// because V8 in Node 20 hoists all loads of a basic block above its arithmetic and spills; stores are plain, for what is
// chosen at a store keeps engines of 256 bits from packing the tile.

import { madd } from "./vector";

/**
 * out[r][0..width) = init[0..width) + sum over k of a[r][k] * w[k][0..width), width 8 or 4; all else as of panelRows, `length`
 * at least 1 whatever the number of segments.
 */
export function narrowRows(
  width: i32, rows: i32, a: usize, aStride: usize, segments: i32, length: i32, segmentStep: usize, panel: usize,
  init: usize, out: usize, outStride: usize, add: bool,
): void {
  if (width == 8) {
    const four = rows >> 2;
    if (four > 0) fourByEight(four, a, aStride, segments, length, segmentStep, panel, init, out, outStride, add);
    const done = <usize>four << 2;
    a += done * aStride;
    out += done * outStride;
    for (let r = rows & 3; r > 0; --r, a += aStride, out += outStride) {
      oneRow(true, a, segments, length, segmentStep, panel, init, out, add);
    }
    return;
  }
  const eight = rows >> 3;
  if (eight > 0) eightByFour(eight, a, aStride, segments, length, segmentStep, panel, init, out, outStride, add);
  const done = <usize>eight << 3;
  a += done * aStride;
  out += done * outStride;
  for (let r = rows & 7; r > 0; --r, a += aStride, out += outStride) {
    oneRow(false, a, segments, length, segmentStep, panel, init, out, add);
  }
}

// @ts-ignore: decorator
@inline
function put(out: usize, value: v128, add: bool): void {
  v128.store(out, add ? f32x4.add(v128.load(out), value) : value);
}

function fourByEight(
  tiles: i32, a: usize, aStride: usize, segments: i32, length: i32, segmentStep: usize, panel: usize, init: usize,
  out: usize, outStride: usize, add: bool,
): void {
  const bytes = <usize>length << 2;
  for (; tiles > 0; --tiles) {
    let s00 = v128.load(init);
    let s01 = v128.load(init, 16);
    let s10 = s00;
    let s11 = s01;
    let s20 = s00;
    let s21 = s01;
    let s30 = s00;
    let s31 = s01;
    let from = panel;
    let start = a;
    for (let segment = segments; segment > 0; --segment) {
      let p0 = start;
      let p1 = p0 + aStride;
      let p2 = p1 + aStride;
      let p3 = p2 + aStride;
      let w = from;
      from += bytes << 3;
      while (true) {
        let b0 = v128.load(w);
        let b1 = v128.load(w, 16);
        let x = v128.load32_splat(p0);
        s00 = madd(x, b0, s00);
        s01 = madd(x, b1, s01);
        x = v128.load32_splat(p1);
        s10 = madd(x, b0, s10);
        s11 = madd(x, b1, s11);
        x = v128.load32_splat(p2);
        s20 = madd(x, b0, s20);
        s21 = madd(x, b1, s21);
        x = v128.load32_splat(p3);
        s30 = madd(x, b0, s30);
        s31 = madd(x, b1, s31);
        w += 32;
        if (w >= from) break;
        b0 = v128.load(w);
        b1 = v128.load(w, 16);
        x = v128.load32_splat(p0, 4);
        s00 = madd(x, b0, s00);
        s01 = madd(x, b1, s01);
        x = v128.load32_splat(p1, 4);
        s10 = madd(x, b0, s10);
        s11 = madd(x, b1, s11);
        x = v128.load32_splat(p2, 4);
        s20 = madd(x, b0, s20);
        s21 = madd(x, b1, s21);
        x = v128.load32_splat(p3, 4);
        s30 = madd(x, b0, s30);
        s31 = madd(x, b1, s31);
        w += 32;
        if (w >= from) break;
        p0 += 8;
        p1 += 8;
        p2 += 8;
        p3 += 8;
      }
      start += segmentStep;
    }
    if (add) {
      let from = out;
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
    }
    v128.store(out, s00);
    v128.store(out, s01, 16);
    out += outStride;
    v128.store(out, s10);
    v128.store(out, s11, 16);
    out += outStride;
    v128.store(out, s20);
    v128.store(out, s21, 16);
    out += outStride;
    v128.store(out, s30);
    v128.store(out, s31, 16);
    out += outStride;
    a += 4 * aStride;
  }
}

function eightByFour(
  tiles: i32, a: usize, aStride: usize, segments: i32, length: i32, segmentStep: usize, panel: usize, init: usize,
  out: usize, outStride: usize, add: bool,
): void {
  const bytes = <usize>length << 2;
  const half = aStride << 2;
  for (; tiles > 0; --tiles) {
    let s0 = v128.load(init);
    let s1 = s0;
    let s2 = s0;
    let s3 = s0;
    let s4 = s0;
    let s5 = s0;
    let s6 = s0;
    let s7 = s0;
    let w = panel;
    let start = a;
    for (let segment = segments; segment > 0; --segment) {
      let p0 = start;
      let p1 = p0 + aStride;
      let p2 = p1 + aStride;
      let p3 = p2 + aStride;
      let q0 = p0 + half;
      let q1 = p1 + half;
      let q2 = p2 + half;
      let q3 = p3 + half;
      for (const end = start + bytes; p0 < end; w += 16) {
        const b = v128.load(w);
        s0 = madd(v128.load32_splat(p0), b, s0);
        s1 = madd(v128.load32_splat(p1), b, s1);
        s2 = madd(v128.load32_splat(p2), b, s2);
        // never taken, as in the tiles of gemm-rows-six.ts
        if (p1 == 1) break;
        s3 = madd(v128.load32_splat(p3), b, s3);
        s4 = madd(v128.load32_splat(q0), b, s4);
        s5 = madd(v128.load32_splat(q1), b, s5);
        if (p2 == 1) break;
        s6 = madd(v128.load32_splat(q2), b, s6);
        s7 = madd(v128.load32_splat(q3), b, s7);
        q0 += 4;
        q1 += 4;
        q2 += 4;
        q3 += 4;
        p0 += 4;
        p1 += 4;
        p2 += 4;
        p3 += 4;
      }
      start += segmentStep;
    }
    put(out, s0, add);
    put(out + outStride, s1, add);
    put(out + 2 * outStride, s2, add);
    put(out + 3 * outStride, s3, add);
    out += outStride << 2;
    put(out, s4, add);
    put(out + outStride, s5, add);
    put(out + 2 * outStride, s6, add);
    put(out + 3 * outStride, s7, add);
    out += outStride << 2;
    a += 8 * aStride;
  }
}

function oneRow(
  wide: bool, a: usize, segments: i32, length: i32, segmentStep: usize, w: usize, init: usize, out: usize, add: bool,
): void {
  let s0 = v128.load(init);
  if (!wide) {
    for (; segments > 0; --segments, a += segmentStep) {
      for (let p = a, end = a + (<usize>length << 2); p < end; p += 4, w += 16) {
        s0 = madd(v128.load32_splat(p), v128.load(w), s0);
      }
    }
    put(out, s0, add);
    return;
  }
  let s1 = v128.load(init, 16);
  for (; segments > 0; --segments, a += segmentStep) {
    for (let p = a, end = a + (<usize>length << 2); p < end; p += 4, w += 32) {
      const x = v128.load32_splat(p);
      s0 = madd(x, v128.load(w), s0);
      s1 = madd(x, v128.load(w, 16), s1);
    }
  }
  if (add) {
    s0 = f32x4.add(v128.load(out), s0);
    s1 = f32x4.add(v128.load(out, 16), s1);
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
}
