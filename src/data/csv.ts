/**
 * CSV text to cells. papaparse splits the text; what it lets pass (ragged rows, broken quotes,
 * bytes that are no UTF-8) is refused here with the line, because a shifted column ruins a model
 * without a word.
 */

import Papa from 'papaparse';
import { SluiceError } from '../errors.js';

/** Cells as they stand in the file, trimmed; `lines[r]` is the line of the file where row r starts. */
export interface CsvTable {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly lines: readonly number[];
  readonly delimiter: string;
}

const DELIMITERS = [',', ';', '\t', '|'];

/**
 * Text of a UTF-8 file, with or without a byte order mark.
 * @throws SluiceError 'bad-file' when the bytes are UTF-16 or no UTF-8 at all
 */
export function decodeText(bytes: Uint8Array, name: string): string {
  const utf16 =
    (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  const mend = 'save it as UTF-8 (in a spreadsheet: "CSV UTF-8")';
  if (utf16) throw new SluiceError('bad-file', `${name} is UTF-16, expected UTF-8: ${mend}`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (text.includes('\0'))
      throw new SluiceError('bad-file', `${name} holds binary data, expected text`);
    return text;
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw new SluiceError(
      'bad-file',
      `${name} is not valid UTF-8 (${firstBadByte(bytes)}): ${mend}`,
    );
  }
}

function firstBadByte(bytes: Uint8Array): string {
  // A valid prefix decodes; the longest one ends before the bad byte.
  let low = 0;
  let high = bytes.length;
  const valid = (end: number) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, end), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (valid(middle)) low = middle;
    else high = middle - 1;
  }
  let line = 1;
  for (let i = 0; i < low; i++) if (bytes[i] === 10) line++;
  return `line ${line}`;
}

/** The delimiter that splits the header into most cells, quoted text aside; a comma when none does. */
export function guessDelimiter(text: string): string {
  const firstLine = /^(?:"(?:[^"]|"")*"|[^"\r\n])*/.exec(text.replace(/^[\r\n]+/, ''))?.[0] ?? '';
  const bare = firstLine.replace(/"(?:[^"]|"")*"/g, '');
  let best = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const found = bare.split(delimiter).length - 1;
    if (found > most) [best, most] = [delimiter, found];
  }
  return best;
}

/**
 * Splits CSV text with a header line: commas, semicolons, tabs or bars; LF or CRLF; quoted cells.
 * Blank lines are skipped. Cells and names are trimmed.
 * @param name what errors call the data, usually the file name
 * @throws SluiceError 'bad-data' naming the line: no header, a header of numbers, a name given
 *   twice, a row with another number of cells, an unclosed quote, no rows
 */
export function parseCsv(text: string, name = 'the CSV text'): CsvTable {
  const clean = text.replace(/^\uFEFF/, '');
  if (clean.trim() === '')
    throw new SluiceError('bad-data', `${name} is empty: expected a header line and rows`);
  const delimiter = guessDelimiter(clean);
  const parsed = Papa.parse<string[]>(clean, { delimiter, skipEmptyLines: false });
  const lines = lineNumbers(parsed.data);
  const quote = parsed.errors.find((error) => error.type === 'Quotes');
  if (quote) {
    const line = lines[quote.row ?? 0] ?? 1;
    throw new SluiceError(
      'bad-data',
      `${name} line ${line}: a quoted cell is not closed; close it with "`,
    );
  }
  const kept = parsed.data
    .map((cells, i) => ({ cells, line: lines[i] }))
    .filter((row) => !isBlank(row.cells));
  const [head, ...body] = kept;
  const header = readHeader(head.cells, name, head.line);
  if (body.length === 0) {
    throw new SluiceError(
      'bad-data',
      `${name} has a header but no rows: expected one row for each time step`,
    );
  }
  const rows = body.map(({ cells, line }) => readRow(cells, header.length, name, line));
  return { name, header, rows, lines: body.map((row) => row.line), delimiter };
}

const isBlank = (cells: readonly string[]) => cells.length === 1 && cells[0].trim() === '';

/** A quoted cell may span lines, so that a row's number is not its line. */
function lineNumbers(rows: readonly (readonly string[])[]): number[] {
  let line = 1;
  return rows.map((cells) => {
    const start = line;
    line += 1 + cells.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0);
    return start;
  });
}

function readHeader(cells: readonly string[], name: string, line: number): string[] {
  const header = cells.map((cell, i) => cell.trim() || `column ${i + 1}`);
  if (
    cells.every((cell) => cell.trim() !== '' && Number.isFinite(Number(cell.replace(',', '.'))))
  ) {
    throw new SluiceError(
      'bad-data',
      `${name} line ${line}: expected column names, found only numbers (${cells.slice(0, 3).join(', ')}${cells.length > 3 ? ', ...' : ''}); add a header line`,
    );
  }
  const twice = header.find((column, i) => header.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new SluiceError(
      'bad-data',
      `${name} line ${line}: the column name "${twice}" stands twice; rename one of them`,
    );
  }
  return header;
}

function readRow(cells: readonly string[], expected: number, name: string, line: number): string[] {
  if (cells.length !== expected) {
    throw new SluiceError(
      'bad-data',
      `${name} line ${line}: expected ${expected} cells as in the header, found ${cells.length}`,
    );
  }
  return cells.map((cell) => cell.trim());
}
