// The activations that a cell may have, by number, and their slopes. Each slope follows from the value alone,
// so that nothing else is kept for the backward pass.

import { constant, half, one, SIGMOID as S, sigmoidRational, sigmoidVector, tanhVector } from "../activations";
import { nmadd } from "../math/vector";

export const LINEAR: i32 = 0;
export const TANH: i32 = 1;
export const SIGMOID: i32 = 2;
export const RELU: i32 = 3;
/** relu6(x + 3) / 6, as Keras 3. */
export const HARD_SIGMOID: i32 = 4;
/** clip(0.2 x + 0.5, 0, 1), as TensorFlow.js. */
export const HARD_SIGMOID_TFJS: i32 = 5;
/** x + 0.5 from 0 on, sigmoid(x) below: g of minGRU and minLSTM in log space, always positive. */
export const POSITIVE: i32 = 6;

// @ts-ignore: decorator
@inline
function clipped(x: v128): v128 {
  // pmin and pmax keep their first operand when the comparison fails: NaN passes
  return f32x4.pmax(f32x4.pmin(x, one()), f32x4.splat(0));
}

// @ts-ignore: decorator
@inline
function gate(x: v128): v128 {
  return sigmoidRational(
    x,
    f32x4.neg(constant(S)),
    constant(S),
    constant(S + 1),
    constant(S + 2),
    constant(S + 3),
    constant(S + 4),
    constant(S + 5),
    constant(S + 6),
    constant(S + 7),
    constant(S + 8),
    half(),
  );
}

// @ts-ignore: decorator
@inline
export function activate(code: i32, x: v128): v128 {
  if (code == TANH) return tanhVector(x);
  if (code == SIGMOID) return gate(x);
  if (code == RELU) return f32x4.pmax(x, f32x4.splat(0));
  if (code == HARD_SIGMOID) return clipped(f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 6.0)), half()));
  if (code == HARD_SIGMOID_TFJS) return clipped(f32x4.add(f32x4.mul(x, f32x4.splat(0.2)), half()));
  if (code == POSITIVE) {
    const straight = f32x4.ge(x, f32x4.splat(0));
    return v128.bitselect(f32x4.add(x, half()), sigmoidVector(x), straight);
  }
  return x;
}

/** d * slope at the point where the activation gave y. */
// @ts-ignore: decorator
@inline
export function throughSlope(code: i32, y: v128, d: v128): v128 {
  if (code == TANH) return nmadd(f32x4.mul(d, y), y, d);
  if (code == SIGMOID) {
    const dy = f32x4.mul(d, y);
    return nmadd(dy, y, dy);
  }
  if (code == RELU) return v128.and(d, f32x4.gt(y, f32x4.splat(0)));
  if (code == LINEAR) return d;
  if (code == POSITIVE) {
    const dy = f32x4.mul(d, y);
    return v128.bitselect(d, nmadd(dy, y, dy), f32x4.ge(y, half()));
  }
  const inside = v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, one()));
  const slope: f32 = code == HARD_SIGMOID ? 1.0 / 6.0 : 0.2;
  return v128.and(f32x4.mul(d, f32x4.splat(slope)), inside);
}
