// Which time steps of which samples are masked, for any form of mask: what recurrent/lengths.ts reads. A record of
// int32 [B], a length each, or less than 0 for a sample whose mask stands in bytes: -n bytes from the record on, 1
// for a step that counts and 0 for one that is masked, `whole` + 1 of them a sample. Behind the lengths stand
// these bytes. A pass may cover a stretch of time alone, from step `first` on: it writes the bytes of its own.

import { isMasked } from "./lengths";

/** Floats of a record. */
export function maskFloats(B: f64, whole: f64): f64 {
  return B + Math.ceil((B * (whole + 1)) / 4);
}

// @ts-ignore: decorator
@inline
export function offsetOf(B: i32, whole: i32, b: i32): i32 {
  return (B << 2) + b * (whole + 1);
}

/**
 * Trailing masked steps become a length where the pass sees the whole sequence, and there are no others. In a stream a pass of
 * one step is as long as a sequence of one, but is not the first.
 */
export function closeSample(
  B: i32, T: i32, first: i32, whole: i32, b: i32, to: usize,
): void {
  const at = offsetOf(B, whole, b);
  let length = -at;
  if (first == 0 && T == whole) {
    const bytes = to + <usize>at;
    let end = T;
    while (end > 0 && !load<u8>(bytes + <usize>(end - 1))) --end;
    length = end;
    for (let t = 0; t < end; ++t) {
      if (load<u8>(bytes + <usize>t)) continue;
      length = -at;
      break;
    }
  }
  store<i32>(to + (<usize>b << 2), length);
}

/** Masks steps whose number is 0. ids [T * B] int32, time-major; only read. to: maskFloats. */
export function maskZeros(B: i32, T: i32, first: i32, whole: i32, ids: usize, to: usize): void {
  for (let b = 0; b < B; ++b) {
    const bytes = to + <usize>(offsetOf(B, whole, b) + first);
    for (let t = 0; t < T; ++t) {
      store<u8>(bytes + <usize>t, load<i32>(ids + (<usize>(t * B + b) << 2)) != 0 ? 1 : 0);
    }
    closeSample(B, T, first, whole, b, to);
  }
}

/** Masks steps all of whose F numbers are `value`. x [T * B][xStride], time-major; only read. to: maskFloats. */
export function maskValues(
  B: i32, T: i32, F: i32, first: i32, whole: i32, x: usize, xStride: i32, value: f32, to: usize,
): void {
  for (let b = 0; b < B; ++b) {
    const bytes = to + <usize>(offsetOf(B, whole, b) + first);
    for (let t = 0; t < T; ++t) {
      const row = x + (<usize>(t * B + b) * <usize>xStride << 2);
      let counts: u8 = 0;
      for (let c = 0; c < F && !counts; ++c) {
        if (load<f32>(row + (<usize>c << 2)) != value) counts = 1;
      }
      store<u8>(bytes + <usize>t, counts);
    }
    closeSample(B, T, first, whole, b, to);
  }
}

/**
 * Masks steps that both a and b mask: what Keras' merge layers do, for a step of which a part counts counts. `to` may be a:
 * maskFloats.
 */
export function uniteMasks(B: i32, T: i32, first: i32, whole: i32, a: usize, b: usize, to: usize): void {
  for (let s = 0; s < B; ++s) {
    const bytes = to + <usize>offsetOf(B, whole, s);
    for (let t = first; t < first + T; ++t) {
      store<u8>(bytes + <usize>t, isMasked(a, s, t) && isMasked(b, s, t) ? 0 : 1);
    }
    closeSample(B, T, first, whole, s, to);
  }
}

/**
 * Steps `at` to at + T of the mask of sequences one after the other: those of lengths, which may be 0. The part that ends
 * at `whole` comes last. to: maskFloats(B, whole).
 */
export function joinMask(B: i32, T: i32, at: i32, whole: i32, lengths: usize, to: usize): void {
  for (let b = 0; b < B; ++b) {
    const bytes = to + <usize>(offsetOf(B, whole, b) + at);
    for (let t = 0; t < T; ++t) {
      store<u8>(bytes + <usize>t, lengths && isMasked(lengths, b, t) ? 0 : 1);
    }
    if (at + T == whole) closeSample(B, whole, 0, whole, b, to);
  }
}

/**
 * y = x, and 0 in rows of masked steps. C columns, a multiple of 4, of T * B rows that lie xStride and yStride floats
 * apart; y may be x.
 */
export function clearMasked(
  B: i32, T: i32, C: i32, first: i32, x: usize, xStride: i32, lengths: usize, y: usize, yStride: i32,
): void {
  const bytes = <usize>C << 2;
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b) {
      if (isMasked(lengths, b, first + t)) memory.fill(y, 0, bytes);
      else memory.copy(y, x, bytes);
      x += <usize>xStride << 2;
      y += <usize>yStride << 2;
    }
  }
}

/** How many steps of B samples count. */
export function countSteps(B: i32, T: i32, first: i32, lengths: usize): i32 {
  let count = 0;
  for (let b = 0; b < B; ++b) {
    for (let t = 0; t < T; ++t) if (!isMasked(lengths, b, first + t)) ++count;
  }
  return count;
}

/**
 * weights [T * B] = factor, or factor times what stood there where they are given; 0 for masked steps. f32, time-major.
 */
export function maskWeights(
  B: i32, T: i32, first: i32, lengths: usize, given: i32, factor: f32, weights: usize,
): void {
  for (let t = 0; t < T; ++t) {
    for (let b = 0; b < B; ++b, weights += 4) {
      const own: f32 = given ? load<f32>(weights) * factor : factor;
      store<f32>(weights, isMasked(lengths, b, first + t) ? 0 : own);
    }
  }
}
