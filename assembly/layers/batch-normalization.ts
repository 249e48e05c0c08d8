// Batch normalization: each column by a mean and a variance of its own,
//   n = (x - mean) / sqrt(variance + epsilon),   y = gamma n + beta,
// where both are those of the rows of a batch that are not masked (variance over their number k, not k - 1), or given ones.
// Backward:   dBeta = sum of dY,   dGamma = sum of dY n,   both over all rows,
//   dX = gamma (dY - dBeta / k - n dGamma / k) / sqrt(variance + epsilon) for a row that the moments are of,
//   dX = gamma dY / sqrt(variance + epsilon) for one that is masked, or where mean and variance are given.
// Sums over rows are float64, and rounded once.
//
// T * B time-major rows, Cp = pad4(C). Vectors of columns are [Cp], padding 0; gamma and beta 0 for none: factors of 1,
// offsets of 0. lengths: see recurrent/lengths.ts, 0 where no step is masked. All pointers 16-byte aligned, strides in
// floats and multiples of 4.
// Source: Ioffe and Szegedy 2015 (arXiv 1502.03167); BatchNormalization of Keras 3 over its last axis, with its masks.

import { promoteHigh, promoteLow } from "../math/f64x2";
import { madd, pad4 } from "../math/vector";
import { isMasked } from "../recurrent/lengths";
import { addVector, closeVector } from "./column-sums";

/** Floats of scratch that batchNormMoments and batchNormBackward need. f64, so that absurd sizes do not wrap. */
export function batchNormScratchFloats(C: f64): f64 {
  return 6 * (Math.ceil(C / 4) * 4);
}

// @ts-ignore: decorator
@inline
function counts(lengths: usize, b: i32, t: i32): bool {
  return !lengths || !isMasked(lengths, b, t);
}

/**
 * Of the rows that are not masked; both 0 where there is none.
 * x [T * B][xStride >= Cp], padding 0: only read. mean, variance: overwritten. scratch: batchNormScratchFloats.
 * @returns how many rows those are.
 */
export function batchNormMoments(
  B: i32, T: i32, C: i32, x: usize, xStride: i32, lengths: usize, mean: usize, variance: usize,
  scratch: usize,
): i32 {
  const bytes = (<usize>pad4(C)) << 2;
  const step = (<usize>xStride) << 2;
  memory.fill(scratch, 0, bytes << 1);
  let count = 0;
  let row = x;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, row += step) {
      if (!counts(lengths, b, t)) continue;
      ++count;
      for (let at: usize = 0; at < bytes; at += 16) addVector(scratch + (at << 1), v128.load(row + at));
    }
  }
  const n = <f64>max<i32>(1, count);
  divide(bytes, n, scratch);
  closeVector(bytes, scratch, mean);
  memory.fill(scratch, 0, bytes << 1);
  row = x;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, row += step) {
      if (!counts(lengths, b, t)) continue;
      for (let at: usize = 0; at < bytes; at += 16) {
        const d = f32x4.sub(v128.load(row + at), v128.load(mean + at));
        const sums = scratch + (at << 1);
        const low = promoteLow(d);
        const high = promoteHigh(d);
        v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(low, low)));
        v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.mul(high, high)), 16);
      }
    }
  }
  divide(bytes, n, scratch);
  closeVector(bytes, scratch, variance);
  return count;
}

/** sums (float64, of so many bytes of floats) /= n. */
function divide(bytes: usize, n: f64, sums: usize): void {
  const by = f64x2.splat(n);
  for (const end = sums + (bytes << 1); sums < end; sums += 16) {
    v128.store(sums, f64x2.div(v128.load(sums), by));
  }
}

/**
 * x [R][xStride >= Cp], padding 0, mean, variance, gamma, beta: only read. y [R][yStride >= Cp]: overwritten, padding with
 * 0; may be x. inverse [Cp]: becomes 1 / sqrt(variance + epsilon), for the way back.
 */
