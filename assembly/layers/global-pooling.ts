// What a sequence is on the whole: the mean, or the maximum, of each feature over its time steps.
//
// x [T][B][xStride >= Cp], Cp = pad4(C): time-major rows, padding 0. All pointers 16-byte aligned, strides in floats and
// multiples of 4. The sequence may come in stretches of time: `from` is the first step of this one, and where it is not
// 0 the sums go on from what the last stretch has left.
// Source: M. Lin et al., "Network in network", ICLR 2014; as GlobalAveragePooling1D and GlobalMaxPooling1D of Keras.

import { isMasked } from "../recurrent/lengths";
import { pad4 } from "../math/vector";

/**
 * y = sum / count over the steps that are not masked: 0 / 0 for a sample without any, as in Keras.
 * sum, rest [B][Cp]: the sum and what rounding has taken from it (Kahan 1965), so that the mean is off by some 2 u
 * of the mean size of x whatever T; count [B][4]: steps in its first column. All three state, y [B][Cp]: overwritten.
 * lengths [B] or 0, see recurrent/lengths. Nothing may overlap.
 */
export function globalAverageForward(
  B: i32, T: i32, C: i32, x: usize, xStride: i32, lengths: usize, from: i32,
  sum: usize, rest: usize, count: usize, y: usize,
): void {
  const row = (<usize>pad4(C)) << 2;
  if (from == 0) {
    memory.fill(sum, 0, <usize>B * row);
    memory.fill(rest, 0, <usize>B * row);
    memory.fill(count, 0, (<usize>B) << 4);
  }
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, x += (<usize>xStride) << 2) {
      if (lengths && isMasked(lengths, b, from + t)) continue;
      const counted = count + ((<usize>b) << 4);
      store<f32>(counted, load<f32>(counted) + 1);
      let s = sum + <usize>b * row;
      let r = rest + <usize>b * row;
      for (let at: usize = 0; at < row; at += 16) {
        const term = f32x4.sub(v128.load(x + at), v128.load(r));
        const before = v128.load(s);
        const after = f32x4.add(before, term);
        v128.store(r, f32x4.sub(f32x4.sub(after, before), term));
        v128.store(s, after);
        s += 16;
        r += 16;
      }
    }
  }
  for (let b = 0; b < B; ++b, count += 16) {
    const n = v128.load32_splat(count);
    for (const end = y + row; y < end; y += 16, sum += 16) v128.store(y, f32x4.div(v128.load(sum), n));
    // 0 / 0 belongs to features alone
    clearPadding(C, y - row);
  }
}

/** dX = dY / count where a step is not masked, else 0. count as above: read. dY [B][dYStride], dX [T][B][dXStride]. */
export function globalAverageBackward(
  B: i32, T: i32, C: i32, lengths: usize, count: usize, dY: usize, dYStride: i32,
  dX: usize, dXStride: i32,
): void {
  const row = (<usize>pad4(C)) << 2;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, dX += (<usize>dXStride) << 2) {
      const masked = lengths != 0 && isMasked(lengths, b, t);
      const n = v128.load32_splat(count + ((<usize>b) << 4));
      const asked = dY + (((<usize>b * <usize>dYStride)) << 2);
      for (let at: usize = 0; at < row; at += 16) {
        v128.store(dX + at, masked ? f32x4.splat(0) : f32x4.div(v128.load(asked + at), n));
      }
    }
  }
}

/** y = maximum over the steps, those so far where from > 0; y [B][Cp] is state, and overwritten. NaN stays NaN. */
export function globalMaxForward(
  B: i32, T: i32, C: i32, x: usize, xStride: i32, from: i32, y: usize,
): void {
  const row = (<usize>pad4(C)) << 2;
  for (let t = 0; t < T; ++t) {
    let to = y;
    const first = from == 0 && t == 0;
    for (let b = 0; b < B; ++b, x += (<usize>xStride) << 2, to += row) {
      for (let at: usize = 0; at < row; at += 16) {
        const value = v128.load(x + at);
        v128.store(to + at, first ? value : f32x4.max(v128.load(to + at), value));
      }
    }
  }
}

/**
 * dX = dY / n at each of the n steps that hold the maximum, else 0: as the maximum of TensorFlow, JAX and PyTorch.
 * y [B][Cp] of forward, dY [B][dYStride]: read. dX [T][B][dXStride]: overwritten.
 */
export function globalMaxBackward(
  B: i32, T: i32, C: i32, x: usize, xStride: i32, y: usize, dY: usize, dYStride: i32,
  dX: usize, dXStride: i32,
): void {
  const row = (<usize>pad4(C)) << 2;
  const xStep = ((<usize>B * <usize>xStride)) << 2;
  const dStep = ((<usize>B * <usize>dXStride)) << 2;
  for (let b = 0; b < B; ++b) {
    for (let at: usize = 0; at < row; at += 16) {
      const largest = v128.load(y + at);
      let ties = i32x4.splat(0);
      let p = x + at;
      for (let t = 0; t < T; ++t, p += xStep) {
        ties = i32x4.sub(ties, f32x4.eq(v128.load(p), largest));
      }
      const share = f32x4.div(v128.load(dY + at), f32x4.convert_i32x4_s(ties));
      p = x + at;
      let q = dX + at;
      for (let t = 0; t < T; ++t, p += xStep, q += dStep) {
        v128.store(q, v128.and(share, f32x4.eq(v128.load(p), largest)));
      }
    }
    x += (<usize>xStride) << 2;
    y += row;
    dY += (<usize>dYStride) << 2;
    dX += (<usize>dXStride) << 2;
  }
}

function clearPadding(C: i32, row: usize): void {
  for (let c = C; c < pad4(C); ++c) store<f32>(row + ((<usize>c) << 2), 0);
}
