import { describe, expect, it } from 'vitest';
import { constrained } from '../reference/constraints.js';
import { Arena, builds, noise } from '../support/kernels.js';

const U = 2 ** -24;

describe.each(builds)('%s build', (build) => {
  const sizes = [
    [1, 1],
    [1, 9],
    [9, 1],
    [5, 4],
    [4, 9],
    [13, 6],
  ] as const;
  it.each(sizes)('brings norms of %i vectors of %i numbers between bounds', (n, m) => {
    for (const [least, most, rate] of [
      [0, 0.8, 1],
      [1, 1, 1],
      [0.9, 1.1, 0.3],
      [0, 0, 1],
    ]) {
      for (const [step, elementStep] of [
        [m, 1],
        [1, n],
        [m + 3, 1],
        [1, n + 2],
      ]) {
        const arena = new Arena(build);
        const length = (n - 1) * step + (m - 1) * elementStep + 1;
        const start = noise(length, 1, 3);
        const w = arena.put('w', start);
        const scratch = arena.alloc('scratch', arena.kernels.constrainNormsFloats(n));
        arena.kernels.constrainNorms(n, m, step, elementStep, w, least, most, rate, scratch);
        const expected = Float64Array.from(start);
        for (let i = 0; i < n; i++) {
          const places = Array.from({ length: m }, (_, k) => i * step + k * elementStep);
          const vector = constrained(
            places.map((place) => start[place]),
            least,
            most,
            rate,
          );
          vector.forEach((value, k) => {
            expected[places[k]] = value;
          });
        }
        const found = arena.floats(w, length);
        // one rounding
        expected.forEach((value, i) => {
          expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(1.01 * U * Math.abs(value));
        });
        expect(arena.damaged()).toEqual([]);
      }
    }
  });

  it('leaves vectors of 0', () => {
    const arena = new Arena(build);
    const w = arena.put('w', new Float32Array(6));
    const scratch = arena.alloc('scratch', arena.kernels.constrainNormsFloats(3));
    arena.kernels.constrainNorms(3, 2, 2, 1, w, 1, 1, 1, scratch);
    expect([...arena.floats(w, 6)]).toEqual(Array(6).fill(0));
  });

  it.each([
    [1, 12, 12],
    [3, 4, 12],
    [2, 8, 8],
  ])('drops numbers below 0: span %i, %i, %i', (runs, n, stride) => {
    const arena = new Arena(build);
    const start = noise(runs * stride, 1, 4);
    const w = arena.put('w', start);
    arena.kernels.dropNegatives(runs, n, stride, w);
    const expected = start.map((value, i) => (i % stride < n ? Math.max(value, 0) : value));
    expect(arena.floats(w, runs * stride)).toEqual(expected);
    expect(arena.damaged()).toEqual([]);
  });
});
