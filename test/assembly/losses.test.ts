import { describe, expect, it } from 'vitest';
import {
  categoricalCrossEntropy,
  meanSquaredError,
  softmaxCrossEntropy,
  sparseCrossEntropy,
} from '../reference/losses.js';
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

/** Rows of any sum, every third of them zeros. */
function anySum(R: number, N: number): Float32Array {
  return noise(R * N, 1, 9).map((v, i) => (Math.floor(i / N) % 3 === 2 ? 0 : v + 1.01));
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
    const p = anySum(3, 5);
    const twins = { softmaxCrossEntropy, categoricalCrossEntropy, sparseCrossEntropy };
    const inside = Float64Array.from(noise(15, 0.45, 3), (v) => v + 0.5);
    for (const [name, twin] of Object.entries(twins)) {
      const at = name === 'softmaxCrossEntropy' ? y : inside;
      const { gradient } = twin(3, 5, at, p);
      expect(
        gradientError(() => twin(3, 5, at, p).loss, at, gradient),
        name,
      ).toBeLessThan(1e-8);
    }
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
    ['targets of any sum', anySum, 3],
    ['one-hot, logits to 10000', oneHot, 1e4],
    ['soft, logits to 10000', softTargets, 1e4],
    ['targets of any sum, logits to 10000', anySum, 1e4],
  ] as const;

  /** z, t and places for the answers; `run` gives p and dZ, each where asked for. */
  function setUp(R: number, N: number, z: ArrayLike<number>, t: ArrayLike<number>) {
    const arena = new Arena(build);
    const at = putMatrix(arena, 'z', R, N, z, pad4(N) + 4);
    const truth = putMatrix(arena, 't', R, N, t);
    const g = putMatrix(arena, 'dZ', R, N, undefined, pad4(N) + 8);
    // biome-ignore format: the kernel's argument list
    const run = (p: number, dZ: number) => arena.kernels.softmaxCrossEntropy(
      R, N, at.at, at.stride, truth.at, truth.stride, p, at.stride, dZ, g.stride,
    );
    return { arena, at, truth, g, run };
  }

  describe.each(kinds)('%s', (_, targets, scale) => {
    it.each(shapes)('equals the float64 twin: %s', (_, R, N) => {
      const z = noise(R * N, scale, 3);
      const t = targets(R, N);
      const expected = softmaxCrossEntropy(R, N, z, t);
      const { arena, at, g, run } = setUp(R, N, z, t);
      const loss = run(at.at, g.at);
      // exp is off by 3 ulp and by the rounding of its argument d, d exp(-d) U < U: 1e-6 is ample.
      // The loss adds log(sum) >= 0, off by as much, to distances that are exact in f64. Both are
      // multiplied by the sum of a row's targets, which is below 2 N where it is not 1.
      const most = targets === anySum ? 2 * N : 1;
      expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-6 * (most + 1e-6 * expected.loss));
      expect(maxDifference(takeMatrix(arena, at), expected.probabilities)).toBeLessThan(1e-6);
      expect(maxDifference(takeMatrix(arena, g), expected.gradient)).toBeLessThan(
        most * (1e-6 / R + 2 * U),
      );
      expectCleanEdges(arena, at);
      expectCleanEdges(arena, g);
      expect(arena.damaged()).toEqual([]);
    });

    it.each(shapes)('leaves logits that it must not touch alone: %s', (_, R, N) => {
      const z = noise(R * N, scale, 3);
      const [kept, own] = [setUp(R, N, z, targets(R, N)), setUp(R, N, z, targets(R, N))];
      const loss = kept.run(kept.at.at, kept.g.at);
      expect(own.run(0, 0)).toBe(loss);
      expect(own.arena.floats(own.g.at, R * own.g.stride).every(Number.isNaN)).toBe(true);
      expect(own.run(0, own.g.at)).toBe(loss);
      expect(takeMatrix(own.arena, own.at)).toEqual(z);
      expect(takeMatrix(own.arena, own.g)).toEqual(takeMatrix(kept.arena, kept.g));
      expectCleanEdges(own.arena, own.g);
      expect(own.arena.damaged()).toEqual([]);
    });
  });

  it('does not mind what stands in the padding of its inputs', () => {
    const { arena, at, truth, g, run } = setUp(2, 3, [1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 1]);
    for (const m of [at, truth]) {
      for (const r of [0, 1]) arena.floats(m.at, 2 * m.stride)[r * m.stride + 3] = Number.NaN;
    }
    const expected = softmaxCrossEntropy(2, 3, [1, 2, 3, 4, 5, 6], [1, 0, 0, 0, 0, 1]).loss;
    expect(run(0, g.at)).toBeCloseTo(expected, 6);
    expect(run(at.at, g.at)).toBeCloseTo(expected, 6);
    expectCleanEdges(arena, at);
    expectCleanEdges(arena, g);
  });

  it('gives a gradient of 0 for rows of zeros, and NaN for NaN', () => {
    const z = noise(35, 3, 3);
    const still = setUp(5, 7, z, new Float32Array(35));
    expect(still.run(still.at.at, still.g.at)).toBe(0);
    expect(takeMatrix(still.arena, still.g).every((value) => value === 0)).toBe(true);
    z[9] = Number.NaN;
    const broken = setUp(5, 7, z, oneHot(5, 7));
    expect(broken.run(broken.at.at, 0)).toBeNaN();
  });
});

