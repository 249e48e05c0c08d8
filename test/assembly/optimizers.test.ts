import { describe, expect, it } from 'vitest';
import { adamStep, sgdStep } from '../reference/optimizers.js';
import { Arena, builds, maxDifference, noise } from '../support/kernels.js';

const U = 2 ** -24;
const sizes = [4, 8, 12, 132];
const STEPS = 10;

describe.each(builds)('adam, %s build', (build) => {
  const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
  it.each(sizes.flatMap((n) => [1, 0.25].map((scale) => [n, scale] as const)))(
    'equals the float64 twin over ten steps: n %i, gradient scale %f',
    (n, scale) => {
      const arena = new Arena(build);
      // The kernel sees the options as float32; the twin takes the same numbers.
      const [lr, b1, b2, eps] = Object.values(options).map(Math.fround);
      const start = noise(n, 1, 1);
      const at = {
        w: arena.put('w', start),
        g: arena.alloc('g', n),
        m: arena.put('m', new Float32Array(n)),
        v: arena.put('v', new Float32Array(n)),
      };
      const w = Float64Array.from(start);
      const m = new Float64Array(n);
      const v = new Float64Array(n);
      for (let t = 1; t <= STEPS; t++) {
        const g = noise(n, 1, 100 + t);
        arena.floats(at.g, n).set(g);
        const corrections = [1 / (1 - b1 ** t), 1 / (1 - b2 ** t)];
        // biome-ignore format: the kernel's argument list
        arena.kernels.adam(n, at.w, at.g, at.m, at.v, lr, b1, b2, eps, corrections[0], corrections[1], scale);
        const twin = { learningRate: lr, beta1: b1, beta2: b2, epsilon: eps };
        adamStep(t, twin, scale, w, g, m, v);
        expect(arena.floats(at.g, n)).toEqual(g);
      }
      // m and v: three roundings of at most scale (scale^2) a step. w: one rounding of w and about ten
      // of the update, which is at most 4 learning rates here, plus m's error over sqrt(v) >= scale / 8.
      const error = { m: 3 * STEPS * U * scale, v: 4 * STEPS * U * scale * scale };
      expect(maxDifference(arena.floats(at.m, n), m)).toBeLessThan(error.m);
      expect(maxDifference(arena.floats(at.v, n), v)).toBeLessThan(error.v);
      const update = lr * (40 * U + (8 * error.m) / scale);
      expect(maxDifference(arena.floats(at.w, n), w)).toBeLessThan(STEPS * (U * 1.5 + update));
      expect(arena.damaged()).toEqual([]);
    },
  );

  it('keeps padding at 0 and moves by the learning rate at first', () => {
    const arena = new Arena(build);
    const zeros = () => arena.put('zeros', new Float32Array(4));
    const [w, m, v] = [zeros(), zeros(), zeros()];
    const g = arena.put('g', [3, -0.002, 1e-4, 0]);
    arena.kernels.adam(4, w, g, m, v, 0.5, 0.9, 0.999, 1e-9, 10, 1000, 1);
    const moved = arena.floats(w, 4);
    // The rounding of the betas makes 1e-4 of the step.
    expect(maxDifference(moved, [-0.5, 0.5, -0.5, 0])).toBeLessThan(1e-4);
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
    it.each(sizes)('equals the float64 twin over ten steps: n %i', (n) => {
      const arena = new Arena(build);
      const [lr, mu, scale] = [0.1, momentum, 0.5].map(Math.fround);
      const start = noise(n, 1, 1);
      const w = Float64Array.from(start);
      const velocity = kind === 'plain' ? undefined : new Float64Array(n);
      const at = { w: arena.put('w', start), g: arena.alloc('g', n), v: 0 };
      if (velocity) at.v = arena.put('velocity', new Float32Array(n));
      for (let t = 1; t <= STEPS; t++) {
        const g = noise(n, 1, 200 + t);
        arena.floats(at.g, n).set(g);
        arena.kernels.sgd(n, at.w, at.g, at.v, lr, mu, Number(nesterov), scale);
        sgdStep({ learningRate: lr, momentum: mu, nesterov }, scale, w, g, velocity);
        expect(arena.floats(at.g, n)).toEqual(g);
      }
      // Velocity stays below 0.5 and w below 4; each step rounds w once and the velocity
      // four times, and a velocity's error goes into all later steps.
      const velocityError = STEPS * 4 * U * 0.5;
      if (velocity) {
        expect(maxDifference(arena.floats(at.v, n), velocity)).toBeLessThan(velocityError);
      }
      const tolerance = STEPS * (4 * U + 2 * velocityError);
      expect(maxDifference(arena.floats(at.w, n), w)).toBeLessThan(tolerance);
      expect(arena.damaged()).toEqual([]);
    });
  });
});

describe.each(builds)('flat passes, %s build', (build) => {
  it.each([4, 8, 12, 20, 1028])('sumOfSquares is a float64 sum: n %i', (n) => {
    const arena = new Arena(build);
    const g = noise(n, 1, 3);
    // Squares of floats are exact in f64; only the order of the additions may differ.
    const expected = g.reduce((sum, v) => sum + v * v, 0);
    const found = arena.kernels.sumOfSquares(n, arena.put('g', g));
    expect(Math.abs(found - expected)).toBeLessThan(n * 2 ** -52 * expected);
    const wild = arena.put('wild', [1e30, 1e-30, 0, -1e30]);
    expect(arena.kernels.sumOfSquares(4, wild) / 2e60).toBeCloseTo(1, 6);
  });

  it.each([0, 1, 2, 3, 4, 5, 33])('fill writes n floats and no more: n %i', (n) => {
    const arena = new Arena(build);
    const at = arena.alloc('values', n);
    arena.kernels.fill(n, at, 1.5);
    expect(arena.floats(at, n)).toEqual(new Float32Array(n).fill(1.5));
    expect(arena.damaged()).toEqual([]);
  });
});
