import { describe, expect, it } from 'vitest';
import { splitRows } from '../../src/data/split.js';
import type { Prepared } from '../../src/forecast/preparation.js';
import { windowSets } from '../../src/forecast/window-sets.js';

const sets = (rows: number, otherCount: number, window = 100, horizon = 10) =>
  windowSets({
    preprocessing: { window, horizon },
    series: { otherCount },
    split: splitRows(rows, window, horizon, 'f'),
  } as unknown as Prepared);

describe('windowSets', () => {
  it('takes each window where memory allows it', () => {
    const { train, validation, test, stride } = sets(2000, 0);
    expect([stride, train.length, validation.length, test.length]).toEqual([1, 1291, 291, 291]);
  });

  it('takes each n-th to train and choose by where it does not, and tests on all', () => {
    const { train, validation, test, stride } = sets(100_000, 30);
    expect(stride).toBe(4);
    expect(train.length * 100 * 31).toBeLessThanOrEqual(2 ** 26);
    expect([validation.length, test.length]).toEqual([3748, 14_991]);
  });

  it('counts targets too where they outnumber the inputs', () => {
    const { train, stride } = sets(200_000, 0, 2, 2000);
    expect(stride).toBe(5);
    expect(train.length * 2000).toBeLessThanOrEqual(2 ** 26);
  });

  it('refuses what no memory is there for before anything of it is taken', () => {
    expect(() => sets(300_000, 1000, 100_000)).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message:
          '--window: 100000 rows of 1001 inputs are 100100000 numbers, expected at most 67108864; give a smaller --window, or fewer columns with --features',
      }),
    );
    expect(() => sets(3_000_000, 0, 28, 10_000)).toThrow(
      expect.objectContaining({
        code: 'bad-option',
        message:
          '--horizon: 440001 windows of the test part times a horizon of 10000 rows are 4400010000 forecasts, expected at most 67108864; give a smaller --horizon, or fewer rows',
      }),
    );
  });
});
