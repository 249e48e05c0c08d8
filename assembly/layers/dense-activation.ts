// The activations of a dense layer, in place over its output, and their derivatives, which
// are functions of that output alone.

import { half, one, sigmoidVector, tanhVector } from "../activations";
import {
  ACT_HARD_SIGMOID, ACT_LINEAR, ACT_RELU, ACT_SIGMOID, ACT_SOFTMAX, ACT_TANH,
} from "../layout";
import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { laneMask } from "../math/rows";
import { rowSoftmax } from "../math/softmax";

// @ts-ignore: decorator
@inline
function activated(activation: i32, x: v128): v128 {
  if (activation == ACT_TANH) return tanhVector(x);
  if (activation == ACT_SIGMOID) return sigmoidVector(x);
  if (activation == ACT_HARD_SIGMOID) {
    // relu6(x + 3) / 6; min and max keep NaN
    const line = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 6.0)), half());
    return f32x4.min(f32x4.max(line, f32x4.splat(0)), one());
  }
  // max, not pmax: NaN must come out as NaN
  return f32x4.max(x, f32x4.splat(0));
}

/**
 * y = activation(y) over R rows and N columns; stride >= pad4(N) floats, columns N..pad4(N)
 * become 0 (with ACT_LINEAR nothing is touched).
 */
export function activate(activation: i32, R: i32, N: i32, y: usize, yStride: i32): void {
  if (activation == ACT_LINEAR) return;
  const last = (N - 1) & ~3;
  const lastMask = laneMask(N - last);
  for (let r = 0; r < R; ++r, y += (<usize>yStride) << 2) {
    if (activation == ACT_SOFTMAX) {
      rowSoftmax(N, y);
      continue;
    }
    if (activation == ACT_TANH) tanhs(y, last);
    else if (activation == ACT_SIGMOID) sigmoids(y, last);
    else if (activation == ACT_RELU) relus(y, last);
    else others(activation, y, last);
    const at = y + ((<usize>last) << 2);
    v128.store(at, v128.and(activated(activation, v128.load(at)), lastMask));
  }
}

// One row but for its last vector, a function for each activation: a branch within the loop would keep engines from
// fusing two vectors, see wide.ts.

function tanhs(y: usize, columns: i32): void {
  pairs(ACT_TANH, y, columns);
}

function sigmoids(y: usize, columns: i32): void {
  pairs(ACT_SIGMOID, y, columns);
}

function relus(y: usize, columns: i32): void {
  pairs(ACT_RELU, y, columns);
}

function others(activation: i32, y: usize, columns: i32): void {
  for (const end = y + ((<usize>columns) << 2); y < end; y += 16) {
    v128.store(y, activated(activation, v128.load(y)));
  }
}

// @ts-ignore: decorator
@inline
function pairs(activation: i32, y: usize, columns: i32): void {
  const end = y + ((<usize>columns) << 2);
  for (; y + 16 < end; y += 32) {
    const first = activated(activation, v128.load(y));
    const second = activated(activation, v128.load(y, 16));
    v128.store(y, first);
    v128.store(y, second, 16);
  }
  if (y < end) v128.store(y, activated(activation, v128.load(y)));
}

// @ts-ignore: decorator
@inline
function derived(activation: i32, y: v128, dY: v128): v128 {
  if (activation == ACT_TANH) return f32x4.mul(dY, f32x4.sub(one(), f32x4.mul(y, y)));
  if (activation == ACT_SIGMOID) return f32x4.mul(dY, f32x4.mul(y, f32x4.sub(one(), y)));
  if (activation == ACT_HARD_SIGMOID) {
    const slope = f32x4.mul(dY, f32x4.splat(1.0 / 6.0));
    return v128.and(slope, v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, one())));
  }
  return v128.and(dY, f32x4.gt(y, f32x4.splat(0)));
}

/**
 * dY = gradient of the loss with respect to the argument of the activation, from its output y:
 *   tanh dY (1 - y^2), sigmoid dY y (1 - y), relu dY where y > 0 else 0, linear dY,
 *   hardSigmoid dY / 6 where 0 < y < 1 else 0, softmax y (dY - sum over the row of dY y), the full Jacobian product.
 * Both [R][stride >= pad4(N)], whose padding holds 0 and keeps it. y is only read.
 */
export function activationGradient(
  activation: i32, R: i32, N: i32, y: usize, yStride: i32, dY: usize, dYStride: i32,
): void {
  if (activation == ACT_LINEAR) return;
  for (let r = 0; r < R; ++r) {
    if (activation == ACT_SOFTMAX) {
      softmaxGradient(N, y, dY);
    } else if (activation == ACT_TANH) throughTanhs(N, y, dY);
    else if (activation == ACT_SIGMOID) throughSigmoids(N, y, dY);
    else if (activation == ACT_RELU) throughRelus(N, y, dY);
    else {
      for (let c = 0; c < N; c += 4) {
        const at = (<usize>c) << 2;
        v128.store(dY + at, derived(activation, v128.load(y + at), v128.load(dY + at)));
      }
    }
    y += (<usize>yStride) << 2;
    dY += (<usize>dYStride) << 2;
  }
}

function throughTanhs(N: i32, y: usize, dY: usize): void {
  pairsBackward(ACT_TANH, N, y, dY);
}

function throughSigmoids(N: i32, y: usize, dY: usize): void {
  pairsBackward(ACT_SIGMOID, N, y, dY);
}

function throughRelus(N: i32, y: usize, dY: usize): void {
  pairsBackward(ACT_RELU, N, y, dY);
}

// @ts-ignore: decorator
@inline
function pairsBackward(activation: i32, N: i32, y: usize, dY: usize): void {
  const end = dY + ((<usize>N) << 2);
  for (; dY + 16 < end; dY += 32, y += 32) {
    const first = derived(activation, v128.load(y), v128.load(dY));
    const second = derived(activation, v128.load(y, 16), v128.load(dY, 16));
    v128.store(dY, first);
    v128.store(dY, second, 16);
  }
  if (dY < end) v128.store(dY, derived(activation, v128.load(y), v128.load(dY)));
}

function softmaxGradient(N: i32, y: usize, dY: usize): void {
  let dots = f64x2.splat(0);
  for (let c = 0; c < N; c += 4) {
    const at = (<usize>c) << 2;
    const p = v128.load(y + at);
    const d = v128.load(dY + at);
    dots = f64x2.add(dots, f64x2.mul(promoteLow(p), promoteLow(d)));
    dots = f64x2.add(dots, f64x2.mul(promoteHigh(p), promoteHigh(d)));
  }
  const dot = f32x4.splat(<f32>sumLanes(dots));
  for (let c = 0; c < N; c += 4) {
    const at = (<usize>c) << 2;
    v128.store(dY + at, f32x4.mul(v128.load(y + at), f32x4.sub(v128.load(dY + at), dot)));
  }
}
