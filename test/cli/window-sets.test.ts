import { describe, expect, it } from 'vitest';
import { windowSets } from '../../src/cli/test-figures.js';
import type { Prepared } from '../../src/data/preparation.js';
import { splitRows } from '../../src/data/split.js';

const sets = (rows: number, otherCount: number) =>
  windowSets({
    preprocessing: { window: 100, horizon: 10 },
    series: { otherCount },
    split: splitRows(rows, 100, 10, 'f'),
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
});
