// What an option tells as data: a name, or an object of a class and its parameters, as Keras has it.
import { isPlainObject } from '../options.js';
import { type Rule, settle } from '../rules.js';

/** The rules of a class's parameters. */
export type Parameters = Readonly<Record<string, Rule<unknown>>>;

/** An object of a class and its parameters: plain data that JSON keeps. */
interface Described {
  readonly className: string;
}

/** Of classes that are told as data. */
export interface Catalogue<Name extends string, Config extends Described> {
  /**
   * One of a class with parameters checked and filled in, frozen.
   * @throws SluiceError 'bad-option' that begins with `subject`
   */
  of(className: string, parameters: object, subject: string): Config;
  /** What a name or an object stands for. */
  resolved(value: Name | Config): Config;
  /** Of an option that takes one. @param without classes that it does not take @param why reads after the others */
  rule(without?: readonly string[], why?: string): Rule<Name | Config>;
}

/**
 * @param namespace that of the functions that make them
 * @param classes the rules of each class
 * @param names classes by the names that stand for them with their usual parameters
 * @param check of parameters together
 */
export function catalogue<Name extends string, Config extends Described>(
  namespace: string,
  classes: Readonly<Record<string, Parameters>>,
  names: Readonly<Record<Name, string>>,
  check: (config: Config, subject: string) => void = () => {},
): Catalogue<Name, Config> {
  const known = Object.keys(names) as Name[];
  const of = (className: string, parameters: object, subject: string): Config => {
    const table = classes[className];
    const settled = settle<Record<string, unknown>, Parameters>(
      subject,
      parameters as Record<string, unknown>,
      {
        ...table,
      } as never,
    );
    const given = Object.entries(settled).filter(([, value]) => value !== undefined);
    const config = { className, ...Object.fromEntries(given) } as unknown as Config;
    check(config, subject);
    return Object.freeze(config);
  };
  const classOf = (value: unknown): string | undefined => {
    if (typeof value === 'string') return names[value as Name];
    const className = isPlainObject(value) ? String(value.className) : '';
    return Object.hasOwn(classes, className) ? className : undefined;
  };
  return {
    of,
    resolved: (value) =>
      typeof value === 'string' ? of(names[value], {}, `${namespace}.${value}`) : value,
    rule: (without = [], why = '') => ({
      expected: `${known
        .filter((name) => !without.includes(names[name]))
        .map((name) => `'${name}'`)
        .join(' or ')} or what a function of ${namespace} gives${why}`,
      holds(value: unknown) {
        if (typeof value === 'string' && !Object.hasOwn(names, value)) return false;
        const className = classOf(value);
        return className !== undefined && !without.includes(className);
      },
      kept(value: unknown, subject: string) {
        if (typeof value === 'string') return value as Name;
        const { className, ...parameters } = value as Config;
        return of(className, parameters, `${subject} of class ${className}`);
      },
    }),
  };
}

/** A number that the kernels take as float32, and that is not lost in it. */
export function float32Rule(expected: string, within: (value: number) => boolean) {
  return {
    expected: `${expected}, as float32 too`,
    holds: (value: unknown) => {
      if (typeof value !== 'number') return false;
      const rounded = Math.fround(value);
      return Number.isFinite(rounded) && within(value) && (rounded !== 0 || value === 0);
    },
  };
}
