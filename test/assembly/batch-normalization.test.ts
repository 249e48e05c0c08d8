// The kernels of batch normalization against their twin at odd sizes, and the twin's gradients against central
// differences of it.
import { describe, expect, it } from 'vitest';
import {
  type BatchNorm,
  batchNorm,
  batchNormGradients,
  moments,
} from '../reference/batch-normalization.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';
import { distance } from '../support/near.js';

const EPSILON = 1e-3;
// Sums over rows are float64. What float32 rounds: the mean (half a unit of values below 2), x - mean, factors, products
// and sums: 8 roundings of numbers below 4, and in gradients of x one more factor of at most 1 / sqrt(epsilon).
const ROUNDING = 32 * 2 ** -24;
const STEEP = ROUNDING / Math.sqrt(EPSILON);

/** B, T, C, and the steps that are masked: none, those at the end of some samples, or any. */
const sizes: [B: number, T: number, C: number, mask: 'none' | 'ends' | 'any'][] = [
  [2, 1, 1, 'none'],
  [3, 7, 5, 'none'],
  [3, 7, 5, 'ends'],
  [4, 5, 13, 'any'],
  [33, 1, 8, 'none'],
];

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, one, i) => sum + one * b[i], 0);

/** Rows are time-major, as the kernels have them. */
function drawn(B: number, T: number, C: number, mask: string, given: boolean) {
  const R = B * T;
  const counts = Array.from({ length: R }, (_, r) => {
    const [t, b] = [Math.floor(r / B), r % B];
    if (mask === 'ends') return t < T - 2 * b;
    return mask === 'none' || (t * 5 + b * 3) % 4 !== 1;
  });
  const layer: BatchNorm = { R, C, epsilon: EPSILON, counts };
  layer.gamma = Float64Array.from(noise(C, 1, 3));
  layer.beta = Float64Array.from(noise(C, 1, 4));
  if (given) {
    const variance = noise(C, 1, 8).map((one) => one ** 2 + 0.1);
    layer.given = { mean: noise(C, 1, 7), variance };
  }
  const x = Float64Array.from(noise(R * C, 1, 5), (one) => Math.fround(one + 0.5));
  return { layer, x, dY: noise(R * C, 1, 6) };
}

describe('the twin of batch normalization', () => {
  it.each(sizes)('has the gradients of central differences: B %i, T %i, C %i, %s', (...all) => {
    for (const given of [false, true]) {
      const { layer, x, dY } = drawn(...all, given);
      const loss = () => dot(batchNorm(layer, x), dY);
      const { dX, dGamma, dBeta } = batchNormGradients(layer, x, dY);
      // third derivatives grow with 1 / epsilon: 1e-10 times some 1e3
      expect(gradientError(loss, x, dX)).toBeLessThan(1e-6);
      expect(gradientError(loss, layer.gamma as Float64Array, dGamma)).toBeLessThan(1e-8);
      expect(gradientError(loss, layer.beta as Float64Array, dBeta)).toBeLessThan(1e-8);
    }
  });
});

