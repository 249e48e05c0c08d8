/** The main result in words: how the model stands against each baseline, stated honestly. */

import { formatNumber, NBSP } from './format.js';
import type { ErrorFigures, TestFigures } from './input.js';

export type BaselineKey = keyof TestFigures['baselines'];

export interface Comparison {
  readonly key: BaselineKey;
  /** For tables and axes. */
  readonly label: string;
  /** For sentences. */
  readonly name: string;
  readonly figures: ErrorFigures;
  /** Model's MAE over the baseline's, minus one: -0.18 is 18 % better. NaN where undefined. */
  readonly change: number;
  /** "17.9 % lower", "1.2 % higher", "the same". */
  readonly words: string;
}

const LABELS: Record<BaselineKey, string> = {
  seasonalNaive: 'seasonal naive',
  ridge: 'ridge regression',
  ridgeOnInputs: 'ridge, same inputs',
  naive: 'naive',
};
const ORDER = Object.keys(LABELS) as BaselineKey[];

function nameOf(key: BaselineKey): string {
  return key === 'ridgeOnInputs' ? 'ridge regression on the same inputs' : LABELS[key];
}

/** The baselines that are there, the strongest arguments first. */
export function compareToBaselines(test: TestFigures): Comparison[] {
  return ORDER.flatMap((key) => {
    const figures = test.baselines[key];
    if (figures === undefined) return [];
    const change = test.mae / figures.mae - 1;
    return [
      { key, label: LABELS[key], name: nameOf(key), figures, change, words: changeInWords(change) },
    ];
  });
}

export function changeInWords(change: number): string {
  if (!Number.isFinite(change)) return 'not comparable';
  const percent = Math.abs(change) * 100;
  if (percent < 0.05) return 'the same';
  const shown = percent >= 1000 ? formatNumber(Math.round(percent)) : percent.toFixed(1);
  return `${shown}${NBSP}% ${change < 0 ? 'lower' : 'higher'}`;
}

/** The baselines that a glance must see: seasonal naive, and the strongest of the others. */
export function mainComparisons(comparisons: readonly Comparison[]): Comparison[] {
  const others = comparisons
    .filter((one) => one.key !== 'seasonalNaive' && Number.isFinite(one.change))
    .sort((a, b) => a.figures.mae - b.figures.mae);
  return [...comparisons.filter((one) => one.key === 'seasonalNaive'), ...others.slice(0, 1)];
}

/** One sentence that says whether the tuning was worth it. */
export function verdictSentence(comparisons: readonly Comparison[]): string {
  const known = comparisons.filter((one) => Number.isFinite(one.change));
  if (known.length === 0) return 'There is no baseline to compare it with.';
  const lost = known.filter((one) => one.change > -0.0005);
  if (lost.length === 0) {
    return known.length === 1 ? 'It beats the baseline.' : 'It beats every baseline.';
  }
  const names = lost.map((one) => one.name).join(' or ');
  if (lost.length === known.length) {
    return known.length === 1
      ? `It does not beat ${names}: use the simpler forecast.`
      : 'It beats none of the baselines: use the simplest of them.';
  }
  return `It does not beat ${names}.`;
}
