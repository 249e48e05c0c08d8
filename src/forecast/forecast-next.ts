/** What comes after the last row of a table. */

import { isEmptyCell, reorderRows, textCells } from '../data/columns.js';
import type { CsvTable } from '../data/csv.js';
import { continueTimes, readTimeAxis, type TimeAxis } from '../data/time-axis.js';
import { timeWriter } from '../data/time-style.js';
import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';
import { forecastWindows } from './forecast-windows.js';
import type { Forecaster } from './forecaster.js';
import { encodeSeries, readColumns } from './series.js';

export interface Forecast {
  readonly target: string;
  /** Of each value; undefined where no distance of rows is known. */
  readonly times: ForecastTimes | undefined;
  /** [horizon], in the unit of the target. */
  readonly values: readonly number[];
  /** What a reader must know, one sentence each. */
  readonly notices: readonly string[];
}

/** Times as the table writes its own. */
export interface ForecastTimes {
  /** The column, or year, month and day. */
  readonly columns: readonly string[];
  /** A cell for each of the columns, for each value. */
  readonly cells: readonly (readonly string[])[];
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
    times: ahead && {
      columns: axis.columns,
      cells: Array.from(ahead, timeWriter(timed.table, axis)),
    },
    notices: [
      ...timed.notices,
      ...(fill ? [] : passedOver(timed.table, target, window)),
      ...notices,
    ],
  };
}

/** What is empty further up: it is neither filled nor refused. */
function passedOver(table: CsvTable, target: string, window: number): string[] {
  const above = textCells(table, target).slice(0, table.rows.length - window);
  const empty = above.filter(isEmptyCell).length;
  if (empty === 0) return [];
  const cells = empty === 1 ? '1 empty cell' : `${empty} empty cells`;
  const rows = window === 1 ? 'last row' : `last ${window} rows`;
  return [
    `column "${shortName(target)}" has ${cells} above the ${rows}, which alone the model looks at; the forecast does not depend on ${empty === 1 ? 'it' : 'them'}`,
  ];
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
