import { describe, expect, it } from 'vitest';
import { Arena, type Build, builds } from '../support/kernels.js';

const KEY = [1, 2, 3, 4] as const;

function orthogonal(build: Build, rows: number, cols: number, gain: number, seed = 1) {
  const arena = new Arena(build);
  const at = arena.alloc('matrix', rows * cols);
  const scratch = arena.alloc('scratch', arena.kernels.orthogonalScratchFloats(rows, cols));
  arena.kernels.orthogonal(rows, cols, at, gain, scratch, seed, ...KEY.slice(1));
  expect(arena.damaged()).toEqual([]);
  return arena.floats(at, rows * cols).slice();
}

/** Largest entry of Q Q^T - gain^2 (rows <= cols) or Q^T Q - gain^2. */
function orthogonalityError(q: Float32Array, rows: number, cols: number, gain: number): number {
  const [count, length] = rows <= cols ? [rows, cols] : [cols, rows];
  const [across, along] = rows <= cols ? [cols, 1] : [1, cols];
  let worst = 0;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let n = 0; n < length; n++) {
        sum += q[i * across + n * along] * q[j * across + n * along];
      }
      worst = Math.max(worst, Math.abs(sum - (i === j ? gain * gain : 0)));
    }
  }
  return worst;
}

/** v . q in the kernel's order: four running sums, those of lanes 0 and 2 first. */
function dot(v: Float64Array, q: Float32Array): number {
  const sums = [0, 0, 0, 0];
  for (let n = 0; n < v.length; n++) sums[n % 4] += v[n] * q[n];
  return sums[0] + sums[2] + (sums[1] + sums[3]);
}

/** One vector after the other, each taken out twice, as the kernel's file describes it. */
function plainOrthogonal(build: Build, rows: number, cols: number): Float32Array {
  const arena = new Arena(build);
  const at = arena.alloc('matrix', rows * cols);
  arena.kernels.randomNormal(rows * cols, at, 0, 1, ...KEY);
  const [count, length] = rows <= cols ? [rows, cols] : [cols, rows];
  const done: Float32Array[] = [];
  for (let i = 0; i < count; i++) {
    const v = Float64Array.from(arena.floats(at + 4 * i * length, length));
    for (const q of [...done, ...done]) {
      const amount = dot(v, q);
      for (let n = 0; n < length; n++) v[n] -= amount * q[n];
    }
    const squares = [0, 0];
    for (let n = 0; n < length; n++) squares[n % 2] += v[n] * v[n];
    const factor = 1 / Math.sqrt(squares[0] + squares[1]);
    done.push(Float32Array.from(v, (value) => value * factor));
  }
  const entry = (r: number, c: number) => (rows <= cols ? done[r][c] : done[c][r]);
  return Float32Array.from({ length: rows * cols }, (_, k) =>
    entry(Math.floor(k / cols), k % cols),
  );
}

describe.each(builds)('orthogonal, %s build', (build) => {
  it.each([
    [1, 1],
    [1, 6],
    [2, 2],
    [3, 7],
    [7, 3],
    [13, 13],
    [33, 132],
  ])('gives the bits of one vector after the other: %i x %i', (rows, cols) => {
    expect(orthogonal(build, rows, cols, 1)).toEqual(plainOrthogonal(build, rows, cols));
  });

  it.each([
    [1, 1],
    [1, 4],
    [4, 1],
    [2, 3],
    [7, 3],
    [5, 20],
    [20, 5],
    [13, 13],
    [33, 132],
    [64, 64],
    [128, 512],
  ])('has orthonormal rows or columns: %i x %i', (rows, cols) => {
    for (const gain of [1, 2]) {
      const q = orthogonal(build, rows, cols, gain);
      // f64 throughout; each entry is rounded to f32 twice at the end.
      expect(orthogonalityError(q, rows, cols, gain)).toBeLessThan(1e-6 * gain * gain);
    }
  });

  it('differs with the seed, and is spread evenly over the signs', () => {
    expect(orthogonal(build, 5, 5, 1, 1)).not.toEqual(orthogonal(build, 5, 5, 1, 2));
    const seeds = Array.from({ length: 400 }, (_, seed) => seed);
    const positive = seeds.filter((seed) => orthogonal(build, 2, 2, 1, seed)[0] > 0).length;
    // 400 fair coins: 200, standard deviation 10.
    expect(Math.abs(positive - 200)).toBeLessThan(50);
  });
});

describe.each(builds)('glorotUniform, %s build', (build) => {
  it.each([
    [7, 3],
    [33, 132],
    [1, 1],
  ])('fills [-limit, limit] with variance 2 / (fanIn + fanOut): %i, %i', (fanIn, fanOut) => {
    const n = 20_001;
    const arena = new Arena(build);
    const at = arena.alloc('values', n);
    arena.kernels.glorotUniform(n, at, fanIn, fanOut, ...KEY);
    const values = arena.floats(at, n);
    const limit = Math.sqrt(6 / (fanIn + fanOut));
    const largest = values.reduce((max, v) => Math.max(max, Math.abs(v)), 0);
    expect(largest).toBeLessThanOrEqual(Math.fround(limit));
    expect(largest).toBeGreaterThan(0.999 * limit);
    const variance = values.reduce((sum, v) => sum + v * v, 0) / n;
    // Five standard errors of a variance of uniforms: relative sqrt(4 / 5 / n).
    expect(Math.abs((variance * (fanIn + fanOut)) / 2 - 1)).toBeLessThan(5 * Math.sqrt(0.8 / n));
    expect(arena.damaged()).toEqual([]);
  });
});
