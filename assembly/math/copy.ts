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
    let at: usize = 0;
    // reads before writes: see wide.ts
    for (; at + 16 < bytes; at += 32) {
      const first = v128.load(from + at);
      const second = v128.load(from + at, 16);
      v128.store(to + at, first);
      v128.store(to + at, second, 16);
    }
    if (at < bytes) v128.store(to + at, v128.load(from + at));
    from += fromStride;
    to += toStride;
  }
}

/** The rows are added to those that stand there: strides in bytes, bytes a multiple of 16. */
export function addRowsTo(
  rows: i32,
  bytes: usize,
  from: usize,
  fromStride: usize,
  to: usize,
  toStride: usize,
): void {
  for (let r = 0; r < rows; ++r) {
    let at: usize = 0;
    // two vectors a round, reads before writes: see wide.ts
    for (; at + 16 < bytes; at += 32) {
      const first = f32x4.add(v128.load(to + at), v128.load(from + at));
      const second = f32x4.add(v128.load(to + at, 16), v128.load(from + at, 16));
      v128.store(to + at, first);
      v128.store(to + at, second, 16);
    }
    if (at < bytes) v128.store(to + at, f32x4.add(v128.load(to + at), v128.load(from + at)));
    from += fromStride;
    to += toStride;
  }
}
