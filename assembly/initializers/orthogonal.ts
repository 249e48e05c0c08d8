// Orthogonal initialization: modified Gram-Schmidt on a normal sample, each vector in f64 and
// orthogonalised twice ("twice is enough": L. Giraud et al., 2005), which leaves it orthogonal to
// the stored f32 vectors as well as f32 can say.
// Source: A. Saxe, J. McClelland, S. Ganguli, "Exact solutions to the nonlinear dynamics of
// learning in deep linear neural networks", ICLR 2014. Gram-Schmidt keeps the diagonal of R
// positive, so the result is uniform over the orthogonal group without a sign correction.

import { promoteHigh, promoteLow, sumLanes } from "../math/f64x2";
import { randomNormal } from "../math/random";

// @ts-ignore: decorator
@inline
function padded(n: f64): f64 {
  return Math.ceil(n / 4) * 4;
}

/** Floats of scratch that orthogonal needs. f64, so that absurd sizes do not wrap. */
export function orthogonalScratchFloats(rows: f64, cols: f64): f64 {
  const length = padded(Math.max(rows, cols));
  return (Math.min(rows, cols) + 2) * length;
}

/** v . q over n entries (multiple of 4), v f64, q f32. */
// @ts-ignore: decorator
@inline
function dot(n: i32, v: usize, q: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  for (const end = q + ((<usize>n) << 2); q < end; q += 16, v += 32) {
    const values = v128.load(q);
    s0 = f64x2.add(s0, f64x2.mul(v128.load(v), promoteLow(values)));
    s1 = f64x2.add(s1, f64x2.mul(v128.load(v, 16), promoteHigh(values)));
  }
  return sumLanes(f64x2.add(s0, s1));
}

/** v -= amount q over n entries (multiple of 4), v f64, q f32. */
// @ts-ignore: decorator
@inline
function subtract(n: i32, v: usize, q: usize, amount: f64): void {
  const factor = f64x2.splat(amount);
  for (const end = q + ((<usize>n) << 2); q < end; q += 16, v += 32) {
    const values = v128.load(q);
    v128.store(v, f64x2.sub(v128.load(v), f64x2.mul(factor, promoteLow(values))));
    v128.store(v, f64x2.sub(v128.load(v, 16), f64x2.mul(factor, promoteHigh(values))), 16);
  }
}

/**
 * Takes the part along each of the vectors from..end, `step` bytes apart, out of v. Called anew
 * for each v, so that the engine can swap in its optimized code while one matrix is made.
 */
function project(n: i32, v: usize, from: usize, end: usize, step: usize): void {
  for (let q = from; q < end; q += step) subtract(n, v, q, dot(n, v, q));
}

/** v (f64) = q (f32) over n entries. */
function widen(n: i32, q: usize, v: usize): void {
  for (const end = q + ((<usize>n) << 2); q < end; q += 16, v += 32) {
    const values = v128.load(q);
    v128.store(v, promoteLow(values));
    v128.store(v, promoteHigh(values), 16);
  }
}

/** q (f32) = v (f64) / |v| over n entries. */
function normalize(n: i32, v: usize, q: usize): void {
  let s = f64x2.splat(0);
  const end = v + ((<usize>n) << 3);
  for (let at = v; at < end; at += 16) {
    const values = v128.load(at);
    s = f64x2.add(s, f64x2.mul(values, values));
  }
  const factor = 1.0 / Math.sqrt(sumLanes(s));
  for (let at = v; at < end; at += 8, q += 4) store<f32>(q, <f32>(load<f64>(at) * factor));
}

/**
 * ptr [rows][cols], contiguous: gain times a matrix with orthonormal rows (rows <= cols) or
 * orthonormal columns (rows >= cols), from a normal sample with key and counter as in math/random.
 * scratch: orthogonalScratchFloats, 16-byte aligned, no overlap. |Q Q^T - 1| < 1e-6 an element.
 */
export function orthogonal(
  rows: i32, cols: i32, ptr: usize, gain: f32, scratch: usize,
  seedLo: u32, seedHi: u32, counterLo: u32, counterHi: u32,
): void {
  const count = min<i32>(rows, cols);
  const length = max<i32>(rows, cols);
  const n = (length + 3) & ~3;
  const step = (<usize>n) << 2;
  const v = scratch + <usize>count * step;
  // vector i is scratch[i][0..length), zeros up to n
  randomNormal(rows * cols, ptr, 0, 1, seedLo, seedHi, counterLo, counterHi);
  for (let i = 0; i < count; ++i) {
    const to = scratch + <usize>i * step;
    memory.copy(to, ptr + ((<usize>i * <usize>length) << 2), (<usize>length) << 2);
    memory.fill(to + ((<usize>length) << 2), 0, (<usize>(n - length)) << 2);
  }
  for (let i = 0; i < count; ++i) {
    const own = scratch + <usize>i * step;
    widen(n, own, v);
    project(n, v, scratch, own, step);
    project(n, v, scratch, own, step);
    normalize(n, v, own);
  }
  const byRows = rows <= cols;
  for (let r = 0; r < rows; ++r) {
    for (let c = 0; c < cols; ++c, ptr += 4) {
      const vector = byRows ? r : c;
      const entry = byRows ? c : r;
      const from = scratch + <usize>vector * step + ((<usize>entry) << 2);
      store<f32>(ptr, gain * load<f32>(from));
    }
  }
}
