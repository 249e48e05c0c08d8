/** Forecast against truth on the test part: the whole of it, its end, and the error by lead time. */

import type { Chart } from '../chart.js';
import type { Point } from '../decimate.js';
import { seriesScale } from '../domain.js';
import { count, formatNumber } from '../format.js';
import type { ReportForecast } from '../input.js';
import { type LineChartOptions, lineChart, readout, type Series } from '../line-chart.js';
import { percent } from '../marks.js';
import { el, type Markup } from '../markup.js';
import { linearScale, niceScale, type Scale } from '../scale.js';
import { dateLabel, parseTimes, stepName, timeScale } from '../time-scale.js';

/** The windows laid out on the rows of the test part. */
export interface TestRows {
  readonly windows: number;
  readonly horizon: number;
  readonly stride: number;
  readonly rows: number;
  /** Position of every row: milliseconds, or its number from 1. */
  readonly x: readonly number[];
  readonly isTime: boolean;
  /** What one row is: "day", "hour", "step". */
  readonly step: string;
  label(row: number): string;
}

/** Undefined when there is not one whole window. */
export function testRows(forecast: ReportForecast): TestRows | undefined {
  const { horizon, stride = 1, timestamps } = forecast;
  const length = Math.min(forecast.truth.length, forecast.forecast.length);
  const windows = horizon >= 1 && stride >= 1 ? Math.floor(length / horizon) : 0;
  if (windows === 0) return undefined;
  const rows = (windows - 1) * stride + horizon;
  const labels = timestamps?.length === rows ? timestamps : undefined;
  const times = labels === undefined ? undefined : parseTimes(labels);
  const x = times ?? Array.from({ length: rows }, (_, row) => row + 1);
  const label = (row: number): string =>
    times === undefined ? (labels?.[row] ?? `row ${row + 1}`) : dateLabel(times[row]);
  return {
    windows,
    horizon,
    stride,
    rows,
    x,
    isTime: times !== undefined,
    step: stepName(times),
    label,
  };
}

type Values = ArrayLike<number>;

/** What was forecast last before each row: the first `stride` steps of every window. */
function nextSteps(rows: TestRows, values: Values): Point[] {
  const ahead = Math.min(rows.stride, rows.horizon);
  const points: Point[] = [];
  for (let window = 0; window < rows.windows; window++) {
    for (let step = 0; step < ahead; step++) {
      points.push([rows.x[window * rows.stride + step], values[window * rows.horizon + step]]);
    }
  }
  return points;
}

function xScale(rows: TestRows, first: number, last: number): Scale {
  return rows.isTime
    ? timeScale(rows.x[first], rows.x[last])
    : linearScale(rows.x[first], rows.x[last]);
}

function axisName({ target, unit }: ReportForecast): string {
  return unit === undefined ? target : `${target} (${unit})`;
}

export function ahead(steps: number, step: string): string {
  return steps === 1 ? `one ${step} ahead` : `up to ${count(steps, step)} ahead`;
}

const ys = (points: readonly Point[]): number[] => points.map(([, y]) => y);

/** The whole test part, each row forecast from the row before it. */
export function forecastOverview(forecast: ReportForecast): Chart | undefined {
  const rows = testRows(forecast);
  if (rows === undefined) return undefined;
  const truth = nextSteps(rows, forecast.truth);
  const model = nextSteps(rows, forecast.forecast);
  const x = xScale(rows, 0, rows.rows - 1);
  const y = seriesScale([ys(truth), ys(model)], 5);
  const series: Series[] = [
    { name: `${forecast.target}, measured`, tone: 'truth', points: truth, buckets: 500 },
    { name: 'forecast', tone: 'model', points: model, buckets: 500 },
  ];
  const lead = ahead(Math.min(rows.stride, rows.horizon), rows.step);
  return lineChart({
    id: 'forecast-overview',
    title: `The whole test part, ${lead}`,
    description: `${count(truth.length, rows.step)} from ${rows.label(0)} to ${rows.label(rows.rows - 1)}, each forecast ${lead} and drawn over what was measured.`,
    x,
    y,
    series,
    height: 280,
    xTitle: rows.isTime ? '' : 'row of the test part',
    yTitle: axisName(forecast),
    readout: readout(series, { x, y, height: 280, label: (_, i) => rows.label(i) }),
  });
}

/** Neighbouring windows that do not overlap and end with the last one, first to last. */
function lastBlocks(rows: TestRows, fromRow: number): number[] {
  const jump = Math.ceil(rows.horizon / rows.stride);
  const blocks: number[] = [];
  for (
    let window = rows.windows - 1;
    window >= 0 && window * rows.stride >= fromRow;
    window -= jump
  ) {
    blocks.unshift(window);
  }
  return blocks;
}

/** Rows in view at the end of the test part: eight horizons, within bounds that can be read. */
function rowsInView(rows: TestRows): number {
  const wanted = Math.max(rows.horizon, Math.min(400, Math.max(56, 8 * rows.horizon)));
  return Math.min(rows.rows, wanted);
}

function issueLines(rows: TestRows, blocks: readonly number[], x: Scale, height: number): Markup[] {
  return blocks.flatMap((window) => {
    const row = window * rows.stride;
    if (row === 0) return [];
    const at = percent(x.at((rows.x[row - 1] + rows.x[row]) / 2));
    return [el('line', { class: 'issue', x1: at, x2: at, y1: 0, y2: height })];
  });
}

