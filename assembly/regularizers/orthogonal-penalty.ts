// The penalty of vectors that are not orthogonal to each other, as the OrthogonalRegularizer of Keras 3 has it.

import { madd, pad4 } from "../math/vector";

/** Least norm by which a vector is divided, as in Keras. */
const EPSILON: f64 = 1e-7;

// @ts-ignore: decorator
@inline
function padded(n: f64): f64 {
  return Math.ceil(n / 4) * 4;
}

/** Floats of scratch that n vectors of m numbers need. f64, so that absurd sizes do not wrap. */
export function orthogonalPenaltyFloats(n: f64, m: f64): f64 {
  return 2 * n * padded(m) + 3 * padded(n);
}

/** a . b over bytes of floats. */
// @ts-ignore: decorator
@inline
function dot(bytes: usize, a: usize, b: usize): f32 {
  let s = f32x4.splat(0);
  for (let at: usize = 0; at < bytes; at += 16) s = madd(v128.load(a + at), v128.load(b + at), s);
  s = f32x4.add(s, v128.shuffle<i32>(s, s, 2, 3, 0, 1));
  return f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1);
}

/** to += sign a over bytes of floats; sign is 1 or -1. */
// @ts-ignore: decorator
@inline
function addSigned(bytes: usize, sign: v128, a: usize, to: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(to + at), f32x4.mul(sign, v128.load(a + at))));
  }
}

/**
 * Returns factor sum_(i<j) |r_i . r_j| / (n (n - 1) / 2), r_i = w_i / max(|w_i|, 1e-7), over n >= 2 vectors of m
 * numbers: element k of vector i stands at w[i step + k elementStep], in floats. w is only read.
 *
 * scratch: orthogonalPenaltyFloats(n, m) floats, 16-byte aligned: r [n][pad4(m)], the sums d_i = sum_j sign(r_i . r_j) r_j
 * likewise, f32 inverse norms and f64 sums of |r_i . r_j|, n each. wanted = 0: no d; else addOrthogonalGradient goes on
 * from there. Products are f32, in the order of i, then j.
 */
export function orthogonalPenalty(
  n: i32, m: i32, step: i32, elementStep: i32, w: usize, factor: f64, wanted: i32, scratch: usize,
): f64 {
  const bytes = (<usize>pad4(m)) << 2;
  const d = scratch + <usize>n * bytes;
  const inverses = d + <usize>n * bytes;
  const sums = inverses + ((<usize>pad4(n)) << 2);
  for (let i = 0; i < n; ++i) {
    const row = scratch + <usize>i * bytes;
    let squares: f64 = 0;
    memory.fill(row, 0, bytes);
    memory.fill(d + <usize>i * bytes, 0, bytes);
    let from = w + ((<usize>i * <usize>step) << 2);
    for (let k = 0; k < m; ++k, from += (<usize>elementStep) << 2) {
      const x = <f64>load<f32>(from);
      squares += x * x;
    }
    const inverse = 1 / Math.max(Math.sqrt(squares), EPSILON);
    from = w + ((<usize>i * <usize>step) << 2);
    for (let k = 0; k < m; ++k, from += (<usize>elementStep) << 2) {
      store<f32>(row + ((<usize>k) << 2), <f32>(<f64>load<f32>(from) * inverse));
    }
    store<f32>(inverses + ((<usize>i) << 2), <f32>inverse);
    store<f64>(sums + ((<usize>i) << 3), 0);
  }
  let total: f64 = 0;
  for (let i = 0; i < n; ++i) {
    const a = scratch + <usize>i * bytes;
    for (let j = i + 1; j < n; ++j) {
      const b = scratch + <usize>j * bytes;
      const product = dot(bytes, a, b);
      const size = <f64>Mathf.abs(product);
      total += size;
      if (!wanted || product == 0) continue;
      const sign = f32x4.splat(product > 0 ? 1 : -1);
      addSigned(bytes, sign, b, d + <usize>i * bytes);
      addSigned(bytes, sign, a, d + <usize>j * bytes);
      const si = sums + ((<usize>i) << 3);
      const sj = sums + ((<usize>j) << 3);
      store<f64>(si, load<f64>(si) + size);
      store<f64>(sj, load<f64>(sj) + size);
    }
  }
  return factor * total / (0.5 * <f64>n * (<f64>n - 1));
}

/**
 * g += the gradient of orthogonalPenalty: factor / (n (n - 1) / 2) (d_i - (d_i . r_i) r_i) / |w_i|, without the second term
 * where a norm is below 1e-7. g: as w in orthogonalPenalty, which has written scratch with wanted = 1; only read here.
 */
export function addOrthogonalGradient(
  n: i32, m: i32, step: i32, elementStep: i32, g: usize, factor: f64, scratch: usize,
): void {
  const bytes = (<usize>pad4(m)) << 2;
  const d = scratch + <usize>n * bytes;
  const inverses = d + <usize>n * bytes;
  const sums = inverses + ((<usize>pad4(n)) << 2);
  const share = factor / (0.5 * <f64>n * (<f64>n - 1));
  for (let i = 0; i < n; ++i) {
    const inverse = <f64>load<f32>(inverses + ((<usize>i) << 2));
    const along = inverse < <f64><f32>(1 / EPSILON) ? load<f64>(sums + ((<usize>i) << 3)) : 0;
    let to = g + ((<usize>i * <usize>step) << 2);
    for (let k = 0; k < m; ++k, to += (<usize>elementStep) << 2) {
      const at = <usize>i * bytes + ((<usize>k) << 2);
      const across = <f64>load<f32>(d + at) - along * <f64>load<f32>(scratch + at);
      store<f32>(to, load<f32>(to) + <f32>(share * inverse * across));
    }
  }
}
