// Matrices in kernel memory, with every way in which a row can be written wrongly made visible:
// padding up to whole vectors holds 0, what follows up to the stride holds NaN.

import { expect } from 'vitest';
import type { Arena } from './kernels.js';
import { pad4 } from './lstm.js';

export interface Matrix {
  at: number;
  rows: number;
  columns: number;
  stride: number;
}

/** A matrix with the given values (contiguous rows), or all NaN when they are left out. */
export function putMatrix(
  arena: Arena,
  name: string,
  rows: number,
  columns: number,
  values?: ArrayLike<number>,
  stride = pad4(columns),
): Matrix {
  const at = arena.alloc(name, rows * stride);
  if (values) {
    const floats = arena.floats(at, rows * stride);
    for (let r = 0; r < rows; r++) {
      floats.fill(0, r * stride, r * stride + pad4(columns));
      for (let c = 0; c < columns; c++) floats[r * stride + c] = values[r * columns + c];
    }
  }
  return { at, rows, columns, stride };
}

/** The values without padding. */
export function takeMatrix(arena: Arena, { at, rows, columns, stride }: Matrix): Float32Array {
  const floats = arena.floats(at, rows * stride);
  return Float32Array.from(
    { length: rows * columns },
    (_, n) => floats[Math.floor(n / columns) * stride + (n % columns)],
  );
}

/** Fails unless the padding is 0 and nothing was written between the rows. */
export function expectCleanEdges(arena: Arena, { at, rows, columns, stride }: Matrix): void {
  const floats = arena.floats(at, rows * stride);
  const padded = pad4(columns);
  const padding = floats.filter((_, n) => n % stride >= columns && n % stride < padded);
  expect(padding.every((v) => v === 0)).toBe(true);
  expect(floats.filter((_, n) => n % stride >= padded).every(Number.isNaN)).toBe(true);
}
