/** What a benchmark is told on its command line: checked before anything is set up, one line where it does not fit. */
import { parseArgs } from 'node:util';

/** Each kind: what stands in its place where nothing is given, what it must be, and what a text comes to (undefined: no such). */
export const seconds = (otherwise) => ({
  otherwise: Number(otherwise),
  expected: 'a number of seconds above 0 and up to 3600',
  read: (text) => (Number(text) > 0 && Number(text) <= 3600 ? Number(text) : undefined),
});

export const count = (otherwise) => ({
  otherwise,
  expected: 'an integer from 1 to 1000',
  read: (text) => (/^\d{1,4}$/.test(text) && text > 0 && text <= 1000 ? Number(text) : undefined),
});

/** One or more of these names; undefined: all. */
export const someOf = (names, separator = ',') => ({
  otherwise: undefined,
  expected: `one or more of ${names.map((name) => `'${name}'`).join(', ')}, joined by '${separator}'`,
  read: (text) => {
    const chosen = text.split(separator);
    return chosen.every((name) => names.includes(name)) ? chosen : undefined;
  },
});

export const yes = { otherwise: false, expected: 'alone', type: 'boolean', read: () => true };

/**
 * The values of flags by name, and the `chosen` among words: those that the program takes beside flags.
 * @throws Error of one line
 */
export function valuesOf(flags, args, words) {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type = 'string' }]) => [name, { type }]),
  );
  const { values, positionals } = parseArgs({
    args,
    options,
    allowPositionals: words !== undefined,
  });
  const unknown = positionals.find((word) => !words?.names.includes(word));
  if (unknown !== undefined) {
    throw new Error(`there is no '${unknown}' among the ${words.many}: ${words.names.join(', ')}`);
  }
  const read = ([name, { otherwise, expected, read: of }]) => {
    if (values[name] === undefined) return [name, otherwise];
    const value = of(values[name]);
    if (value !== undefined) return [name, value];
    throw new Error(`--${name} must be ${expected}, but got '${values[name]}'`);
  };
  return { ...Object.fromEntries(Object.entries(flags).map(read)), chosen: positionals };
}

/** The same for a program: what is wrong ends it, with one line. */
export function readFlags(flags, words, args = process.argv.slice(2)) {
  try {
    return valuesOf(flags, args, words);
  } catch ({ message }) {
    console.error(`error: ${message.split('\n')[0]}`);
    process.exit(2);
  }
}
