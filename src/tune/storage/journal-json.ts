/**
 * JSON as Python writes it: with the bare words NaN, Infinity and -Infinity. Reads in one pass,
 * so that a million bare words cost a million steps, and tells a text that breaks off from one
 * that is wrong.
 */

/** Python's own reader gives up near this depth, and whatever walks a value step by step at some. */
export const DEEPEST_JSON = 900;

/** As many values as a line may hold, keys aside: each takes far more memory than its few bytes. */
export const MOST_VALUES = 2 ** 21;

/**
 * Looks before anything is parsed: a million brackets, one within another or one behind another,
 * would fill the memory first.
 * @throws ExcessiveJson
 */
export function checkExtent(text: string): void {
  let depth = 0;
  let values = 1;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5c) i += 1;
    else if (code === 0x22) quoted = !quoted;
    else if (quoted) continue;
    else if (code === 0x2c) values += 1;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      values += 1;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
    if (depth > DEEPEST_JSON) throw new TooDeepJson();
    if (values > MOST_VALUES) throw new TooManyValues();
  }
}

/** JSON that is not worth the memory and the time that it takes. */
export abstract class ExcessiveJson extends SyntaxError {}

export class TooDeepJson extends ExcessiveJson {
  constructor() {
    super(`it is nested deeper than ${DEEPEST_JSON}`);
  }
}

export class TooManyValues extends ExcessiveJson {
  constructor() {
    super(`it holds more than ${MOST_VALUES} values, the most that a line may have`);
  }
}

/** The text is the beginning of a JSON value, and not all of it. */
export class UnfinishedJson extends SyntaxError {}

const words: readonly (readonly [string, unknown])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
];

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/;
/** What a number may begin with. */
const STARTED = /^-?(?:(?:0|[1-9]\d*)(?:\.\d*)?(?:(?<=\d)[eE][-+]?\d*)?)?$/;

/** @throws UnfinishedJson, SyntaxError */
export function parsePythonJson(text: string): unknown {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.end();
  return value;
}

/** True for a text that more characters could make an object of. */
export function breaksOff(text: string): boolean {
  if (!text.startsWith('{')) return false;
  try {
    checkExtent(text);
    parsePythonJson(text);
    return false;
  } catch (error) {
    return error instanceof UnfinishedJson;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): unknown {
    if (depth > DEEPEST_JSON) throw new TooDeepJson();
    const next = this.#peek();
    if (next === '{') return this.#object(depth);
    if (next === '[') return this.#array(depth);
    if (next === '"') return this.#string();
    const word = this.#word();
    return word ? word[1] : this.#number();
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#wrong();
  }

  #object(depth: number): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#items('}', () => {
      if (this.#peek() !== '"') this.#wrong();
      const key = this.#string();
      if (this.#peek() !== ':') this.#wrong();
      this.#at += 1;
      const value = this.value(depth + 1);
      // As JSON.parse does: a field of that name, not a prototype.
      if (key !== '__proto__') object[key] = value;
      else Object.defineProperty(object, key, { value, ...plain });
    });
    return object;
  }

  #array(depth: number): unknown[] {
    const array: unknown[] = [];
    this.#items(']', () => array.push(this.value(depth + 1)));
    return array;
  }

  /** From the opening bracket to the closing one. */
  #items(close: string, read: () => void): void {
    this.#at += 1;
    if (this.#peek() === close) {
      this.#at += 1;
      return;
    }
    for (;;) {
      read();
      const next = this.#peek();
      this.#at += 1;
      if (next === close) return;
      if (next !== ',') this.#wrong();
    }
  }

  #string(): string {
    let end = this.#at;
    do {
      end = this.#text.indexOf('"', end + 1);
      if (end < 0) throw new UnfinishedJson('the text ends within a string');
    } while (this.#isEscaped(end));
    const quoted = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    return JSON.parse(quoted);
  }

  #isEscaped(quote: number): boolean {
    let slashes = 0;
    while (this.#text[quote - 1 - slashes] === '\\') slashes += 1;
    return slashes % 2 === 1;
  }

  #word(): (typeof words)[number] | undefined {
    const found = words.find(([word]) => this.#text.startsWith(word, this.#at));
    if (found) this.#at += found[0].length;
    return found;
  }

  #number(): number {
    const pattern = /[-+.\w]*/y;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    if (this.#at + found.length === this.#text.length) {
      if (STARTED.test(found) || words.some(([word]) => word.startsWith(found)))
        throw new UnfinishedJson('the text ends within a value');
    }
    if (!NUMBER.test(found)) this.#wrong();
    this.#at += found.length;
    return Number(found);
  }

  #peek(): string {
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw new UnfinishedJson('the text ends too early');
    return this.#text[this.#at];
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? '.')) this.#at += 1;
  }

  #wrong(): never {
    throw new SyntaxError(`unexpected ${JSON.stringify(this.#text[this.#at])} at ${this.#at}`);
  }
}

const plain = { enumerable: true, configurable: true, writable: true };
