/**
 * CSV text to records, piece by piece, in memory that its limits bound. Cells may be quoted and
 * then hold delimiters, line ends and doubled quotes; lines end in LF, CRLF or CR; blank lines are
 * skipped. What a lenient reader lets pass (an open quote, text behind a closing one) is refused
 * with its line, because a shifted column ruins a model without a word.
 */

import { SluiceError } from '../errors.js';

export interface ScanLimits {
  /** Most cells of a record. */
  readonly columns: number;
  /** Most characters of a cell. */
  readonly cell: number;
  /** Most lines that hold nothing. */
  readonly blankLines: number;
}

/** `line` is where the record starts. `cells` are trimmed, and the receiver's to keep. */
export type TakeRecord = (cells: string[], line: number) => void;

const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = '"';
const QUOTE_CODE = 34;

export class CsvScanner {
  readonly #name: string;
  #delimiter = Number.NaN;
  readonly #limits: ScanLimits;
  readonly #take: TakeRecord;
  /** Of the record under way. */
  #cells: string[] = [];
  #line = 1;
  /** Where the next character stands. */
  #atLine = 1;
  #blank = 0;
  /** A cell whose end has not come yet. */
  #rest = '';
  /** A CR was the last character: an LF now belongs to it. */
  #afterCr = false;

  constructor(name: string, limits: ScanLimits, take: TakeRecord) {
    this.#name = name;
    this.#limits = limits;
    this.#take = take;
  }

  /** What separates cells; to be set before anything but line ends is pushed. */
  set delimiter(character: string) {
    this.#delimiter = character.charCodeAt(0);
  }

  /** @throws SluiceError 'bad-data' naming the line */
  push(piece: string): void {
    this.#scan(this.#rest + piece, false);
  }

  /** The last line needs no end. @throws SluiceError 'bad-data' naming the line */
  end(): void {
    this.#scan(this.#rest, true);
    if (this.#cells.length === 0) return;
    this.#addCell('');
    this.#endRecord();
  }

  /** Takes all cells whose end is there; keeps the rest. */
  #scan(text: string, last: boolean): void {
    let at = 0;
    while (at < text.length) {
      if (this.#cells.length === 0) {
        at = this.#skipLineEnds(text, at);
        if (at === text.length) break;
        this.#line = this.#atLine;
      }
      const quoted = text.charCodeAt(at) === QUOTE_CODE;
      const end = quoted ? this.#closingQuote(text, at, last) : this.#cellEnd(text, at);
      const next = quoted && end >= 0 ? this.#behindQuote(text, end + 1, last) : end;
      if (next < 0 || (next === text.length && !last)) break;
      this.#addCell(quoted ? this.#unquoted(text, at, end) : text.slice(at, next));
      at = this.#behindCell(text, next);
    }
    this.#rest = text.slice(at);
    if (this.#rest.length <= this.#limits.cell) return;
    throw this.#rest.startsWith(QUOTE) ? this.#unclosed() : this.#tooLong();
  }

  /** Behind the line ends from `at` on: many blank lines take no longer than their characters. */
  #skipLineEnds(text: string, at: number): number {
    const before = this.#atLine;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === LF && this.#afterCr) this.#afterCr = false;
      else if (code === LF || code === CR) {
        this.#atLine++;
        this.#afterCr = code === CR;
      } else break;
    }
    if (at < text.length) this.#afterCr = false;
    this.#countBlank(this.#atLine - before);
    return at;
  }

  /** Behind a delimiter another cell follows, if only an empty one; behind the rest the record is done. */
  #behindCell(text: string, end: number): number {
    const code = text.charCodeAt(end);
    if (code === this.#delimiter) return end + 1;
    this.#endRecord();
    if (end === text.length) return end;
    this.#atLine++;
    this.#afterCr = code === CR;
    return end + 1;
  }

  #addCell(cell: string): void {
    const { columns, cell: longest } = this.#limits;
    if (cell.length > longest) throw this.#tooLong();
    if (this.#cells.length === columns)
      throw this.#refusal(`has more than ${columns} cells; give a file of fewer columns`);
    this.#cells.push(cell.trim());
  }

  #endRecord(): void {
    const cells = this.#cells;
    this.#cells = [];
    if (cells.length === 1 && cells[0] === '') this.#countBlank(1);
    else this.#take(cells, this.#line);
  }

  #cellEnd(text: string, at: number): number {
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === this.#delimiter || code === LF || code === CR) return at;
    }
    return at;
  }

  /** Index of the quote that closes the cell; -1 when it has not come yet. */
  #closingQuote(text: string, at: number, last: boolean): number {
    let from = at + 1;
    for (;;) {
      const quote = text.indexOf(QUOTE, from);
      if (quote < 0 && last) throw this.#unclosed();
      if (quote < 0 || (quote + 1 === text.length && !last)) return -1;
      if (text.charCodeAt(quote + 1) !== QUOTE_CODE) return quote;
      from = quote + 2;
    }
  }

  /** Where the delimiter or the line end behind a quoted cell stands. */
  #behindQuote(text: string, at: number, last: boolean): number {
    while (text.charCodeAt(at) === SPACE) at++;
    if (at === text.length) return last ? at : -1;
    const code = text.charCodeAt(at);
    if (code === this.#delimiter || code === LF || code === CR) return at;
    throw this.#refusal(
      'has text behind a quoted cell; write a quote within quotes twice, or take it out',
    );
  }

  #unquoted(text: string, open: number, close: number): string {
    const cell = text.slice(open + 1, close);
    this.#atLine += cell.split('\n').length - 1;
    return cell.replaceAll('""', QUOTE);
  }

  #countBlank(lines: number): void {
    this.#blank += lines;
    if (this.#blank <= this.#limits.blankLines) return;
    throw new SluiceError(
      'bad-data',
      `${this.#name} has more than ${this.#limits.blankLines} blank lines; is it the right file?`,
    );
  }

  #unclosed(): SluiceError {
    return this.#refusal('a quoted cell is not closed; close it with "', ':');
  }

  #tooLong(): SluiceError {
    const { cell } = this.#limits;
    return this.#refusal(`holds a cell of more than ${cell} characters; shorten it or take it out`);
  }

  #refusal(what: string, joint = ''): SluiceError {
    return new SluiceError('bad-data', `${this.#name} line ${this.#line}${joint} ${what}`);
  }
}
