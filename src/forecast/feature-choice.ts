/** Which columns become inputs, and in what form: a number, or one of a few categories. */

import { SECONDS_PER_DAY, weekdayOf } from '../data/civil-date.js';
import { columnIndex, isEmptyCell, isNumericColumn, textCells } from '../data/columns.js';
import type { CsvTable } from '../data/csv.js';
import type { TimeAxis } from '../data/time-axis.js';
import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';

/** More categories than this make more inputs than a small series can teach. */
const MOST_CATEGORIES = 30;
/** Beyond, different values are not told apart any more: a table may have millions. */
const MOST_COUNTED = 10_000;

export interface CategoricalFeature {
  readonly column: string;
  /** In order of first appearance in the training part. */
  readonly categories: readonly string[];
}

export interface FeatureChoice {
  readonly numeric: readonly string[];
  readonly categorical: readonly CategoricalFeature[];
  readonly notices: readonly string[];
}

/**
 * @param requested the columns that the user named; undefined takes every useful one
 * @param trainRows rows of the training part: categories and variation are judged by them
 * @throws SluiceError 'bad-data' for a requested column that is missing or has too many
 *   categories, 'bad-option' for the target or the time among the requested
 */
export function chooseFeatures(
  table: CsvTable,
  target: string,
  axis: TimeAxis | undefined,
  requested: readonly string[] | undefined,
  trainRows: number,
): FeatureChoice {
  const taken = new Set([target, ...(axis?.columns ?? [])]);
  for (const column of requested ?? []) {
    columnIndex(table, column);
    if (taken.has(column)) {
      const why = column === target ? 'the target (its past is always an input)' : 'the time';
      throw new SluiceError(
        'bad-option',
        `--features: "${shortName(column)}" is ${why}; leave it out`,
      );
    }
  }
  const numeric: string[] = [];
  const categorical: CategoricalFeature[] = [];
  const notices: string[] = [];
  const constant: string[] = [];
  for (const column of requested ?? table.header.filter((name) => !taken.has(name))) {
    const cells = textCells(table, column).slice(0, trainRows);
    const categories = differentCells(cells);
    const name = shortName(column);
    if (categories.length <= 1) {
      constant.push(name);
    } else if (requested === undefined && axis && repeatsWeekday(cells, axis)) {
      notices.push(`column "${name}" only repeats the weekday, which the date tells; left out`);
    } else if (isNumericColumn(table, column)) {
      numeric.push(column);
    } else if (categories.length <= MOST_CATEGORIES) {
      categorical.push({ column, categories });
    } else {
      const count =
        categories.length < MOST_COUNTED ? categories.length : `${MOST_COUNTED} or more`;
      const found = `column "${name}" holds text with ${count} different values, more than ${MOST_CATEGORIES}`;
      if (requested)
        throw new SluiceError(
          'bad-data',
          `${table.name}: ${found}; leave it out of --features, or group them`,
        );
      notices.push(`${found}; left out`);
    }
  }
  return { numeric, categorical, notices: [...constancy(constant), ...notices] };
}

/** One note for all columns that do not vary: a table may have thousands. */
function constancy(columns: readonly string[]): string[] {
  if (columns.length === 0) return [];
  const named = columns.slice(0, 5).map((column) => `"${column}"`);
  const more = columns.length - named.length;
  const which = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  return columns.length === 1
    ? [`column ${which} does not vary in the training part; left out`]
    : [`columns ${which} do not vary in the training part; left out`];
}

/** Filled cells that differ, in order of first appearance; no more than are worth counting. */
function differentCells(cells: readonly string[]): string[] {
  const different = new Set<string>();
  for (const cell of cells) {
    if (!isEmptyCell(cell)) different.add(cell);
    if (different.size === MOST_COUNTED) break;
  }
  return [...different];
}

/** One and the same cell on each Monday, another on each Tuesday ... */
function repeatsWeekday(cells: readonly string[], axis: TimeAxis): boolean {
  const cellOf: (string | undefined)[] = [];
  for (let row = 0; row < cells.length; row++) {
    const weekday = weekdayOf(Math.floor(axis.seconds[row] / SECONDS_PER_DAY));
    cellOf[weekday] ??= cells[row];
    if (cellOf[weekday] !== cells[row]) return false;
  }
  return new Set(cellOf).size === 7;
}
