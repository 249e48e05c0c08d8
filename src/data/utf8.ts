/** Bytes of a file to text, piece by piece; what is no UTF-8 text is refused with its line. */

import { SluiceError } from '../errors.js';

const MEND = 'save it as UTF-8 (in a spreadsheet: "CSV UTF-8")';
const NEWLINE = 10;

export class Utf8Text {
  readonly #name: string;
  /** The beginning of a character whose other bytes have not come yet. */
  #rest: Uint8Array = new Uint8Array(0);
  #started = false;
  /** Line ends in the pieces before. */
  #lines = 0;

  /** @param name what errors call the file */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * The text of the next piece, without the byte order mark at the very beginning.
   * @throws SluiceError 'bad-file' when the bytes are UTF-16, binary, or no UTF-8 at all
   */
  push(piece: Uint8Array): string {
    const bytes = this.#rest.length === 0 ? piece : joined(this.#rest, piece);
    const whole = wholeCharacters(bytes);
    this.#rest = bytes.slice(whole);
    return this.#decode(bytes.subarray(0, whole));
  }

  /** @throws SluiceError 'bad-file' when the file ends within a character */
  end(): void {
    if (this.#rest.length > 0) this.#decode(this.#rest);
  }

  #decode(bytes: Uint8Array): string {
    if (!this.#started && bytes.length > 0) {
      this.#started = true;
      if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
        throw this.#refusal(`is UTF-16, expected UTF-8: ${MEND}`);
      if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) bytes = bytes.subarray(3);
    }
    if (bytes.includes(0)) throw this.#refusal('holds binary data, expected text');
    const text = decoded(bytes);
    if (text === undefined) {
      const line = this.#lines + 1 + countLines(bytes.subarray(0, validPrefix(bytes)));
      throw this.#refusal(`is not valid UTF-8 (line ${line}): ${MEND}`);
    }
    this.#lines += countLines(bytes);
    return text;
  }

  #refusal(what: string): SluiceError {
    return new SluiceError('bad-file', `${this.#name} ${what}`);
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}

/** How many bytes there are without an unfinished character at the end. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length > back ? bytes.length - back : bytes.length;
    }
  }
  return bytes.length;
}

const options = { fatal: true, ignoreBOM: true } as const;

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', options).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Length of the longest prefix that decodes. */
function validPrefix(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  const valid = (end: number) =>
    decoded(bytes.subarray(0, wholeCharacters(bytes.subarray(0, end))));
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (valid(middle) !== undefined) low = middle;
    else high = middle - 1;
  }
  return low;
}

function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines++;
  return lines;
}
