// How the weights of a convolution stand: of each of G groups, C / G columns in and N / G columns out, the matrix [K C/G][pad4(N/G)] in
// tiles of columns (math/column-tiles), row k C/G + c for tap k and column c, padding 0; biases [G][pad4(N/G)].

import { tileOffset, tileWidth } from "../math/column-tiles";
import { transposeRows } from "../math/transpose";
import { pad4 } from "../math/vector";

function pad(n: f64): f64 {
  return Math.ceil(n / 4) * 4;
}

/** Floats of the weights. f64, as all sizes, so that absurd ones do not wrap. */
export function convWeightFloats(K: f64, C: f64, N: f64, G: f64): f64 {
  return K * C * pad(N / G);
}

export function convBiasFloats(N: f64, G: f64): f64 {
  return G * pad(N / G);
}

/** w = kernel [K][C/G][N], b = bias [N] (contiguous; both 0 where there is no bias), padding = 0. No overlap. */
export function convPack(
  K: i32, C: i32, N: i32, G: i32, kernel: usize, bias: usize, w: usize, b: usize,
): void {
  const D = K * (C / G);
  const n = N / G;
  const Np = pad4(n);
  const group = (<usize>D * <usize>Np) << 2;
  memory.fill(w, 0, <usize>G * group);
  for (let row = 0; row < D; ++row) {
    for (let column = 0; column < N; ++column, kernel += 4) {
      store<f32>(w + <usize>(column / n) * group + tileOffset(row, column % n, D, Np), load<f32>(kernel));
    }
  }
  if (!b) return;
  memory.fill(b, 0, (<usize>(G * Np)) << 2);
  for (let g = 0; g < G; ++g) memory.copy(b + ((<usize>(g * Np)) << 2), bias + ((<usize>(g * n)) << 2), (<usize>n) << 2);
}

/** kernel [K][C/G][N], bias [N] (contiguous; both 0 where there is no bias) = w, b without their padding. No overlap. */
export function convUnpack(
  K: i32, C: i32, N: i32, G: i32, w: usize, b: usize, kernel: usize, bias: usize,
): void {
  const D = K * (C / G);
  const n = N / G;
  const Np = pad4(n);
  const group = (<usize>D * <usize>Np) << 2;
  for (let row = 0; row < D; ++row) {
    for (let column = 0; column < N; ++column, kernel += 4) {
      store<f32>(kernel, load<f32>(w + <usize>(column / n) * group + tileOffset(row, column % n, D, Np)));
    }
  }
  if (!b) return;
  for (let g = 0; g < G; ++g) memory.copy(bias + ((<usize>(g * n)) << 2), b + ((<usize>(g * Np)) << 2), (<usize>n) << 2);
}

/** Floats of convTurn for `taps` taps of one group, with room behind them for what it writes in passing. */
export function convTurnFloats(taps: f64, C: f64, N: f64): f64 {
  return taps * N * pad(C) + 256;
}

/**
 * The weights of one group for the way back: to [taps N][pad4(C)] in tiles of columns, padding 0, row m N + n being what tap
 * first + step (taps - 1 - m) gives column n. C and N are those of the group.
 */
export function convTurn(
  K: i32, C: i32, N: i32, first: i32, step: i32, taps: i32, w: usize, to: usize,
): void {
  const Np = pad4(N);
  const Cp = pad4(C);
  const D = K * C;
  memory.fill(to, 0, (<usize>(taps * N) * <usize>Cp) << 2);
  for (let c = 0, width = 0; c < Cp; c += width) {
    width = tileWidth(Cp, c);
    const tile = to + ((<usize>c * <usize>(taps * N)) << 2);
    const rows = min(width, C - c);
    for (let m = 0; m < taps; ++m) {
      const k = first + step * (taps - 1 - m);
      for (let n = 0, columns = 0; n < Np; n += columns) {
        columns = tileWidth(Np, n);
        // columns of padding write rows that the next tap, or the next tile, overwrites
        const from = w + ((<usize>n * <usize>D + <usize>((k * C + c) * columns)) << 2);
        const at = tile + ((<usize>((m * N + n) * width)) << 2);
        transposeRows(rows, columns, from, (<usize>columns) << 2, at, (<usize>width) << 2);
      }
    }
  }
}
