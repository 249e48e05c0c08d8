import { describe, expect, it } from 'vitest';
import { streamWords } from '../reference/philox.js';
import { Arena, type Build, builds, noise } from '../support/kernels.js';
import { pad4 } from '../support/lstm.js';
import { expectCleanEdges, putMatrix, takeMatrix } from '../support/matrix.js';

const SEED = [3, 4] as const;
const COUNTER = [5, 6] as const;
const shapes = [
  [1, 1],
  [1, 7],
  [2, 3],
  [3, 4],
  [5, 2],
  [7, 13],
  [33, 5],
  [13, 33],
].map(([R, C]) => [`R ${R}, C ${C}`, R, C] as const);

function drop(build: Build, R: number, C: number, x: Float32Array, rate: number, extra = 0) {
  const arena = new Arena(build);
  const from = putMatrix(arena, 'x', R, C, x, pad4(C) + extra);
  const to = putMatrix(arena, 'y', R, C, undefined, pad4(C) + 2 * extra);
  // biome-ignore format: the kernel's argument list
  arena.kernels.dropout(R, C, from.at, from.stride, to.at, to.stride, rate, ...SEED, ...COUNTER);
  expect(takeMatrix(arena, from)).toEqual(x);
  expectCleanEdges(arena, to);
  expect(arena.damaged()).toEqual([]);
  return takeMatrix(arena, to);
}

describe.each(builds)('dropout, %s build', (build) => {
  it.each(shapes)('equals the twin to the bit: %s', (_, R, C) => {
    const x = noise(R * C, 2, 1);
    const rate = 0.3;
    const words = streamWords(R * pad4(C), SEED, COUNTER);
    const threshold = Math.floor(Math.fround(rate) * 2 ** 32);
    const scale = Math.fround(1 / Math.fround(1 - Math.fround(rate)));
    const expected = x.map((v, n) => {
      const word = words[Math.floor(n / C) * pad4(C) + (n % C)];
      return word < threshold ? 0 : Math.fround(v * scale);
    });
    // -0 and 0 are the same number here.
    expect([...drop(build, R, C, x, rate)].map((v) => v + 0)).toEqual(
      [...expected].map((v) => v + 0),
    );
  });

  it('does not depend on strides, and may work in place', () => {
    const x = noise(13 * 7, 2, 1);
    const expected = drop(build, 13, 7, x, 0.5);
    expect(drop(build, 13, 7, x, 0.5, 8)).toEqual(expected);
    const arena = new Arena(build);
    const m = putMatrix(arena, 'x', 13, 7, x);
    arena.kernels.dropout(13, 7, m.at, 8, m.at, 8, 0.5, ...SEED, ...COUNTER);
    expect(takeMatrix(arena, m)).toEqual(expected);
  });

  it('does not mind what stands in the padding of its input', () => {
    const arena = new Arena(build);
    const x = putMatrix(arena, 'x', 2, 3, noise(6, 2, 1));
    for (const r of [0, 1]) arena.floats(x.at, 8)[r * 4 + 3] = Number.NaN;
    const y = putMatrix(arena, 'y', 2, 3);
    arena.kernels.dropout(2, 3, x.at, 4, y.at, 4, 0.2, ...SEED, ...COUNTER);
    expectCleanEdges(arena, y);
  });

  it('copies at rate 0', () => {
    const x = noise(35, 2, 1);
    expect(drop(build, 5, 7, x, 0)).toEqual(x);
  });

  it.each([0.05, 0.2, 0.5, 0.9])('drops its share and keeps the mean: rate %f', (rate) => {
    const [R, C] = [160, 126];
    const y = drop(build, R, C, new Float32Array(R * C).fill(1), rate);
    const error = 5 * Math.sqrt((rate * (1 - rate)) / (R * C));
    const dropped = y.filter((v) => v === 0).length / (R * C);
    expect(Math.abs(dropped - rate)).toBeLessThan(error);
    const mean = y.reduce((sum, v) => sum + v, 0) / (R * C);
    expect(Math.abs(mean - 1)).toBeLessThan(error / (1 - rate) + 1e-6);
  });

  it('draws another mask for another counter', () => {
    const arena = new Arena(build);
    const ones = new Float32Array(64).fill(1);
    const run = (counterLo: number) => {
      const m = putMatrix(arena, 'x', 8, 8, ones);
      arena.kernels.dropout(8, 8, m.at, 8, m.at, 8, 0.5, ...SEED, counterLo, 0);
      return takeMatrix(arena, m).join();
    };
    expect(run(1)).not.toBe(run(2));
    expect(run(1)).toBe(run(1));
  });
});
