// Sums over more rows than one float32 chain can carry. Rows that are all alike are the worst
// case: every rounding of a chain goes the same way.
import { describe, expect, it } from 'vitest';
import { Arena, builds, noise } from '../support/kernels.js';
import { LstmRun, lstmCase, pad4 } from '../support/lstm.js';
import { putMatrix } from '../support/matrix.js';

const U = 2 ** -24;
/**
 * By assembly/math/long-sums.ts: 128 roundings in a block (one a product, one less a sum), 31 in
 * a group of blocks, one when the total becomes float32; relative to the sum of the sizes.
 */
const LONG = 160 * U;
/** The same where the expected value is a multiple of a gradient that was itself rounded once. */
const BOUND = LONG + U;

/** Largest |found - expected| / size. */
function relativeError(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  size: ArrayLike<number> = expected,
): number {
  let worst = 0;
  for (let n = 0; n < found.length; n++) {
    const error = Math.abs(found[n] - expected[n]) / Math.abs(size[n]);
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

const times = (values: Float32Array, n: number) => Float64Array.from(values, (v) => v * n);
const repeated = (values: Float32Array, n: number) =>
  Float32Array.from({ length: values.length * n }, (_, i) => values[i % values.length]);

it('promises less than 1e-5', () => {
  expect(BOUND).toBeLessThan(1e-5);
});

describe.each(builds)('gradients of lstm weights, %s build', (build) => {
  const gradients = (problem: ReturnType<typeof lstmCase>) => {
    const run = new LstmRun(build, problem);
    run.forward();
    run.backward(false);
    expect(run.arena.damaged()).toEqual([]);
    return run.gradients();
  };

  it.each([[200], [16_001]])('of a batch of %i equal samples', (B) => {
    const one = lstmCase({ B: 1, T: 1, I: 3, H: 4 });
    const expected = gradients(one);
    const [x, h0, c0, dOut] = [one.x, one.h0, one.c0, one.dOut].map((part) => repeated(part, B));
    const found = gradients({ ...one, B, x, h0, c0, dOut });
    for (const key of ['kernel', 'recurrent', 'bias'] as const) {
      expect(relativeError(found[key], times(expected[key], B)), key).toBeLessThan(BOUND);
    }
  });

  it.each([
    [1, 8_200],
    [3, 2_734],
    [131, 2_002],
  ])('of %i equal samples with %i equal time steps each', (B, T) => {
    // Nothing is remembered: no recurrent weights, and a forget gate that is closed. What its
    // sigmoid leaves over, 2^-22 at most, passes on as much of a gradient: 4 U.
    const one = lstmCase({ B: 1, T: 1, I: 3, H: 4 }, { state: false });
    const bias = Float32Array.from(one.weights.bias, (v, n) => (n >> 2 === 1 ? -100 : v));
    const weights = { ...one.weights, recurrent: new Float32Array(64), bias };
    const expected = gradients({ ...one, weights });
    const [x, h0, c0, dOut] = [
      repeated(one.x, T * B),
      repeated(one.h0, B),
      repeated(one.c0, B),
      repeated(one.dOut, T * B),
    ];
    const found = gradients({ ...one, weights, B, T, x, h0, c0, dOut });
    const open = (_: number, n: number) => (n >> 2) % 4 !== 1;
    for (const key of ['kernel', 'bias'] as const) {
      const wanted = times(expected[key], T * B).filter(open);
      expect(relativeError(found[key].filter(open), wanted), key).toBeLessThan(BOUND + 4 * U);
    }
  });

  it('of samples that differ: equal to the float64 sum of what each gives alone', () => {
    const whole = lstmCase({ B: 4229, T: 1, I: 3, H: 5 });
    const { B, I, H } = whole;
    const sums = { kernel: new Float64Array(60), recurrent: new Float64Array(100) };
    const sizes = { kernel: new Float64Array(60), recurrent: new Float64Array(100) };
    const single = new LstmRun(build, { ...whole, B: 1 });
    const bias = new Float64Array(4 * H);
    const biasSize = new Float64Array(4 * H);
    for (let b = 0; b < B; b++) {
      const pick = (values: Float32Array, n: number) => values.subarray(b * n, b * n + n);
      const [h0, c0] = [pick(whole.h0, H), pick(whole.c0, H)];
      single.replace({ x: pick(whole.x, I), h0, c0, dOut: pick(whole.dOut, H) });
      single.forward();
      single.backward(false);
      // of a single row this is the gradient of the gates
      single.gradients().bias.forEach((d, j) => {
        bias[j] += d;
        biasSize[j] += Math.abs(d);
        for (const [key, factors] of [
          ['kernel', pick(whole.x, I)],
          ['recurrent', h0],
        ] as const) {
          factors.forEach((factor, i) => {
            sums[key][i * 4 * H + j] += factor * d;
            sizes[key][i * 4 * H + j] += Math.abs(factor * d);
          });
        }
      });
    }
    const found = gradients(whole);
    expect(relativeError(found.bias, bias, biasSize)).toBeLessThan(LONG);
    for (const key of ['kernel', 'recurrent'] as const) {
      expect(relativeError(found[key], sums[key], sizes[key]), key).toBeLessThan(LONG);
    }
  });
});

describe.each(builds)('gradients of dense weights, %s build', (build) => {
  /** Gradients of a linear layer, whose gate gradient is dY itself. */
  function gradients(R: number, K: number, N: number, x: Float32Array, dY: Float32Array) {
    const arena = new Arena(build);
    const { kernels: k } = arena;
    const w = arena.put('w', new Float32Array(pad4(K) * pad4(N)));
    const input = putMatrix(arena, 'x', R, K, x);
    const y = putMatrix(arena, 'y', R, N, new Float32Array(R * N));
    const g = putMatrix(arena, 'dY', R, N, dY);
    const dW = arena.alloc('dW', pad4(K) * pad4(N));
    const db = arena.alloc('db', pad4(N));
    const scratch = arena.alloc('scratch', k.denseScratchFloats(R, K, N));
    // biome-ignore format: the kernel's argument list
    k.denseBackward(
      R, K, N, input.at, input.stride, w, y.at, y.stride, g.at, g.stride, 0, 0, 0, dW, db, scratch,
    );
    expect(arena.damaged()).toEqual([]);
    const kernel = arena.alloc('kernel', K * N);
    const bias = arena.alloc('bias', N);
    k.denseUnpack(K, N, dW, db, kernel, bias);
    return { kernel: arena.floats(kernel, K * N), bias: arena.floats(bias, N) };
  }

  it.each([[16_001], [262_144]])('of %i equal rows', (R) => {
    const [K, N] = [3, 5];
    const [x, dY] = [noise(K, 1, 1), noise(N, 1, 2)];
    const found = gradients(R, K, N, repeated(x, R), repeated(dY, R));
    const kernel = Float64Array.from({ length: K * N }, (_, n) => R * x[(n / N) | 0] * dY[n % N]);
    expect(relativeError(found.kernel, kernel)).toBeLessThan(LONG);
    expect(relativeError(found.bias, times(dY, R))).toBeLessThan(LONG);
  });

  it.each([[127], [128], [129], [4096], [4097], [8193]])('of %i rows that differ', (R) => {
    const [K, N] = [6, 13];
    const [x, dY] = [noise(R * K, 1, 1), noise(R * N, 1, 2)];
    const kernel = new Float64Array(K * N);
    const kernelSize = new Float64Array(K * N);
    const bias = new Float64Array(N);
    const biasSize = new Float64Array(N);
    for (let r = 0; r < R; r++) {
      for (let n = 0; n < N; n++) {
        const d = dY[r * N + n];
        bias[n] += d;
        biasSize[n] += Math.abs(d);
        for (let k = 0; k < K; k++) {
          kernel[k * N + n] += x[r * K + k] * d;
          kernelSize[k * N + n] += Math.abs(x[r * K + k] * d);
        }
      }
    }
    const found = gradients(R, K, N, x, dY);
    expect(relativeError(found.kernel, kernel, kernelSize)).toBeLessThan(LONG);
    expect(relativeError(found.bias, bias, biasSize)).toBeLessThan(LONG);
  });
});

describe.each(builds)('losses and norms of 262,144 equal rows, %s build', (build) => {
  // sums in float64: a rounding of 2^-53 a row
  const R = 262_144;
  const BOUND64 = R * 2 ** -53;

  it.each([
    'meanSquaredError',
    'softmaxCrossEntropy',
    'categoricalCrossEntropy',
    'sparseCrossEntropy',
  ])('%s', (name) => {
    const N = 3;
    const [y, t] = [Float32Array.of(0.2, 0.7, 0.1), Float32Array.of(0, 1, 0)];
    const loss = (rows: number) => {
      const arena = new Arena(build);
      const at = putMatrix(arena, 'y', rows, N, repeated(y, rows));
      const truth = putMatrix(arena, 't', rows, N, repeated(t, rows));
      return arena.kernels[name](rows, N, at.at, at.stride, truth.at, truth.stride, 0, 0, 0, 0);
    };
    expect(relativeError([loss(R)], [loss(1)])).toBeLessThan(BOUND64);
  });

  it('sumOfSquares', () => {
    const arena = new Arena(build);
    const value = Math.fround(0.1);
    const g = arena.put('g', new Float32Array(4 * R).fill(value));
    const found = arena.kernels.sumOfSquares(1, 4 * R, 4 * R, g);
    expect(relativeError([found], [4 * R * value * value])).toBeLessThan(BOUND64);
  });
});
