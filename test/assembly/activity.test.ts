// Penalties on outputs against plain loops in float64, over rows of odd strides, with masked steps.
import { describe, expect, it } from 'vitest';
import { magnitudes, magnitudesGradient } from '../reference/penalties.js';
import { Arena, builds, maxDifference, noise } from '../support/kernels.js';

const U = 2 ** -24;

const cases = [
  [1, 1, 4, 4, 4, false],
  [3, 5, 8, 12, 8, false],
  [3, 5, 8, 12, 20, true],
  [7, 3, 4, 4, 8, true],
  [2, 9, 36, 40, 36, true],
] as const;

describe.each(builds)('%s build', (build) => {
  it.each(cases)(
    'B %i, T %i, n %i, strides %i and %i, masked %s',
    (B, T, n, stride, gStride, masked) => {
      const arena = new Arena(build);
      const { kernels } = arena;
      const rows = B * T;
      const start = noise(rows * stride, 1, 1);
      start[1] = 0;
      const before = noise(rows * gStride, 1, 2);
      const [x, g] = [arena.put('x', start), arena.put('g', before)];
      // the rows are those from step 2 on of sequences that end at 2, 3, 4 ...
      const ends = Array.from({ length: B }, (_, b) => 2 + (b % (T + 1)));
      const lengths = masked ? arena.alloc('lengths', B) : 0;
      if (masked) new Int32Array(kernels.memory.buffer, lengths, B).set(ends);
      const counts = (row: number) => !masked || 2 + Math.floor(row / B) < ends[row % B];
      const inside = (i: number) => i % stride < n && counts(Math.floor(i / stride));
      const [l1, l2] = [0.3, 0.2].map(Math.fround);
      const sum = kernels.activityPenalty(rows, n, x, stride, B, lengths, 2, l1, l2);
      const values = start.filter((_, i) => inside(i));
      // sums in f64
      expect(Math.abs(sum - magnitudes(values, l1, l2))).toBeLessThan(1e-12 * rows * stride);
      kernels.addActivityGradient(rows, n, x, stride, B, lengths, 2, l1, l2, g, gStride);
      const gradient = magnitudesGradient(start, l1, l2);
      const expected = before.map((value, i) => {
        const [row, column] = [Math.floor(i / gStride), i % gStride];
        return value + (column < n && counts(row) ? gradient[row * stride + column] : 0);
      });
      // three roundings of numbers below 2
      expect(maxDifference(arena.floats(g, rows * gStride), expected)).toBeLessThan(6 * U);
      expect(arena.floats(g, 2)[1]).toBe(before[1]);
      expect(arena.damaged()).toEqual([]);
    },
  );
});
