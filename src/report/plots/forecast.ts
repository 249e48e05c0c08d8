/** Forecast against truth over the whole test part, and the errors it made there. */

import { type Chart, rowsFor } from '../chart.js';
import { decimate, type Point } from '../decimate.js';
import { extent, seriesScale } from '../domain.js';
import { count, formatNumber, shorten } from '../format.js';
import type { ReportForecast } from '../input.js';
import { lineChart, readout, type Series } from '../line-chart.js';
import { niceScale } from '../scale.js';
import { ahead, axisName, nextSteps, testRows, xScale, ys } from './test-rows.js';

/** Points from which on strokes of full width would run into one another. */
const FINE_FROM = 300;

/** The whole test part, each row forecast from the row before it. */
export function forecastOverview(forecast: ReportForecast): Chart | undefined {
  const rows = testRows(forecast);
  if (rows === undefined) return undefined;
  const truth = nextSteps(rows, forecast.truth);
  const model = nextSteps(rows, forecast.forecast);
  const x = xScale(rows, 0, rows.rows - 1);
  const y = seriesScale([ys(truth), ys(model)], rowsFor(280));
  const series: Series[] = [
    {
      name: `${shorten(forecast.target, 40)}, measured`,
      tone: 'quiet',
      thick: true,
      points: truth,
      buckets: 500,
    },
    {
      name: 'forecast',
      tone: 'model',
      points: model,
      buckets: 500,
      fine: model.length > FINE_FROM,
    },
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

/** One upright stick from zero to each value. */
function sticks(points: readonly Point[]): Point[] {
  return decimate(points, 500).flatMap(([x, y]): Point[] => [
    [x, 0],
    [x, y],
    [x, Number.NaN],
  ]);
}

/** Where the forecast was wrong, and by how much: forecast minus truth. */
export function forecastErrors(forecast: ReportForecast): Chart | undefined {
  const rows = testRows(forecast);
  if (rows === undefined) return undefined;
  const truth = nextSteps(rows, forecast.truth);
  const errors = nextSteps(rows, forecast.forecast).map(([x, y], i): Point => [x, y - truth[i][1]]);
  const known = errors.map(([, y], row) => ({ row, y })).filter(({ y }) => Number.isFinite(y));
  if (known.length === 0) return undefined;
  const worst = known.reduce((a, b) => (Math.abs(b.y) > Math.abs(a.y) ? b : a));
  const [low, high] = extent([0, ...ys(errors)]);
  const x = xScale(rows, 0, rows.rows - 1);
  const y = niceScale(low, high, rowsFor(150));
  const lead = ahead(Math.min(rows.stride, rows.horizon), rows.step);
  const height = 150;
  const series: Series = { name: 'forecast minus measured', tone: 'model', points: errors };
  return lineChart({
    id: 'forecast-errors',
    title: `Where it is wrong, ${lead}`,
    description: `Forecast minus measured: above zero it forecast too much. The largest error is ${formatNumber(worst.y)}, ${rows.label(worst.row)}.`,
    legend: [],
    x,
    y,
    series: [{ ...series, points: sticks(errors), buckets: Number.POSITIVE_INFINITY }],
    height,
    xTitle: rows.isTime ? '' : 'row of the test part',
    yTitle: `error, ${axisName(forecast)}`,
    readout: readout([series], { x, y, height, label: (_, i) => rows.label(i) }),
  });
}
