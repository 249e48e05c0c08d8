/** The search: its course, what every parameter did, and all trials in a table. */

import type { Chart } from '../chart.js';
import { swatch } from '../chart.js';
import { quantile } from '../domain.js';
import {
  count,
  decimalsFor,
  formatDuration,
  formatFixed,
  formatNumber,
  formatParam,
  shorten,
} from '../format.js';
import type { ReportInput, ReportTrial } from '../input.js';
import { el, type Markup } from '../markup.js';
import { facts, figure, note, type Section, scrollable } from '../page.js';
import { historyChart, lossCurves } from '../plots/search.js';
import { sliceCharts } from '../plots/slices.js';
import { trialValues } from '../plots/trials.js';
import {
  curveOf,
  failReasonOf,
  inOrder,
  metricOf,
  paramNames,
  secondsOf,
  trialValue,
} from '../records.js';

export function searchSection(input: ReportInput): Section {
  const aim = input.study.direction === 'minimize' ? 'lowest' : 'highest';
  const curves = lossCurves(input);
  const body =
    input.trials.length === 0
      ? [note('The study has no trials.')]
      : [
          note(
            `The search looked for the ${aim} ${metricOf(input)}; the test part had no say in it.`,
          ),
          figure(historyChart(input)),
          curves === undefined ? note('No trial reported a loss.') : figure(curves),
        ];
  return { id: 'search', title: 'The search', body };
}

function sharedLegend(charts: readonly Chart[]): Markup | undefined {
  const entries = charts[0]?.legend ?? [];
  return el(
    'ul',
    { class: 'legend' },
    entries.map((entry) => el('li', {}, swatch(entry), entry.label)),
  );
}

export function slicesSection(input: ReportInput): Section {
  const charts = sliceCharts(input);
  const body =
    charts.length === 0
      ? [note('No parameters were searched.')]
      : [
          note(
            `Each mark is one trial: the parameter across, the ${metricOf(input)} upwards. Pruned trials stand at the value where they were stopped.`,
          ),
          sharedLegend(charts)!,
          el(
            'div',
            { class: 'many' },
            charts.map((chart) => figure(chart, { words: false })),
          ),
        ];
  return { id: 'parameters', title: 'Parameters', body };
}

const STATES: Record<ReportTrial['state'], string> = {
  COMPLETE: 'complete',
  PRUNED: 'pruned',
  FAIL: 'failed',
  RUNNING: 'running',
  WAITING: 'waiting',
};

/** With the decimals of its column, unless that hides what the number is. */
function inColumn(value: number, decimals: number): string {
  const size = Math.abs(value);
  const fits = size === 0 || (size < 1e7 && size >= 10 ** (1 - decimals));
  return fits ? formatFixed(value, decimals) : formatNumber(value);
}

function trialRow(
  trial: ReportTrial,
  names: readonly string[],
  decimals: number,
  best: boolean,
): Markup {
  const own = trial.state === 'COMPLETE' && typeof trial.value === 'number';
  const value = own ? trial.value : trialValue(trial);
  const seconds = secondsOf(trial);
  const cells = [
    value === undefined ? '' : inColumn(value, decimals),
    String(curveOf(trial).length || ''),
    Number.isFinite(seconds) ? formatDuration(seconds) : '',
    ...names.map((name) => shorten(formatParam(trial.params[name]), 60)),
  ];
  return el(
    'tr',
    { class: best ? 'winner' : undefined },
    el('th', { scope: 'row' }, String(trial.number)),
    el('td', { class: 'text' }, best ? 'best' : STATES[trial.state]),
    cells.map((cell) => el('td', {}, cell)),
  );
}

function trialTable(input: ReportInput): Markup {
  const names = paramNames(input.trials);
  const middle = quantile(trialValues(input), 0.5);
  const decimals = decimalsFor([middle]);
  const heads = ['trial', 'state', metricOf(input), 'epochs', 'time', ...names];
  const columns = heads.map((head, i) =>
    el('th', { scope: 'col', class: i === 1 ? 'text' : undefined }, shorten(head, 60)),
  );
  const rows = inOrder(input.trials).map((trial) =>
    trialRow(trial, names, decimals, trial.number === input.best),
  );
  return el('table', {}, el('thead', {}, el('tr', {}, columns)), el('tbody', {}, rows));
}

/** Why trials failed: each reason once, with the trials that it stopped. */
function failures(trials: readonly ReportTrial[]): Markup | undefined {
  const byReason = new Map<string, number[]>();
  for (const trial of inOrder(trials)) {
    if (trial.state !== 'FAIL') continue;
    const reason = shorten(failReasonOf(trial) || 'no reason was recorded', 400);
    byReason.set(reason, [...(byReason.get(reason) ?? []), trial.number]);
  }
  if (byReason.size === 0) return undefined;
  const rows = [...byReason].slice(0, MOST_REASONS).map(([reason, numbers]) => {
    const shown = numbers.slice(0, 12).join(', ');
    const more = numbers.length > 12 ? ` and ${numbers.length - 12} more` : '';
    return [`${numbers.length === 1 ? 'Trial' : 'Trials'} ${shown}${more}`, reason] as const;
  });
  const rest = byReason.size - rows.length;
  return el(
    'div',
    { class: 'failures' },
    el('h3', {}, 'Why trials failed'),
    facts(rows),
    rest > 0 ? note(`${count(rest, 'further reason')} left out.`) : undefined,
  );
}

const MOST_REASONS = 20;

/** Longer tables wait behind a line that opens them. */
const OPEN_ROWS = 40;

export function trialsSection(input: ReportInput): Section {
  const total = input.trials.length;
  const section = { id: 'trials', title: 'All trials' };
  if (total === 0) return { ...section, body: [note('The study has no trials.')] };
  const table = scrollable('All trials', trialTable(input));
  const closed = el(
    'details',
    {},
    el('summary', {}, `Show the table of ${count(total, 'trial')}`),
    table,
  );
  const reasons = failures(input.trials);
  return {
    ...section,
    body: [total <= OPEN_ROWS ? table : closed, ...(reasons === undefined ? [] : [reasons])],
  };
}
