/** Columns of a CSV table as numbers or categories. Rows are named by their line in the file. */

import { SluiceError } from '../errors.js';
import type { CsvTable } from './csv.js';
import { didYouMean } from './near-names.js';

const EMPTY = new Set(['', 'na', 'n/a', 'nan', 'null', '#n/a']);

/** True for a cell that holds nothing: '', NA, N/A, NaN, null, whatever the case. */
export const isEmptyCell = (cell: string): boolean => EMPTY.has(cell.toLowerCase());

/**
 * Index of a column.
 * @throws SluiceError 'bad-data' with the nearest name and all names
 */
export function columnIndex(table: CsvTable, column: string): number {
  const index = table.header.indexOf(column);
  if (index >= 0) return index;
  throw new SluiceError(
    'bad-data',
    `${table.name} has no column "${column}"${didYouMean(column, table.header)} (columns: ${table.header.join(', ')})`,
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

/**
 * A column as numbers [rows]; empty cells are NaN.
 * @throws SluiceError 'bad-data' naming line and column of the first cell that is no number
 */
export function numericColumn(table: CsvTable, column: string, role = 'column'): Float64Array {
  const cells = textCells(table, column);
  return Float64Array.from(cells, (cell, row) => {
    if (isEmptyCell(cell)) return Number.NaN;
    const value = parseNumber(cell, table.delimiter);
    if (!Number.isNaN(value)) return value;
    const what = /^[+-]?(inf|infinity)$/i.test(cell)
      ? 'not finite; give a value or leave the cell empty'
      : 'not a number; write it like -1234.5, without a unit, or take another column';
    throw new SluiceError(
      'bad-data',
      `${table.name} line ${table.lines[row]} (row ${row + 1}), ${role} "${column}": "${shorten(cell)}" is ${what}`,
    );
  });
}

const shorten = (cell: string) => (cell.length > 40 ? `${cell.slice(0, 37)}...` : cell);

/** The same table with its rows in another order. */
export function reorderRows(table: CsvTable, order: ArrayLike<number>): CsvTable {
  const pick = <T>(list: readonly T[]) => Array.from(order, (row) => list[row]);
  return { ...table, rows: pick(table.rows), lines: pick(table.lines) };
}
