// A linear-chain conditional random field (Lafferty et al. 2001) over K tags. w is one block of K + 2 rows of
// pad4(K) floats: rows 0..K-1 the transitions A, A[i][j] from tag i to tag j, then start, then end. What stands
// in columns K.. is 0. Sequences are time-major: row t * B + b; lengths holds an int32 a sample, or is 0 where
// all are T steps long. A sample of length 0 has no path: it adds nothing to the loss and to no gradient.

import { pad4 } from "../math/vector";

/** Floats of w. */
export function crfWeightFloats(K: i32): f64 {
  return (<f64>K + 2) * <f64>pad4(K);
}

/** Of crfBackward and crfMarginals: w in f64, the transitions of one step, and four rows. */
export function crfBackwardScratchFloats(K: i32): f64 {
  return 2 * crfWeightFloats(K) + <f64>K * <f64>pad4(K) + 4 * <f64>pad4(K);
}

/** Of crfDecode: the best tag before each tag of each step, and two rows. */
export function crfDecodeScratchFloats(T: i32, K: i32): f64 {
  return (<f64>T + 2) * <f64>pad4(K);
}

/** Steps of sample b. */
// @ts-ignore: decorator
@inline
export function stepsOf(lengths: usize, b: i32, T: i32): i32 {
  return lengths ? min(max(load<i32>(lengths + ((<usize>b) << 2)), 0), T) : T;
}

/** Row t of sample b. */
// @ts-ignore: decorator
@inline
export function rowAt(base: usize, B: i32, b: i32, t: i32, stride: i32): usize {
  return base + ((<usize>t * <usize>B + <usize>b) * <usize>stride << 2);
}

/** The tag of a one-hot row: its first largest column. */
export function tagOf(K: i32, row: usize): i32 {
  let best = 0;
  for (let c = 1; c < K; ++c) {
    if (load<f32>(row + ((<usize>c) << 2)) > load<f32>(row + ((<usize>best) << 2))) best = c;
  }
  return best;
}

/** to = a + b, pad4(K) floats. */
export function addRow(K: i32, a: usize, b: usize, to: usize): void {
  const bytes = (<usize>pad4(K)) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    v128.store(to + at, f32x4.add(v128.load(a + at), v128.load(b + at)));
  }
}
