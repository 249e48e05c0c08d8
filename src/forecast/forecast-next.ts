/** What comes after the last row of a table. */

import { formatTime } from '../data/civil-date.js';
import { reorderRows } from '../data/columns.js';
import type { CsvTable } from '../data/csv.js';
import { continueTimes, readTimeAxis, type TimeAxis } from '../data/time-axis.js';
import { SluiceError } from '../errors.js';
import { forecastWindows } from './forecast-windows.js';
import type { Forecaster } from './forecaster.js';
import { encodeSeries, readColumns } from './series.js';

export interface Forecast {
  readonly target: string;
  /** Of each value, as the table writes its times; undefined where no distance of rows is known. */
  readonly times: readonly string[] | undefined;
  /** [horizon], in the unit of the target. */
  readonly values: readonly number[];
  /** What a reader must know, one sentence each. */
  readonly notices: readonly string[];
}

/**
 * Forecasts the horizon after the last row of a table.
 * @param interpolate fill empty cells instead of refusing them
 * @throws SluiceError 'bad-data' where the table lacks columns or rows, or holds what is no number
 */
export async function forecastNext(
  { model, preprocessing }: Forecaster,
  table: CsvTable,
  interpolate: boolean,
): Promise<Forecast> {
  const { window, horizon, target, time } = preprocessing;
  if (table.rows.length < window) {
    throw new SluiceError(
      'bad-data',
      `${table.name} has ${table.rows.length} rows; the model looks back on ${window}`,
    );
  }
  const timed = time ? readTimeAxis(table, time.columns) : { table, axis: undefined, notices: [] };
  const fill = interpolate || preprocessing.interpolate;
  const last = fill ? timed : lastRows(timed.table, timed.axis, window);
  const axis = last.axis && { ...last.axis, step: time?.step };
  const columns = readColumns(
    last.table,
    [target, ...preprocessing.numeric.map(({ column }) => column)],
    preprocessing.categorical.map(({ column }) => column),
    fill,
    'fill them, or add --interpolate',
  );
  const { series, notices } = encodeSeries(columns, axis, preprocessing);
  const values = await forecastWindows(model, series, preprocessing, Uint32Array.of(series.rows));
  const ahead = axis && continueTimes(axis, horizon);
  return {
    target,
    values: Array.from(values, rounded),
    times: ahead && Array.from(ahead, (one) => formatTime(one, axis.format)),
    notices: [...timed.notices, ...notices],
  };
}

/** Float32 knows no more than seven digits. */
const rounded = (value: number) => Number(value.toPrecision(7));

/** Only these are looked at: what is wrong further up does not matter. */
function lastRows(
  table: CsvTable,
  axis: TimeAxis | undefined,
  count: number,
): { table: CsvTable; axis?: TimeAxis } {
  const from = table.rows.length - count;
  const order = Uint32Array.from({ length: count }, (_, i) => from + i);
  return {
    table: reorderRows(table, order),
    axis: axis && { ...axis, seconds: axis.seconds.subarray(from) },
  };
}
