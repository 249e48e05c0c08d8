/** A table seen through a preprocessing: numbers only, one row a time step, ready to be windowed. */

import {
  civilFromDays,
  daysFromCivil,
  daysInYear,
  SECONDS_PER_DAY,
  weekdayOf,
} from '../data/civil-date.js';
import { numericColumn, placeOfCell, textCells } from '../data/columns.js';
import type { CsvTable } from '../data/csv.js';
import { carryForward, interpolate, refuseEmptyCells } from '../data/empty-cells.js';
import { type Scale, scaled } from '../data/scaler.js';
import { continueTimes, type TimeAxis } from '../data/time-axis.js';
import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';
import { scalar } from '../random.js';
import { profileAt } from './calendar-profile.js';
import { type CalendarInputs, inputNames, type Preprocessing } from './preprocessing.js';

export interface Series {
  readonly rows: number;
  /** The target as it stands in the file [rows]. */
  readonly values: Float64Array;
  /** Scaled target less its calendar profile [rows]. */
  readonly residual: Float64Array;
  /** Calendar profile, in scaled units [rows + horizon]: it is known ahead. */
  readonly profile: Float64Array;
  /** All inputs but the target [rows x others], row-major. */
  readonly others: Float32Array;
  readonly otherCount: number;
}

/** Empty cells of the columns in use, filled or refused. */
export interface FilledColumns {
  numbers(column: string): Float64Array;
  texts(column: string): string[];
  /** Where a value stands in the file, for errors. */
  place(row: number, column: string): string;
  readonly filled: number;
}

/**
 * Reads columns, each once.
 * @throws SluiceError 'bad-data' for empty cells unless `fill`, and for text among numbers
 */
export function readColumns(
  table: CsvTable,
  numeric: readonly string[],
  texts: readonly string[],
  fill: boolean,
  mend: string,
): FilledColumns {
  const numbersOf = new Map(
    numeric.map((column, i) => [
      column,
      numericColumn(table, column, i === 0 ? 'target' : 'column'),
    ]),
  );
  if (!fill) refuseEmptyCells(table, [...numeric, ...texts], mend);
  const textsOf = new Map(texts.map((column) => [column, textCells(table, column)]));
  let filled = 0;
  if (fill) {
    for (const [column, values] of numbersOf) filled += interpolate(values, column);
    for (const [column, cells] of textsOf) filled += carryForward(cells, column);
  }
  return {
    numbers: (column) => numbersOf.get(column)!,
    texts: (column) => textsOf.get(column)!,
    place: (row, column) =>
      placeOfCell(table, row, column, column === numeric[0] ? 'target' : 'column'),
    filled,
  };
}

/** Squares of more deviations than this, summed, leave the range of float32. */
const FARTHEST = 1e15;

/**
 * A column in the units of its scale.
 * @throws SluiceError 'bad-data' naming the place of a value that no network can take
 */
function scaledColumn(columns: FilledColumns, column: string, scale: Scale): Float64Array {
  const values = columns.numbers(column);
  const out = scaled(values, scale);
  const row = out.findIndex((value) => !(Math.abs(value) <= FARTHEST));
  if (row < 0) return out;
  throw new SluiceError(
    'bad-data',
    `${columns.place(row, column)}: ${values[row]} is out of all proportion to the rows that the network learns from (mean ${scale.mean}, deviation ${scale.deviation}); correct it, empty the cell, or leave the column out`,
  );
}

/**
 * Encodes a table in time order.
 * @param crossFitted profile of the rows, where it is not simply that of the preprocessing
 * @throws SluiceError 'bad-data' naming the place of a value too far from the others
 */
export function encodeSeries(
  columns: FilledColumns,
  axis: TimeAxis | undefined,
  preprocessing: Preprocessing,
  crossFitted?: Float64Array,
): { series: Series; notices: string[] } {
  const values = columns.numbers(preprocessing.target);
  const rows = values.length;
  const profile = profileOf(preprocessing, axis, rows);
  if (crossFitted) profile.set(crossFitted);
  const base = scaledColumn(columns, preprocessing.target, preprocessing.targetScale);
  const residual = base.map((value, row) => value - profile[row]);
  const otherCount = inputNames(preprocessing).length - 1;
  const others = new Float32Array(rows * otherCount);
  let at = 0;
  for (const { column, scale } of preprocessing.numeric) {
    const numbers = scaledColumn(columns, column, scale);
    for (let row = 0; row < rows; row++) others[row * otherCount + at] = numbers[row];
    at++;
  }
  const notices: string[] = [];
  for (const { column, categories } of preprocessing.categorical) {
    const cells = columns.texts(column);
    const unknown = new Set<string>();
    for (let row = 0; row < rows; row++) {
      const which = categories.indexOf(cells[row]);
      if (which < 0) unknown.add(cells[row]);
      else others[row * otherCount + at + which] = 1;
    }
    at += categories.length;
    if (unknown.size > 0) {
      notices.push(
        `column "${shortName(column)}" holds ${unknown.size === 1 ? 'a category' : `${unknown.size} categories`} unknown to the training part (${[
          ...unknown,
        ]
          .slice(0, 3)
          .map((one) => shortName(one))
          .join(', ')}); such rows count as none`,
      );
    }
  }
  if (axis) writeCalendar(others, otherCount, at, axis.seconds, preprocessing.calendar);
  return { series: { rows, values, residual, profile, others, otherCount }, notices };
}

/** The profile of each row and of the horizon after the last one. */
function profileOf(
  preprocessing: Preprocessing,
  axis: TimeAxis | undefined,
  rows: number,
): Float64Array {
  const { profile, horizon } = preprocessing;
  const out = new Float64Array(rows + horizon);
  if (!profile) return out;
  const ahead = axis && continueTimes(axis, horizon);
  if (!axis || !ahead) {
    throw new SluiceError(
      'bad-data',
      'the model needs dates, one step apart; none were found in the data',
    );
  }
  for (let row = 0; row < rows; row++) out[row] = profileAt(profile, axis.seconds[row]);
  for (let h = 0; h < horizon; h++) out[rows + h] = profileAt(profile, ahead[h]);
  return out;
}

function writeCalendar(
  others: Float32Array,
  width: number,
  from: number,
  seconds: Float64Array,
  calendar: CalendarInputs,
): void {
  for (let row = 0; row < seconds.length; row++) {
    const days = seconds[row] / SECONDS_PER_DAY;
    const day = Math.floor(days);
    const { year } = civilFromDays(day);
    const places = [
      ...(calendar.weekday ? [(weekdayOf(day) + days - day) / 7] : []),
      ...(calendar.timeOfDay ? [days - day] : []),
      ...(calendar.dayOfYear ? [(days - daysFromCivil(year, 1, 1)) / daysInYear(year)] : []),
    ];
    places.forEach((place, i) => {
      others[row * width + from + 2 * i] = scalar.sin(2 * Math.PI * place);
      others[row * width + from + 2 * i + 1] = scalar.cos(2 * Math.PI * place);
    });
  }
}
