// Kernels that put numbers to other places, against their twins at odd sizes; and the gradient of a repetition, which is a sum.
import { describe, expect, it } from 'vitest';
import { repeated, summed, swapped } from '../reference/rearrange.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';

/** [B][T][F] <-> time-major rows. */
function turned(values: ArrayLike<number>, outer: number, inner: number, C: number): Float32Array {
  const to = new Float32Array(values.length);
  for (let a = 0; a < outer; a++) {
    for (let b = 0; b < inner; b++) {
      for (let c = 0; c < C; c++) to[(b * outer + a) * C + c] = values[(a * inner + b) * C + c];
    }
  }
  return to;
}

// B, T, F: no multiples of a vector, multiples, and the ones
const sizes = [
  [1, 1, 1],
  [3, 7, 5],
  [2, 9, 4],
  [5, 2, 13],
  [4, 12, 8],
  [1, 6, 1],
];

describe.each(builds)('%s build', (build) => {
  describe.each(sizes)('B %i, T %i, F %i', (B, T, F) => {
    const values = noise(B * T * F, 1, 1);
    const place = (
      arena: Arena,
      name: string,
      rows: number,
      columns: number,
      data?: Float32Array,
    ) => putMatrix(arena, name, rows, columns, data, pad4(columns) + 4);

    it('swaps the axes, and back', () => {
      const arena = new Arena(build);
      const x = place(arena, 'x', T * B, F, turned(values, B, T, F));
      const y = place(arena, 'y', F * B, T);
      const again = place(arena, 'again', T * B, F);
      arena.kernels.swapAxes(B, T, F, x.at, x.stride, y.at, y.stride);
      arena.kernels.swapAxes(B, F, T, y.at, y.stride, again.at, again.stride);
      expectCleanEdges(arena, y);
      expectCleanEdges(arena, again);
      const found = turned(takeMatrix(arena, y), F, B, T);
      expect([...found]).toEqual([...swapped(B, T, F, values)]);
      expect(takeMatrix(arena, again)).toEqual(takeMatrix(arena, x));
      expect(arena.damaged()).toEqual([]);
    });

    it('reshapes to every number of features, and back', () => {
      const total = T * F;
      for (let G = 1; G <= total; G++) {
        if (total % G !== 0) continue;
        const arena = new Arena(build);
        const x = place(arena, 'x', T * B, F, turned(values, B, T, F));
        const y = place(arena, 'y', (total / G) * B, G);
        const again = place(arena, 'again', T * B, F);
        const { reshapeRows } = arena.kernels;
        reshapeRows(B, total, F, x.at, x.stride, G, y.at, y.stride);
        reshapeRows(B, total, G, y.at, y.stride, F, again.at, again.stride);
        expectCleanEdges(arena, y);
        expectCleanEdges(arena, again);
        expect(turned(takeMatrix(arena, y), total / G, B, G)).toEqual(values);
        expect(takeMatrix(arena, again)).toEqual(takeMatrix(arena, x));
        expect(arena.damaged()).toEqual([]);
      }
    });

    it('repeats, and sums what comes back', () => {
      const arena = new Arena(build);
      const once = Float64Array.from(noise(B * F, 1, 2));
      const x = place(arena, 'x', B, F, Float32Array.from(once));
      const y = place(arena, 'y', T * B, F);
      arena.kernels.repeatRows(B, T, F, x.at, x.stride, y.at, y.stride);
      expectCleanEdges(arena, y);
      expect([...turned(takeMatrix(arena, y), T, B, F)]).toEqual([...repeated(B, T, F, once)]);
      const dY = place(arena, 'dY', T * B, F, turned(values, B, T, F));
      const dX = place(arena, 'dX', B, F);
      arena.kernels.sumRows(B, T, F, dY.at, dY.stride, dX.at, dX.stride);
      expectCleanEdges(arena, dX);
      const found = takeMatrix(arena, dX);
      // sums in float64, rounded once
      expect(found).toEqual(Float32Array.from(summed(B, T, F, values)));
      const loss = () => {
        const all = repeated(B, T, F, once);
        return all.reduce((sum, value, i) => sum + value * values[i], 0);
      };
      // the rounding of a sum of at most 12 numbers below 1, and that of central differences in float64
      expect(gradientError(loss, once, found)).toBeLessThan(12 * 2 ** -24 + 1e-9);
      expect(arena.damaged()).toEqual([]);
    });
  });
});
