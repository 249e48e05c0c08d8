/** The test part as rows: where each window's steps stand in time. */

import type { Point } from '../decimate.js';
import { count, shorten } from '../format.js';
import type { ReportForecast } from '../input.js';
import type { Series } from '../line-chart.js';
import { linearScale, type Scale } from '../scale.js';
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

/** A long test part has many dates; several charts ask for them. */
const known = new WeakMap<ReportForecast, TestRows>();

/** Undefined when there is not one whole window. */
export function testRows(forecast: ReportForecast): TestRows | undefined {
  const rows = known.get(forecast) ?? layOut(forecast);
  if (rows !== undefined) known.set(forecast, rows);
  return rows;
}

function layOut(forecast: ReportForecast): TestRows | undefined {
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

export type Values = ArrayLike<number>;

/** What was forecast last before each row: the first `stride` steps of every window. */
export function nextSteps(rows: TestRows, values: Values): Point[] {
  const ahead = Math.min(rows.stride, rows.horizon);
  const points: Point[] = [];
  for (let window = 0; window < rows.windows; window++) {
    for (let step = 0; step < ahead; step++) {
      points.push([rows.x[window * rows.stride + step], values[window * rows.horizon + step]]);
    }
  }
  return points;
}

export function xScale(rows: TestRows, first: number, last: number): Scale {
  return rows.isTime
    ? timeScale(rows.x[first], rows.x[last])
    : linearScale(rows.x[first], rows.x[last]);
}

export function axisName({ target, unit }: ReportForecast): string {
  const name = shorten(target, 40);
  return unit === undefined ? name : `${name} (${shorten(unit, 20)})`;
}

export function ahead(steps: number, step: string): string {
  return steps === 1 ? `one ${step} ahead` : `up to ${count(steps, step)} ahead`;
}

export const ys = (points: readonly Point[]): number[] => points.map(([, y]) => y);

/** The seasonal-naive line, where there is one, as every chart of the forecast draws it. */
export function naiveSeries(
  { seasonalNaive }: ReportForecast,
  points: (values: Values) => readonly Point[],
): Series[] {
  if (seasonalNaive === undefined) return [];
  const look = { name: 'seasonal naive', tone: 'naive', dash: true, behind: true } as const;
  return [{ ...look, points: points(seasonalNaive) }];
}
