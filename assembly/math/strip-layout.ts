// Moving matrices into and out of the strip layout of math/strip-product.

import { pad4 } from "./vector";

/** Byte offset of element (row, column) in strips of allocated depth Dp and C columns. */
// @ts-ignore: decorator
@inline
export function offset(row: i32, column: i32, Dp: i32, C: i32): usize {
  const strip = column & ~7;
  const width = C - strip >= 8 ? 8 : 4;
  return (<usize>strip * <usize>Dp + <usize>(row * width + (column & 7))) << 2;
}

/** strips [pad4(D)][pad4(C)] = matrix [D][C] (contiguous), padding = 0. No overlap. */
export function packStrips(D: i32, C: i32, matrix: usize, strips: usize): void {
  const Dp = pad4(D);
  const Cp = pad4(C);
  memory.fill(strips, 0, (<usize>Dp * <usize>Cp) << 2);
  for (let d = 0; d < D; ++d) {
    for (let c = 0; c < C; ++c, matrix += 4) {
      store<f32>(strips + offset(d, c, Dp, Cp), load<f32>(matrix));
    }
  }
}

/** matrix [D][C] (contiguous) = strips [pad4(D)][pad4(C)] without their padding. No overlap. */
export function unpackStrips(D: i32, C: i32, strips: usize, matrix: usize): void {
  const Dp = pad4(D);
  const Cp = pad4(C);
  for (let d = 0; d < D; ++d) {
    for (let c = 0; c < C; ++c, matrix += 4) {
      store<f32>(matrix, load<f32>(strips + offset(d, c, Dp, Cp)));
    }
  }
}

/** to = from^T, both in strips: from [D][C], to [C][D]; D and C multiples of 4. No overlap. */
export function transposeStrips(D: i32, C: i32, from: usize, to: usize): void {
  for (let c = 0; c < C; c += 4) {
    const step: usize = C - (c & ~7) >= 8 ? 32 : 16;
    for (let d = 0; d < D; d += 4) {
      const source = from + offset(d, c, D, C);
      const toStep: usize = D - (d & ~7) >= 8 ? 32 : 16;
      const target = to + offset(c, d, C, D);
      const r0 = v128.load(source);
      const r1 = v128.load(source + step);
      const r2 = v128.load(source + 2 * step);
      const r3 = v128.load(source + 3 * step);
      const a = v128.shuffle<i32>(r0, r1, 0, 4, 1, 5);
      const b = v128.shuffle<i32>(r0, r1, 2, 6, 3, 7);
      const e = v128.shuffle<i32>(r2, r3, 0, 4, 1, 5);
      const f = v128.shuffle<i32>(r2, r3, 2, 6, 3, 7);
      v128.store(target, v128.shuffle<i64>(a, e, 0, 2));
      v128.store(target + toStep, v128.shuffle<i64>(a, e, 1, 3));
      v128.store(target + 2 * toStep, v128.shuffle<i64>(b, f, 0, 2));
      v128.store(target + 3 * toStep, v128.shuffle<i64>(b, f, 1, 3));
    }
  }
}

/**
 * As packStrips, of a matrix [R0][R1][C0][C1] (contiguous) whose groups of rows and columns are padded each: its row is
 * r0 pad4(R1) + r1, its column c0 pad4(C1) + c1.
 */
export function packGroups(R0: i32, R1: i32, C0: i32, C1: i32, matrix: usize, strips: usize): void {
  const D = R0 * pad4(R1);
  const C = C0 * pad4(C1);
  memory.fill(strips, 0, (<usize>D * <usize>C) << 2);
  for (let r = 0; r < R0 * R1; ++r) {
    const row = (r / R1) * pad4(R1) + (r % R1);
    for (let c = 0; c < C0 * C1; ++c, matrix += 4) {
      store<f32>(strips + offset(row, (c / C1) * pad4(C1) + (c % C1), D, C), load<f32>(matrix));
    }
  }
}

/** The way back. */
export function unpackGroups(R0: i32, R1: i32, C0: i32, C1: i32, strips: usize, matrix: usize): void {
  const D = R0 * pad4(R1);
  const C = C0 * pad4(C1);
  for (let r = 0; r < R0 * R1; ++r) {
    const row = (r / R1) * pad4(R1) + (r % R1);
    for (let c = 0; c < C0 * C1; ++c, matrix += 4) {
      store<f32>(matrix, load<f32>(strips + offset(row, (c / C1) * pad4(C1) + (c % C1), D, C)));
    }
  }
}