/** One value for every row in view, from the blocks that cover it. */
function blockValues(
  rows: TestRows,
  blocks: readonly number[],
  from: number,
  values: Values,
): number[] {
  const line = new Array<number>(rows.rows - from).fill(Number.NaN);
  for (const window of blocks) {
    for (let step = 0; step < rows.horizon; step++) {
      const at = window * rows.stride + step - from;
      if (at >= 0) line[at] = values[window * rows.horizon + step];
    }
  }
  return line;
}

/** The same points with the pen lifted before every block, so that each forecast stands alone. */
function withBreaks(points: readonly Point[], starts: ReadonlySet<number>): Point[] {
  return points.flatMap((point, i): Point[] =>
    i > 0 && starts.has(i) ? [[point[0], Number.NaN], point] : [point],
  );
}

function zoomTitle(rows: TestRows, shown: number): string {
  const span =
    rows.step === 'day' && shown % 7 === 0 ? count(shown / 7, 'week') : count(shown, rows.step);
  return rows.horizon === 1
    ? `The last ${span}, one ${rows.step} ahead`
    : `The last ${span}, ${count(rows.horizon, rows.step)} at a time`;
}

/** The end of the test part, in whole forecasts that follow one another without overlap. */
export function forecastZoom(forecast: ReportForecast): Chart | undefined {
  const rows = testRows(forecast);
  if (rows === undefined) return undefined;
  const from = rows.rows - rowsInView(rows);
  const blocks = lastBlocks(rows, from);
  const first = Math.max(from, blocks[0] * rows.stride);
  const x = xScale(rows, first, rows.rows - 1);
  const line = (values: Values): Point[] =>
    blockValues(rows, blocks, first, values).map((y, i) => [rows.x[first + i], y]);
  const starts = new Set(rows.horizon === 1 ? [] : blocks.map((w) => w * rows.stride - first));
  const full: Series[] = [
    { name: `${forecast.target}, measured`, tone: 'truth', points: line(forecast.truth) },
    ...(forecast.seasonalNaive === undefined
      ? []
      : [
          {
            name: 'seasonal naive',
            tone: 'naive',
            dash: true,
            points: line(forecast.seasonalNaive),
          } as const,
        ]),
    { name: 'forecast', tone: 'model', thick: true, points: line(forecast.forecast) },
  ];
  const y = seriesScale(
    full.map((series) => ys(series.points)),
    5,
  );
  const drawn = full.map((one) =>
    one.tone === 'truth' ? one : { ...one, points: withBreaks(one.points, starts) },
  );
  const options: LineChartOptions = {
    id: 'forecast-zoom',
    title: zoomTitle(rows, rows.rows - first),
    description:
      rows.horizon === 1
        ? `The end of the test part, each ${rows.step} forecast from the ${rows.step} before.`
        : `Each stretch between the upright lines is one forecast of ${count(rows.horizon, rows.step)}, made with what was known at its left edge.`,
    x,
    y,
    series: drawn,
    height: 280,
    behind: rows.horizon === 1 ? [] : issueLines(rows, blocks.slice(1), x, 280),
    xTitle: rows.isTime ? '' : 'row of the test part',
    yTitle: axisName(forecast),
    readout: readout(full, { x, y, height: 280, label: (_, i) => rows.label(first + i) }),
  };
  return lineChart(options);
}

/** Mean absolute error of each step of the horizon, from 1; NaN where nothing is finite. */
export function errorByStep(forecast: ReportForecast, values: Values): number[] {
  const { horizon, truth } = forecast;
  return Array.from({ length: horizon }, (_, step) => {
    let sum = 0;
    let seen = 0;
    for (let i = step; i < Math.min(truth.length, values.length); i += horizon) {
      const error = Math.abs(truth[i] - values[i]);
      if (!Number.isFinite(error)) continue;
      sum += error;
      seen += 1;
    }
    return seen === 0 ? Number.NaN : sum / seen;
  });
}

/** How the error grows with the distance; only where there is more than one step. */
export function leadTimeChart(forecast: ReportForecast): Chart | undefined {
  const rows = testRows(forecast);
  if (rows === undefined || rows.horizon < 2) return undefined;
  const points = (values: Values): Point[] =>
    errorByStep(forecast, values).map((error, step) => [step + 1, error]);
  const dots = rows.horizon <= 31;
  const series: Series[] = [
    ...(forecast.seasonalNaive === undefined
      ? []
      : [
          {
            name: 'seasonal naive',
            tone: 'naive',
            dash: true,
            dots,
            points: points(forecast.seasonalNaive),
          } as const,
        ]),
    { name: 'forecast', tone: 'model', thick: true, dots, points: points(forecast.forecast) },
  ];
  const all = series.flatMap((one) => ys(one.points)).filter(Number.isFinite);
  const x = linearScale(1, rows.horizon);
  const y = niceScale(0, all.reduce((a, b) => Math.max(a, b), 0) || 1, 5);
  const model = series[series.length - 1].points;
  return lineChart({
    id: 'lead-time',
    title: 'Error by distance',
    description: `Mean absolute error of the forecast: ${formatNumber(model[0][1])} one ${rows.step} ahead, ${formatNumber(model[model.length - 1][1])} at ${count(rows.horizon, rows.step)}.`,
    x,
    y,
    series,
    height: 220,
    xTitle: `${rows.step}s ahead`,
    yTitle: `mean absolute error (${axisName(forecast)})`,
    readout: readout(series, { x, y, height: 220, label: (at) => `${count(at, rows.step)} ahead` }),
  });
}
