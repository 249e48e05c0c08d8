// lstmGatesForward for engines that fuse pairs of 128-bit operations, see wide.ts: neighbours undergo the
// same. i and f do by nature; g (tanh) and o (sigmoid) are made to: P of the sigmoid gets a leading
// coefficient of 0, and the tanh adds -0 at the end, which leaves every bit as it is.

import { constant, half, SIGMOID, sigmoidRational, TANH, tanhRational } from "../activations";
import { madd } from "../math/vector";

/** Constants of rational() for g and o side by side: lower, upper limit, P from x^4, Q from x^3, summand. */
const PAIR: usize = memory.data<f32>([
  -8.4, -8.4, -8.4, -8.4, -16, -16, -16, -16,
  8.4, 8.4, 8.4, 8.4, 16, 16, 16, 16,
  0.017587153241038322, 0.017587153241038322, 0.017587153241038322, 0.017587153241038322, 0, 0, 0, 0,
  26.01154136657715, 26.01154136657715, 26.01154136657715, 26.01154136657715,
  46.49245834350586, 46.49245834350586, 46.49245834350586, 46.49245834350586,
  4309.33447265625, 4309.33447265625, 4309.33447265625, 4309.33447265625,
  48053.21484375, 48053.21484375, 48053.21484375, 48053.21484375,
  163293.546875, 163293.546875, 163293.546875, 163293.546875,
  8421959.0, 8421959.0, 8421959.0, 8421959.0,
  1216848.125, 1216848.125, 1216848.125, 1216848.125,
  260653632.0, 260653632.0, 260653632.0, 260653632.0,
  408.99017333984375, 408.99017333984375, 408.99017333984375, 408.99017333984375,
  3885.229736328125, 3885.229736328125, 3885.229736328125, 3885.229736328125,
  31699.5859375, 31699.5859375, 31699.5859375, 31699.5859375,
  1551539.0, 1551539.0, 1551539.0, 1551539.0,
  568909.5, 568909.5, 568909.5, 568909.5,
  120572056.0, 120572056.0, 120572056.0, 120572056.0,
  1216848.125, 1216848.125, 1216848.125, 1216848.125,
  1042614720.0, 1042614720.0, 1042614720.0, 1042614720.0,
  -0.0, -0.0, -0.0, -0.0, 0.5, 0.5, 0.5, 0.5,
], 32);

// @ts-ignore: decorator
@inline
function pairRational(
  x: v128, low: v128, high: v128, p0: v128, p1: v128, p2: v128, p3: v128, p4: v128, q0: v128,
  q1: v128, q2: v128, q3: v128, summand: v128,
): v128 {
  return f32x4.add(tanhRational(x, low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3), summand);
}

/** As lstmGatesForward; what stands in pre is lost. */
export function lstmGatesForwardWide(
  rows: i32, pre: usize, saved: usize, cPrevious: usize, c: usize, cStride: usize, h: usize,
  hStride: usize,
): void {
  gates(rows, pre, saved);
  cells(rows, saved, cPrevious, c, cStride, pre);
  squash(rows, pre);
  outputs(rows, saved, pre, h, hStride);
}

function gates(rows: i32, pre: usize, saved: usize): void {
  const high = constant(SIGMOID);
  const low = f32x4.neg(high);
  const p0 = constant(SIGMOID + 1);
  const p1 = constant(SIGMOID + 2);
  const p2 = constant(SIGMOID + 3);
  const p3 = constant(SIGMOID + 4);
  const q0 = constant(SIGMOID + 5);
  const q1 = constant(SIGMOID + 6);
  const q2 = constant(SIGMOID + 7);
  const q3 = constant(SIGMOID + 8);
  const h = half();
  const gLow = v128.load(PAIR, 0);
  const oLow = v128.load(PAIR, 16);
  const gHigh = v128.load(PAIR, 32);
  const oHigh = v128.load(PAIR, 48);
  const gP4 = v128.load(PAIR, 64);
  const oP4 = v128.load(PAIR, 80);
  const gP3 = v128.load(PAIR, 96);
  const oP3 = v128.load(PAIR, 112);
  const gP2 = v128.load(PAIR, 128);
  const oP2 = v128.load(PAIR, 144);
  const gP1 = v128.load(PAIR, 160);
  const oP1 = v128.load(PAIR, 176);
  const gP0 = v128.load(PAIR, 192);
  const oP0 = v128.load(PAIR, 208);
  const gQ3 = v128.load(PAIR, 224);
  const oQ3 = v128.load(PAIR, 240);
  const gQ2 = v128.load(PAIR, 256);
  const oQ2 = v128.load(PAIR, 272);
  const gQ1 = v128.load(PAIR, 288);
  const oQ1 = v128.load(PAIR, 304);
  const gQ0 = v128.load(PAIR, 320);
  const oQ0 = v128.load(PAIR, 336);
  const gSummand = v128.load(PAIR, 352);
  const oSummand = v128.load(PAIR, 368);
  for (const end = pre + (<usize>rows << 6); pre < end; pre += 64) {
    const xi = v128.load(pre);
    const xf = v128.load(pre, 16);
    const xg = v128.load(pre, 32);
    const xo = v128.load(pre, 48);
    const i = sigmoidRational(xi, low, high, p0, p1, p2, p3, q0, q1, q2, q3, h);
    const f = sigmoidRational(xf, low, high, p0, p1, p2, p3, q0, q1, q2, q3, h);
    const g = pairRational(xg, gLow, gHigh, gP0, gP1, gP2, gP3, gP4, gQ0, gQ1, gQ2, gQ3, gSummand);
    const o = pairRational(xo, oLow, oHigh, oP0, oP1, oP2, oP3, oP4, oQ0, oQ1, oQ2, oQ3, oSummand);
    v128.store(saved, i);
    v128.store(saved, f, 16);
    v128.store(saved, g, 32);
    v128.store(saved, o, 48);
    saved += 80;
  }
}

function cells(rows: i32, saved: usize, cPrevious: usize, c: usize, cStride: usize, to: usize): void {
  for (let r = 0; r < rows; ++r) {
    const sum = madd(
      v128.load(saved, 16),
      v128.load(cPrevious),
      f32x4.mul(v128.load(saved), v128.load(saved, 32)),
    );
    v128.store(c, sum);
    v128.store(to, sum);
    saved += 80;
    cPrevious += cStride;
    c += cStride;
    to += 16;
  }
}

function squash(rows: i32, at: usize): void {
  const high = constant(TANH);
  const low = f32x4.neg(high);
  const p0 = constant(TANH + 1);
  const p1 = constant(TANH + 2);
  const p2 = constant(TANH + 3);
  const p3 = constant(TANH + 4);
  const p4 = constant(TANH + 5);
  const q0 = constant(TANH + 6);
  const q1 = constant(TANH + 7);
  const q2 = constant(TANH + 8);
  const q3 = constant(TANH + 9);
  // a row too many is not looked at
  for (let r = 0; r < rows; r += 2) {
    const x = v128.load(at);
    const y = v128.load(at, 16);
    const s = tanhRational(x, low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3);
    const t = tanhRational(y, low, high, p0, p1, p2, p3, p4, q0, q1, q2, q3);
    v128.store(at, s);
    v128.store(at, t, 16);
    at += 32;
  }
}

function outputs(rows: i32, saved: usize, squashed: usize, h: usize, hStride: usize): void {
  for (let r = 0; r < rows; ++r) {
    const s = v128.load(squashed);
    v128.store(saved, s, 64);
    v128.store(h, f32x4.mul(v128.load(saved, 48), s));
    saved += 80;
    squashed += 16;
    h += hStride;
  }
}
