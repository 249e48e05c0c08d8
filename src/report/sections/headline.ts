/** The top of the page: the result in words and the few numbers that matter. */

import { count, formatDuration, formatNumber, MINUS, NBSP, shorten } from '../format.js';
import type { ReportInput, TestFigures } from '../input.js';
import { el, join, type Markup } from '../markup.js';
import { testRows } from '../plots/test-rows.js';
import { bestTrialOf, countStates, metricOf, startOf } from '../records.js';
import {
  type Comparison,
  compareToBaselines,
  mainComparisons,
  verdictSentence,
} from '../verdict.js';

/** "7 days", "12 steps": the horizon in the unit of the rows, where their dates tell it. */
function horizonInWords({ data, forecast }: ReportInput): string {
  const rows = forecast === undefined ? undefined : testRows(forecast);
  return count(data.horizon, rows?.step ?? 'step');
}

/** The main result as a title: against seasonal naive and the strongest other baseline. */
export function headline(input: ReportInput): string {
  const target = shorten(input.data.target, 60);
  const best = bestTrialOf(input);
  if (best === undefined) return `${target}: no trial was completed`;
  if (input.test === undefined) {
    return `${target}: ${metricOf(input)} ${formatNumber(best.value)} after ${count(input.trials.length, 'trial')}`;
  }
  const start = `Forecasting ${target} ${horizonInWords(input)} ahead:`;
  const main = mainComparisons(compareToBaselines(input.test)).filter((one) =>
    Number.isFinite(one.change),
  );
  if (main.length === 0) {
    return `${start} mean absolute error ${formatNumber(input.test.mae)}`;
  }
  const alike = main.every((one) => one.change < 0) || main.every((one) => one.change >= 0);
  return `${start} error ${main.map(shortComparison).join(alike ? ' and ' : ', but ')}`;
}

function shortComparison({ words, name }: Comparison): string {
  return `${words} ${words === 'the same' ? 'as' : 'than'} ${name}`;
}

function listInWords(parts: readonly string[]): string {
  return parts.length < 2
    ? parts.join('')
    : `${parts.slice(0, -1).join(', ')} and ${parts[parts.length - 1]}`;
}

function comparisonInWords({ words, name, figures }: Comparison): string {
  const than = words === 'the same' ? 'as' : words === 'not comparable' ? 'with' : 'than';
  return `${words} ${than} ${name} (${formatNumber(figures.mae)})`;
}

function testSentences(input: ReportInput, test: TestFigures): string {
  const comparisons = compareToBaselines(test);
  const rows = count(input.data.split.test, 'row');
  const versus = listInWords(comparisons.map(comparisonInWords));
  return (
    `On the test part (the last ${rows}, kept out of training and tuning) the tuned LSTM has a mean absolute error of ` +
    `${formatNumber(test.mae)} over all ${horizonInWords(input)} of its forecasts` +
    `${versus === '' ? '' : `: ${versus}`}. ${verdictSentence(comparisons)}`
  );
}

function searchSentence(input: ReportInput): string {
  const best = bestTrialOf(input);
  const time = formatDuration(input.seconds);
  if (best === undefined) {
    const states = countStates(input.trials);
    return `Of ${count(input.trials.length, 'trial')} in ${time}, ${states.PRUNED} were pruned and ${states.FAIL} failed; none ran to its end. There is no model, no forecast and no test figure; the table of trials says what happened.`;
  }
  const value = formatNumber(best.value);
  return `It was found at trial ${best.number}, one of ${formatNumber(input.trials.length)}, in ${time}, chosen by its ${metricOf(input)} of ${value}.`;
}

type Figure = readonly [name: string, value: Markup | string, small: string];

function signedPercent(change: number): string {
  if (!Number.isFinite(change)) return '\u2013';
  const percent = Math.abs(change * 100);
  const text = percent >= 1000 ? formatNumber(Math.round(percent)) : percent.toFixed(1);
  return `${percent < 0.05 ? '\u00B1' : change < 0 ? MINUS : '+'}${text}${NBSP}%`;
}

function comparisonFigure({ label, change, figures }: Comparison): Figure {
  const name = change < -0.0005 ? 'good' : change > 0.0005 ? 'bad' : '';
  const value = el('span', { class: name }, signedPercent(change));
  return [`vs ${label}`, value, `baseline MAE ${formatNumber(figures.mae)}`];
}

function keyFigures(input: ReportInput): Markup {
  const states = countStates(input.trials);
  const ended = [
    `${states.COMPLETE} complete`,
    ...(states.PRUNED > 0 ? [`${states.PRUNED} pruned`] : []),
    ...(states.FAIL > 0 ? [`${states.FAIL} failed`] : []),
  ].join(', ');
  const test = input.test;
  const rows: Figure[] = [
    ...(test === undefined
      ? []
      : [
          ['Test MAE', formatNumber(test.mae), `RMSE ${formatNumber(test.rmse)}`] as const,
          ...mainComparisons(compareToBaselines(test)).map(comparisonFigure),
        ]),
    ['Trials', formatNumber(input.trials.length), ended],
    ['Time', formatDuration(input.seconds), startOf(input.trials) ?? ''],
  ];
  const cells = rows.map(([name, value, small]) =>
    el(
      'div',
      {},
      el('dt', {}, name),
      el('dd', {}, value, small === '' ? undefined : el('small', {}, small)),
    ),
  );
  return el('dl', { class: 'figures' }, cells);
}

export function headlineSection(input: ReportInput): Markup {
  return join(
    el(
      'p',
      { class: 'over' },
      `Sluice report \u00B7 study ${shorten(input.study.name, 80)} \u00B7 ${shorten(input.data.file, 120)}`,
    ),
    el('h1', {}, headline(input)),
    input.test === undefined
      ? undefined
      : el('p', { class: 'lede' }, testSentences(input, input.test)),
    el('p', { class: 'lede' }, searchSentence(input)),
    keyFigures(input),
  );
}
