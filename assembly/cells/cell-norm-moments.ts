// Mean and variance of rows, of which each thread has some groups of 16 columns: a group's mean and its sum of squared
// deviations, then those of all groups together (Chan, Golub and LeVeque 1979), in float32.
//
// A group is summed relative to the first number of its row, so that numbers close to each other and far from 0 lose
// nothing: with n numbers in a group the variance is off by at most about n u of itself, u = 2^-24, whatever the mean. Lanes
// are summed apart (n / 8 terms a chain), then across: the mean is off by (n / 8 + 4) u of the mean distance to that number.

import { madd, nmadd } from "../math/vector";
import { transpose4 } from "../math/transpose";
import { ZEROS } from "../math/zeros";

/** Within the square root, as PyTorch and Ba et al. */
const EPSILON: f32 = 1e-5;

const COLUMNS = memory.data<f32>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 16);

/** Bytes of the moments of a group: arrays of mean and squares, for x, for h and for c. */
// @ts-ignore: decorator
@inline
export function momentBytes(B: i32): usize {
  return 6 * arrayBytes(B);
}

// @ts-ignore: decorator
@inline
function arrayBytes(B: i32): usize {
  return <usize>((B + 3) & ~3) << 2;
}

/** Sums over the lanes of four vectors, one a lane. */
// @ts-ignore: decorator
@inline
export function sumLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 4, 1, 5), v128.shuffle<f32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 4, 1, 5), v128.shuffle<f32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 1, 4, 5), v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
}

/**
 * Mean and squares of each row of a group over `tiles` tiles of 16 columns, of which `units` are counted.
 *
 *   row    of row 0, rows stride bytes apart; tiles tileStep bytes apart
 *   part   room for four vectors a row, rows rounded up to 4
 *   which  0 of x, 1 of h, 2 of c; to: the group's moments; written
 */
export function groupMoments(
  B: i32, row: usize, stride: usize, tiles: i32, tileStep: usize, units: i32, part: usize, which: i32, to: usize,
): void {
  if (units < 16) sums(false, B, row, stride, tiles, tileStep, units, part);
  else sums(true, B, row, stride, tiles, tileStep, units, part);
  const n = <f32>(tiles * min(units, 16));
  const share = f32x4.splat(1 / n);
  to += <usize>(2 * which) * arrayBytes(B);
  const square = to + arrayBytes(B);
  for (let r = 0; r < B; r += 4) {
    const at = part + (<usize>r << 6);
    const sum = sumLanes(pair(at), pair(at + 64), pair(at + 128), pair(at + 192));
    const squares = sumLanes(pair(at + 32), pair(at + 96), pair(at + 160), pair(at + 224));
    const mine = row + <usize>r * stride;
    let first = v128.load32_zero(mine);
    first = v128.load32_lane(mine + <usize>min(1, B - 1 - r) * stride, first, 1);
    first = v128.load32_lane(mine + <usize>min(2, B - 1 - r) * stride, first, 2);
    first = v128.load32_lane(mine + <usize>min(3, B - 1 - r) * stride, first, 3);
    const off = f32x4.mul(sum, share);
    v128.store(to + (<usize>r << 2), f32x4.add(first, off));
    v128.store(square + (<usize>r << 2), f32x4.pmax(nmadd(sum, off, squares), f32x4.splat(0)));
  }
}

// @ts-ignore: decorator
@inline
function pair(at: usize): v128 {
  return f32x4.add(v128.load(at), v128.load(at, 16));
}

// @ts-ignore: decorator
@inline
function sums(
  whole: bool, B: i32, row: usize, stride: usize, tiles: i32, tileStep: usize, units: i32, part: usize,
): void {
  const n = f32x4.splat(<f32>units);
  const m0 = f32x4.lt(v128.load(COLUMNS), n);
  const m1 = f32x4.lt(v128.load(COLUMNS, 16), n);
  const m2 = f32x4.lt(v128.load(COLUMNS, 32), n);
  const m3 = f32x4.lt(v128.load(COLUMNS, 48), n);
  for (let r = 0; r < B; ++r) {
    const first = v128.load32_splat(row);
    let s0 = v128.load(ZEROS);
    let s1 = v128.load(ZEROS, 16);
    let q0 = s0;
    let q1 = s1;
    let at = row;
    for (let tile = 0; tile < tiles; ++tile, at += tileStep) {
      let d0 = f32x4.sub(v128.load(at), first);
      let d1 = f32x4.sub(v128.load(at, 16), first);
      let d2 = f32x4.sub(v128.load(at, 32), first);
      let d3 = f32x4.sub(v128.load(at, 48), first);
      if (!whole) {
        d0 = v128.and(d0, m0);
        d1 = v128.and(d1, m1);
        d2 = v128.and(d2, m2);
        d3 = v128.and(d3, m3);
      }
      s0 = f32x4.add(s0, d0);
      s1 = f32x4.add(s1, d1);
      q0 = madd(d0, d0, q0);
      q1 = madd(d1, d1, q1);
      s0 = f32x4.add(s0, d2);
      s1 = f32x4.add(s1, d3);
      q0 = madd(d2, d2, q0);
      q1 = madd(d3, d3, q1);
    }
    v128.store(part, s0);
    v128.store(part, s1, 16);
    v128.store(part, q0, 32);
    v128.store(part, q1, 48);
    part += 64;
    row += stride;
  }
}

/** Mean and 1 / sqrt(variance + EPSILON) of four rows from r on over all groups, `gates` times H numbers, to two vectors. */
// @ts-ignore: decorator
@inline
function combine(B: i32, groups: i32, gates: i32, H: i32, moments: usize, r: i32, to: usize): void {
  const step = momentBytes(B);
  const squares = arrayBytes(B);
  let at = moments + (<usize>r << 2);
  let mean = v128.load(at);
  let square = v128.load(at + squares);
  let n = <f32>(gates * min(H, 16));
  for (let g = 1; g < groups; ++g) {
    at += step;
    const its = <f32>(gates * min(H - (g << 4), 16));
    const share = its / (n + its);
    const off = f32x4.sub(v128.load(at), mean);
    const between = f32x4.mul(f32x4.mul(off, off), f32x4.splat(n * share));
    mean = f32x4.add(mean, f32x4.mul(off, f32x4.splat(share)));
    square = f32x4.add(square, f32x4.add(v128.load(at + squares), between));
    n += its;
  }
  const variance = f32x4.mul(square, f32x4.splat(1 / n));
  v128.store(to, mean);
  v128.store(to, f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(EPSILON)))), 16);
}

/** mean, 1 / sqrt of x and of h (c = false), or of c twice, of each row: [B rounded up to 4][4]; room: four vectors. */
export function rowStatistics(
  c: bool, B: i32, groups: i32, gates: i32, H: i32, moments: usize, room: usize, stats: usize,
): void {
  const array = 2 * arrayBytes(B);
  for (let r = 0; r < B; r += 4) {
    combine(B, groups, c ? 1 : gates, H, c ? moments + 2 * array : moments, r, room);
    if (!c) combine(B, groups, gates, H, moments + array, r, room + 32);
    transpose4(room, 16, stats + (<usize>r << 4), 16);
  }
}
