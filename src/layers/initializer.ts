// How a weight begins, as data: a name, or an object of a class and its parameters, as in Keras 3.
import { isPlainObject } from '../options.js';
import { choiceRule, integerRule, type Rule, settle } from '../rules.js';

/** Initializers by their names in Keras, with the parameters that Keras gives them by default. */
export type InitializerName =
  | 'zeros'
  | 'ones'
  | 'constant'
  | 'randomNormal'
  | 'randomUniform'
  | 'truncatedNormal'
  | 'varianceScaling'
  | 'glorotNormal'
  | 'glorotUniform'
  | 'heNormal'
  | 'heUniform'
  | 'lecunNormal'
  | 'lecunUniform'
  | 'orthogonal'
  | 'identity';

/** An initializer with its parameters, as the functions of `initializers` give it: plain data that JSON keeps. */
export interface InitializerConfig {
  /** 'RandomNormal', 'Orthogonal' ..., as in Keras. */
  readonly className: string;
  /** Those of its function. */
  readonly [parameter: string]: string | number;
}

/** A name, or an initializer with parameters. */
export type Initializer = InitializerName | InitializerConfig;

/** A number that the kernels take as float32. */
function numberRule(expected: string, within: (value: number) => boolean = () => true) {
  return {
    expected,
    holds: (value: unknown) =>
      typeof value === 'number' && Number.isFinite(Math.fround(value)) && within(value),
  };
}

const finite = numberRule('a finite number within float32');
const notNegative = numberRule('a finite number from 0 up', (value) => value >= 0);
const positive = numberRule('a finite number above 0', (value) => Math.fround(value) > 0);
const seeded = { seed: integerRule(0) };
const normal = {
  mean: { ...finite, otherwise: () => 0 },
  stddev: { ...notNegative, otherwise: () => 0.05 },
  ...seeded,
};
const uniform = {
  minval: { ...finite, otherwise: () => -0.05 },
  maxval: { ...finite, otherwise: () => 0.05 },
  ...seeded,
};
const gain = { gain: { ...finite, otherwise: () => 1 } };

export const MODES = ['fanIn', 'fanOut', 'fanAvg'] as const;
export const DISTRIBUTIONS = ['truncatedNormal', 'normal', 'untruncatedNormal', 'uniform'] as const;

type Table = Readonly<Record<string, Rule<unknown>>>;

/** Of each class: the rules of its parameters. */
const CLASSES: Readonly<Record<string, Table>> = {
  Zeros: {},
  Ones: {},
  Constant: { value: { ...finite, otherwise: () => 0 } },
  RandomNormal: normal,
  RandomUniform: uniform,
  TruncatedNormal: normal,
  VarianceScaling: {
    scale: { ...positive, otherwise: () => 1 },
    mode: { ...choiceRule(MODES), otherwise: () => 'fanIn' },
    distribution: { ...choiceRule(DISTRIBUTIONS), otherwise: () => 'truncatedNormal' },
    ...seeded,
  },
  GlorotNormal: seeded,
  GlorotUniform: seeded,
  HeNormal: seeded,
  HeUniform: seeded,
  LecunNormal: seeded,
  LecunUniform: seeded,
  Orthogonal: { ...gain, ...seeded },
  Identity: gain,
};

/** 'RandomNormal' of 'randomNormal', and so on. */
const classOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
export const nameOf = (className: string): string =>
  className.charAt(0).toLowerCase() + className.slice(1);

const NAMES = Object.keys(CLASSES).map(nameOf);

/**
 * An initializer of a class with parameters checked and filled in, frozen.
 * @throws SluiceError 'bad-option' that begins with `subject`
 */
export function initializerOf(
  className: string,
  parameters: object,
  subject: string,
): InitializerConfig {
  const settled = settle<Record<string, unknown>, Table>(
    subject,
    parameters as Record<string, unknown>,
    {
      ...CLASSES[className],
    } as never,
  );
  const given = Object.entries(settled).filter(([, value]) => value !== undefined);
  return Object.freeze({ className, ...Object.fromEntries(given) }) as InitializerConfig;
}

/** The initializer that a name or an object stands for. */
export const resolved = (initializer: Initializer): InitializerConfig =>
  typeof initializer === 'string'
    ? initializerOf(classOf(initializer), {}, `initializers.${initializer}`)
    : initializer;

const isKnown = (value: unknown): value is Initializer =>
  typeof value === 'string'
    ? NAMES.includes(value)
    : isPlainObject(value) && Object.hasOwn(CLASSES, String(value.className));

const listed = NAMES.map((name) => `'${name}'`).join(' or ');

function kept(value: unknown, subject: string): Initializer {
  if (typeof value === 'string') return value as InitializerName;
  const { className, ...parameters } = value as InitializerConfig;
  return initializerOf(className, parameters, `${subject} of class ${className}`);
}

/** Of matrices. */
export const initializerRule: Rule<Initializer> = {
  expected: `${listed} or what a function of initializers gives`,
  holds: isKnown,
  kept,
};

/** Of matrices that may also begin in a way of their own, which has that name. */
export const initializerOr = <Name extends string>(own: Name): Rule<Initializer | Name> => ({
  expected: `'${own}' or ${initializerRule.expected}`,
  holds: (value) => value === own || isKnown(value),
  kept: (value, subject) => (value === own ? own : kept(value, subject)),
});

/** Initializers that need a matrix. */
const MATRIX_ONLY = ['Orthogonal', 'Identity'];

/** Of biases, which are no matrices. */
export const biasInitializerRule = {
  expected:
    `${NAMES.filter((name) => !MATRIX_ONLY.includes(classOf(name)))
      .map((name) => `'${name}'`)
      .join(' or ')} or what a function of initializers gives ` +
    '(orthogonal and identity are for matrices alone)',
  holds: (value) => isKnown(value) && !MATRIX_ONLY.includes(resolved(value).className),
  kept,
} satisfies Rule<Initializer>;

/** The least number that an initializer draws; of a normal distribution what lies 6 standard deviations below its mean. */
export function lowestDrawn(initializer: Initializer): number {
  const { className, value, minval, maxval, mean, stddev } = resolved(initializer) as {
    className: string;
  } & Record<string, number>;
  switch (className) {
    case 'Zeros':
      return 0;
    case 'Ones':
      return 1;
    case 'Constant':
      return value;
    case 'RandomUniform':
      return Math.min(minval, maxval);
    case 'TruncatedNormal':
      return mean - 2 * stddev;
    case 'RandomNormal':
      return mean - 6 * stddev;
    default:
      return Number.NEGATIVE_INFINITY;
  }
}