export function batchNormForward(
  R: i32, C: i32, x: usize, xStride: i32, mean: usize, variance: usize, gamma: usize, beta: usize,
  epsilon: f64, inverse: usize, y: usize, yStride: i32,
): void {
  const bytes = (<usize>pad4(C)) << 2;
  for (let at: usize = 0; at < bytes; at += 4) {
    store<f32>(inverse + at, <f32>(1 / Math.sqrt(<f64>load<f32>(variance + at) + epsilon)));
  }
  for (let r = 0; r < R; ++r, x += (<usize>xStride) << 2, y += (<usize>yStride) << 2) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const n = f32x4.mul(f32x4.sub(v128.load(x + at), v128.load(mean + at)), v128.load(inverse + at));
      const offset = beta ? v128.load(beta + at) : f32x4.splat(0);
      v128.store(y + at, gamma ? madd(n, v128.load(gamma + at), offset) : f32x4.add(n, offset));
    }
  }
}

/**
 * count: of the rows that mean and variance are of, as batchNormMoments said; 0 where they were given.
 * x, mean, inverse, gamma as of batchNormForward, dY [T * B][dYStride >= Cp], padding 0: only read.
 * dX [T * B][dXStride >= Cp], or 0 when it is not wanted: overwritten, padding with 0. dGamma, dBeta, each 0 when it is not
 * wanted: overwritten. scratch: batchNormScratchFloats. Nothing may overlap.
 */
export function batchNormBackward(
  B: i32, T: i32, C: i32, x: usize, xStride: i32, lengths: usize, count: i32, mean: usize, inverse: usize,
  gamma: usize, dY: usize, dYStride: i32, dX: usize, dXStride: i32, dGamma: usize, dBeta: usize,
  scratch: usize,
): void {
  const bytes = (<usize>pad4(C)) << 2;
  const step = (<usize>xStride) << 2;
  const asks = (<usize>dYStride) << 2;
  const slopes = scratch + (bytes << 1);
  memory.fill(scratch, 0, bytes << 2);
  let row = x;
  let asked = dY;
  for (let r = 0; r < T * B; ++r, row += step, asked += asks) {
    for (let at: usize = 0; at < bytes; at += 16) {
      const n = f32x4.mul(f32x4.sub(v128.load(row + at), v128.load(mean + at)), v128.load(inverse + at));
      const d = v128.load(asked + at);
      addVector(scratch + (at << 1), d);
      addVector(slopes + (at << 1), f32x4.mul(d, n));
    }
  }
  if (dBeta) closeVector(bytes, scratch, dBeta);
  if (dGamma) closeVector(bytes, slopes, dGamma);
  if (!dX) return;
  const shift = scratch + (bytes << 2);
  const slope = shift + bytes;
  const k = <f64>max<i32>(1, count);
  divide(bytes, k, scratch);
  divide(bytes, k, slopes);
  closeVector(bytes, scratch, shift);
  closeVector(bytes, slopes, slope);
  row = x;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, row += step, dY += asks, dX += (<usize>dXStride) << 2) {
      const inside = count > 0 && counts(lengths, b, t);
      for (let at: usize = 0; at < bytes; at += 16) {
        const inv = v128.load(inverse + at);
        let d = v128.load(dY + at);
        if (inside) {
          const n = f32x4.mul(f32x4.sub(v128.load(row + at), v128.load(mean + at)), inv);
          d = f32x4.sub(f32x4.sub(d, v128.load(shift + at)), f32x4.mul(n, v128.load(slope + at)));
        }
        d = f32x4.mul(d, inv);
        v128.store(dX + at, gamma ? f32x4.mul(d, v128.load(gamma + at)) : d);
      }
    }
  }
}

/** moving = moving momentum + now (1 - momentum), n floats, a multiple of 4; in float64, and rounded once. */
export function moveAverage(n: i32, momentum: f64, now: usize, moving: usize): void {
  for (const end = moving + ((<usize>n) << 2); moving < end; moving += 4, now += 4) {
    const next = <f64>load<f32>(moving) * momentum + <f64>load<f32>(now) * (1 - momentum);
    store<f32>(moving, <f32>next);
  }
}
