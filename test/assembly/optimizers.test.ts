import { describe, expect, it } from 'vitest';
import { adamStep, sgdStep } from '../reference/optimizers.js';
import { Arena, builds, maxDifference, noise } from '../support/kernels.js';

const U = 2 ** -24;
const STEPS = 10;

/** Stretches: how many, how long, and how far apart; odd counts of vectors, gaps, more than a page. */
const spans = [
  [1, 4, 4],
  [1, 8, 8],
  [1, 12, 12],
  [1, 132, 132],
  [1, 70_004, 70_004],
  [3, 12, 12],
  [2, 4, 20],
  [5, 36, 40],
  [129, 16, 48],
] as const;

/** An array as long as the store that holds a span, and which of its floats belong to the span. */
function storeOf([runs, n, stride]: readonly [number, number, number]) {
  const length = runs * stride;
  const inside = Array.from({ length }, (_, i) => i % stride < n);
  return { length, inside };
}

/** The floats of `values` that belong to the span, then those between its stretches. */
function parted(values: ArrayLike<number>, inside: readonly boolean[]) {
  const all = Array.from(values);
  return { span: all.filter((_, i) => inside[i]), gaps: all.filter((_, i) => !inside[i]) };
}

describe.each(builds)('adam, %s build', (build) => {
  const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
  it.each(spans.flatMap((span) => [1, 0.25].map((scale) => [span, scale] as const)))(
    'equals the float64 twin over ten steps: span %o, gradient scale %f',
    (span, scale) => {
      const arena = new Arena(build);
      const [runs, n, stride] = span;
      const { length, inside } = storeOf(span);
      // The kernel sees the shares as float32; the twin takes the betas that belong to them.
      const [lr, eps] = [options.learningRate, options.epsilon].map(Math.fround);
      const [a1, a2] = [1 - options.beta1, 1 - options.beta2].map(Math.fround);
      const twin = { learningRate: lr, beta1: 1 - a1, beta2: 1 - a2, epsilon: eps };
      const start = noise(length, 1, 1);
      const at = {
        w: arena.put('w', start),
        g: arena.alloc('g', length),
        m: arena.put('m', new Float32Array(length)),
        v: arena.put('v', new Float32Array(length)),
      };
      const w = Float64Array.from(start);
      const m = new Float64Array(length);
      const v = new Float64Array(length);
      for (let t = 1; t <= STEPS; t++) {
        const g = noise(length, 1, 100 + t);
        arena.floats(at.g, length).set(g);
        const alpha = (lr * Math.sqrt(1 - twin.beta2 ** t)) / (1 - twin.beta1 ** t);
        // biome-ignore format: the kernel's argument list
        arena.kernels.adam(runs, n, stride, at.w, at.g, at.m, at.v, alpha, a1, a2, eps, scale);
        adamStep(t, twin, scale, w, g, m, v);
        expect(maxDifference(arena.floats(at.g, length), g)).toBe(0);
      }
      // m and v: at most four roundings of scale (scale^2) a step. w: one rounding of w and about ten
      // of the update, which is at most 4 learning rates here, plus m's error over sqrt(v) >= scale / 8.
      const error = { m: 4 * STEPS * U * scale, v: 4 * STEPS * U * scale * scale };
      const update = lr * (40 * U + (8 * error.m) / scale);
      for (const [address, truth, bound] of [
        [at.m, m, error.m],
        [at.v, v, error.v],
        [at.w, w, STEPS * (U * 1.5 + update)],
      ] as const) {
        const found = parted(arena.floats(address, length), inside);
        expect(maxDifference(found.span, parted(truth, inside).span)).toBeLessThan(bound);
        const untouched = parted(truth === w ? start : new Float32Array(length), inside);
        expect(found.gaps).toEqual(untouched.gaps);
      }
      expect(arena.damaged()).toEqual([]);
    },
  );

  it('keeps padding at 0 and moves by the learning rate at first', () => {
    const arena = new Arena(build);
    const zeros = () => arena.put('zeros', new Float32Array(4));
    const [w, m, v] = [zeros(), zeros(), zeros()];
    const g = arena.put('g', [3, -0.002, 1e-4, 0]);
    const alpha = (0.5 * Math.sqrt(Math.fround(0.001))) / Math.fround(0.1);
    arena.kernels.adam(1, 4, 4, w, g, m, v, alpha, 0.1, 0.001, 1e-12, 1);
    const moved = arena.floats(w, 4);
    // v and m are each a product of g: five roundings, and epsilon is 3e-7 of the least root.
    expect(maxDifference(moved, [-0.5, 0.5, -0.5, 0])).toBeLessThan(0.5 * (8 * U + 4e-7));
    expect(moved[3]).toBe(0);
  });
});

