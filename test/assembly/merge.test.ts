// Kernels that merge values, against plain loops at odd sizes, with masks of every form; and the gradient of an extreme,
// by central differences.
import { describe, expect, it } from 'vitest';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, type Matrix, putMatrix, takeMatrix } from '../support/matrix.js';

const place = (arena: Arena, name: string, rows: number, columns: number, data?: Float32Array) =>
  putMatrix(arena, name, rows, columns, data, pad4(columns) + 4);

/** Which steps count, [B][T], and a record of them as maskZeros makes it. */
function mask(arena: Arena, name: string, B: number, T: number, seed: number, from = 0) {
  const ids = Int32Array.from({ length: B * T }, (_, i) => ((i + seed) * (i + 3 * seed + 1)) % 3);
  const at = arena.alloc(name, arena.kernels.maskFloats(B, T));
  const numbers = arena.alloc(`${name} of`, T * B);
  new Int32Array(arena.kernels.memory.buffer, numbers, T * B).set(
    Array.from({ length: T * B }, (_, r) => ids[(r % B) * T + Math.floor(r / B)]),
  );
  arena.kernels.maskZeros(B, T - from, from, T, numbers + 4 * from * B, at);
  const counts = (r: number) => ids[(r % B) * T + Math.floor(r / B)] !== 0;
  return { at, counts };
}

// B, T, C: no multiples of a vector, multiples, and the ones
const sizes = [
  [1, 1, 1],
  [3, 7, 5],
  [2, 9, 4],
  [5, 2, 13],
];

