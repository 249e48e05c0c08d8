/**
 * A CSV file to a table of cells, read piece by piece: limits are checked before anything grows,
 * so that no file, however made, takes more memory or time than its honest rows are worth.
 */

import { SluiceError } from '../errors.js';
import { shortName } from '../printable.js';
import { guessDelimiter, holdsWholeLine } from './csv-delimiter.js';
import { CsvScanner, type ScanLimits } from './csv-scanner.js';
import { Utf8Text } from './utf8.js';

/** Cells as they stand in the file, trimmed; `lines[r]` is the line of the file where row r starts. */
export interface CsvTable {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly lines: readonly number[];
  readonly delimiter: string;
}

export interface CsvLimits extends ScanLimits {
  /** Most characters of a column's name. */
  readonly name: number;
  /** Most bytes that the cells may take in memory, as a careful guess. */
  readonly memory: number;
}

/** As many columns as a spreadsheet has at most. */
const LIMITS: CsvLimits = {
  columns: 16_384,
  cell: 100_000,
  blankLines: 1_000_000,
  name: 1_000,
  memory: 2 ** 30,
};

/** Characters within which the first line must end for its delimiter to be looked for in all of it. */
const HEAD = 2 ** 20;

/** Bytes of a row and of a cell apart from its characters: their headers and the pointers to them. */
const ROW_BYTES = 64;
const CELL_BYTES = 24;

/**
 * Takes the bytes of a CSV file with a header line: commas, semicolons, tabs or bars; LF, CRLF or CR;
 * quoted cells; UTF-8. Blank lines are skipped, cells and names are trimmed.
 */
export class CsvReader {
  readonly #name: string;
  readonly #limits: CsvLimits;
  readonly #text: Utf8Text;
  readonly #scanner: CsvScanner;
  /** The beginning of the first line, until its delimiter is known. */
  #head = '';
  #delimiter: string | undefined;
  #header: string[] | undefined;
  readonly #rows: string[][] = [];
  readonly #lines: number[] = [];
  #memory = 0;

  /** @param name what errors call the data, usually the file name */
  constructor(name: string, limits: Partial<CsvLimits> = {}) {
    this.#name = name;
    this.#limits = { ...LIMITS, ...limits };
    this.#text = new Utf8Text(name);
    this.#scanner = new CsvScanner(name, this.#limits, (cells, line) => this.#take(cells, line));
  }

  /**
   * @throws SluiceError 'bad-file' for what is no UTF-8 text; 'bad-data' naming the line: a header
   *   of numbers, a name given twice, a row with another number of cells, an unclosed quote, more
   *   than the limits allow
   */
  push(bytes: Uint8Array): void {
    const text = this.#text.push(bytes);
    if (this.#delimiter !== undefined) {
      this.#scanner.push(text);
      return;
    }
    const begin = this.#head === '' ? text.search(/[^\r\n]/) : 0;
    this.#scanner.push(begin < 0 ? text : text.slice(0, begin));
    if (begin < 0) return;
    this.#head += text.slice(begin);
    if (this.#head.length > HEAD || holdsWholeLine(this.#head)) this.#begin();
  }

  /** @throws as push; SluiceError 'bad-data' without a header or a row */
  end(): CsvTable {
    this.#text.end();
    if (this.#delimiter === undefined) this.#begin();
    this.#scanner.end();
    if (this.#header === undefined)
      throw this.#refusal('is empty: expected a header line and rows');
    if (this.#rows.length === 0)
      throw this.#refusal('has a header but no rows: expected one row for each time step');
    return {
      name: this.#name,
      header: this.#header,
      rows: this.#rows,
      lines: this.#lines,
      delimiter: this.#delimiter!,
    };
  }

  #begin(): void {
    this.#delimiter = guessDelimiter(this.#head);
    this.#scanner.delimiter = this.#delimiter;
    this.#scanner.push(this.#head);
    this.#head = '';
  }

  #take(cells: string[], line: number): void {
    if (this.#header === undefined) {
      this.#header = this.#readHeader(cells, line);
      return;
    }
    const expected = this.#header.length;
    if (cells.length !== expected) {
      throw this.#refusal(
        `line ${line}: expected ${expected} cells as in the header, found ${cells.length}`,
      );
    }
    this.#memory += ROW_BYTES;
    for (const cell of cells) this.#memory += CELL_BYTES + cell.length;
    if (this.#memory > this.#limits.memory) throw this.#tooLarge(line);
    // A list that grew has room for more: a copy has not.
    this.#rows.push(cells.slice());
    this.#lines.push(line);
  }

  #readHeader(cells: readonly string[], line: number): string[] {
    const header = cells.map((cell, i) => cell || `column ${i + 1}`);
    if (cells.every((cell) => cell !== '' && Number.isFinite(Number(cell.replace(',', '.'))))) {
      const some = cells.slice(0, 3).map((cell) => shortName(cell));
      throw this.#refusal(
        `line ${line}: expected column names, found only numbers (${some.join(', ')}${cells.length > 3 ? ', ...' : ''}); add a header line`,
      );
    }
    const known = new Set<string>();
    for (const column of header) {
      if (column.length > this.#limits.name) {
        throw this.#refusal(
          `line ${line}: a column name of ${column.length} characters ("${shortName(column)}"), expected at most ${this.#limits.name}; is the first line a header?`,
        );
      }
      if (known.has(column)) {
        throw this.#refusal(
          `line ${line}: the column name "${shortName(column)}" stands twice; rename one of them`,
        );
      }
      known.add(column);
    }
    return header;
  }

  #tooLarge(line: number): SluiceError {
    const megabytes = Math.floor(this.#limits.memory / 2 ** 20);
    return this.#refusal(
      `line ${line}: the cells so far take more than the ${megabytes} MB of memory that there are for them; leave out columns or rows that are not needed`,
    );
  }

  #refusal(what: string): SluiceError {
    return new SluiceError('bad-data', `${this.#name} ${what}`);
  }
}
