// Rows of a table: forward, the sums of their gradients, and the rows that were touched, gathered and put back.
import { describe, expect, it } from 'vitest';
import { Arena, builds, maxDifference, noise } from '../support/kernels.js';

const pad4 = (n: number) => (n + 3) & ~3;

/** A padded matrix whose padding is 0. */
function rowsOf(R: number, C: number, seed: number): Float32Array {
  const stride = pad4(C);
  const dense = noise(R * C, 1, seed);
  return Float32Array.from({ length: R * stride }, (_, i) =>
    i % stride < C ? dense[Math.floor(i / stride) * C + (i % stride)] : 0,
  );
}

const sizes = [
  [1, 1, 1],
  [7, 3, 5],
  [60, 5, 9],
  [33, 50, 4],
  [200, 8, 700],
] as const;

describe.each(builds)('embedding, %s build', (build) => {
  it.each(sizes)('R %i, D %i, V %i: rows, sums and the record', (R, D, V) => {
    const arena = new Arena(build);
    const { kernels } = arena;
    const Dp = pad4(D);
    const stride = Dp + 4;
    const ids = Int32Array.from({ length: R }, (_, i) => (i * i * 7 + 3 * i) % V);
    const at = {
      ids: arena.alloc('ids', R),
      table: arena.put('table', rowsOf(V, D, 1)),
      y: arena.alloc('y', R * stride),
      dY: arena.put('dY', rowsOf(R, D, 2)),
      dTable: arena.put('dTable', new Float32Array(V * Dp)),
      record: arena.put('record', new Float32Array(pad4(2 * V + 4))),
      some: arena.alloc('some', V * Dp),
    };
    new Int32Array(kernels.memory.buffer, at.ids, R).set(ids);
    kernels.embeddingForward(R, D, at.ids, at.table, at.y, stride);
    const table = arena.floats(at.table, V * Dp);
    const y = arena.floats(at.y, R * stride);
    ids.forEach((id, r) => {
      expect(y.slice(r * stride, r * stride + Dp)).toEqual(table.slice(id * Dp, (id + 1) * Dp));
    });

    kernels.embeddingBackward(R, D, V, at.ids, at.dY, Dp, at.dTable, at.record);
    const dY = arena.floats(at.dY, R * Dp);
    const truth = new Float64Array(V * Dp);
    ids.forEach((id, r) => {
      for (let c = 0; c < Dp; c++) truth[id * Dp + c] += dY[r * Dp + c];
    });
    // at most R additions of numbers up to 1, whose sums stay below R
    const dTable = arena.floats(at.dTable, V * Dp);
    expect(maxDifference(dTable, truth)).toBeLessThanOrEqual(R * R * 2 ** -24);

    const touched = [...new Set(ids)];
    const record = new Int32Array(kernels.memory.buffer, at.record, 2 * V + 4);
    expect(record[0]).toBe(touched.length);
    expect([...record.slice(4, 4 + touched.length)]).toEqual(touched);

    const from = touched.length >> 1;
    const n = touched.length - from;
    kernels.gatherRows(n, Dp, from, at.record, at.table, at.some);
    const some = arena.floats(at.some, n * Dp);
    touched.slice(from).forEach((id, i) => {
      expect(some.slice(i * Dp, (i + 1) * Dp)).toEqual(table.slice(id * Dp, (id + 1) * Dp));
    });
    const before = table.slice();
    some.fill(7);
    kernels.scatterRows(n, Dp, from, at.record, at.some, at.table);
    touched.slice(from).forEach((id) => {
      before.fill(7, id * Dp, (id + 1) * Dp);
    });
    expect(table).toEqual(before);

    kernels.clearRows(V, Dp, at.dTable, at.record);
    expect(dTable.every((value) => value === 0)).toBe(true);
    expect(record[0]).toBe(0);
    expect(record.slice(4 + V).every((mark) => mark === 0)).toBe(true);
    expect(arena.damaged()).toEqual([]);
  });
});
