// Products of a matrix of each sample (and head) with another one of the same sample: scores of queries and keys, mixes
// of values, and the gradients of both.

import { pad4 } from "./vector";
import { stripProduct } from "./strip-product";
import { transposeRows } from "./transpose";

/** Floats of scratch that batchProduct needs. f64, so that absurd sizes do not wrap. */
export function batchProductFloats(M: f64, K: f64, N: f64): f64 {
  const Kp = Math.ceil(K / 4) * 4;
  return Kp * (Math.ceil(M / 4) * 4 + Math.ceil(N / 4) * 4);
}

/** strips [Kp][Np] of math/strip-product = b [K][N] in rows bStep bytes apart, padded with 0; or b^T where b is [N][K]. */
function pack(K: i32, N: i32, b: usize, bStep: usize, turned: bool, strips: usize): void {
  const Kp = pad4(K);
  const Np = pad4(N);
  for (let j = 0; j < Np; j += 8) {
    const wide = Np - j >= 8;
    const to = strips + ((<usize>j * <usize>Kp) << 2);
    const step: usize = wide ? 32 : 16;
    if (turned) {
      const rows = min<i32>(N - j, wide ? 8 : 4);
      if (((<usize>rows) << 2) < step) memory.fill(to, 0, <usize>Kp * step);
      transposeRows(rows, Kp, b + <usize>j * bStep, bStep, to, step);
      continue;
    }
    let row = b + ((<usize>j) << 2);
    let at = to;
    for (let k = 0; k < K; ++k, row += bStep, at += step) {
      v128.store(at, v128.load(row));
      if (wide) v128.store(at, v128.load(row, 16), 16);
    }
  }
}

/**
 * c = op(a) op(b) for each of B samples and H heads: op(a) [M][K], op(b) [K][N], c [M][N]. A matrix stands in rows of
 * whole vectors, padded with 0; its row r of sample s and head h begins at float (r B + s) stride + h head, time-major.
 * aTurned: a holds [K][M], and op is the transpose; bTurned: b holds [N][K]. c: overwritten up to column pad4(N), with 0
 * from N on. Every element is one chain of multiply-adds over K in order, whatever B, M and N.
 * Pointers 16-byte aligned; strides and heads in floats, multiples of 4. scratch: batchProductFloats. No overlap.
 */
export function batchProduct(
  B: i32, H: i32, M: i32, K: i32, N: i32, a: usize, aStride: i32, aHead: i32, aTurned: bool,
  b: usize, bStride: i32, bHead: i32, bTurned: bool, c: usize, cStride: i32, cHead: i32, scratch: usize,
): void {
  const Kp = pad4(K);
  const turned = scratch + ((<usize>Kp * <usize>pad4(N)) << 2);
  const bStep = (<usize>B * <usize>bStride) << 2;
  for (let h = 0; h < H; ++h) {
    for (let s = 0; s < B; ++s) {
      const left = a + ((<usize>s * <usize>aStride + <usize>h * <usize>aHead) << 2);
      const right = b + ((<usize>s * <usize>bStride + <usize>h * <usize>bHead) << 2);
      const to = c + ((<usize>s * <usize>cStride + <usize>h * <usize>cHead) << 2);
      pack(K, N, right, bStep, bTurned, scratch);
      if (aTurned) {
        transposeRows(K, pad4(M), left, (<usize>B * <usize>aStride) << 2, turned, (<usize>Kp) << 2);
        stripProduct(M, K, pad4(N), turned, Kp, scratch, Kp, 0, to, B * cStride);
      } else {
        stripProduct(M, K, pad4(N), left, B * aStride, scratch, Kp, 0, to, B * cStride);
      }
    }
  }
}
