// What layers need that read sequences from their end: rows in the opposite order of time, their masks, and two
// directions merged.

import { copyRows } from "../math/copy";
import { isMasked } from "./lengths";
import { closeSample, offsetOf } from "./masks";

/** y = x with its T steps of B rows in the opposite order; C columns, a multiple of 4. They must not overlap. */
export function reverseSteps(B: i32, T: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32): void {
  const bytes = <usize>C << 2;
  const from = <usize>xStride << 2;
  const to = <usize>yStride << 2;
  for (let t = T - 1; t >= 0; --t) {
    copyRows(B, bytes, x + <usize>(t * B) * from, from, y, to);
    y += <usize>B * to;
  }
}

/** The mask of reverseSteps: to, maskFloats(B, T), masks step t where lengths mask step T - 1 - t. */
export function reverseMask(B: i32, T: i32, lengths: usize, to: usize): void {
  for (let b = 0; b < B; ++b) {
    const bytes = to + <usize>offsetOf(B, T, b);
    for (let t = 0; t < T; ++t) {
      store<u8>(bytes + <usize>t, isMasked(lengths, b, T - 1 - t) ? 0 : 1);
    }
    closeSample(B, T, 0, T, b, to);
  }
}

/**
 * y = a + b (kind 0), (a + b) / 2 (1), a b (2), a / 2 (3, b is not read) or a - b (4): R rows of C columns, a multiple of 4. y may be
 * a or b, with the same stride.
 */
export function mergeRows(
  kind: i32, R: i32, C: i32, a: usize, aStride: i32, b: usize, bStride: i32, y: usize, yStride: i32,
): void {
  const bytes = <usize>C << 2;
  const half = f32x4.splat(0.5);
  for (let r = 0; r < R; ++r) {
    for (let at: usize = 0; at < bytes; at += 16) {
      let value = v128.load(a + at);
      if (kind == 2) value = f32x4.mul(value, v128.load(b + at));
      else if (kind < 2) value = f32x4.add(value, v128.load(b + at));
      else if (kind == 4) value = f32x4.sub(value, v128.load(b + at));
      if (kind & 1) value = f32x4.mul(value, half);
      v128.store(y + at, value);
    }
    a += <usize>aStride << 2;
    b += <usize>bStride << 2;
    y += <usize>yStride << 2;
  }
}
