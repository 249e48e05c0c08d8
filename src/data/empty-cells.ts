/** Empty cells: counted and refused, or filled in from their neighbours in time. */

import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';
import { isEmptyCell, textCells } from './columns.js';
import type { CsvTable } from './csv.js';

/** An error names so many columns. */
const MOST_NAMED = 10;

/**
 * Refuses empty cells in the columns in use.
 * @throws SluiceError 'bad-data' with the count, the columns and the first line
 */
export function refuseEmptyCells(table: CsvTable, columns: readonly string[], mend: string): void {
  const found: string[] = [];
  let total = 0;
  let firstLine = Number.POSITIVE_INFINITY;
  for (const column of columns) {
    const cells = textCells(table, column);
    const rows = cells.flatMap((cell, row) => (isEmptyCell(cell) ? [row] : []));
    if (rows.length === 0) continue;
    total += rows.length;
    found.push(`${rows.length} in "${shortName(column)}"`);
    firstLine = Math.min(firstLine, table.lines[rows[0]]);
  }
  if (total === 0) return;
  const cells = total === 1 ? 'cell' : 'cells';
  const more = found.splice(MOST_NAMED).length;
  if (more > 0) found.push(`and in ${more} more columns`);
  throw new SluiceError(
    'bad-data',
    `${table.name} has ${total} empty ${cells} (${found.join(', ')}; first on line ${firstLine}): ${mend}`,
  );
}

/**
 * Fills NaN on a straight line between its neighbours, at the ends with the nearest value.
 * @returns how many were filled; `values` is changed in place
 * @throws SluiceError 'bad-data' when there is no value at all
 */
export function interpolate(values: Float64Array, column: string): number {
  let filled = 0;
  let last = -1;
  for (let i = 0; i <= values.length; i++) {
    if (i < values.length && Number.isNaN(values[i])) continue;
    for (let k = last + 1; k < i; k++) {
      values[k] = between(values, last, i, k);
      filled++;
    }
    last = i;
  }
  if (values.length > 0 && Number.isNaN(values[0])) {
    throw new SluiceError(
      'bad-data',
      `column "${shortName(column)}" has no value at all; nothing to interpolate from`,
    );
  }
  return filled;
}

function between(values: Float64Array, left: number, right: number, at: number): number {
  if (left < 0) return right < values.length ? values[right] : Number.NaN;
  if (right >= values.length) return values[left];
  return values[left] + ((values[right] - values[left]) * (at - left)) / (right - left);
}

/** Fills empty text cells with the last filled one, at the start with the first; returns how many. */
export function carryForward(cells: string[], column: string): number {
  const first = cells.find((cell) => !isEmptyCell(cell));
  if (first === undefined) {
    throw new SluiceError(
      'bad-data',
      `column "${shortName(column)}" has no value at all; nothing to fill in from`,
    );
  }
  let filled = 0;
  let current = first;
  for (let i = 0; i < cells.length; i++) {
    if (isEmptyCell(cells[i])) {
      cells[i] = current;
      filled++;
    } else current = cells[i];
  }
  return filled;
}
