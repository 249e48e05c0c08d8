/** The search: its course, what every parameter did, and all trials in a table. */

import type { Chart } from '../chart.js';
import { swatch } from '../chart.js';
import { count, formatDuration, formatNumber, formatParam, shorten } from '../format.js';
import type { ReportInput, ReportTrial } from '../input.js';
import { el, type Markup } from '../markup.js';
import { figure, note, type Section, scrollable } from '../page.js';
import { historyChart, lossCurves } from '../plots/search.js';
import { sliceCharts } from '../plots/slices.js';
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
          note(`The search looked for the ${aim} ${metricOf(input)}, on the validation part only.`),
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
            charts.map((chart) => figure(chart, { legend: false })),
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

function trialRow(
  trial: ReportTrial,
  names: readonly string[],
  reasons: boolean,
  best: boolean,
): Markup {
  const value =
    trial.state === 'COMPLETE' && trial.value !== undefined ? trial.value : trialValue(trial);
  const seconds = secondsOf(trial);
  const cells = [
    best ? 'best' : STATES[trial.state],
    value === undefined ? '' : formatNumber(value),
    String(curveOf(trial).length || ''),
    Number.isFinite(seconds) ? formatDuration(seconds) : '',
    ...names.map((name) => shorten(formatParam(trial.params[name]), 60)),
  ];
  return el(
    'tr',
    { class: best ? 'winner' : undefined },
    el('th', { scope: 'row' }, String(trial.number)),
    cells.map((cell) => el('td', {}, cell)),
    reasons ? el('td', { class: 'text' }, shorten(failReasonOf(trial), 300)) : undefined,
  );
}

function trialTable(input: ReportInput): Markup {
  const names = paramNames(input.trials);
  const reasons = input.trials.some((trial) => failReasonOf(trial) !== '');
  const heads = [
    'trial',
    'state',
    metricOf(input),
    'epochs',
    'time',
    ...names.map((name) => shorten(name, 60)),
  ];
  const rows = inOrder(input.trials).map((trial) =>
    trialRow(trial, names, reasons, trial.number === input.best),
  );
  const columns = heads.map((head) => el('th', { scope: 'col' }, head));
  const last = reasons ? el('th', { scope: 'col', class: 'text' }, 'reason') : undefined;
  return el('table', {}, el('thead', {}, el('tr', {}, columns, last)), el('tbody', {}, rows));
}

/** Longer tables wait behind a line that opens them. */
const OPEN_ROWS = 40;

export function trialsSection(input: ReportInput): Section {
  const total = input.trials.length;
  if (total === 0)
    return { id: 'trials', title: 'All trials', body: [note('The study has no trials.')] };
  const table = scrollable('All trials', trialTable(input));
  const body =
    total <= OPEN_ROWS
      ? table
      : el('details', {}, el('summary', {}, `Show the table of ${count(total, 'trial')}`), table);
  return { id: 'trials', title: 'All trials', body: [body] };
}
