// Scores of additive attention: s[t][j] = outer sum over d of weights[d] tanh(inner (q[t][d] + k[j][d])).
//
// q [Tq][B][qStride], k [Tv][B][kStride], D columns padded with 0; s [Tq][B][sStride]. inner, outer: a float each, or 0
// for 1; weights [pad4(D)], padding 0, or 0 for ones. All 16-byte aligned, strides in floats, multiples of 4.
// Source: D. Bahdanau, K. Cho, Y. Bengio, "Neural machine translation by jointly learning to align and translate",
// ICLR 2015, in the form of Keras' AdditiveAttention (weights) and Attention with score_mode 'concat' (inner, outer).

import { one, tanhVector } from "../activations";
import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { pad4 } from "../math/vector";

// @ts-ignore: decorator
@inline
function factorAt(pointer: usize): f32 {
  return pointer ? load<f32>(pointer) : 1;
}

/** s: overwritten, columns Tv..pad4(Tv) with 0. The rest is only read. Sums over D in float64. */
export function tanhScores(
  B: i32, Tq: i32, Tv: i32, D: i32, q: usize, qStride: i32, k: usize, kStride: i32,
  inner: usize, weights: usize, outer: usize, s: usize, sStride: i32,
): void {
  const c = f32x4.splat(factorAt(inner));
  const factor = factorAt(outer);
  const end = (<usize>D) << 2;
  const kStep = (<usize>B * <usize>kStride) << 2;
  for (let t = 0; t < Tq; ++t) {
    for (let b = 0; b < B; ++b, q += (<usize>qStride) << 2, s += (<usize>sStride) << 2) {
      let key = k + ((<usize>b * <usize>kStride) << 2);
      for (let j = 0; j < Tv; ++j, key += kStep) {
        let sum = f64x2.splat(0);
        for (let at: usize = 0; at < end; at += 16) {
          let y = tanhVector(f32x4.mul(c, f32x4.add(v128.load(q + at), v128.load(key + at))));
          if (weights) y = f32x4.mul(y, v128.load(weights + at));
          sum = f64x2.add(sum, f64x2.add(promoteLow(y), promoteHigh(y)));
        }
        store<f32>(s + ((<usize>j) << 2), factor * <f32>sumLanes(sum));
      }
      for (let j = Tv; j < pad4(Tv); ++j) store<f32>(s + ((<usize>j) << 2), 0);
    }
  }
}

/** Floats of scratch that tanhScoresBackward needs. */
export function tanhScoresFloats(D: f64): f64 {
  return 3 * Math.ceil(D / 4) * 4;
}

/**
 * From dS: dQ and dK (each overwritten, padding with 0; 0 where it is not wanted) and, where dInner, dWeights, dOuter are
 * not 0, the gradients of those: a float, [pad4(D)], a float. Gradients of weights are summed in float32 over the steps
 * of one query, and in float64 over all of them. scratch: tanhScoresFloats. No overlap.
 */
export function tanhScoresBackward(
  B: i32, Tq: i32, Tv: i32, D: i32, q: usize, qStride: i32, k: usize, kStride: i32,
  inner: usize, weights: usize, outer: usize, dS: usize, dSStride: i32,
  dQ: usize, dQStride: i32, dK: usize, dKStride: i32, dInner: usize, dWeights: usize, dOuter: usize, scratch: usize,
): void {
  const c = f32x4.splat(factorAt(inner));
  const factor = f32x4.splat(factorAt(outer));
  const row = (<usize>pad4(D)) << 2;
  const kStep = (<usize>B * <usize>kStride) << 2;
  const dKStep = (<usize>B * <usize>dKStride) << 2;
  if (dK) {
    let at = dK;
    for (let r = 0; r < Tv * B; ++r, at += (<usize>dKStride) << 2) memory.fill(at, 0, row);
  }
  // tanh times its share of dS over the steps of one query, and the totals in float64
  const part = scratch;
  const totals = scratch + row;
  memory.fill(totals, 0, 2 * row);
  let ofInner = f64x2.splat(0);
  for (let t = 0; t < Tq; ++t) {
    for (let b = 0; b < B; ++b) {
      memory.fill(part, 0, row);
      if (dQ) memory.fill(dQ, 0, row);
      let key = k + ((<usize>b * <usize>kStride) << 2);
      let dKey = dK + ((<usize>b * <usize>dKStride) << 2);
      for (let j = 0; j < Tv; ++j, key += kStep, dKey += dKStep) {
        const asked = v128.load32_splat(dS + ((<usize>j) << 2));
        const g = f32x4.mul(asked, factor);
        for (let at: usize = 0; at < row; at += 16) {
          const x = f32x4.add(v128.load(q + at), v128.load(key + at));
          const y = tanhVector(f32x4.mul(c, x));
          v128.store(part + at, f32x4.add(v128.load(part + at), f32x4.mul(asked, y)));
          let u = f32x4.mul(g, f32x4.sub(one(), f32x4.mul(y, y)));
          if (weights) u = f32x4.mul(u, v128.load(weights + at));
          const ux = f32x4.mul(u, x);
          ofInner = f64x2.add(ofInner, f64x2.add(promoteLow(ux), promoteHigh(ux)));
          u = f32x4.mul(u, c);
          if (at + 16 > (<usize>D) << 2) u = v128.and(u, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(D - <i32>(at >> 2))));
          if (dQ) v128.store(dQ + at, f32x4.add(v128.load(dQ + at), u));
          if (dK) v128.store(dKey + at, f32x4.add(v128.load(dKey + at), u));
        }
      }
      for (let at: usize = 0; at < row; at += 16) {
        const sum = v128.load(part + at);
        const to = totals + (at << 1);
        v128.store(to, f64x2.add(v128.load(to), promoteLow(sum)));
        v128.store(to, f64x2.add(v128.load(to, 16), promoteHigh(sum)), 16);
      }
      q += (<usize>qStride) << 2;
      dS += (<usize>dSStride) << 2;
      if (dQ) dQ += (<usize>dQStride) << 2;
    }
  }
  if (dInner) store<f32>(dInner, <f32>sumLanes(ofInner));
  let weighted: f64 = 0;
  for (let d = 0; d < D; ++d) {
    const total = load<f64>(totals + ((<usize>d) << 3));
    weighted += weights ? total * <f64>load<f32>(weights + ((<usize>d) << 2)) : total;
    if (dWeights) store<f32>(dWeights + ((<usize>d) << 2), <f32>(total * <f64>factorAt(outer)));
  }
  for (let d = D; dWeights != 0 && d < pad4(D); ++d) store<f32>(dWeights + ((<usize>d) << 2), 0);
  if (dOuter) store<f32>(dOuter, <f32>weighted);
}
