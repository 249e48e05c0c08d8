// Kernels of pooling against their twin at odd sizes, and their gradients against central differences of it. What
// is compared here differs by the rounding of a division, and of sums of at most 9 steps: 10 u of values below 1.
import { describe, expect, it } from 'vitest';
import { globalAverage, globalMax, pool } from '../reference/pooling.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';
import { distance } from '../support/near.js';

const ROUNDING = 10 * 2 ** -24;
/** Of central differences in float64, beside that. */
const TOLERANCE = ROUNDING + 1e-9;

/** [B][T][C] <-> time-major rows. */
function turned(values: ArrayLike<number>, outer: number, inner: number, C: number): Float64Array {
  const to = new Float64Array(values.length);
  for (let a = 0; a < outer; a++) {
    for (let b = 0; b < inner; b++) {
      for (let c = 0; c < C; c++) to[(b * outer + a) * C + c] = values[(a * inner + b) * C + c];
    }
  }
  return to;
}

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, one, i) => sum + one * b[i], 0);

const whole = [
  [1, 1, 1],
  [3, 7, 5],
  [2, 9, 4],
  [5, 2, 13],
];
const windows = [
  [1, 1, 1, 1, 1, 1, 0],
  [3, 7, 5, 3, 2, 2, 0],
  [2, 8, 3, 4, 3, 2, 0],
  [2, 5, 6, 5, 4, 1, 1],
  [2, 7, 2, 2, 9, 5, 3],
  [1, 13, 9, 3, 2, 5, 0],
];

describe.each(builds)('pooling, %s build', (build) => {
  describe.each(whole)('of the whole: B %i, T %i, C %i', (B, T, C) => {
    const sizes = { B, T, C };
    const values = Float64Array.from(noise(B * T * C, 1, 1));
    const asked = noise(B * C, 1, 2);
    const rows = turned(values, B, T, C);

    it.each([false, true])('takes the mean, lengths: %s', (masks) => {
      const arena = new Arena(build);
      const lengths = masks
        ? Array.from({ length: B }, (_, b) => Math.max(1, T - 2 * b))
        : undefined;
      const x = putMatrix(arena, 'x', T * B, C, rows, pad4(C) + 4);
      const at = lengths ? arena.alloc('lengths', B) : 0;
      if (lengths) new Int32Array(arena.kernels.memory.buffer, at, B).set(lengths);
      const run = (name: string, cuts: number[]) => {
        const [sum, rest, y] = ['sum', 'rest', 'y'].map((one) =>
          putMatrix(arena, `${name} ${one}`, B, C),
        );
        const count = arena.alloc(`${name} count`, 4 * B);
        let from = 0;
        for (const to of [...cuts, T]) {
          const step = x.at + 4 * from * B * x.stride;
          const { globalAverageForward } = arena.kernels;
          // biome-ignore format: the argument list of the contract
          globalAverageForward(B, to - from, C, step, x.stride, at, from, sum.at, rest.at, count, y.at);
          from = to;
        }
        expectCleanEdges(arena, y);
        return { y: takeMatrix(arena, y), count };
      };
      const { y, count } = run('one', []);
      expect(distance(y, globalAverage(sizes, values, lengths))).toBeLessThan(ROUNDING);
      // in stretches of time it is the same, to the bit
      if (T > 1) expect(run('two', [1]).y).toEqual(y);
      const dY = putMatrix(arena, 'dY', B, C, asked, pad4(C) + 8);
      const dX = putMatrix(arena, 'dX', T * B, C, undefined, pad4(C) + 4);
      arena.kernels.globalAverageBackward(B, T, C, at, count, dY.at, dY.stride, dX.at, dX.stride);
      expectCleanEdges(arena, dX);
      const found = turned(takeMatrix(arena, dX), T, B, C);
      const loss = () => dot(globalAverage(sizes, values, lengths), asked);
      expect(gradientError(loss, values, found)).toBeLessThan(TOLERANCE);
      expect(arena.damaged()).toEqual([]);
    });

    it('takes the maximum', () => {
      const arena = new Arena(build);
      const x = putMatrix(arena, 'x', T * B, C, rows, pad4(C) + 4);
      const y = putMatrix(arena, 'y', B, C);
      arena.kernels.globalMaxForward(B, T, C, x.at, x.stride, 0, y.at);
      const truth = globalMax(sizes, values);
      expect([...takeMatrix(arena, y)]).toEqual([...Float32Array.from(truth)]);
      const dY = putMatrix(arena, 'dY', B, C, asked, pad4(C) + 8);
      const dX = putMatrix(arena, 'dX', T * B, C, undefined, pad4(C) + 4);
      // biome-ignore format: the argument list of the contract
      arena.kernels.globalMaxBackward(B, T, C, x.at, x.stride, y.at, dY.at, dY.stride, dX.at, dX.stride);
      expectCleanEdges(arena, dX);
      const found = turned(takeMatrix(arena, dX), T, B, C);
      const loss = () => dot(globalMax(sizes, values), asked);
      expect(gradientError(loss, values, found)).toBeLessThan(TOLERANCE);
      expect(arena.damaged()).toEqual([]);
    });
  });

  it.each(windows)('windows: B %i, T %i, C %i, O %i, P %i, S %i, left %i', (...all) => {
    const [B, T, C, O, P, S, left] = all;
    const sizes = { B, T, C, O, P, S, left };
    const values = Float64Array.from(noise(B * T * C, 1, 3));
    const asked = noise(B * O * C, 1, 4);
    for (const mean of [false, true]) {
      const arena = new Arena(build);
      const k = arena.kernels;
      const x = putMatrix(arena, 'x', T * B, C, turned(values, B, T, C), pad4(C) + 4);
      const y = putMatrix(arena, 'y', O * B, C);
      const forward = mean ? k.averagePoolForward : k.maxPoolForward;
      forward(B, T, O, C, P, S, left, x.at, x.stride, y.at);
      expectCleanEdges(arena, y);
      const found = turned(takeMatrix(arena, y), O, B, C);
      expect(distance(found, pool(mean, sizes, values))).toBeLessThan(ROUNDING);
      const dY = putMatrix(arena, 'dY', O * B, C, turned(asked, B, O, C), pad4(C) + 4);
      const dX = putMatrix(arena, 'dX', T * B, C, undefined, pad4(C) + 8);
      const sums = [dY.at, dY.stride, dX.at, dX.stride];
      if (mean) k.averagePoolBackward(B, T, O, C, P, S, left, ...sums);
      else k.maxPoolBackward(B, T, O, C, P, S, left, x.at, x.stride, y.at, ...sums);
      expectCleanEdges(arena, dX);
      const gradient = turned(takeMatrix(arena, dX), T, B, C);
      const loss = () => dot(pool(mean, sizes, values), asked);
      expect(gradientError(loss, values, gradient)).toBeLessThan(TOLERANCE);
      expect(arena.damaged()).toEqual([]);
    }
  });

  it('keeps the mean of a long sequence exact to its last place', () => {
    const arena = new Arena(build);
    const T = 100_000;
    const x = putMatrix(arena, 'x', T, 1, new Float32Array(T).fill(0.1));
    const [sum, rest, y] = ['sum', 'rest', 'y'].map((one) => putMatrix(arena, one, 1, 1));
    const count = arena.alloc('count', 4);
    // biome-ignore format: the argument list of the contract
    arena.kernels.globalAverageForward(1, T, 1, x.at, x.stride, 0, 0, sum.at, rest.at, count, y.at);
    expect(Math.abs(takeMatrix(arena, y)[0] - Math.fround(0.1))).toBeLessThan(2 ** -26);
  });
});
