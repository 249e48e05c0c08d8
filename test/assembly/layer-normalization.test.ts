// The kernels of layer normalization against their twin at odd sizes, and the twin's gradients against central
// differences of it.
import { describe, expect, it } from 'vitest';
import { type LayerNorm, layerNorm, layerNormGradients } from '../reference/layer-normalization.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';
import { distance } from '../support/near.js';

// Means and variances are sums in float64. What float32 rounds: the mean (half a unit of values below 2), x - mean, the
// factor, products and sums of y: 8 roundings of numbers below 4; gradients of rows with one more factor of at most
// 1 / sqrt(epsilon).
const ROUNDING = 2 ** -24;
const bound = (epsilon: number) => 32 * ROUNDING * Math.max(1, 1 / Math.sqrt(epsilon));

const sizes: [R: number, C: number][] = [
  [1, 1],
  [3, 5],
  [2, 8],
  [7, 13],
  [5, 66],
];
const parts = ['gamma and beta', 'gamma', 'beta', 'neither'];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, one, i) => sum + one * b[i], 0);

const drawn = (R: number, C: number, with_: readonly string[], epsilon: number) => {
  const layer: LayerNorm = { R, C, epsilon };
  if (with_.includes('gamma')) layer.gamma = noise(C, 1, 3);
  if (with_.includes('beta')) layer.beta = noise(C, 1, 4);
  const x = Float64Array.from(noise(R * C, 1, 5), (one) => Math.fround(one + 0.5));
  return { layer, x, dY: noise(R * C, 1, 6) };
};

describe('the twin of layer normalization', () => {
  it.each(sizes)('has the gradients of central differences: R %i, C %i', (R, C) => {
    const { layer, x, dY } = drawn(R, C, ['gamma', 'beta'], 0.01);
    const gamma = Float64Array.from(layer.gamma as Float32Array);
    const beta = Float64Array.from(layer.beta as Float32Array);
    const own = { ...layer, gamma, beta };
    const loss = () => dot(layerNorm(own, x), dY);
    const { dX, dGamma, dBeta } = layerNormGradients(own, x, dY);
    // third derivatives grow with 1 / epsilon: 1e-10 times some 1e3
    expect(gradientError(loss, x, dX)).toBeLessThan(1e-6);
    expect(gradientError(loss, gamma, dGamma)).toBeLessThan(1e-8);
    expect(gradientError(loss, beta, dBeta)).toBeLessThan(1e-8);
  });
});

describe.each(builds)('layer normalization, %s build', (build) => {
  describe.each(sizes)('R %i, C %i', (R, C) => {
    it.each(parts)('equals its twin with %s', (which) => {
      const names = which.split(' and ');
      const epsilon = 1e-3;
      const { layer, x, dY } = drawn(R, C, names, epsilon);
      const arena = new Arena(build);
      const { kernels } = arena;
      const given = putMatrix(arena, 'x', R, C, x, pad4(C) + 4);
      const at = (name: string, values?: ArrayLike<number>) =>
        values ? putMatrix(arena, name, 1, C, values).at : 0;
      const gamma = at('gamma', layer.gamma);
      const beta = at('beta', layer.beta);
      const y = putMatrix(arena, 'y', R, C, undefined, pad4(C) + 8);
      const saved = arena.alloc('saved', 2 * R);
      const run = (to: number) =>
        kernels.layerNormForward(
          R,
          C,
          given.at,
          given.stride,
          gamma,
          beta,
          epsilon,
          y.at,
          y.stride,
          to,
        );
      run(saved);
      expectCleanEdges(arena, y);
      const found = takeMatrix(arena, y);
      expect(distance(found, layerNorm(layer, x))).toBeLessThan(bound(1));
      run(0);
      expect(takeMatrix(arena, y)).toEqual(found);

      const asked = putMatrix(arena, 'dY', R, C, dY, pad4(C) + 4);
      const dX = putMatrix(arena, 'dX', R, C, undefined, pad4(C) + 4);
      const [dGamma, dBeta] = ['dGamma', 'dBeta'].map((name) => putMatrix(arena, name, 1, C));
      const scratch = arena.alloc('scratch', kernels.layerNormScratchFloats(C));
      const back = (toX: number, toGamma: number, toBeta: number) =>
        // biome-ignore format: the argument list of the contract
        kernels.layerNormBackward(R, C, given.at, given.stride, gamma, saved, asked.at, asked.stride, toX, dX.stride, toGamma, toBeta, scratch);
      back(dX.at, names.includes('gamma') ? dGamma.at : 0, 0);
      back(0, 0, names.includes('beta') ? dBeta.at : 0);
      expectCleanEdges(arena, dX);
      const truth = layerNormGradients(layer, x, dY);
      expect(distance(takeMatrix(arena, dX), truth.dX)).toBeLessThan(bound(epsilon));
      for (const [name, matrix, expected] of [
        ['gamma', dGamma, truth.dGamma],
        ['beta', dBeta, truth.dBeta],
      ] as const) {
        if (!names.includes(name)) continue;
        expectCleanEdges(arena, matrix);
        expect(distance(takeMatrix(arena, matrix), expected)).toBeLessThan(R * bound(1));
      }
      expect(arena.damaged()).toEqual([]);
    });
  });

  it('keeps small differences of large numbers', () => {
    const arena = new Arena(build);
    const x = [1e6, 1e6 + 1, 1e6 + 2, 1e6 + 3, 1e6 + 4];
    const given = putMatrix(arena, 'x', 1, 5, x);
    const y = putMatrix(arena, 'y', 1, 5);
    arena.kernels.layerNormForward(1, 5, given.at, 8, 0, 0, 1e-3, y.at, 8, 0);
    const truth = layerNorm({ R: 1, C: 5, epsilon: 1e-3 }, x);
    expect(distance(takeMatrix(arena, y), truth)).toBeLessThan(bound(1));
  });
});
