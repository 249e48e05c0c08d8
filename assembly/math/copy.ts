// Moving rows between buffers of different strides.

/**
 * Copies `rows` rows of `bytes` bytes (a multiple of 16) between rows fromStride and
 * toStride bytes apart, all 16-byte aligned. A loop, because V8 leaves the module for
 * every memory.copy, which costs more than the short rows of a sequence do.
 */
export function copyRows(
  rows: i32,
  bytes: usize,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
): void {
  for (let r = 0; r < rows; ++r) {
    for (let at: usize = 0; at < bytes; at += 16) v128.store(to + at, v128.load(from + at));
    from += fromStride;
    to += toStride;
  }
}
