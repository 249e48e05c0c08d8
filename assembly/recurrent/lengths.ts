// Steps of a batch that are masked. `lengths` holds an int32 for each sample, or is 0 where nothing is
// masked: from step lengths[b] on sample b is; where it is less than 0 a byte of each step tells (masks.ts). A masked
// step hands the state on as it is, and puts out what the step before it did, as Keras does with a
// mask; its input gets no gradient and gives none.

import { pad4 } from "../math/vector";

/** Whether sample b is masked in a step of the whole sequence. */
// @ts-ignore: decorator
@inline
export function isMasked(lengths: usize, b: i32, step: i32): bool {
  const length = load<i32>(lengths + ((<usize>b) << 2));
  return length >= 0 ? step >= length : !load<u8>(lengths + <usize>(step - length));
}

/** Rows of masked samples: to[b] = from[b], `columns` floats (a multiple of 4). */
export function keepRows(
  B: i32, columns: i32, lengths: usize, step: i32,
  from: usize, fromStride: usize, to: usize, toStride: usize,
): void {
  const bytes = <usize>pad4(columns) << 2;
  for (let b = 0; b < B; ++b) {
    if (isMasked(lengths, b, step)) {
      for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
    }
    from += fromStride;
    to += toStride;
  }
}

// Backwards a masked sample asks for nothing in a step, so that all gradients of its gates become 0, and
// what it has of the gradient of h, with what is asked of this output, goes to the step before as it
// is. Gradients of h stand as recurrent/state.ts gathers them, in tiles. All of them for panels p0..p1.

/** Before the step: aside with dh + dOut of masked samples, and dh = -dOut. */
export function holdMasked(
  B: i32, p0: i32, p1: i32, lengths: usize, step: i32, out: usize, outStride: usize, outStep: usize,
  dh: usize, kept: usize,
): void {
  for (let b = 0; b < B; ++b) {
    if (!isMasked(lengths, b, step)) continue;
    for (let p = p0; p < p1; ++p) {
      const at = ((<usize>((p >> 2) * B + b)) << 6) + ((<usize>(p & 3)) << 4);
      const asked = v128.load(out + <usize>b * outStride + <usize>p * outStep);
      v128.store(kept + at, f32x4.add(asked, v128.load(dh + at)));
      v128.store(dh + at, f32x4.neg(asked));
    }
  }
}

/** After it, when dh is that of the step before. */
export function handOnMasked(
  B: i32, p0: i32, p1: i32, lengths: usize, step: i32, dh: usize, kept: usize,
): void {
  for (let b = 0; b < B; ++b) {
    if (!isMasked(lengths, b, step)) continue;
    for (let p = p0; p < p1; ++p) {
      const at = ((<usize>((p >> 2) * B + b)) << 6) + ((<usize>(p & 3)) << 4);
      v128.store(dh + at, v128.load(kept + at));
    }
  }
}

/** Of the gradient of c, [panels][B][4]: aside with it, and 0 in its place; or the way back. */
export function holdCell(
  B: i32, p0: i32, p1: i32, lengths: usize, step: i32, dc: usize, kept: usize, back: bool,
): void {
  for (let b = 0; b < B; ++b) {
    if (!isMasked(lengths, b, step)) continue;
    for (let p = p0; p < p1; ++p) {
      const at = (<usize>(p * B + b)) << 4;
      if (back) v128.store(dc + at, v128.load(kept + at));
      else {
        v128.store(kept + at, v128.load(dc + at));
        v128.store(dc + at, f32x4.splat(0));
      }
    }
  }
}
