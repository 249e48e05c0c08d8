import { describe, expect, it } from 'vitest';
import {
  magnitudes,
  magnitudesGradient,
  orthogonality,
  orthogonalityGradient,
} from '../reference/penalties.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, maxDifference, noise } from '../support/kernels.js';

const U = 2 ** -24;

it('the twins have the gradients of their losses', () => {
  const w = Float64Array.from(noise(35, 1, 3));
  const gradient = magnitudesGradient(w, 0.3, 0.2);
  expect(gradientError(() => magnitudes(w, 0.3, 0.2), w, gradient)).toBeLessThan(1e-9);
  const other = orthogonalityGradient(w, 5, 7, 0.7);
  expect(gradientError(() => orthogonality(w, 5, 7, 0.7), w, other)).toBeLessThan(1e-9);
});

const spans = [
  [1, 4, 4],
  [1, 12, 12],
  [1, 1028, 1028],
  [3, 12, 12],
  [2, 4, 20],
  [5, 36, 40],
] as const;

describe.each(builds)('%s build', (build) => {
  it.each(spans)('sums magnitudes, and adds gradients: span %i, %i, %i', (runs, n, stride) => {
    const arena = new Arena(build);
    const length = runs * stride;
    const inside = (i: number) => i % stride < n;
    const start = noise(length, 1, 1);
    start[0] = 0;
    const before = noise(length, 1, 2);
    const [w, g] = [arena.put('w', start), arena.put('g', before)];
    const values = start.filter((_, i) => inside(i));
    const sum = arena.kernels.sumOfMagnitudes(runs, n, stride, w);
    // sums in f64
    expect(Math.abs(sum - magnitudes(values, 1, 0))).toBeLessThan(1e-12 * length);
    const [l1, l2] = [0.3, 0.2].map(Math.fround);
    arena.kernels.addPenaltyGradient(runs, n, stride, w, g, l1, l2);
    const gradient = magnitudesGradient(start, l1, l2);
    const expected = before.map((value, i) => value + (inside(i) ? gradient[i] : 0));
    // three roundings of numbers below 2
    expect(maxDifference(arena.floats(g, length), expected)).toBeLessThan(6 * U);
    expect(arena.floats(g, length)[0]).toBe(before[0]);
    expect(arena.damaged()).toEqual([]);
  });

  const sizes = [
    [2, 1],
    [2, 3],
    [5, 4],
    [4, 9],
    [13, 6],
    [7, 33],
  ] as const;
  it.each(sizes)('compares %i vectors of %i numbers, by rows and by columns', (n, m) => {
    for (const [step, elementStep] of [
      [m, 1],
      [1, n],
      [m + 3, 1],
    ]) {
      const arena = new Arena(build);
      const length = (n - 1) * step + (m - 1) * elementStep + 1;
      const start = noise(length, 1, 3);
      const before = noise(length, 1, 4);
      const places = Array.from({ length: n * m }, (_, at) => {
        return Math.floor(at / m) * step + (at % m) * elementStep;
      });
      const values = Float64Array.from(places, (place) => start[place]);
      const [w, g] = [arena.put('w', start), arena.put('g', before)];
      const floats = arena.kernels.orthogonalPenaltyFloats(n, m);
      const scratch = arena.alloc('scratch', floats);
      const size = [n, m, step, elementStep] as const;
      const sum = arena.kernels.orthogonalPenalty(...size, w, 0.7, 1, scratch);
      // products of unit vectors: a rounding of each element, and of m sums
      expect(Math.abs(sum - orthogonality(values, n, m, 0.7))).toBeLessThan((m + 3) * U);
      arena.kernels.addOrthogonalGradient(...size, g, 0.7, scratch);
      const gradient = orthogonalityGradient(values, n, m, 0.7);
      const expected = Float64Array.from(before);
      places.forEach((place, at) => {
        expected[place] += gradient[at];
      });
      const least = Math.min(
        ...Array.from({ length: n }, (_, i) => Math.hypot(...values.slice(i * m, (i + 1) * m))),
      );
      // sums of n unit vectors, over the least norm, and one rounding of the sum
      const bound = (((n + 4) * 4 * U) / least) * (1.4 / (n - 1)) + 2 * U;
      expect(maxDifference(arena.floats(g, length), expected)).toBeLessThan(bound);
      const bare = arena.kernels.orthogonalPenalty(...size, w, 0.7, 0, scratch);
      expect(bare).toBe(sum);
      expect(arena.damaged()).toEqual([]);
    }
  });

  it('leaves vectors of 0 alone', () => {
    const arena = new Arena(build);
    const w = arena.put('w', new Float32Array(12));
    const g = arena.put('g', new Float32Array(12));
    const scratch = arena.alloc('scratch', arena.kernels.orthogonalPenaltyFloats(3, 4));
    expect(arena.kernels.orthogonalPenalty(3, 4, 4, 1, w, 1, 1, scratch)).toBe(0);
    arena.kernels.addOrthogonalGradient(3, 4, 4, 1, g, 1, scratch);
    expect([...arena.floats(g, 12)]).toEqual(Array(12).fill(0));
  });

  it('records all rows of a table', () => {
    const arena = new Arena(build);
    const record = arena.put('record', new Float32Array(14));
    const table = arena.put('table', noise(20, 1, 5));
    arena.kernels.touchAllRows(5, record);
    const rows = arena.alloc('rows', 20);
    arena.kernels.gatherRows(5, 4, 0, record, table, rows);
    expect(arena.floats(rows, 20)).toEqual(arena.floats(table, 20));
    arena.kernels.clearRows(5, 4, table, record);
    expect([...arena.floats(table, 20)]).toEqual(Array(20).fill(0));
    // the list of rows may hold anything
    const [count, , , , ...rest] = arena.floats(record, 14);
    expect([count, ...rest.slice(5)]).toEqual(Array(6).fill(0));
  });
});
