import { describe, expect, it } from 'vitest';
import type { TestFigures } from '../../src/report/report.js';
import {
  changeInWords,
  compareToBaselines,
  mainComparisons,
  verdictSentence,
} from '../../src/report/verdict.js';

const figures = (mae: number): { mae: number; rmse: number } => ({ mae, rmse: mae * 1.3 });

function said(mae: number, baselines: TestFigures['baselines']): string {
  return verdictSentence(compareToBaselines({ ...figures(mae), baselines }));
}

describe('the verdict', () => {
  it('praises only what is better than everything', () => {
    const all = { naive: figures(900), seasonalNaive: figures(474), ridge: figures(402) };
    expect(said(389, all)).toBe('It beats every baseline.');
    expect(said(410, all)).toBe('It does not beat ridge regression.');
    expect(said(402, all)).toBe('It does not beat ridge regression.');
    expect(said(480, all)).toBe('It does not beat seasonal naive or ridge regression.');
    expect(said(950, all)).toBe('It beats none of the baselines: use the simplest of them.');
  });

  it('speaks of one baseline as of one', () => {
    expect(said(1, { ridge: figures(2) })).toBe('It beats the baseline.');
    expect(said(2, { ridge: figures(1) })).toContain('use the simpler forecast');
    expect(said(2, {})).toBe('There is no baseline to compare it with.');
    expect(said(Number.NaN, { ridge: figures(1) })).toBe(
      'There is no baseline to compare it with.',
    );
  });

  it('gives changes in percent', () => {
    const plain = (change: number): string => changeInWords(change).replaceAll('\u00A0', ' ');
    expect(plain(-0.179)).toBe('17.9 % lower');
    expect(plain(0.012)).toBe('1.2 % higher');
    expect(plain(0.0004)).toBe('the same');
    expect(plain(123.4)).toBe('12,340 % higher');
    expect(plain(Number.POSITIVE_INFINITY)).toBe('not comparable');
  });

  it('orders the baselines and compares by mean absolute error', () => {
    const list = compareToBaselines({
      ...figures(50),
      baselines: {
        naive: figures(200),
        ridgeOnInputs: figures(25),
        ridge: figures(40),
        seasonalNaive: figures(100),
      },
    });
    expect(list.map(({ key }) => key)).toEqual([
      'seasonalNaive',
      'ridge',
      'ridgeOnInputs',
      'naive',
    ]);
    expect(list.map(({ change }) => change)).toEqual([-0.5, 0.25, 1, -0.75]);
    expect(mainComparisons(list).map(({ key }) => key)).toEqual(['seasonalNaive', 'ridgeOnInputs']);
  });
});
