import { pad4 } from "../math/vector";
import { laneMask } from "../math/rows";
import { nextBlock } from "../math/random";

/**
 * Inverted dropout: y = x mask / (1 - rate), where mask is 0 with probability `rate`, else 1.
 * The mask is a function of key, counter, row and column of the matrix [R][C] alone: applied
 * to dY with the same arguments the call is its own backward pass, whatever the strides.
 * Element (r, c) is dropped when word c & 3 of Philox block r pad4(C) / 4 + (c >> 2) is below
 * floor(rate 2^32); key and counter as in math/random.
 *
 * x [R][xStride], y [R][yStride]: 16-byte aligned, strides >= pad4(C) floats and multiples of 4;
 * y may be x itself (then with equal strides), or must not overlap it. Columns C..pad4(C) of y
 * are written as 0. 0 <= rate < 1; rate = 0 copies.
 * Source: N. Srivastava et al., "Dropout", JMLR 15 (2014).
 */
export function dropout(
  R: i32, C: i32, x: usize, xStride: i32, y: usize, yStride: i32, rate: f32,
  seedLo: u32, seedHi: u32, counterLo: u32, counterHi: u32,
): void {
  const threshold = i32x4.splat(<u32>(<f64>rate * 4294967296.0));
  const scale = f32x4.splat(1 / (1 - rate));
  const last = pad4(C) - 4;
  const lastMask = laneMask(C - last);
  let block: u32 = 0;
  for (let r = 0; r < R; ++r) {
    for (let c = 0; c <= last; c += 4, ++block) {
      const words = nextBlock(seedLo, seedHi, block, counterLo, counterHi);
      let keep = i32x4.ge_u(words, threshold);
      if (c == last) keep = v128.and(keep, lastMask);
      const at = (<usize>c) << 2;
      v128.store(y + at, v128.and(f32x4.mul(v128.load(x + at), scale), keep));
    }
    x += (<usize>xStride) << 2;
    y += (<usize>yStride) << 2;
  }
}
