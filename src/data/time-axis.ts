/** The time of each row: found by name or by looks, sorted, with notices about doubles and gaps. */

import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';
import {
  daysFromCivil,
  formatTime,
  isCivilDate,
  parseTime,
  SECONDS_PER_DAY,
  TIME_FORMATS,
  type TimeFormat,
} from './civil-date.js';
import { columnIndex, isEmptyCell, parseNumber, reorderRows, textCells } from './columns.js';
import type { CsvTable } from './csv.js';
import { addSteps, describeStep, findTimeStep, type TimeStep } from './time-step.js';

export interface TimeAxis {
  /** The column, or year, month and day in that order. */
  readonly columns: readonly string[];
  /** Seconds since 1970 on the file's own clock [rows], ascending. */
  readonly seconds: Float64Array;
  readonly format: TimeFormat;
  readonly step: TimeStep | undefined;
}

const PART_NAMES = [
  ['year', 'yr', 'yyyy'],
  ['month', 'mon', 'mm', 'month_number'],
  ['day', 'date_of_month', 'day_of_month', 'dayofmonth', 'mday', 'dd', 'dom'],
];
const DATE_NAMES = ['date', 'time', 'datetime', 'timestamp', 'day', 'ds', 'month', 'year'];

/**
 * The columns that look like the time: one of ISO dates (a column called date, time, ... first),
 * or year, month and day by name. Empty when there are none.
 */
export function detectTimeColumns(table: CsvTable): string[] {
  const looksLikeDates = (column: string) => {
    const cells = textCells(table, column);
    return cells.every(
      (cell) => /[-/.]/.test(cell) && parseTime(cell) !== undefined && parseNumberless(cell),
    );
  };
  const rank = (column: string) => {
    const at = DATE_NAMES.indexOf(column.toLowerCase());
    return at < 0 ? DATE_NAMES.length : at;
  };
  const dates = table.header.filter(looksLikeDates).sort((a, b) => rank(a) - rank(b));
  if (dates.length > 0) return [dates[0]];
  const parts = PART_NAMES.map((names) =>
    table.header.find((column) => names.includes(column.toLowerCase())),
  );
  const found = parts.slice(0, parts[2] === undefined ? 2 : 3);
  if (found.some((column) => column === undefined)) return [];
  const columns = found as string[];
  const indices = columns.map((column) => columnIndex(table, column));
  return table.rows.every((_, row) => partsToSeconds(table, indices, row) !== undefined)
    ? columns
    : [];
}

/** 2014.5 is a number, not June of 2014... */
const parseNumberless = (cell: string) => Number.isNaN(parseNumber(cell));

function partsToSeconds(
  table: CsvTable,
  indices: readonly number[],
  row: number,
): number | undefined {
  const [year, month = 1, day = 1] = indices.map((index) =>
    parseNumber(table.rows[row][index], table.delimiter),
  );
  return isCivilDate(year, month, day)
    ? daysFromCivil(year, month, day) * SECONDS_PER_DAY
    : undefined;
}

/**
 * Reads the time of each row and puts the rows in time order.
 * @param columns one column of ISO dates, or two or three of year, month[, day]
 * @returns the table in time order, its time axis, and notices for the reader
 * @throws SluiceError 'bad-data' naming line and column of what is no date
 */
export function readTimeAxis(
  table: CsvTable,
  columns: readonly string[],
): { table: CsvTable; axis: TimeAxis; notices: string[] } {
  if (columns.length > 3) {
    throw new SluiceError(
      'bad-option',
      `time takes one column or year,month,day; found ${columns.length} columns`,
    );
  }
  for (const column of columns) textCells(table, column);
  const { seconds, format } =
    columns.length === 1 ? readStamps(table, columns[0]) : readParts(table, columns);
  const notices: string[] = [];
  const order = Uint32Array.from(seconds.keys());
  let sorted = table;
  if (seconds.some((value, i) => i > 0 && value < seconds[i - 1])) {
    order.sort((a, b) => seconds[a] - seconds[b] || a - b);
    sorted = reorderRows(table, order);
    notices.push(`rows were not in order of time; sorted by ${columns.join(', ')}`);
  }
  const ordered = Float64Array.from(order, (row) => seconds[row]);
  const step = findTimeStep(ordered);
  const axis = { columns, seconds: ordered, format, step };
  return { table: sorted, axis, notices: [...notices, ...irregularities(axis)] };
}

function readStamps(
  table: CsvTable,
  column: string,
): { seconds: Float64Array; format: TimeFormat } {
  let finest = 0;
  const seconds = Float64Array.from(textCells(table, column), (cell, row) => {
    const time = parseTime(cell);
    if (time === undefined) {
      const found = isEmptyCell(cell) ? 'an empty cell' : `"${shortName(cell, 40)}"`;
      throw new SluiceError(
        'bad-data',
        `${table.name} line ${table.lines[row]}, time column "${shortName(column)}": expected a date such as 2014-12-31 or 2014-12-31T23:00, found ${found}`,
      );
    }
    finest = Math.max(finest, TIME_FORMATS.indexOf(time.format));
    return time.seconds;
  });
  return { seconds, format: TIME_FORMATS[finest] };
}

function readParts(
  table: CsvTable,
  columns: readonly string[],
): { seconds: Float64Array; format: TimeFormat } {
  const indices = columns.map((column) => columnIndex(table, column));
  const seconds = Float64Array.from(table.rows, (cells, row) => {
    const value = partsToSeconds(table, indices, row);
    if (value !== undefined) return value;
    const found = columns
      .map((column, i) => `${shortName(column)} "${shortName(cells[indices[i]], 40)}"`)
      .join(', ');
    throw new SluiceError(
      'bad-data',
      `${table.name} line ${table.lines[row]}: ${found} is no date (expected year, month, day)`,
    );
  });
  return { seconds, format: columns.length === 2 ? 'month' : 'date' };
}

function irregularities({ seconds, format, step }: TimeAxis): string[] {
  if (!step) return [];
  const doubles: number[] = [];
  const gaps: number[] = [];
  for (let i = 1; i < seconds.length; i++) {
    if (seconds[i] === seconds[i - 1]) doubles.push(i);
    else if (seconds[i] > addSteps(seconds[i - 1], step, 1)) gaps.push(i);
  }
  const at = (row: number) => formatTime(seconds[row], format);
  const notices: string[] = [];
  if (doubles.length > 0) {
    notices.push(
      `${doubles.length} ${doubles.length === 1 ? 'row repeats' : 'rows repeat'} the time of the row before (first: ${at(doubles[0])})`,
    );
  }
  if (gaps.length > 0) {
    const between = `${at(gaps[0] - 1)} and ${at(gaps[0])}`;
    notices.push(
      `${gaps.length} ${gaps.length === 1 ? 'gap' : 'gaps'} in time (rows are one ${describeStep(step)} apart; first gap between ${between}); rows are taken as they follow one another`,
    );
  }
  return notices;
}

/** The `count` time stamps after the last row; undefined when no step is known. */
export function continueTimes(axis: TimeAxis, count: number): Float64Array | undefined {
  const { step, seconds } = axis;
  if (!step) return undefined;
  const last = seconds[seconds.length - 1];
  return Float64Array.from({ length: count }, (_, i) => addSteps(last, step, i + 1));
}
