/** The end of the test part, close enough to see every forecast as it was issued. */

import { type Chart, rowsFor } from '../chart.js';
import type { Point } from '../decimate.js';
import { seriesScale } from '../domain.js';
import { count, shorten } from '../format.js';
import type { ReportForecast } from '../input.js';
import { type LineChartOptions, lineChart, readout, type Series } from '../line-chart.js';
import { percent } from '../marks.js';
import { el, type Markup } from '../markup.js';
import type { Scale } from '../scale.js';
import {
  axisName,
  naiveSeries,
  type TestRows,
  testRows,
  type Values,
  xScale,
  ys,
} from './test-rows.js';

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
    {
      name: `${shorten(forecast.target, 40)}, measured`,
      tone: 'truth',
      points: line(forecast.truth),
    },
    { name: 'forecast', tone: 'model', thick: true, points: line(forecast.forecast) },
    ...naiveSeries(forecast, line),
  ];
  const y = seriesScale(
    full.map((series) => ys(series.points)),
    rowsFor(280),
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
