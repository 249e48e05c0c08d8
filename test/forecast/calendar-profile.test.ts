// The calendar profile of long series: the work grows with the rows, and comes to the same.
import { describe, expect, it } from 'vitest';
import { crossFit, fitCalendarProfile } from '../../src/forecast/calendar-profile.js';
import {
  normalEquations,
  ridgeOfSums,
  type SparseRows,
  sparseRidge,
} from '../../src/forecast/sparse-ridge.js';

const HOUR = 3600;
const noise = (row: number) => ((row * 7919) % 1009) / 1009 - 0.5;

/** Two terms and a level for each block, as the profile has them. */
function sample(rows: number, count: number) {
  const blocks = Uint32Array.from({ length: rows }, (_, row) => Math.floor((row * count) / rows));
  const x: SparseRows = {
    starts: Uint32Array.from({ length: rows + 1 }, (_, row) => 3 * row),
    columns: Uint32Array.from({ length: 3 * rows }, (_, i) =>
      i % 3 < 2 ? i % 3 : 2 + blocks[Math.floor(i / 3)],
    ),
    values: Float64Array.from({ length: 3 * rows }, (_, i) => (i % 3 === 2 ? 1 : noise(7 * i + 1))),
    width: 2 + count,
  };
  const y = Float64Array.from(
    { length: rows },
    (_, row) =>
      3 * x.values[3 * row] - 2 * x.values[3 * row + 1] + blocks[row] / 10 + noise(row) / 10,
  );
  return { x, y, blocks, count };
}

const penalty = (width: number) =>
  Float64Array.from({ length: width }, (_, j) => (j < 2 ? 1 : 1e-3));

describe('rows that are summed up', () => {
  it('give the weights of the rows themselves', () => {
    const { x, y } = sample(500, 5);
    const some = Uint32Array.from({ length: 300 }, (_, i) => i + 100);
    const limits = { tolerance: 1e-12 };
    const w = sparseRidge(x, y, some, penalty(x.width), limits);
    const sums = ridgeOfSums(normalEquations(x, y, some), penalty(x.width), limits);
    for (let j = 0; j < w.length; j++) expect(sums[j]).toBeCloseTo(w[j], 9);
  });

  it('are fitted across blocks as the rows themselves are', () => {
    const { x, y, blocks, count } = sample(900, 9);
    const weights = [1, 30].map((one) => penalty(x.width).map((value, j) => (j < 2 ? one : value)));
    const read = crossFit(x, y, blocks, count, weights, Number.POSITIVE_INFINITY);
    const summed = crossFit(x, y, blocks, count, weights, 0);
    // Both end within 1e-5 of the way: the tolerance of the conjugate gradients.
    for (const [i, fit] of read.entries())
      for (let row = 0; row < y.length; row++)
        expect(Math.abs(summed[i][row] - fit[row])).toBeLessThan(1e-4);
    expect(read[0]).not.toEqual(read[1]);
  });

  it('leave out several blocks at once where there are very many, and never their own', () => {
    const { x, y, blocks, count } = sample(2000, 100);
    const [fit] = crossFit(x, y, blocks, count, [penalty(x.width)]);
    const changed = y.map((value, row) => (blocks[row] === 40 ? value + 1000 * noise(row) : value));
    const [other] = crossFit(x, changed, blocks, count, [penalty(x.width)]);
    const own = [...blocks.keys()].filter((row) => blocks[row] === 40);
    for (const row of own) expect(other[row]).toBe(fit[row]);
    expect(other).not.toEqual(fit);
  });
});

describe('a calendar profile', () => {
  // Reading the rows at each step of each fit would take minutes: the time limit is its guard.
  it('of many years of hours finds the hours', () => {
    const rows = 40 * 8766;
    const seconds = Float64Array.from({ length: rows }, (_, row) => row * HOUR);
    const values = seconds.map((_, row) => (row % 24 === 12 ? 3 : 0) + noise(row));
    const groups = {
      slotSeconds: HOUR,
      weekday: true,
      holidays: false,
      month: false,
      harmonics: 3,
    };
    const found = fitCalendarProfile(seconds, values, groups);
    expect(found).toBeDefined();
    const noon = [...found!.crossFitted.keys()].filter((row) => row % 24 === 12);
    for (const row of noon.filter((_, i) => i % 97 === 0))
      expect(Math.abs(found!.crossFitted[row] - found!.crossFitted[row - 1] - 3)).toBeLessThan(0.1);
  }, 60_000);
});
