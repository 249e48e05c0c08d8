// Sequences of a batch that end early. `lengths` holds an int32 for each sample, or is 0 where all
// of them are as long as the batch: from step lengths[b] on sample b is masked. A masked step hands
// the state on as it is, and puts out what the step before it did, as Keras does with a mask of
// padding at the end; its input gets no gradient and gives none.

import { pad4 } from "../math/vector";

/** Whether sample b is masked in a step of the whole sequence. */
// @ts-ignore: decorator
@inline
export function isMasked(lengths: usize, b: i32, step: i32): bool {
  return step >= load<i32>(lengths + ((<usize>b) << 2));
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
