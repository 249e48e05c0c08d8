import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/noise.json' with { type: 'json' };
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';

const shapes = [
  [1, 1],
  [2, 3],
  [3, 4],
  [7, 13],
  [13, 33],
] as const;
const [n, T, F] = fixture.shape;
/** [n, T, F] to rows t * n + b and back. */
const timeMajor = (values: readonly number[]) =>
  Float32Array.from({ length: n * T * F }, (_, i) => {
    const row = Math.floor(i / F);
    return values[((row % n) * T + Math.floor(row / n)) * F + (i % F)];
  });

describe.each(builds)('noise, %s build', (build) => {
  it.each(shapes)('is added and multiplied, to the bit: R %i, C %i', (R, C) => {
    const [x, given] = [noise(R * C, 2, 1), noise(R * C, 2, 2)];
    for (const multiply of [0, 1]) {
      const arena = new Arena(build);
      const from = putMatrix(arena, 'x', R, C, x, pad4(C) + 4);
      const other = putMatrix(arena, 'noise', R, C, given);
      // whatever stands in its padding
      if (C < pad4(C)) arena.floats(other.at, pad4(C))[C] = Number.NaN;
      const to = putMatrix(arena, 'y', R, C, undefined, pad4(C) + 8);
      const rows = [from.at, from.stride, other.at, other.stride, to.at, to.stride];
      arena.kernels.applyNoise(multiply, R, C, ...rows);
      const expected = x.map((v, i) => Math.fround(multiply ? v * given[i] : v + given[i]));
      expect(takeMatrix(arena, to)).toEqual(expected);
      expectCleanEdges(arena, to);
      expect(arena.damaged()).toEqual([]);
      // in the place of the noise
      arena.kernels.applyNoise(
        multiply,
        R,
        C,
        from.at,
        from.stride,
        other.at,
        pad4(C),
        other.at,
        pad4(C),
      );
      expect(takeMatrix(arena, other)).toEqual(expected);
      expectCleanEdges(arena, other);
    }
  });

  it('multiplies all steps of a sample by one row', () => {
    const [B, steps, C] = [3, 5, 8];
    const [x, mask] = [noise(B * steps * C, 2, 1), noise(B * C, 2, 2)];
    const arena = new Arena(build);
    const from = putMatrix(arena, 'x', B * steps, C, x, 12);
    const factors = putMatrix(arena, 'mask', B, C, mask);
    const to = putMatrix(arena, 'y', B * steps, C);
    arena.kernels.maskSteps(B, steps, C, from.at, 12, factors.at, C, to.at, C);
    const expected = x.map((v, i) => Math.fround(v * mask[i % (B * C)]));
    expect(takeMatrix(arena, to)).toEqual(expected);
    arena.kernels.maskSteps(B, steps, C, from.at, 12, factors.at, C, from.at, 12);
    expect(takeMatrix(arena, from)).toEqual(expected);
    expect(arena.damaged()).toEqual([]);
  });

  it.each(['gaussianNoise', 'gaussianDropout'] as const)('does what Keras does: %s', (kind) => {
    const { y, dX, mean, stddev } = fixture[kind];
    const multiply = kind === 'gaussianDropout' ? 1 : 0;
    const run = (values: number[], factors: number[]) => {
      const arena = new Arena(build);
      const [from, other] = [values, factors].map((v) =>
        putMatrix(arena, 'x', n * T, F, timeMajor(v)),
      );
      const to = putMatrix(arena, 'y', n * T, F);
      arena.kernels.applyNoise(multiply, n * T, F, from.at, 8, other.at, 8, to.at, 8);
      return takeMatrix(arena, to);
    };
    const near = (found: Float32Array, values: number[]) => {
      // Keras rounds the noise, its product with stddev and the sum; values of up to 4
      timeMajor(values).forEach((value, i) => {
        expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(4 * 4 * 2 ** -24);
      });
    };
    const factors = fixture.standard.map((z) => mean + stddev * z);
    near(run(fixture.x, factors), y);
    if (multiply) near(run(fixture.asked, factors), dX);
    else expect(dX).toEqual(fixture.asked);
  });

  it('does what Keras does: spatialDropout1D', () => {
    const { y, dX } = fixture.spatialDropout1D;
    const scale = Math.fround(1 / Math.fround(1 - Math.fround(0.4)));
    for (const [values, expected] of [
      [fixture.x, y],
      [fixture.asked, dX],
    ]) {
      const arena = new Arena(build);
      const x = putMatrix(arena, 'x', n * T, F, timeMajor(values));
      const mask = putMatrix(
        arena,
        'mask',
        n,
        F,
        fixture.kept.map((one) => one * scale),
      );
      arena.kernels.maskSteps(n, T, 8, x.at, 8, mask.at, 8, x.at, 8);
      const found = takeMatrix(arena, x);
      // one product on both sides, and the factor's last place
      timeMajor(expected).forEach((value, i) => {
        expect(Math.abs(found[i] - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -22);
      });
    }
  });
});
