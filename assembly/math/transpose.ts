// Transposes, so that products read along rows.

/** Four rows of four floats, fromStride bytes apart, transposed to rows toStride bytes apart. */
// @ts-ignore: decorator
@inline
export function transpose4(from: usize, fromStride: usize, to: usize, toStride: usize): void {
  const a = v128.load(from);
  const b = v128.load(from + fromStride);
  const c = v128.load(from + 2 * fromStride);
  const d = v128.load(from + 3 * fromStride);
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5);
  const AB = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  const CD = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(to + toStride, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  v128.store(to + 2 * toStride, v128.shuffle<f32>(AB, CD, 0, 1, 4, 5));
  v128.store(to + 3 * toStride, v128.shuffle<f32>(AB, CD, 2, 3, 6, 7));
}

/**
 * out[k][r] = x[r][k] for r < rows, k < columns (a multiple of 4). x has rows xStride
 * bytes apart, out outStride bytes; both 16-byte aligned with strides of whole vectors,
 * no overlap. Columns of out up to the next multiple of 4 may be written.
 */
export function transposeRows(
  rows: i32,
  columns: i32,
  x: usize,
  xStride: usize,
  out: usize,
  outStride: usize,
): void {
  const bytes = <usize>columns << 2;
  for (; rows >= 4; rows -= 4) {
    let to = out;
    for (let from = x, end = x + bytes; from < end; from += 16) {
      transpose4(from, xStride, to, outStride);
      to += outStride << 2;
    }
    x += xStride << 2;
    out += 16;
  }
  for (; rows > 0; --rows) {
    let to = out;
    for (let from = x, end = x + bytes; from < end; from += 4) {
      store<f32>(to, load<f32>(from));
      to += outStride;
    }
    x += xStride;
    out += 4;
  }
}
