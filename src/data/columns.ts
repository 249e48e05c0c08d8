/** Columns of a CSV table as numbers or categories. Rows are named by their line in the file. */

import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';
import type { CsvTable } from './csv.js';
import { didYouMean } from './near-names.js';

const EMPTY = new Set(['', 'na', 'n/a', 'nan', 'null', '#n/a']);

/** True for a cell that holds nothing: '', NA, N/A, NaN, null, whatever the case. */
export const isEmptyCell = (cell: string): boolean => EMPTY.has(cell.toLowerCase());

const indices = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** Place of each column; remembered, for a table may have thousands. */
function indexOf(header: readonly string[]): ReadonlyMap<string, number> {
  let index = indices.get(header);
  if (!index) {
    index = new Map(header.map((column, i) => [column, i]));
    indices.set(header, index);
  }
  return index;
}

/** An error names so many columns of a table. */
const MOST_NAMED = 30;

/**
 * Index of a column.
 * @throws SluiceError 'bad-data' with the nearest name and the first names
 */
export function columnIndex(table: CsvTable, column: string): number {
  const index = indexOf(table.header).get(column);
  if (index !== undefined) return index;
  const named = table.header.slice(0, MOST_NAMED).map((one) => shortName(one));
  const more = table.header.length - named.length;
  throw new SluiceError(
    'bad-data',
    `${table.name} has no column "${shortName(column)}"${didYouMean(column, table.header)} (columns: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''})`,
  );
}

/** All cells of a column, as text. */
export function textCells(table: CsvTable, column: string): string[] {
  const index = columnIndex(table, column);
  return table.rows.map((row) => row[index]);
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const DECIMAL_COMMA = /^[+-]?\d+,\d+(e[+-]?\d+)?$/i;

/**
 * A cell as a finite number, NaN when it is none. `12,5` is read as 12.5 where commas do not
 * separate cells; thousands separators are not guessed.
 */
export function parseNumber(cell: string, delimiter = ','): number {
  if (NUMBER.test(cell)) {
    const value = Number(cell);
    return Number.isFinite(value) ? value : Number.NaN;
  }
  const comma = delimiter !== ',' && DECIMAL_COMMA.test(cell);
  return comma ? Number(cell.replace(',', '.')) : Number.NaN;
}

/** True when some cell is filled and every filled cell is a number. */
export function isNumericColumn(table: CsvTable, column: string): boolean {
  const filled = textCells(table, column).filter((cell) => !isEmptyCell(cell));
  return (
    filled.length > 0 && filled.every((cell) => !Number.isNaN(parseNumber(cell, table.delimiter)))
  );
}

/** Beyond this, squares and their sums leave the range of doubles; no measurement is there. */
const LARGEST = 1e100;

/** Where a value stands, for errors: `b.csv line 5 (row 4), target "births"`. */
export const placeOfCell = (table: CsvTable, row: number, column: string, role = 'column') =>
  `${table.name} line ${table.lines[row]} (row ${row + 1}), ${role} "${shortName(column)}"`;

/**
 * A column as numbers [rows]; empty cells are NaN.
 * @throws SluiceError 'bad-data' naming line and column of the first cell that is no number, or
 *   one too large to reckon with
 */
export function numericColumn(table: CsvTable, column: string, role = 'column'): Float64Array {
  const cells = textCells(table, column);
  return Float64Array.from(cells, (cell, row) => {
    if (isEmptyCell(cell)) return Number.NaN;
    const value = parseNumber(cell, table.delimiter);
    if (Math.abs(value) <= LARGEST) return value;
    const what = /^[+-]?(inf|infinity)$/i.test(cell)
      ? 'not finite; give a value or leave the cell empty'
      : !Number.isNaN(value)
        ? `beyond ${LARGEST}, too large to reckon with; correct it, empty the cell, or leave the column out`
        : 'not a number; write it like -1234.5, without a unit, or take another column';
    throw new SluiceError(
      'bad-data',
      `${placeOfCell(table, row, column, role)}: "${shortName(cell, 40)}" is ${what}`,
    );
  });
}

/** The same table with its rows in another order. */
export function reorderRows(table: CsvTable, order: ArrayLike<number>): CsvTable {
  const pick = <T>(list: readonly T[]) => Array.from(order, (row) => list[row]);
  return { ...table, rows: pick(table.rows), lines: pick(table.lines) };
}
