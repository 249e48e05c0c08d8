import { describe, expect, it } from 'vitest';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';

const shapes = [
  [1, 1, 1],
  [2, 3, 5],
  [5, 4, 8],
  [7, 13, 2],
  [3, 6, 9],
  [33, 8, 1],
];

describe.each(builds)('columns, %s build', (build) => {
  it.each(shapes)('puts %i rows of %i and %i columns beside each other', (R, C1, C2) => {
    const arena = new Arena(build);
    const values = [noise(R * C1, 1, 1), noise(R * C2, 1, 2)];
    const a = putMatrix(arena, 'a', R, C1, values[0], pad4(C1) + 4);
    const b = putMatrix(arena, 'b', R, C2, values[1]);
    const N = C1 + C2;
    const y = putMatrix(arena, 'y', R, N, undefined, pad4(N) + 8);
    const { copyColumns } = arena.kernels;
    copyColumns(R, C1, 0, a.at, a.stride, y.at, y.stride);
    copyColumns(R, C2, pad4(N) - N, b.at, b.stride, y.at + 4 * C1, y.stride);
    const rows = takeMatrix(arena, y);
    for (let r = 0; r < R; r++) {
      expect([...rows.subarray(r * N, r * N + C1)]).toEqual([
        ...values[0].slice(r * C1, (r + 1) * C1),
      ]);
      expect([...rows.subarray(r * N + C1, (r + 1) * N)]).toEqual([
        ...values[1].slice(r * C2, (r + 1) * C2),
      ]);
    }
    expectCleanEdges(arena, y);
    expect(arena.damaged()).toEqual([]);
  });

  it.each(shapes)('takes columns out again: %i rows, %i and %i columns', (R, C1, C2) => {
    const arena = new Arena(build);
    const N = C1 + C2;
    const values = noise(R * N, 1, 3);
    const from = putMatrix(arena, 'from', R, N, values);
    const to = putMatrix(arena, 'to', R, C2, undefined, pad4(C2) + 4);
    arena.kernels.copyColumns(
      R,
      C2,
      pad4(C2) - C2,
      from.at + 4 * C1,
      from.stride,
      to.at,
      to.stride,
    );
    const expected = Array.from(values).filter((_, n) => n % N >= C1);
    expect([...takeMatrix(arena, to)]).toEqual(expected);
    expectCleanEdges(arena, to);
    expect(arena.damaged()).toEqual([]);
  });

  it.each(shapes)('adds %i rows of %i columns, rounded once', (R, C) => {
    const arena = new Arena(build);
    const [a, b] = [noise(R * C, 3, 4), noise(R * C, 3, 5)];
    const x = putMatrix(arena, 'x', R, C, a, pad4(C) + 4);
    const y = putMatrix(arena, 'y', R, C, b, pad4(C) + 8);
    arena.kernels.addRows(R, pad4(C), x.at, x.stride, y.at, y.stride);
    expect([...takeMatrix(arena, y)]).toEqual(Array.from(a, (v, n) => Math.fround(v + b[n])));
    expectCleanEdges(arena, y);
    expect(arena.damaged()).toEqual([]);
  });

  it('does nothing with no rows', () => {
    const arena = new Arena(build);
    const y = putMatrix(arena, 'y', 1, 4);
    arena.kernels.addRows(0, 4, 0, 4, y.at, 4);
    arena.kernels.copyColumns(0, 4, 0, 0, 4, y.at, 4);
    expect([...arena.floats(y.at, 4)].every(Number.isNaN)).toBe(true);
  });
});
