/** The model that was kept, the data it saw, and how to get it again. */

import { count, formatDuration, formatNumber, formatParam, NBSP, shorten } from '../format.js';
import type { ReportData, ReportInput } from '../input.js';
import { el, join, type Markup } from '../markup.js';
import { facts, figure, note, type Section } from '../page.js';
import { trainingChart } from '../plots/training.js';
import { bestParamsOf, bestTrialOf, startOf } from '../records.js';

/** The rounded value to read, and the exact one to type where they differ. */
function paramValue(value: unknown): string | Markup {
  const shown = formatParam(value);
  const exact = typeof value === 'number' ? String(value) : shown;
  if (exact === shown || exact === shown.replaceAll(',', '')) return shown;
  return join(shown, ' ', el('span', { class: 'over' }, `exactly ${exact}`));
}

export function modelSection(input: ReportInput): Section {
  const best = bestTrialOf(input);
  const params = Object.entries(bestParamsOf(input));
  const chart = input.history === undefined ? undefined : trainingChart(input.history);
  if (best === undefined && params.length === 0) {
    return {
      id: 'model',
      title: 'Best model',
      body: [note('There is no best model: no trial was completed.')],
    };
  }
  const table = el(
    'div',
    {},
    el(
      'figure',
      {},
      el('h3', {}, best === undefined ? 'Parameters' : `Parameters of trial ${best.number}`),
      params.length === 0
        ? note('None were searched.')
        : facts(params.map(([name, value]) => [name, paramValue(value)])),
    ),
  );
  const training = chart === undefined ? note('Its training history was not kept.') : figure(chart);
  return {
    id: 'model',
    title: 'Best model',
    body: [el('div', { class: 'pair' }, training, table)],
  };
}

function splitInWords({ split }: ReportData): string {
  const total = split.train + split.validation + split.test;
  const part = (rows: number, name: string): string =>
    `${formatNumber(rows)} ${name}${total > 0 ? ` (${Math.round((rows / total) * 100)}${NBSP}%)` : ''}`;
  const parts = [
    part(split.train, 'training'),
    part(split.validation, 'validation'),
    part(split.test, 'test'),
  ];
  return `${parts.join(', ')}, in time order`;
}

function names(list: readonly string[]): string {
  const shown = list
    .slice(0, 60)
    .map((name) => shorten(name, 60))
    .join(', ');
  return list.length > 60 ? `${shown} and ${list.length - 60} more` : shown;
}

export function dataSection({ data }: ReportInput): Section {
  const rows: [string, string][] = [
    ['File', data.file],
    ['Rows', formatNumber(data.rows)],
    ['Columns', names(data.columns)],
    ['Target', data.target],
    ...(data.time === undefined ? [] : [['Time', data.time] as [string, string]]),
    ...(data.features === undefined
      ? []
      : [['Inputs', `${data.features.length}: ${names(data.features)}`] as [string, string]]),
    ['Window', `${count(data.window, 'row')} in`],
    ['Horizon', `${count(data.horizon, 'row')} out`],
    ['Parts', splitInWords(data)],
    ...(data.notes ?? []).map((text) => ['Note', text] as [string, string]),
  ];
  return { id: 'data', title: 'Data', body: [facts(rows)] };
}

function promise(numerics: 'fast' | 'portable'): (string | Markup)[] {
  if (numerics === 'portable') {
    return [
      'With portable numerics this command gives the same trials and the same figures to the last bit on every machine, with any number of workers.',
    ];
  }
  return [
    'With fast numerics another machine or runtime may round differently in the last digits, which a search can magnify; add ',
    el('code', {}, '--portable'),
    ' for the same bits everywhere.',
  ];
}

/** Options stay whole: a line that broke after `--` would read like another command. */
function commandWords(command: string): (string | Markup)[] {
  const words = command.split(/(?<=\s)|(?=\s)/);
  return words.map((word) =>
    /^--?[\w-]{1,24}$/.test(word) ? el('span', { class: 'whole' }, word) : word,
  );
}

export function reproduceSection({ reproduce, trials, seconds }: ReportInput): Section {
  const { numerics, build, wide, workers } = reproduce;
  const rows: [string, string][] = [
    ['Sluice', reproduce.version],
    ['Seed', String(reproduce.seed)],
    ['Numerics', `${numerics} (${build} kernels${wide ? ', 256-bit vectors' : ''})`],
    ['Runtime', reproduce.runtime],
    ['Machine', reproduce.machine],
    ...(workers === undefined ? [] : [['Workers', String(workers)] as [string, string]]),
    ['Started', startOf(trials) ?? 'unknown'],
    ['Took', formatDuration(seconds)],
  ];
  const command = el('pre', {}, el('code', {}, commandWords(reproduce.command)));
  return {
    id: 'reproduce',
    title: 'How to reproduce',
    body: [note(...promise(numerics)), command, facts(rows)],
  };
}
