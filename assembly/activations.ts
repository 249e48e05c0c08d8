// exp, tanh and sigmoid of four floats at once, inlined into the loops of cells
// and dense layers. NaN goes in and comes out; no input traps.
//
// Constants stand in a table that is loaded lane-splatted: V8 rebuilds a splat of
// a literal in every iteration, while a broadcasting load costs one micro-operation.

import { madd, nmadd } from "./math/vector";

const TABLE: usize = memory.data<f32>([
  // tanh: limit, then numerator and denominator of the 13/6 rational (Eigen, MathFunctionsImpl.h)
  7.90531110763549805, -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11,
  5.12229709037114e-08, 1.48572235717979e-05, 6.37261928875436e-04, 4.89352455891786e-03,
  1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03,
  // exp (Cephes, expf.c): upper and lower limit, log2(e), 1.5 * 2^23, ln 2 in two parts, polynomial
  88.7228317, -87.3365402, 1.44269504088896341, 12582912.0, 0.693359375, -2.12194440e-4,
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
  // shared
  1.0, 0.5,
], 16);

// @ts-ignore: decorator
@inline
function at(index: usize): v128 {
  return v128.load32_splat(TABLE + (index << 2));
}

/** 1 in every lane. */
// @ts-ignore: decorator
@inline
export function one(): v128 {
  return at(24);
}

/** 0.5 in every lane. */
// @ts-ignore: decorator
@inline
export function half(): v128 {
  return at(25);
}

/** tanh(x), at most 3.4e-7 off, in (-1, 1) up to that error. */
// @ts-ignore: decorator
@inline
export function tanhVector(x: v128): v128 {
  // pmin and pmax keep their first operand when the comparison fails: NaN passes
  const limit = at(0);
  const z = f32x4.pmax(f32x4.pmin(x, limit), f32x4.neg(limit));
  const s = f32x4.mul(z, z);
  let p = madd(s, at(1), at(2));
  p = madd(s, p, at(3));
  p = madd(s, p, at(4));
  p = madd(s, p, at(5));
  p = madd(s, p, at(6));
  p = madd(s, p, at(7));
  let q = madd(s, at(8), at(9));
  q = madd(s, q, at(10));
  q = madd(s, q, at(11));
  return f32x4.div(f32x4.mul(z, p), q);
}

/** exp(x) to about 2 ulp; saturates at 3.4e38 above and 1.2e-38 below instead of reaching infinity and 0. */
// @ts-ignore: decorator
@inline
export function expVector(x: v128): v128 {
  const z = f32x4.pmax(f32x4.pmin(x, at(12)), at(13));
  // adding 1.5 * 2^23 leaves round(z / ln 2) in the low bits of the float
  const shifted = madd(z, at(14), at(15));
  const n = f32x4.sub(shifted, at(15));
  const r = nmadd(n, at(17), nmadd(n, at(16), z));
  let p = madd(r, at(18), at(19));
  p = madd(r, p, at(20));
  p = madd(r, p, at(21));
  p = madd(r, p, at(22));
  p = madd(r, p, at(23));
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

/** sigmoid by tanh: cheaper, at most 2.1e-7 off, but without relative accuracy far below 0. For gates. */
// @ts-ignore: decorator
@inline
export function gateSigmoid(x: v128): v128 {
  const h = half();
  return madd(tanhVector(f32x4.mul(x, h)), h, h);
}
