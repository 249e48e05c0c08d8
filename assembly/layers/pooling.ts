// Pooling over windows of time: y of step o is the maximum, or the mean, of x over the steps from o S - left on, P of
// them, without those that lie outside of the sequence: padding is no part of a window.
//
// x [T][B][xStride >= Cp], y [O][B][Cp], Cp = pad4(C): time-major rows, padding 0. Each window holds a step at least: 0 <= left < P.
// O S, T and P stay below 2^30. All pointers 16-byte aligned, strides in floats and multiples of 4.
// Source: MaxPooling1D and AveragePooling1D of Keras 3 on TensorFlow (MaxPool, AvgPool).

import { pad4 } from "../math/vector";

/** The first step of window o. */
// @ts-ignore: decorator
@inline
function firstOf(o: i32, S: i32, left: i32): i32 {
  return max<i32>(0, o * S - left);
}

/** The step after its last one. */
// @ts-ignore: decorator
@inline
function endOf(o: i32, S: i32, left: i32, P: i32, T: i32): i32 {
  return min<i32>(T, o * S - left + P);
}

/** The first of equal steps wins, and a NaN before it. */
export function maxPoolForward(
  B: i32, T: i32, O: i32, C: i32, P: i32, S: i32, left: i32, x: usize, xStride: i32, y: usize,
): void {
  const row = (<usize>pad4(C)) << 2;
  const step = ((<usize>B * <usize>xStride)) << 2;
  for (let o = 0; o < O; ++o) {
    const t0 = firstOf(o, S, left);
    const t1 = endOf(o, S, left, P, T);
    for (let b = 0; b < B; ++b, y += row) {
      const from = x + <usize>t0 * step + (((<usize>b * <usize>xStride)) << 2);
      for (let at: usize = 0; at < row; at += 16) {
        let p = from + at;
        let largest = v128.load(p);
        for (let t = t0 + 1; t < t1; ++t) {
          p += step;
          largest = f32x4.max(largest, v128.load(p));
        }
        v128.store(y + at, largest);
      }
    }
  }
}

/** dX = the sum of dY over the windows whose first maximum it is. dY [O][B][dYStride]; dX [T][B][dXStride]: overwritten. */
export function maxPoolBackward(
  B: i32, T: i32, O: i32, C: i32, P: i32, S: i32, left: i32, x: usize, xStride: i32, y: usize,
  dY: usize, dYStride: i32, dX: usize, dXStride: i32,
): void {
  const row = (<usize>pad4(C)) << 2;
  const step = ((<usize>B * <usize>xStride)) << 2;
  const dStep = ((<usize>B * <usize>dXStride)) << 2;
  clearRows(B * T, row, dX, dXStride);
  for (let o = 0; o < O; ++o) {
    const t0 = firstOf(o, S, left);
    const t1 = endOf(o, S, left, P, T);
    for (let b = 0; b < B; ++b, y += row, dY += (<usize>dYStride) << 2) {
      const from = x + <usize>t0 * step + (((<usize>b * <usize>xStride)) << 2);
      const to = dX + <usize>t0 * dStep + (((<usize>b * <usize>dXStride)) << 2);
      for (let at: usize = 0; at < row; at += 16) {
        const largest = v128.load(y + at);
        const asked = v128.load(dY + at);
        let open = i32x4.splat(-1);
        let p = from + at;
        let q = to + at;
        for (let t = t0; t < t1; ++t, p += step, q += dStep) {
          const here = v128.and(open, f32x4.eq(v128.load(p), largest));
          v128.store(q, f32x4.add(v128.load(q), v128.and(asked, here)));
          open = v128.andnot(open, here);
        }
      }
    }
  }
}

/** One chain of sums over a window, then one division. */
export function averagePoolForward(
  B: i32, T: i32, O: i32, C: i32, P: i32, S: i32, left: i32, x: usize, xStride: i32, y: usize,
): void {
  const row = (<usize>pad4(C)) << 2;
  const step = ((<usize>B * <usize>xStride)) << 2;
  for (let o = 0; o < O; ++o) {
    const t0 = firstOf(o, S, left);
    const t1 = endOf(o, S, left, P, T);
    const n = f32x4.splat(<f32>(t1 - t0));
    for (let b = 0; b < B; ++b, y += row) {
      const from = x + <usize>t0 * step + (((<usize>b * <usize>xStride)) << 2);
      for (let at: usize = 0; at < row; at += 16) {
        let p = from + at;
        let sum = v128.load(p);
        for (let t = t0 + 1; t < t1; ++t) {
          p += step;
          sum = f32x4.add(sum, v128.load(p));
        }
        v128.store(y + at, f32x4.div(sum, n));
      }
    }
  }
}

/** dX = the sum over its windows of dY / their steps. dY [O][B][dYStride]; dX [T][B][dXStride]: overwritten. */
export function averagePoolBackward(
  B: i32, T: i32, O: i32, C: i32, P: i32, S: i32, left: i32, dY: usize, dYStride: i32,
  dX: usize, dXStride: i32,
): void {
  const row = (<usize>pad4(C)) << 2;
  const dStep = ((<usize>B * <usize>dXStride)) << 2;
  clearRows(B * T, row, dX, dXStride);
  for (let o = 0; o < O; ++o) {
    const t0 = firstOf(o, S, left);
    const t1 = endOf(o, S, left, P, T);
    const n = f32x4.splat(<f32>(t1 - t0));
    for (let b = 0; b < B; ++b, dY += (<usize>dYStride) << 2) {
      const to = dX + <usize>t0 * dStep + (((<usize>b * <usize>dXStride)) << 2);
      for (let at: usize = 0; at < row; at += 16) {
        const share = f32x4.div(v128.load(dY + at), n);
        let q = to + at;
        for (let t = t0; t < t1; ++t, q += dStep) v128.store(q, f32x4.add(v128.load(q), share));
      }
    }
  }
}

function clearRows(rows: i32, row: usize, x: usize, stride: i32): void {
  for (let r = 0; r < rows; ++r, x += (<usize>stride) << 2) {
    for (let at: usize = 0; at < row; at += 16) v128.store(x + at, f32x4.splat(0));
  }
}