describe.each(builds)('sgd, %s build', (build) => {
  const kinds = [
    ['plain', 0, false],
    ['momentum', 0.9, false],
    ['nesterov', 0.9, true],
  ] as const;
  describe.each(kinds)('%s', (kind, momentum, nesterov) => {
    it.each(spans)('equals the float64 twin over ten steps: span %i, %i, %i', (...span) => {
      const arena = new Arena(build);
      const [runs, n, stride] = span;
      const { length, inside } = storeOf(span);
      const [lr, mu, scale] = [0.1, momentum, 0.5].map(Math.fround);
      const start = noise(length, 1, 1);
      const w = Float64Array.from(start);
      const velocity = kind === 'plain' ? undefined : new Float64Array(length);
      const at = { w: arena.put('w', start), g: arena.alloc('g', length), v: 0 };
      if (velocity) at.v = arena.put('velocity', new Float32Array(length));
      for (let t = 1; t <= STEPS; t++) {
        const g = noise(length, 1, 200 + t);
        arena.floats(at.g, length).set(g);
        arena.kernels.sgd(runs, n, stride, at.w, at.g, at.v, lr, mu, Number(nesterov), scale);
        sgdStep({ learningRate: lr, momentum: mu, nesterov }, scale, w, g, velocity);
        expect(maxDifference(arena.floats(at.g, length), g)).toBe(0);
      }
      // Velocity stays below 0.5 and w below 4; each step rounds w once and the velocity
      // four times, and a velocity's error goes into all later steps.
      const velocityError = STEPS * 4 * U * 0.5;
      const zeros = new Float32Array(length);
      if (velocity) {
        const found = parted(arena.floats(at.v, length), inside);
        const difference = maxDifference(found.span, parted(velocity, inside).span);
        expect(difference).toBeLessThan(velocityError);
        expect(found.gaps).toEqual(parted(zeros, inside).gaps);
      }
      const tolerance = STEPS * (4 * U + 2 * velocityError);
      const found = parted(arena.floats(at.w, length), inside);
      expect(maxDifference(found.span, parted(w, inside).span)).toBeLessThan(tolerance);
      expect(found.gaps).toEqual(parted(start, inside).gaps);
      expect(arena.damaged()).toEqual([]);
    });
  });
});

describe.each(builds)('flat passes, %s build', (build) => {
  it.each(spans)('sumOfSquares is a float64 sum: span %i, %i, %i', (...span) => {
    const arena = new Arena(build);
    const [runs, n, stride] = span;
    const { length, inside } = storeOf(span);
    const g = noise(length, 1, 3);
    // Squares of floats are exact in f64; only the order of the additions may differ.
    const expected = parted(g, inside).span.reduce((sum, v) => sum + v * v, 0);
    const at = arena.put('g', g);
    const found = arena.kernels.sumOfSquares(runs, n, stride, at);
    expect(Math.abs(found - expected)).toBeLessThan(runs * n * 2 ** -52 * expected);
    expect(maxDifference(arena.floats(at, length), g)).toBe(0);
    const wild = arena.put('wild', [1e30, 1e-30, 0, -1e30]);
    expect(arena.kernels.sumOfSquares(1, 4, 4, wild) / 2e60).toBeCloseTo(1, 6);
  });

  it.each([4, 12, 1028])('largestMagnitude finds it wherever it stands: n %i', (n) => {
    const arena = new Arena(build);
    const at = arena.put('values', noise(n, 1, 4));
    const values = arena.floats(at, n);
    const before = values.slice();
    const largest = () => arena.kernels.largestMagnitude(n, at);
    expect(largest()).toBe(Math.max(...before.map(Math.abs)));
    for (let i = 0; i < n; i++) {
      for (const one of [3e38, -3e38, 1.5, -Infinity, Number.NaN]) {
        values[i] = one;
        expect(largest()).toBe(Math.abs(values[i]));
      }
      values[i] = before[i];
    }
    values[0] = Number.NaN;
    values[n - 1] = Number.POSITIVE_INFINITY;
    expect(largest()).toBeNaN();
    expect(arena.kernels.largestMagnitude(0, at)).toBe(0);
    expect(arena.damaged()).toEqual([]);
  });

  it('clampValues keeps what lies within the limit, and NaN', () => {
    const arena = new Arena(build);
    const given = [0.5, -0.5, 0.25, -0.25, 3, -3, Infinity, -Infinity, Number.NaN, 0, -0, 1e-40];
    const at = arena.put('values', given);
    arena.kernels.clampValues(given.length, at, 0.5);
    expect(Array.from(arena.floats(at, given.length))).toEqual([
      0.5,
      -0.5,
      0.25,
      -0.25,
      0.5,
      -0.5,
      0.5,
      -0.5,
      Number.NaN,
      0,
      -0,
      Math.fround(1e-40),
    ]);
    expect(arena.damaged()).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 33])('scaleValues multiplies n floats, rounded once: n %i', (n) => {
    const arena = new Arena(build);
    const given = Array.from({ length: n }, (_, i) =>
      Math.fround(Math.sin(i + 1) * 10 ** (i - 16)),
    );
    for (const factor of [0.1, 0, 1e-30, 3]) {
      const at = arena.put(`values ${factor}`, given);
      arena.kernels.scaleValues(n, at, factor);
      const product = given.map((value) => Math.fround(value * factor));
      expect(Array.from(arena.floats(at, n))).toEqual(product);
    }
    expect(arena.damaged()).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 33])('fill writes n floats and no more: n %i', (n) => {
    const arena = new Arena(build);
    const at = arena.alloc('values', n);
    arena.kernels.fill(n, at, 1.5);
    expect(arena.floats(at, n)).toEqual(new Float32Array(n).fill(1.5));
    expect(arena.damaged()).toEqual([]);
  });
});
