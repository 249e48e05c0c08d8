/** How the error grows with the distance of the forecast. */

import { type Chart, rowsFor } from '../chart.js';
import type { Point } from '../decimate.js';
import { count, formatNumber } from '../format.js';
import type { ReportForecast } from '../input.js';
import { lineChart, readout, type Series } from '../line-chart.js';
import { integerScale, niceScale } from '../scale.js';
import { axisName, naiveSeries, testRows, type Values, ys } from './test-rows.js';

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

/** Error by step of the horizon; only where there is more than one. */
export function leadTimeChart(forecast: ReportForecast): Chart | undefined {
  const rows = testRows(forecast);
  if (rows === undefined || rows.horizon < 2) return undefined;
  const points = (values: Values): Point[] =>
    errorByStep(forecast, values).map((error, step) => [step + 1, error]);
  const dots = rows.horizon <= 31;
  const series: Series[] = [
    { name: 'forecast', tone: 'model', thick: true, dots, points: points(forecast.forecast) },
    ...naiveSeries(forecast, points).map((one) => ({ ...one, dots })),
  ];
  const all = series.flatMap((one) => ys(one.points)).filter(Number.isFinite);
  const x = integerScale(1, rows.horizon);
  const y = niceScale(0, all.reduce((a, b) => Math.max(a, b), 0) || 1, rowsFor(220));
  const model = series[0].points;
  return lineChart({
    id: 'lead-time',
    title: 'Error by distance',
    description: `Mean absolute error of the forecast: ${formatNumber(model[0][1])} one ${rows.step} ahead, ${formatNumber(model[model.length - 1][1])} at ${count(rows.horizon, rows.step)}.`,
    x,
    y,
    series,
    height: 220,
    xTitle: `${rows.step}s ahead`,
    yTitle: `mean absolute error, ${axisName(forecast)}`,
    readout: readout(series, { x, y, height: 220, label: (at) => `${count(at, rows.step)} ahead` }),
  });
}
