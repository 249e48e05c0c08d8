// exp, tanh and sigmoid of four floats at once, inlined into the loops of cells
// and dense layers. NaN goes in and comes out; no input traps.
//
// Constants stand in a table that is loaded lane-splatted: V8 rebuilds a splat of
// a literal in every iteration, while a broadcasting load costs one micro-operation.

import { madd, nmadd } from "./math/vector";

const TABLE: usize = memory.data<f32>([
  // tanh(x) = x P(x^2) / Q(x^2), minimax fit on |x| <= 8.4: limit, P from x^0, Q from x^0 (monic)
  8.4, 1216848.125, 163293.546875, 4309.33447265625, 26.01154136657715, 0.017587153241038322,
  1216848.125, 568909.5, 31699.5859375, 408.99017333984375,
  // sigmoid(x) = 0.5 + x P(x^2) / Q(x^2), minimax fit on |x| <= 16: the same order
  16.0, 260653632.0, 8421959.0, 48053.21484375, 46.49245834350586,
  1042614720.0, 120572056.0, 1551539.0, 3885.229736328125,
  // exp (Cephes, expf.c): upper and lower limit, log2(e), 1.5 * 2^23, ln 2 in two parts, polynomial
  88.7228317, -87.3365402, 1.44269504088896341, 12582912.0, 0.693359375, -2.12194440e-4,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
  // shared
  1.0, 0.5,
], 16);

/** Constant `index` of the table in every lane. */
// @ts-ignore: decorator
@inline
export function constant(index: usize): v128 {
  return v128.load32_splat(TABLE + (index << 2));
}

/** Where the constants of rational() stand for each function. */
export const TANH: usize = 0;
export const SIGMOID: usize = 10;

/** 1 in every lane. */
// @ts-ignore: decorator
@inline
export function one(): v128 {
  return constant(31);
}

/** 0.5 in every lane. */
// @ts-ignore: decorator
@inline
export function half(): v128 {
  return constant(32);
}

/**
 * tanh of x with the constants at hand: a loop that loads them beforehand saves their
 * loads in every round. See tanhVector.
 */
// @ts-ignore: decorator
@inline
export function tanhRational(
  x: v128,
  low: v128,
  high: v128,
  p0: v128,
  p1: v128,
  p2: v128,
  p3: v128,
  p4: v128,
  q0: v128,
  q1: v128,
  q2: v128,
  q3: v128,
): v128 {
  // pmin and pmax keep their first operand when the comparison fails: NaN passes
  const z = f32x4.pmax(f32x4.pmin(x, high), low);
  const s = f32x4.mul(z, z);
  let p = madd(p4, s, p3);
  let q = f32x4.add(s, q3);
  p = madd(p, s, p2);
  q = madd(q, s, q2);
  p = madd(p, s, p1);
  q = madd(q, s, q1);
  p = madd(p, s, p0);
  q = madd(q, s, q0);
  return f32x4.div(f32x4.mul(z, p), q);
}

/** sigmoid of x with the constants at hand. At most 2.4e-7 off, within [0, 1]. For gates. */
// @ts-ignore: decorator
@inline
export function sigmoidRational(
  x: v128,
  low: v128,
  high: v128,
  p0: v128,
  p1: v128,
  p2: v128,
  p3: v128,
  q0: v128,
  q1: v128,
  q2: v128,
  q3: v128,
  half: v128,
): v128 {
  const z = f32x4.pmax(f32x4.pmin(x, high), low);
  const s = f32x4.mul(z, z);
  let p = madd(p3, s, p2);
  let q = f32x4.add(s, q3);
  p = madd(p, s, p1);
  q = madd(q, s, q2);
  p = madd(p, s, p0);
  q = madd(q, s, q1);
  q = madd(q, s, q0);
  return f32x4.add(f32x4.div(f32x4.mul(z, p), q), half);
}

/** tanh(x), at most 3.7e-7 off, within [-1, 1]. */
// @ts-ignore: decorator
@inline
export function tanhVector(x: v128): v128 {
  return tanhRational(
    x,
    f32x4.neg(constant(TANH)),
    constant(TANH),
    constant(TANH + 1),
    constant(TANH + 2),
    constant(TANH + 3),
    constant(TANH + 4),
    constant(TANH + 5),
    constant(TANH + 6),
    constant(TANH + 7),
    constant(TANH + 8),
    constant(TANH + 9),
  );
}

/** exp(x) to about 2 ulp; saturates at 3.4e38 and 1.2e-38 instead of reaching infinity and 0. */
// @ts-ignore: decorator
@inline
export function expVector(x: v128): v128 {
  const z = f32x4.pmax(f32x4.pmin(x, constant(19)), constant(20));
  // adding 1.5 * 2^23 leaves round(z / ln 2) in the low bits of the float
  const shifted = madd(z, constant(21), constant(22));
  const n = f32x4.sub(shifted, constant(22));
  const r = nmadd(n, constant(24), nmadd(n, constant(23), z));
  let p = madd(r, constant(25), constant(26));
  p = madd(r, p, constant(27));
  p = madd(r, p, constant(28));
  p = madd(r, p, constant(29));
  p = madd(r, p, constant(30));
  const y = f32x4.add(madd(f32x4.mul(r, r), p, r), one());
  return i32x4.add(y, i32x4.shl(shifted, 23));
}

/** 1 / (1 + exp(-x)), relative accuracy of about 3 ulp in both tails. */
// @ts-ignore: decorator
@inline
export function sigmoidVector(x: v128): v128 {
  const y = one();
  return f32x4.div(y, f32x4.add(y, expVector(f32x4.neg(x))));
}