describe.each(builds)('%s build', (build) => {
  describe.each(sizes)('B %i, T %i, C %i', (B, T, C) => {
    const R = B * T;
    const a = noise(R * C, 1, 1);
    const b = noise(R * C, 1, 2);
    const Cp = pad4(C);
    const expectRows = (arena: Arena, y: Matrix, truth: (i: number) => number) => {
      expectCleanEdges(arena, y);
      expect([...takeMatrix(arena, y)]).toEqual(
        Array.from({ length: R * C }, (_, i) => Math.fround(truth(i))),
      );
      expect(arena.damaged()).toEqual([]);
    };

    it('divides, and subtracts', () => {
      const arena = new Arena(build);
      const x = place(arena, 'x', R, C, a);
      const z = place(arena, 'z', R, C, b);
      const y = place(arena, 'y', R, C);
      arena.kernels.divideRows(R, Cp, 3, x.at, x.stride, y.at, y.stride);
      expectRows(arena, y, (i) => a[i] / 3);
      arena.kernels.mergeRows(4, R, Cp, x.at, x.stride, z.at, z.stride, y.at, y.stride);
      expectRows(arena, y, (i) => a[i] - b[i]);
    });

    it('repeats a column, and sums what comes back', () => {
      const arena = new Arena(build);
      const one = place(arena, 'one', R, 1, a.slice(0, R));
      const y = place(arena, 'y', R, C);
      arena.kernels.repeatColumns(R, C, one.at, one.stride, y.at, y.stride);
      expectRows(arena, y, (i) => a[Math.floor(i / C)]);
      // in place as well
      arena.kernels.repeatColumns(R, C, y.at, y.stride, y.at, y.stride);
      expectRows(arena, y, (i) => a[Math.floor(i / C)]);
      const x = place(arena, 'x', R, C, b);
      const sums = place(arena, 'sums', R, 1);
      arena.kernels.sumColumns(R, C, x.at, x.stride, sums.at, sums.stride);
      expectCleanEdges(arena, sums);
      const truth = Float32Array.from({ length: R }, (_, r) =>
        b.slice(r * C, (r + 1) * C).reduce((sum, value) => sum + value, 0),
      );
      takeMatrix(arena, sums).forEach((value, r) => {
        // summed in float64 here, in another order: the last place of a sum below 13
        expect(Math.abs(value - truth[r])).toBeLessThan(13 * 2 ** -23);
      });
    });

    it.each([0, Math.floor(T / 2)])('unites masks, from step %i on', (from) => {
      const arena = new Arena(build);
      const [p, q] = [mask(arena, 'p', B, T, 1, from), mask(arena, 'q', B, T, 4, from)];
      const to = arena.alloc('to', arena.kernels.maskFloats(B, T));
      const check = (at: number) => {
        const weights = arena.alloc('weights', R);
        const step = weights + 4 * from * B;
        arena.kernels.maskWeights(B, T - from, from, at, 0, 1, step);
        for (let r = from * B; r < R; r++) {
          expect(arena.floats(weights, R)[r]).toBe(p.counts(r) || q.counts(r) ? 1 : 0);
        }
      };
      arena.kernels.uniteMasks(B, T - from, from, T, p.at, q.at, to);
      check(to);
      // in place as well
      arena.kernels.uniteMasks(B, T - from, from, T, p.at, q.at, p.at);
      check(p.at);
      expect(arena.damaged()).toEqual([]);
    });

    it('joins masks in time', () => {
      const arena = new Arena(build);
      const [p, q] = [mask(arena, 'p', B, T, 1), mask(arena, 'q', B, T, 4)];
      const whole = 2 * T + 3;
      const to = arena.alloc('to', arena.kernels.maskFloats(B, whole));
      const { joinMask, maskWeights } = arena.kernels;
      joinMask(B, T, 0, whole, p.at, to);
      joinMask(B, 3, T, whole, 0, to);
      joinMask(B, T, T + 3, whole, q.at, to);
      const weights = arena.alloc('weights', whole * B);
      maskWeights(B, whole, 0, to, 0, 1, weights);
      arena.floats(weights, whole * B).forEach((weight, r) => {
        const bare = r >= R && r < R + 3 * B;
        const counts = r < R ? p.counts(r) : q.counts(r - R - 3 * B);
        expect(weight).toBe(bare || counts ? 1 : 0);
      });
      expect(arena.damaged()).toEqual([]);
    });

    it.each([false, true])('multiplies, and takes extremes, masked: %s', (masked) => {
      const arena = new Arena(build);
      const [p, q] = [mask(arena, 'p', B, T, 1), mask(arena, 'q', B, T, 4)];
      const counts = (which: typeof p, i: number) => !masked || which.counts(Math.floor(i / C));
      const x = place(arena, 'x', R, C, b);
      if (masked) {
        const y = place(arena, 'y', R, C, a);
        arena.kernels.multiplyCounted(B, T, Cp, 0, x.at, x.stride, q.at, y.at, y.stride);
        expectRows(arena, y, (i) => (counts(q, i) ? a[i] * b[i] : a[i]));
      }
      for (const least of [0, 1]) {
        const extreme = least ? Math.min : Math.max;
        const y = place(arena, 'y', R, C, a);
        const at = masked ? [q.at, p.at] : [0, 0];
        const { extremeRows } = arena.kernels;
        extremeRows(least, B, T, Cp, 0, x.at, x.stride, at[0], at[1], y.at, y.stride);
        const truth = (i: number) => {
          if (!counts(q, i)) return a[i];
          return counts(p, i) ? extreme(a[i], b[i]) : b[i];
        };
        expectRows(arena, y, truth);
      }
    });

    it('gives the gradient of a maximum to the first that reaches it', () => {
      const arena = new Arena(build);
      const asked = noise(R * C, 1, 3);
      const values = [a, b].map((one) => Float64Array.from(one));
      // one of them ties
      values[1][0] = values[0][0];
      const xs = values.map((one, k) => place(arena, `x${k}`, R, C, Float32Array.from(one)));
      const y = place(arena, 'y', R, C, Float32Array.from(values[0]));
      arena.kernels.extremeRows(0, B, T, Cp, 0, xs[1].at, xs[1].stride, 0, 0, y.at, y.stride);
      const dY = place(arena, 'dY', R, C, asked);
      const found = xs.map((x, k) => {
        const dX = place(arena, `dX${k}`, R, C);
        const { extremeGradient } = arena.kernels;
        // biome-ignore format: the argument list of the contract
        extremeGradient(B, T, Cp, 0, x.at, x.stride, 0, 0, y.at, y.stride, dY.at, dY.stride, dX.at, dX.stride);
        expectCleanEdges(arena, dX);
        return takeMatrix(arena, dX);
      });
      expect([found[0][0], found[1][0]]).toEqual([asked[0], 0]);
      expect(takeMatrix(arena, dY).every((value) => value === 0)).toBe(true);
      // apart from the tie, where there is no derivative
      for (const one of values) one[0] = 9;
      const loss = () =>
        asked.reduce((sum, d, i) => sum + d * Math.max(values[0][i], values[1][i]), 0);
      for (const [k, dX] of found.entries()) {
        values[k][0] = 10 - 20 * k;
        dX[0] = k === 0 ? asked[0] : 0;
      }
      values.forEach((one, k) => {
        // central differences in float64; what is compared is not rounded
        expect(gradientError(loss, one, found[k])).toBeLessThan(1e-9);
      });
      expect(arena.damaged()).toEqual([]);
    });
  });
});
