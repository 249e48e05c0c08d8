import { describe, expect, it } from 'vitest';
import { rowsNeeded, splitRows, windowStarts } from '../../src/data/split.js';
import { expectError } from '../support/errors.js';

describe('splitRows', () => {
  it('gives 70, 15 and 15 % in time order', () => {
    expect(splitRows(5479, 28, 7, 'f')).toEqual({
      train: { from: 0, to: 3835 },
      validation: { from: 3835, to: 4657 },
      test: { from: 4657, to: 5479 },
    });
  });

  it('says how many rows are needed, and exactly those suffice', async () => {
    for (const [window, horizon] of [
      [2, 1],
      [28, 7],
      [5, 30],
      [100, 1],
    ]) {
      const needed = rowsNeeded(window, horizon);
      splitRows(needed, window, horizon, 'f');
      await expectError(
        () => splitRows(needed - 1, window, horizon, 'f'),
        'bad-data',
        new RegExp(`at least ${needed} `),
      );
    }
  });
});

describe('windowStarts', () => {
  const { train, validation, test } = splitRows(200, 10, 4, 'f');

  it('keeps all targets of a window in its part, inputs may reach back', () => {
    for (const part of [train, validation, test]) {
      const starts = windowStarts(part, 10, 4);
      expect(Math.min(...starts)).toBe(Math.max(part.from, 10));
      expect(Math.max(...starts) + 4).toBe(part.to);
    }
  });

  it('leaves no row in the targets of two parts', () => {
    const rows = (part: typeof train) =>
      new Set(
        [...windowStarts(part, 10, 4)].flatMap((start) => [0, 1, 2, 3].map((h) => start + h)),
      );
    for (const row of rows(train))
      expect(rows(validation).has(row) || rows(test).has(row)).toBe(false);
    for (const row of rows(validation)) expect(rows(test).has(row)).toBe(false);
  });

  it('takes every n-th window', () =>
    expect([...windowStarts({ from: 0, to: 12 }, 3, 2, 3)]).toEqual([3, 6, 9]));
});
