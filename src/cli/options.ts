/** A command's options as a table, and the reading of an argument list by it. */

import { parseArgs } from 'node:util';
import { didYouMean, nearestName } from '../data/near-names.js';
import { UsageError } from './usage-error.js';

export interface Option {
  readonly name: string;
  readonly short?: string;
  /** A flag takes no value; a list is split at commas. */
  readonly kind: 'flag' | 'text' | 'list' | 'integer' | 'number';
  /** Placeholder of the value in help. */
  readonly value?: string;
  readonly help: string;
  readonly required?: boolean;
  readonly choices?: readonly string[];
  /** Bounds of a number, both allowed. */
  readonly min?: number;
  readonly max?: number;
}

export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Names of the arguments that are no options, all of them needed. */
  readonly positionals: readonly string[];
  readonly options: readonly Option[];
  readonly notes?: readonly string[];
}

/** What was given. Getters take the option's name and trust the table for its kind. */
export class Arguments {
  readonly positionals: readonly string[];
  readonly #values: ReadonlyMap<string, string | number | boolean | readonly string[]>;

  constructor(
    positionals: readonly string[],
    values: ReadonlyMap<string, string | number | boolean | readonly string[]>,
  ) {
    this.positionals = positionals;
    this.#values = values;
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  flag(name: string): boolean {
    return this.#values.get(name) === true;
  }

  text(name: string): string | undefined {
    return this.#values.get(name) as string | undefined;
  }

  list(name: string): readonly string[] | undefined {
    return this.#values.get(name) as readonly string[] | undefined;
  }

  number(name: string): number | undefined {
    return this.#values.get(name) as number | undefined;
  }
}

/** A flag that every command has. */
export const HELP: Option = { name: 'help', short: 'h', kind: 'flag', help: 'show this help' };

/** True when the arguments ask for help, wherever it stands. */
export const asksForHelp = (argv: readonly string[]): boolean => {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).some((one) => one === '--help' || one === '-h');
};

/**
 * Reads arguments by the command's table.
 * @throws UsageError for an unknown option (with the nearest one), a missing or superfluous
 *   value, an option given twice, a number out of its bounds, too few or too many arguments
 */
export function readArguments(command: Command, argv: readonly string[]): Arguments {
  const known = new Map([...command.options, HELP].map((option) => [option.name, option]));
  const config = Object.fromEntries(
    [...known.values()].map(({ name, short, kind }) => [
      name,
      {
        type: kind === 'flag' ? ('boolean' as const) : ('string' as const),
        ...(short && { short }),
      },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | number | boolean | readonly string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = known.get(token.name);
    if (!option) throw unknownOption(command, token.rawName, [...known.keys()]);
    if (values.has(option.name)) throw new UsageError(`--${option.name} is given twice`);
    values.set(option.name, readValue(option, token.value, token.inlineValue === true));
  }
  checkPositionals(command, positionals);
  for (const option of command.options) {
    if (option.required && !values.has(option.name)) {
      throw new UsageError(
        `sluice ${command.name} needs --${option.name} <${option.value}>: ${option.help}`,
      );
    }
  }
  return new Arguments(positionals, values);
}

function unknownOption(command: Command, raw: string, known: readonly string[]): UsageError {
  const name = raw.replace(/^-+/, '');
  const near = nearestName(name, known);
  const hint = near ? `did you mean --${near}?` : `sluice ${command.name} --help lists the options`;
  return new UsageError(`unknown option ${raw}; ${hint}`);
}

function readValue(
  option: Option,
  value: string | undefined,
  inline: boolean,
): string | number | boolean | readonly string[] {
  const { name, kind } = option;
  if (kind === 'flag') {
    if (value !== undefined) throw new UsageError(`--${name} takes no value, found "${value}"`);
    return true;
  }
  const missing = value === undefined || value === '' || (!inline && /^-[^\d.]/.test(value));
  if (missing) throw new UsageError(`--${name} needs a value: --${name} <${option.value}>`);
  if (kind === 'list') return splitList(name, value);
  if (kind === 'integer' || kind === 'number') return readNumber(option, value);
  if (option.choices && !option.choices.includes(value)) {
    const hint = didYouMean(value, option.choices);
    throw new UsageError(
      `--${name}: expected ${option.choices.join(' or ')}, found "${value}"${hint}`,
    );
  }
  return value;
}

function splitList(name: string, value: string): string[] {
  const items = value.split(',').map((item) => item.trim());
  if (items.some((item) => item === ''))
    throw new UsageError(`--${name}: an empty name in "${value}"`);
  const twice = items.find((item, i) => items.indexOf(item) !== i);
  if (twice !== undefined) throw new UsageError(`--${name}: "${twice}" stands twice in "${value}"`);
  return items;
}

function readNumber({ name, kind, min, max }: Option, text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  const whole = kind === 'integer';
  const fits =
    (whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
    value >= (min ?? Number.NEGATIVE_INFINITY) &&
    value <= (max ?? Number.POSITIVE_INFINITY);
  if (fits) return value;
  // Whoever passes the bound that every number has is told of it, and nobody else.
  const own = whole ? Number.MAX_SAFE_INTEGER : Number.MAX_VALUE;
  const most = max ?? (value > own ? own : undefined);
  const least = min ?? (value < -own ? -own : undefined);
  const bounds = `${least === undefined ? '' : ` from ${least}`}${most === undefined ? '' : ` to ${most}`}`;
  throw new UsageError(
    `--${name}: expected a ${whole ? 'whole ' : ''}number${bounds}, found "${text}"`,
  );
}

function checkPositionals({ name, positionals }: Command, found: readonly string[]): void {
  if (found.length < positionals.length) {
    const missing = positionals
      .slice(found.length)
      .map((one) => `<${one}>`)
      .join(' ');
    throw new UsageError(`sluice ${name} needs ${missing}; sluice ${name} --help shows how`);
  }
  if (found.length > positionals.length) {
    throw new UsageError(
      `sluice ${name} takes ${positionals.map((one) => `<${one}>`).join(' ')} and options; "${found[positionals.length]}" is one too many`,
    );
  }
}
