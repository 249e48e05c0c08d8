/** Options declared once: a table of rules beside the interface that gives types and docstrings. */
import { checkKeys, checkOption, reading } from './options.js';

/** What the value of one option must be, and what stands for it where it is left out. */
export interface Rule<T> {
  /** Reads after "must be". */
  readonly expected: string;
  holds(value: unknown): boolean;
  /**
   * What is kept of a value that holds, where that is not the value itself: a checked copy of an object, say.
   * @param subject names the option in errors
   */
  kept?(value: unknown, subject: string): T;
  /** Without it, an option that is left out is undefined. */
  readonly otherwise?: () => T;
  /** It cannot be left out. */
  readonly required?: true;
}

/**
 * The rules of all options of an interface. Beside the interface, which gives types and
 * docstrings, such a table is the one place where options are declared: checks, defaults and
 * what is handed on derive from it, and the compiler refuses a table that forgets one.
 */
export type Rules<Options> = {
  readonly [Name in keyof Options]-?: Rule<Exclude<Options[Name], undefined>>;
};

/** Options after their check: those with a default are always there. */
export type Settled<Options, Table> = {
  readonly [Name in keyof Options]-?: Name extends keyof Table
    ? Table[Name] extends { otherwise(): unknown } | { required: true }
      ? Exclude<Options[Name], undefined>
      : Options[Name] | undefined
    : never;
};

/** Checks all options, unknown ones included, and fills in defaults. @throws SluiceError 'bad-option' */
export function settle<Options extends object, Table extends Rules<Options>>(
  subject: string,
  options: Options,
  rules: Table & Rules<Options>,
): Settled<Options, Table> {
  const given = checkKeys(subject, options, Object.keys(rules)) as Record<string, unknown>;
  const entries = Object.entries<Rule<unknown>>(rules).map(([name, rule]) => {
    const value = given[name];
    if (value === undefined && !rule.required) return [name, rule.otherwise?.()];
    const label = `${subject}: ${name}`;
    return reading(label, () => {
      checkOption(subject, name, value, rule.holds(value), rule.expected);
      return [name, rule.kept ? rule.kept(value, label) : value];
    });
  });
  return Object.fromEntries(entries);
}

/** Those of `options` that a table of rules knows. */
export function pick<Options>(options: Options, rules: object): Options {
  const known = Object.keys(rules) as (keyof Options)[];
  return Object.fromEntries(known.map((name) => [name, options[name]])) as Options;
}

/** An integer of at least `least` and at most `most`. */
export function integerRule(least: number, most = Number.MAX_SAFE_INTEGER) {
  const range =
    most < Number.MAX_SAFE_INTEGER ? `from ${least} to ${most}` : `of at least ${least}`;
  return {
    expected: least === 1 && range.startsWith('of') ? 'a positive integer' : `an integer ${range}`,
    holds: (value: unknown) =>
      Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most,
  };
}

export const booleanRule = {
  expected: 'true or false',
  holds: (value: unknown) => typeof value === 'boolean',
};

/** `expected` tells of arguments and result. */
export function functionRule(expected: string) {
  return { expected, holds: (value: unknown) => typeof value === 'function' };
}

/** An object with these methods. */
export function methodRule(methods: string | readonly string[], example: string) {
  const all = typeof methods === 'string' ? [methods] : methods;
  return {
    expected: `an object with ${all.map((method) => `${method}()`).join(', ')}, ${example}`,
    holds: (value: unknown) =>
      all.every(
        (method) =>
          typeof (value as Record<string, unknown> | null | undefined)?.[method] === 'function',
      ),
  };
}

/** An option that takes any value. */
export const anyRule = { expected: 'anything', holds: () => true };

/** One of these words. */
export function choiceRule<T extends string>(choices: readonly T[]) {
  return {
    expected: choices.map((choice) => `'${choice}'`).join(' or '),
    holds: (value: unknown) => choices.includes(value as T),
  };
}

export const nameRule = {
  expected: "a string that is not empty, nor '__proto__', which files do not hold",
  holds: (value: unknown) => typeof value === 'string' && value.length > 0 && value !== '__proto__',
};
