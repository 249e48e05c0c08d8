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
  return (Math.min(rows, cols) + 4) * length;
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

let amountA: f64 = 0;
let amountB: f64 = 0;

/**
 * For both a and b: v -= amount q, and the next amount, v . next of what is left, over n entries
 * (multiple of 4). Each sum keeps its order, so the bits are those of subtract and dot.
 */
function subtractAndDotTwo(n: i32, a: usize, b: usize, q: usize, next: usize): void {
  const factorA = f64x2.splat(amountA);
  const factorB = f64x2.splat(amountB);
  let a0 = f64x2.splat(0);
  let a1 = f64x2.splat(0);
  let b0 = f64x2.splat(0);
  let b1 = f64x2.splat(0);
  for (const end = q + ((<usize>n) << 2); q < end; q += 16, next += 16, a += 32, b += 32) {
    const values = v128.load(q);
    const low = promoteLow(values);
    const high = promoteHigh(values);
    const following = v128.load(next);
    const nextLow = promoteLow(following);
    const nextHigh = promoteHigh(following);
    const aLow = f64x2.sub(v128.load(a), f64x2.mul(factorA, low));
    const aHigh = f64x2.sub(v128.load(a, 16), f64x2.mul(factorA, high));
    const bLow = f64x2.sub(v128.load(b), f64x2.mul(factorB, low));
    const bHigh = f64x2.sub(v128.load(b, 16), f64x2.mul(factorB, high));
    v128.store(a, aLow);
    v128.store(a, aHigh, 16);
    v128.store(b, bLow);
    v128.store(b, bHigh, 16);
    a0 = f64x2.add(a0, f64x2.mul(aLow, nextLow));
    a1 = f64x2.add(a1, f64x2.mul(aHigh, nextHigh));
    b0 = f64x2.add(b0, f64x2.mul(bLow, nextLow));
    b1 = f64x2.add(b1, f64x2.mul(bHigh, nextHigh));
  }
  amountA = sumLanes(f64x2.add(a0, a1));
  amountB = sumLanes(f64x2.add(b0, b1));
}

/**
 * Takes the part along each of the vectors from..end, `step` bytes apart, out of a and b. Called
 * anew for each vector, so that the engine can swap in its optimized code while one matrix is made.
 */
function projectTwo(n: i32, a: usize, b: usize, from: usize, end: usize, step: usize): void {
  if (from >= end) return;
  amountA = dot(n, a, from);
  amountB = dot(n, b, from);
  for (let next = from + step; next < end; from = next, next += step) {
    subtractAndDotTwo(n, a, b, from, next);
  }
  subtract(n, a, from, amountA);
  subtract(n, b, from, amountB);
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
  let v = scratch + <usize>count * step;
  let following = v + 2 * step;
  // vector i is scratch[i][0..length), zeros up to n
  randomNormal(rows * cols, ptr, 0, 1, seedLo, seedHi, counterLo, counterHi);
  for (let i = 0; i < count; ++i) {
    const to = scratch + <usize>i * step;
    memory.copy(to, ptr + ((<usize>i * <usize>length) << 2), (<usize>length) << 2);
    memory.fill(to + ((<usize>length) << 2), 0, (<usize>(n - length)) << 2);
  }
  // a vector's second pass and the first pass of the one after it read the same finished vectors:
  // they run together, each in its own order
  widen(n, scratch, v);
  for (let i = 0; i < count; ++i) {
    const own = scratch + <usize>i * step;
    const other = own + step;
    // after the last vector there is none: any numbers do, for nobody reads the result
    widen(n, i + 1 < count ? other : own, following);
    projectTwo(n, v, following, scratch, own, step);
    normalize(n, v, own);
    subtract(n, following, own, dot(n, following, own));
    const free = v;
    v = following;
    following = free;
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