describe.each(builds)('batch normalization, %s build', (build) => {
  /** The bytes that say which steps count, see assembly/recurrent/masks.ts. */
  function putMask(arena: Arena, B: number, T: number, { counts }: BatchNorm): number {
    const at = arena.alloc('mask', arena.kernels.maskFloats(B, T));
    const ids = arena.alloc('ids', B * T);
    new Int32Array(arena.kernels.memory.buffer, ids, B * T).set(counts.map(Number));
    arena.kernels.maskZeros(B, T, 0, T, ids, at);
    return at;
  }

  describe.each(sizes)('B %i, T %i, C %i, masked: %s', (B, T, C, mask) => {
    it.each([
      [false, true],
      [false, false],
      [true, true],
    ])('equals its twin, given moments: %s, gamma and beta: %s', (given, factors) => {
      const { layer, x, dY } = drawn(B, T, C, mask, given);
      if (!factors) {
        layer.gamma = undefined;
        layer.beta = undefined;
      }
      const R = B * T;
      const arena = new Arena(build);
      const { kernels } = arena;
      const rows = putMatrix(arena, 'x', R, C, x, pad4(C) + 4);
      const vector = (name: string, values?: ArrayLike<number>) =>
        putMatrix(arena, name, 1, C, values);
      const gamma = layer.gamma ? vector('gamma', layer.gamma).at : 0;
      const beta = layer.beta ? vector('beta', layer.beta).at : 0;
      const lengths = mask === 'none' ? 0 : putMask(arena, B, T, layer);
      const mean = vector('mean', layer.given?.mean);
      const variance = vector('variance', layer.given?.variance);
      const scratch = arena.alloc('scratch', kernels.batchNormScratchFloats(C));
      let count = 0;
      if (!given) {
        // biome-ignore format: the argument list of the contract
        count = kernels.batchNormMoments(B, T, C, rows.at, rows.stride, lengths, mean.at, variance.at, scratch);
        const truth = moments(layer, x);
        expect(count).toBe(truth.k);
        for (const [found, expected] of [
          [mean, truth.mean],
          [variance, truth.variance],
        ] as const) {
          expectCleanEdges(arena, found);
          expect(distance(takeMatrix(arena, found), expected)).toBeLessThan(ROUNDING);
        }
      }
      const y = putMatrix(arena, 'y', R, C, undefined, pad4(C) + 8);
      const inverse = arena.alloc('inverse', pad4(C));
      // biome-ignore format: the argument list of the contract
      kernels.batchNormForward(R, C, rows.at, rows.stride, mean.at, variance.at, gamma, beta, EPSILON, inverse, y.at, y.stride);
      expectCleanEdges(arena, y);
      // two samples may lie so near to each other that epsilon is what their deviation is
      expect(distance(takeMatrix(arena, y), batchNorm(layer, x))).toBeLessThan(STEEP);

      const asked = putMatrix(arena, 'dY', R, C, dY, pad4(C) + 4);
      const dX = putMatrix(arena, 'dX', R, C, undefined, pad4(C) + 4);
      const [dGamma, dBeta] = ['dGamma', 'dBeta'].map((name) => vector(name));
      const back = (toX: number, toGamma: number, toBeta: number) =>
        // biome-ignore format: the argument list of the contract
        kernels.batchNormBackward(B, T, C, rows.at, rows.stride, lengths, count, mean.at, inverse, gamma, asked.at, asked.stride, toX, dX.stride, toGamma, toBeta, scratch);
      back(dX.at, dGamma.at, 0);
      back(0, 0, dBeta.at);
      expectCleanEdges(arena, dX);
      const truth = batchNormGradients(layer, x, dY);
      expect(distance(takeMatrix(arena, dX), truth.dX)).toBeLessThan(STEEP);
      for (const [found, expected] of [
        [dGamma, truth.dGamma],
        [dBeta, truth.dBeta],
      ] as const) {
        expectCleanEdges(arena, found);
        expect(distance(takeMatrix(arena, found), expected)).toBeLessThan(R * STEEP);
      }
      expect(arena.damaged()).toEqual([]);
    });
  });

  it('has moments of 0 where all is masked', () => {
    const arena = new Arena(build);
    const { kernels } = arena;
    const x = putMatrix(arena, 'x', 2, 4, [1, 2, 3, 4, 5, 6, 7, 8]);
    const lengths = arena.alloc('lengths', 2);
    new Int32Array(kernels.memory.buffer, lengths, 2).fill(0);
    const [mean, variance] = ['mean', 'variance'].map((name) => putMatrix(arena, name, 1, 4));
    const scratch = arena.alloc('scratch', kernels.batchNormScratchFloats(4));
    const count = kernels.batchNormMoments(
      2,
      1,
      4,
      x.at,
      4,
      lengths,
      mean.at,
      variance.at,
      scratch,
    );
    expect(count).toBe(0);
    expect([...takeMatrix(arena, mean), ...takeMatrix(arena, variance)]).toEqual(Array(8).fill(0));
  });

  it('moves an average', () => {
    const arena = new Arena(build);
    const moving = putMatrix(arena, 'moving', 1, 5, [1, -2, 3, 4, 5]);
    const now = putMatrix(arena, 'now', 1, 5, [0, 1, 0.5, -4, 5]);
    arena.kernels.moveAverage(8, 0.75, now.at, moving.at);
    expect([...takeMatrix(arena, moving)]).toEqual([0.75, -1.25, 2.375, 2, 5]);
    expectCleanEdges(arena, moving);
  });
});
