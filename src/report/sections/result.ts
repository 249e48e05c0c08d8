/** Test figures beside the baselines, and the forecast against the truth. */

import { decimalsFor, formatFixed, shorten } from '../format.js';
import type { ReportInput, TestFigures } from '../input.js';
import { el, type Markup } from '../markup.js';
import { figure, note, type Section, scrollable } from '../page.js';
import { baselineChart } from '../plots/baselines.js';
import { forecastErrors, forecastOverview } from '../plots/forecast.js';
import { forecastZoom } from '../plots/forecast-zoom.js';
import { leadTimeChart } from '../plots/lead-time.js';
import { compareToBaselines } from '../verdict.js';

function targetName({ data, forecast }: ReportInput): string {
  const target = shorten(data.target, 60);
  return forecast?.unit === undefined ? target : `${target} (${shorten(forecast.unit, 20)})`;
}

function row(name: string, cells: readonly string[], kind?: string): Markup {
  const head = el('th', { scope: 'row' }, name);
  return el(
    'tr',
    { class: kind },
    head,
    cells.map((cell) => el('td', {}, cell)),
  );
}

function testTable(test: TestFigures, unit: string): Markup {
  const comparisons = compareToBaselines(test);
  const decimals = decimalsFor([test.mae]);
  const cells = (f: { mae: number; rmse: number }): string[] => [
    formatFixed(f.mae, decimals),
    formatFixed(f.rmse, decimals),
  ];
  const heads = ['forecast', 'MAE', 'RMSE', 'LSTM\u2019s MAE is'].map((name) =>
    el('th', { scope: 'col' }, name),
  );
  return el(
    'table',
    {},
    el('caption', {}, `Errors on the test part, ${unit}`),
    el('thead', {}, el('tr', {}, heads)),
    el(
      'tbody',
      {},
      row('LSTM (tuned)', [...cells(test), ''], 'model'),
      comparisons.map((one) => row(one.label, [...cells(one.figures), one.words])),
    ),
  );
}

/** What the names in the table mean, for a reader who meets them here. */
function baselineNote({ season, baselines }: TestFigures): Markup {
  const more =
    baselines.ridgeOnInputs === undefined
      ? ''
      : ' of the plain columns, and once more the very inputs of the LSTM';
  const last = season === undefined ? 'one season earlier' : `${season} rows earlier`;
  return note(
    `Naive repeats the last value, seasonal naive the value ${last}; ridge regression is linear and sees the same windows${more}. MAE is the mean absolute error, RMSE the root of the mean squared error, both over all windows and steps.`,
  );
}

export function resultSection(input: ReportInput): Section {
  const { test } = input;
  const unit = targetName(input);
  const lead = input.forecast === undefined ? undefined : leadTimeChart(input.forecast);
  const body =
    test === undefined
      ? [note('There are no test figures: no trial gave a model that could be tested.')]
      : [
          baselineNote(test),
          el(
            'div',
            { class: 'pair' },
            el(
              'div',
              {},
              figure(baselineChart(test, unit), { kind: 'bars' }),
              scrollable('Errors on the test part', testTable(test, unit)),
            ),
            lead === undefined ? undefined : figure(lead),
          ),
        ];
  return { id: 'result', title: 'Test result', body };
}

export function forecastSection({ forecast }: ReportInput): Section {
  const charts =
    forecast === undefined
      ? []
      : [forecastZoom(forecast), forecastOverview(forecast), forecastErrors(forecast)];
  const figures = charts.flatMap((chart) => (chart === undefined ? [] : [figure(chart)]));
  const body = figures.length > 0 ? figures : [note('There is no forecast to show.')];
  return { id: 'forecast', title: 'Forecast against truth', body };
}
