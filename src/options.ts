import { SluiceError } from './errors.js';

/** Shows a value in an error message: short, and NaN, strings and arrays told apart. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `[${value.slice(0, 8).map(shown).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/**
 * Refuses options that are not an object or that hold a key nobody reads: a misspelt
 * option must not pass for one that works.
 */
export function checkKeys(subject: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new SluiceError(
      'bad-option',
      `${subject} expects an object of options (${known.join(', ')}), but got ${shown(options)}`,
    );
  }
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && !known.includes(key)) {
      throw new SluiceError(
        'bad-option',
        `${subject} has no option '${key}'; it knows ${known.join(', ')}`,
      );
    }
  }
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

export function checkCount(subject: string, name: string, value: number, least = 1): number {
  return checkOption(
    subject,
    name,
    value,
    Number.isSafeInteger(value) && value >= least,
    least === 1 ? 'a positive integer' : `an integer of at least ${least}`,
  );
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

export function checkName(subject: string, value: string | undefined): string | undefined {
  const fits = value === undefined || (typeof value === 'string' && value.length > 0);
  return checkOption(subject, 'name', value, fits, 'a string that is not empty');
}
