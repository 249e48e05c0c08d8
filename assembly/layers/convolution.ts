// Convolution over time:   y[o][n] = activation(b[n] + sum over k, c of x[o S - left + k d][c] w[k][c][n]),
// steps outside of the sequence being 0: K taps, d steps apart (dilation), a window every S steps, the first of them
// `left` steps before the sequence. In G groups filters see C / G columns each: those of group g, N / G of them, see columns
// g C/G and on.
//
// x [T][B][xStride >= Cp], y [O][B][yStride >= Np]: time-major rows, padding 0; Cp = pad4(C), Np = pad4(N). Weights w and biases b stand as
// conv-layout.ts says. Products read windows where they stand (conv-windows.ts); no row of x is copied. O S, T and (K - 1) d
// stay below 2^30, C and N are multiples of G. All pointers 16-byte aligned, strides in floats and multiples of 4.
// Source: Conv1D of Keras 3 (a cross-correlation: the kernel is not turned).

import { pad4 } from "../math/vector";
import { ZEROS } from "../math/zeros";
import { copyColumns } from "./columns";
import { convGradientFloats, convWeightGradient } from "./conv-gradient";
import { convTurn, convTurnFloats } from "./conv-layout";
import { windowProducts } from "./conv-windows";
import { activate, activationGradient } from "./dense-activation";

/** Floats of rows of a group's own: its columns do not begin at whole vectors of the others. */
function ownRowsFloats(R: f64, columns: f64, G: f64): f64 {
  return G > 1 && columns % 4 != 0 ? R * Math.ceil(columns / 4) * 4 : 0;
}

/** Floats of scratch of convForward for R rows of y. f64, as all sizes, so that absurd ones do not wrap. */
export function convScratchFloats(R: f64, N: f64, G: f64): f64 {
  return ownRowsFloats(R, N / G, G);
}

/** Floats of scratch of convBackward for R rows of x and Q of y. */
export function convBackwardScratchFloats(R: f64, Q: f64, C: f64, K: f64, N: f64, G: f64): f64 {
  const c = C / G;
  const n = N / G;
  return ownRowsFloats(R, c, G) + Math.max(convTurnFloats(K, c, n), convGradientFloats(Q, K, c, n));
}

/** x, w, b (0: none): only read. y: overwritten, columns N..Np with 0. scratch: convScratchFloats of O B rows. */
export function convForward(
  B: i32, T: i32, O: i32, C: i32, K: i32, S: i32, d: i32, left: i32, N: i32, G: i32, x: usize, xStride: i32,
  w: usize, b: usize, activation: i32, y: usize, yStride: i32, scratch: usize,
): void {
  const c = C / G;
  const n = N / G;
  const columns = pad4(n);
  const R = O * B;
  const apart = G > 1 && columns != n;
  const given = (<usize>xStride) << 2;
  const made = (<usize>(apart ? columns : yStride)) << 2;
  const group = (<usize>(K * c) * <usize>columns) << 2;
  for (let g = 0; g < G; ++g, w += group) {
    const from = x + ((<usize>(g * c)) << 2);
    const to = y + ((<usize>(g * n)) << 2);
    const init = b ? b + ((<usize>(g * columns)) << 2) : ZEROS;
    windowProducts(B, T, O, S, d, -left, K, c, from, given, w, columns, init, !b, apart ? scratch : to, made, 1);
    if (apart) copyColumns(R, n, g == G - 1 ? pad4(N) - N : 0, scratch, columns, to, yStride);
  }
  activate(activation, R, N, y, yStride);
}

/**
 * x, w, y (output of convForward): only read. dY [O][B][dYStride >= Np], padding 0: becomes the gradient before the
 * activation. dX [T][B][dXStride >= Cp], or 0 when it is not wanted: overwritten, padding with 0. dW, of the layout of w,
 * and db of b, 0 when they are not wanted (db alone: where there is no bias): overwritten, padding with 0.
 * scratch: convBackwardScratchFloats of T B and O B rows. Nothing may overlap.
 */
export function convBackward(
  B: i32, T: i32, O: i32, C: i32, K: i32, S: i32, d: i32, left: i32, N: i32, G: i32, x: usize, xStride: i32,
  w: usize, y: usize, yStride: i32, dY: usize, dYStride: i32, activation: i32, dX: usize, dXStride: i32,
  dW: usize, db: usize, scratch: usize,
): void {
  const c = C / G;
  const n = N / G;
  const columns = pad4(n);
  const asked = (<usize>dYStride) << 2;
  const group = (<usize>(K * c) * <usize>columns) << 2;
  activationGradient(activation, O * B, N, y, yStride, dY, dYStride);
  const apart = G > 1 && pad4(c) != c;
  const room = apart ? scratch + ((<usize>(T * B) * <usize>pad4(c)) << 2) : scratch;
  for (let g = 0; g < G; ++g, w += group) {
    const from = dY + ((<usize>(g * n)) << 2);
    if (dW) {
      const seen = x + ((<usize>(g * c)) << 2);
      const at = <usize>g * group;
      const bias = db ? db + ((<usize>(g * columns)) << 2) : 0;
      convWeightGradient(B, T, O, c, K, S, d, left, n, seen, (<usize>xStride) << 2, from, asked, dW + at, bias, room);
    }
    if (!dX) continue;
    const to = dX + ((<usize>(g * c)) << 2);
    const stride = apart ? pad4(c) : dXStride;
    inputGradient(B, T, O, c, K, S, d, left, n, from, asked, w, apart ? scratch : to, (<usize>stride) << 2, room);
    if (apart) copyColumns(T * B, c, g == G - 1 ? pad4(C) - C : 0, scratch, stride, to, dXStride);
  }
}

/**
 * dX [T][B][C] of one group: of all steps t whose t + left leaves the rest p by S, a convolution of dZ with taps p, p + S ...,
 * turned. dX: pad4(C) columns are overwritten. Strides in bytes; turned: convTurnFloats.
 */
function inputGradient(
  B: i32, T: i32, O: i32, C: i32, K: i32, S: i32, d: i32, left: i32, N: i32, dZ: usize, dZStride: usize, w: usize,
  dX: usize, dXStride: usize, turned: usize,
): void {
  for (let p = 0; p < S; ++p) {
    const t = (p + S - (left % S)) % S;
    if (t >= T) continue;
    const taps = p < K ? (K - 1 - p) / S + 1 : 0;
    const first = (t + left - p) / S - (taps - 1) * d;
    const to = dX + <usize>(t * B) * dXStride;
    if (taps > 0) convTurn(K, C, N, p, S, taps, w, turned);
    windowProducts(
      B, O, (T - 1 - t) / S + 1, 1, d, first, taps, N, dZ, dZStride, turned, pad4(C), ZEROS, true, to, dXStride, S,
    );
  }
}
