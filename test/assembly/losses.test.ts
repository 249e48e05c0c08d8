import { describe, expect, it } from 'vitest';
import { meanSquaredError, softmaxCrossEntropy } from '../reference/losses.js';
import { gradientError } from '../support/gradient.js';
import { Arena, builds, maxDifference, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';

const shapes = [
  [1, 1],
  [1, 7],
  [2, 3],
  [3, 4],
  [5, 2],
  [7, 13],
  [13, 33],
  [33, 5],
].map(([R, N]) => [`R ${R}, N ${N}`, R, N] as const);
const U = 2 ** -24;

function softTargets(R: number, N: number): Float32Array {
  const t = noise(R * N, 1, 9).map((v) => v + 1.01);
  for (let r = 0; r < R; r++) {
    const row = t.subarray(r * N, r * N + N);
    const sum = row.reduce((s, v) => s + v, 0);
    for (let n = 0; n < N; n++) row[n] /= sum;
  }
  return t;
}

function oneHot(R: number, N: number): Float32Array {
  const t = new Float32Array(R * N);
  for (let r = 0; r < R; r++) t[r * N + ((r * 7 + 3) % N)] = 1;
  return t;
}

describe('the float64 twins of the losses', () => {
  it('have the gradients of finite differences', () => {
    const y = Float64Array.from(noise(15, 2, 1));
    const t = noise(15, 2, 2);
    const squared = meanSquaredError(y, t).gradient;
    expect(gradientError(() => meanSquaredError(y, t).loss, y, squared)).toBeLessThan(1e-8);
    const p = Float64Array.from(softTargets(3, 5));
    for (let r = 0; r < 3; r++) p[r * 5] += 1 - p.slice(r * 5, r * 5 + 5).reduce((a, b) => a + b);
    const entropy = softmaxCrossEntropy(3, 5, y, p).gradient;
    const loss = () => softmaxCrossEntropy(3, 5, y, p).loss;
    expect(gradientError(loss, y, entropy)).toBeLessThan(1e-8);
  });
});

describe.each(builds)('meanSquaredError, %s build', (build) => {
  it.each(shapes)('equals the float64 twin: %s', (_, R, N) => {
    const arena = new Arena(build);
    const [y, t] = [noise(R * N, 3, 1), noise(R * N, 3, 2)];
    const expected = meanSquaredError(y, t);
    const at = putMatrix(arena, 'y', R, N, y, pad4(N) + 4);
    const targets = putMatrix(arena, 't', R, N, t);
    const g = putMatrix(arena, 'dY', R, N, undefined, pad4(N) + 8);
    // biome-ignore format: the kernel's argument list
    const call = (dY: number) => arena.kernels.meanSquaredError(
      R, N, at.at, at.stride, targets.at, targets.stride, dY, g.stride,
    );
    // The difference is rounded once, so its square is off by 2 U; sums are f64.
    const tolerance = 3 * U * expected.loss;
    expect(Math.abs(call(0) - expected.loss)).toBeLessThan(tolerance);
    expect(arena.floats(g.at, R * g.stride).every(Number.isNaN)).toBe(true);
    expect(Math.abs(call(g.at) - expected.loss)).toBeLessThan(tolerance);
    // Three roundings: the difference, the factor, the product.
    expect(maxDifference(takeMatrix(arena, g), expected.gradient)).toBeLessThan(
      (4 * U * 12) / (R * N),
    );
    expectCleanEdges(arena, g);
    expect(arena.damaged()).toEqual([]);
  });

  it('does not mind what stands in the padding of its inputs', () => {
    const arena = new Arena(build);
    const y = putMatrix(arena, 'y', 2, 3, [1, 2, 3, 4, 5, 6]);
    const t = putMatrix(arena, 't', 2, 3, [1, 2, 4, 4, 5, 8]);
    for (const r of [0, 1]) arena.floats(y.at, 8)[r * 4 + 3] = Number.NaN;
    const g = putMatrix(arena, 'dY', 2, 3);
    expect(arena.kernels.meanSquaredError(2, 3, y.at, 4, t.at, 4, g.at, 4)).toBeCloseTo(5 / 6, 7);
    expectCleanEdges(arena, g);
  });
});

describe.each(builds)('softmaxCrossEntropy, %s build', (build) => {
  const kinds = [
    ['one-hot', oneHot, 3],
    ['soft', softTargets, 3],
    ['one-hot, logits to 10000', oneHot, 1e4],
    ['soft, logits to 10000', softTargets, 1e4],
  ] as const;
  describe.each(kinds)('%s', (_, targets, scale) => {
    it.each(shapes)('equals the float64 twin: %s', (_, R, N) => {
      const arena = new Arena(build);
      const z = noise(R * N, scale, 3);
      const t = targets(R, N);
      const expected = softmaxCrossEntropy(R, N, z, t);
      const at = putMatrix(arena, 'z', R, N, z, pad4(N) + 4);
      const truth = putMatrix(arena, 't', R, N, t);
      const g = putMatrix(arena, 'dZ', R, N, undefined, pad4(N) + 8);
      // biome-ignore format: the kernel's argument list
      const loss = arena.kernels.softmaxCrossEntropy(
        R, N, at.at, at.stride, truth.at, truth.stride, g.at, g.stride,
      );
      // exp is off by 3 ulp and by the rounding of its argument d, d exp(-d) U < U: 1e-6 is ample.
      // The loss adds log(sum) >= 0, off by as much, to distances that are exact in f64.
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-6 * (1 + 1e-6 * expected.loss));
      expect(maxDifference(takeMatrix(arena, at), expected.probabilities)).toBeLessThan(1e-6);
      expect(maxDifference(takeMatrix(arena, g), expected.gradient)).toBeLessThan(1e-6 / R + 2 * U);
      expectCleanEdges(arena, at);
      expectCleanEdges(arena, g);
      expect(arena.damaged()).toEqual([]);
    });
  });

  it('does not mind what stands in the padding of its inputs', () => {
    const arena = new Arena(build);
    const z = putMatrix(arena, 'z', 2, 3, [1, 2, 3, 4, 5, 6]);
    const t = putMatrix(arena, 't', 2, 3, [1, 0, 0, 0, 0, 1]);
    for (const m of [z, t]) {
      for (const r of [0, 1]) arena.floats(m.at, 8)[r * 4 + 3] = Number.NaN;
    }
    const g = putMatrix(arena, 'dZ', 2, 3);
    const expected = softmaxCrossEntropy(2, 3, [1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 1]).loss;
    const loss = arena.kernels.softmaxCrossEntropy(2, 3, z.at, 4, t.at, 4, g.at, 4);
    expect(loss).toBeCloseTo(expected, 6);
    expectCleanEdges(arena, z);
    expectCleanEdges(arena, g);
  });

  it('gives the same loss and probabilities when no gradient is wanted, and NaN for NaN', () => {
    const arena = new Arena(build);
    const z = noise(35, 3, 3);
    const run = (wanted: boolean) => {
      const at = putMatrix(arena, 'z', 5, 7, z);
      const t = putMatrix(arena, 't', 5, 7, oneHot(5, 7));
      const g = putMatrix(arena, 'dZ', 5, 7);
      const dZ = wanted ? g.at : 0;
      const loss = arena.kernels.softmaxCrossEntropy(5, 7, at.at, 8, t.at, 8, dZ, 8);
      return { loss, p: takeMatrix(arena, at) };
    };
    expect(run(false)).toEqual(run(true));
    z[9] = Number.NaN;
    expect(run(true).loss).toBeNaN();
  });
});
