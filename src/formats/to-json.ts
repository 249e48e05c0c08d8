/** JSON.stringify for what must come back as it went in. */
import { SluiceError } from '../errors.js';
import { classOf, isPlainObject } from '../options.js';
import { quote } from './json.js';

/** Deeper nesting is a mistake; every engine's JSON takes this much. */
const MAX_DEPTH = 500;

/**
 * JSON.stringify that refuses what JSON would quietly turn into something else: numbers that are
 * not finite, undefined, functions, and all objects but plain ones and arrays. (-0 becomes 0.)
 * @throws SluiceError 'bad-option' that names the place: `preprocessing.columns[2].mean`.
 */
export function toJson(subject: string, value: unknown): string {
  try {
    new Checker(subject).check(value);
    return JSON.stringify(value);
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError('bad-option', `${subject} does not fit into JSON: ${cause}`, { cause });
  }
}

class Checker {
  readonly #subject: string;
  /** Keys from the outermost value to the present one. */
  readonly #path: (string | number)[] = [];
  /** The objects on that path. */
  readonly #open = new Set<object>();

  constructor(subject: string) {
    this.#subject = subject;
  }

  check(value: unknown): void {
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) this.#refuse(String(value));
    } else if (value === undefined) {
      this.#refuse('undefined');
    } else if (typeof value === 'object' && value !== null) {
      this.#checkObject(value);
    } else if (value !== null && typeof value !== 'string' && typeof value !== 'boolean') {
      this.#refuse(`a ${typeof value}`);
    }
  }

  #checkObject(value: object): void {
    if (this.#open.has(value)) this.#refuse('a part of itself');
    if (this.#open.size === MAX_DEPTH) this.#refuse(`nested deeper than ${MAX_DEPTH} levels`);
    this.#open.add(value);
    if (Array.isArray(value)) this.#checkArray(value);
    else if (isPlainObject(value)) this.#checkFields(value);
    else this.#refuse(classOf(value));
    this.#open.delete(value);
  }

  #checkArray(value: readonly unknown[]): void {
    for (let i = 0; i < value.length; i++) {
      this.#path.push(i);
      if (!(i in value)) this.#refuse('a hole in an array');
      this.check(value[i]);
      this.#path.pop();
    }
    const keys = Object.keys(value);
    if (keys.length > value.length) this.#refuseKey(keys[value.length], 'a key of an array');
  }

  #checkFields(value: Record<string, unknown>): void {
    const [symbol] = Object.getOwnPropertySymbols(value);
    if (symbol !== undefined) this.#refuse(`an object with the key ${String(symbol)}`);
    for (const [key, field] of Object.entries(value)) {
      if (key === '__proto__') this.#refuseKey(key, 'a key');
      this.#path.push(key);
      this.check(field);
      this.#path.pop();
    }
  }

  #refuseKey(key: string, found: string): never {
    this.#path.push(key);
    this.#refuse(found);
  }

  #refuse(found: string): never {
    throw new SluiceError(
      'bad-option',
      `${placeOf(this.#subject, this.#path)} is ${found}, which JSON cannot hold; use finite ` +
        'numbers, strings, booleans, null, plain arrays and objects',
    );
  }
}

/** `preprocessing.columns[2].mean`; a long path shows where it begins and ends. */
function placeOf(subject: string, path: readonly (string | number)[]): string {
  const steps = path.map((key) => {
    if (typeof key === 'number') return `[${key}]`;
    return /^[A-Za-z_$][\w$]{0,39}$/.test(key) ? `.${key}` : `[${quote(key)}]`;
  });
  if (steps.length > 12) steps.splice(6, steps.length - 12, ' ... ');
  return subject + steps.join('');
}