describe.each(builds)('cross-entropies of probabilities, %s build', (build) => {
  const kernels = { categoricalCrossEntropy, sparseCrossEntropy };
  const kinds = { 'one-hot': oneHot, soft: softTargets, 'any sum': anySum };
  const outputs = {
    inside: (n: number) => noise(n, 0.49, 3).map((v) => v + 0.5),
    // zeros and ones are clipped; one column of each row is not
    clipped: (n: number, N: number) =>
      noise(n, 1, 3).map((v, i) => (i % N === 0 ? 0.25 : Math.round((v + 1) / 2))),
  };
  describe.each(Object.entries(kernels))('%s', (name, twin) => {
    for (const [kind, targets] of Object.entries(kinds)) {
      for (const [range, make] of Object.entries(outputs)) {
        it.each(shapes)(`equals the float64 twin: ${kind}, ${range}, %s`, (_, R, N) => {
          const y = make(R * N, N);
          const t = targets(R, N);
          const expected = twin(R, N, y, t);
          const arena = new Arena(build);
          const at = putMatrix(arena, 'y', R, N, y, pad4(N) + 4);
          const truth = putMatrix(arena, 't', R, N, t);
          const g = putMatrix(arena, 'dY', R, N, undefined, pad4(N) + 8);
          // biome-ignore format: the kernel's argument list
          const run = (dY: number) => arena.kernels[name as keyof typeof kernels](
            R, N, at.at, at.stride, truth.at, truth.stride, dY, g.stride,
          );
          // all in f64, like the twin; the gradient alone is rounded
          const tolerance = 1e-12 * (1 + Math.abs(expected.loss));
          expect(Math.abs(run(0) - expected.loss)).toBeLessThan(tolerance);
          expect(arena.floats(g.at, R * g.stride).every(Number.isNaN)).toBe(true);
          expect(Math.abs(run(g.at) - expected.loss)).toBeLessThan(tolerance);
          takeMatrix(arena, g).forEach((value, i) => {
            const exact = expected.gradient[i];
            expect(Math.abs(value - exact)).toBeLessThan(2 * U * Math.abs(exact) + 1e-9);
          });
          expect(takeMatrix(arena, at)).toEqual(y);
          expectCleanEdges(arena, g);
          expect(arena.damaged()).toEqual([]);
        });
      }
    }
  });
});

describe.each(builds)('weights of rows, %s build', (build) => {
  const N = 5;
  const names = [
    'meanSquaredError',
    'softmaxCrossEntropy',
    'categoricalCrossEntropy',
    'sparseCrossEntropy',
  ];

  /** Loss and gradient over rows from .. to, with the weights or without. */
  function run(name: string, y: Float32Array, t: Float32Array, weights?: Float32Array) {
    const R = y.length / N;
    const arena = new Arena(build);
    const at = putMatrix(arena, 'y', R, N, y);
    const truth = putMatrix(arena, 't', R, N, t);
    const g = putMatrix(arena, 'dY', R, N);
    const w = weights ? arena.put('weights', weights) : 0;
    const head = [R, N, at.at, at.stride, truth.at, truth.stride];
    const probabilities = name === 'softmaxCrossEntropy' ? [0, 0] : [];
    const loss = arena.kernels[name](...head, ...probabilities, g.at, g.stride, w);
    expectCleanEdges(arena, g);
    expect(arena.damaged()).toEqual([]);
    return { loss, gradient: takeMatrix(arena, g) };
  }

  const y = Float32Array.from({ length: 7 * N }, (_, n) => 0.05 + ((n * 7) % 18) / 20);
  const t = Float32Array.from({ length: 7 * N }, (_, n) => (n % N === (n * 3) % 4 ? 1 : 0));

  it.each(names)('%s: each row counts as much as its weight, the mean is over all rows', (name) => {
    const weights = Float32Array.from([1, 0, 2.5, 0.25, 3, 1, 7]);
    const { loss, gradient } = run(name, y, t, weights);
    let expected = 0;
    for (let r = 0; r < 7; r++) {
      const alone = run(name, y.slice(r * N, (r + 1) * N), t.slice(r * N, (r + 1) * N));
      expected += (alone.loss * weights[r]) / 7;
      for (let c = 0; c < N; c++) {
        const single = (alone.gradient[c] * weights[r]) / 7;
        // both are rounded in the difference, the factor and the product
        expect(Math.abs(gradient[r * N + c] - single)).toBeLessThanOrEqual(
          8 * 2 ** -24 * Math.abs(single),
        );
      }
    }
    expect(Math.abs(loss - expected)).toBeLessThanOrEqual(8 * 2 ** -24 * Math.abs(expected));
  });

  it.each(names)('%s: weights of 1 change no bit', (name) => {
    expect(run(name, y, t, new Float32Array(7).fill(1))).toEqual(run(name, y, t));
  });
});
