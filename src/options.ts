import { SluiceError } from './errors.js';

/** Longest text that an error message shows of a string or of a list. */
const SHOWN_LENGTH = 100;

/**
 * Shows a value in an error message: short whatever it is, and NaN, strings and arrays told
 * apart. Arrays show two levels deep: a value may be nested without end, or hold itself.
 */
export function shown(value: unknown): string {
  return brief(shownTo(2, value), SHOWN_LENGTH);
}

function shownTo(depth: number, value: unknown): string {
  if (typeof value === 'string') return `'${brief(value, SHOWN_LENGTH - 2)}'`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) {
    if (depth === 0) return 'an array';
    const first = value.slice(0, 8).map((item) => shownTo(depth - 1, item));
    return `[${first.join(', ')}${value.length > 8 ? ', ...' : ''}]`;
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

const brief = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text;

/** True for what `{}` makes, of any realm: no Map, Date, or instance of another class. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || tagOf(value) !== 'Object') return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Tells classes apart in every realm, where instanceof knows those of its own. */
export const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

/**
 * Refuses options that are not an object or that hold a key nobody reads: a misspelt
 * option must not pass for one that works. Nor must a Map, a Date or another instance of a class
 * pass for an object without options; one that holds an option as a key of its own is taken.
 * @returns those of `known` that are set, each read once: a getter has no second chance to say something else.
 */
export function checkKeys<T extends object>(
  subject: string,
  options: T,
  known: readonly string[],
): T {
  const keys = reading(subject, () => {
    checkObject(subject, options, known);
    return Object.keys(options);
  });
  const given: Record<string, unknown> = {};
  for (const key of new Set([...known, ...keys])) {
    const value = reading(`${subject}: ${shown(key)}`, () => options[key as keyof T]);
    if (value === undefined) continue;
    if (!known.includes(key)) {
      throw new SluiceError(
        'bad-option',
        `${subject} has no option ${shown(key)}; it knows ${known.join(', ')}`,
      );
    }
    given[key] = value;
  }
  return given as T;
}

function checkObject(subject: string, options: unknown, known: readonly string[]): void {
  if (isPlainObject(options) || holdsAny(options, known)) return;
  const classless = typeof options !== 'object' || options === null || Array.isArray(options);
  const found = classless ? shown(options) : `${classOf(options)} without any of them`;
  throw new SluiceError(
    'bad-option',
    `${subject} expects an object of options (${known.join(', ')}), but got ${found}`,
  );
}

/**
 * Where values of others are looked at: what a getter or a proxy of theirs throws becomes one error that names the
 * subject, with what was thrown as its cause.
 */
export function reading<T>(subject: string, look: () => T): T {
  try {
    return look();
  } catch (cause) {
    if (cause instanceof SluiceError) throw cause;
    throw new SluiceError(
      'bad-option',
      `${subject} cannot be read, for a getter or a proxy threw ${thrownText(cause)}; give a plain value`,
      { cause },
    );
  }
}

/** What was thrown may be anything too. */
function thrownText(thrown: unknown): string {
  try {
    return shown(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    return 'an object';
  }
}

function holdsAny(options: unknown, known: readonly string[]): options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) return false;
  return known.some((key) => Object.hasOwn(options, key));
}

/** Names the class of an object that is not plain. */
export function classOf(value: object): string {
  const tag = tagOf(value);
  const name = tag === 'Object' ? value.constructor?.name : tag;
  const known = typeof name === 'string' && /^\w{1,40}$/.test(name);
  return `an object of ${known ? `class ${name}` : 'a class'}`;
}

/** Refuses a value for which `holds` is false; `expected` reads after "must be". */
export function checkOption<T>(
  subject: string,
  name: string,
  value: T,
  holds: boolean,
  expected: string,
): T {
  if (!holds) {
    throw new SluiceError(
      'bad-option',
      `${subject}: ${name} must be ${expected}, but got ${shown(value)}`,
    );
  }
  return value;
}

export function checkBoolean(subject: string, name: string, value: boolean): boolean {
  return checkOption(subject, name, value, typeof value === 'boolean', 'true or false');
}

export function checkChoice<T extends string>(
  subject: string,
  name: string,
  value: T,
  choices: readonly T[],
): T {
  const expected = choices.map((choice) => `'${choice}'`).join(' or ');
  return checkOption(subject, name, value, choices.includes(value), expected);
}

/** Ranges of numbers that reach the kernels as float32. */
const float32Ranges = {
  positive: ['a finite number above 0', (value: number) => value > 0],
  notNegative: ['a finite number from 0 up', (value: number) => value >= 0],
  fraction: ['a number from 0 up to, not including, 1', (value: number) => value >= 0 && value < 1],
} as const;

export type Float32Range = keyof typeof float32Ranges;

/**
 * Checks a number that the kernels take as float32: it must lie in the range before and after it
 * is rounded, and what is not 0 must not become 0 (1e-50), nor what is below 1 become 1, nor what
 * is finite Infinity (1e300).
 */
export function checkFloat32(
  subject: string,
  name: string,
  value: number,
  range: Float32Range,
): number {
  const [expected, within] = float32Ranges[range];
  const holds = (one: number) => Number.isFinite(one) && within(one);
  checkOption(subject, name, value, holds(value), expected);
  const rounded = Math.fround(value);
  if (holds(rounded) && (rounded !== 0 || value === 0)) return value;
  throw new SluiceError(
    'bad-option',
    `${subject}: ${name} must be ${expected} as float32 too, but got ${value}, which float32 ` +
      `rounds to ${rounded}`,
  );
}
