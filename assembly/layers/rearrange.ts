// Numbers of a sample put to other places. Sequences are time-major: row t * B + b, padded to whole vectors with 0.
// Nothing may overlap; each function is its own way back.

import { pad4 } from "../math/vector";
import { copyColumns } from "./columns";

/**
 * The `total` numbers of each of B samples in their order, the last axis fastest: x [total / F * B][xStride >= F] to
 * y [total / G * B][yStride >= pad4(G)], whose columns G..pad4(G) become 0. Addresses are multiples of 4 bytes.
 */
export function reshapeRows(
  B: i32, total: i32, F: i32, x: usize, xStride: i32, G: i32, y: usize, yStride: i32,
): void {
  const zeros = pad4(G) - G;
  for (let at = 0; at < total; ) {
    const from = at % F;
    const to = at % G;
    const count = min(F - from, G - to);
    const source = x + ((<usize>(at / F * B) * <usize>xStride + <usize>from) << 2);
    const target = y + ((<usize>(at / G * B) * <usize>yStride + <usize>to) << 2);
    copyColumns(B, count, to + count == G ? zeros : 0, source, xStride, target, yStride);
    at += count;
  }
}

/** y[f * B + b][t] = x[t * B + b][f]: x [T * B][xStride >= F], y [F * B][yStride >= pad4(T)], padding 0. */
export function swapAxes(
  B: i32, T: i32, F: i32, x: usize, xStride: i32, y: usize, yStride: i32,
): void {
  const step = (<usize>B * <usize>xStride) << 2;
  const zeros = (<usize>(pad4(T) - T)) << 2;
  for (let f = 0; f < F; ++f) {
    for (let b = 0; b < B; ++b) {
      let from = x + ((<usize>b * <usize>xStride + <usize>f) << 2);
      let to = y;
      for (let t = 0; t < T; ++t, from += step, to += 4) store<f32>(to, load<f32>(from));
      memory.fill(to, 0, zeros);
      y += (<usize>yStride) << 2;
    }
  }
}
