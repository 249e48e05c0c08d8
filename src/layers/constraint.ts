// What a weight is made to keep to after each step, as data: a name, or an object of a class and its parameters, as in
// Keras 3.
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { type Catalogue, catalogue, float32Rule } from './catalogue.js';
import type { Shape } from './port.js';

/** Constraints by name, with the parameters that Keras gives them by default. */
export type ConstraintName = 'maxNorm' | 'unitNorm' | 'nonNeg' | 'minMaxNorm';

/** A constraint with its parameters, as the functions of `constraints` give it: plain data that JSON keeps. */
export interface ConstraintConfig {
  /** 'MaxNorm', 'UnitNorm', 'NonNeg' or 'MinMaxNorm', as in Keras. */
  readonly className: string;
  /** Those of its function. */
  readonly [parameter: string]: string | number | readonly number[];
}

/** A name, or a constraint with parameters. */
export type Constraint = ConstraintName | ConstraintConfig;

const size = float32Rule('a finite number from 0 up', (value) => value >= 0);
const isAxis = (value: unknown) => [-3, -2, -1, 0, 1, 2].includes(value as number);
const axis = {
  expected: 'an axis of a weight, an integer from -3 to 2, or an array of axes',
  holds: (value: unknown) =>
    Array.isArray(value) ? value.length > 0 && value.every(isAxis) : isAxis(value),
  kept: (value: unknown) => (Array.isArray(value) ? Object.freeze([...value]) : value),
  otherwise: () => 0,
};

/** @throws SluiceError 'bad-option' */
function checkOrder({ minValue, maxValue }: ConstraintConfig, subject: string): void {
  if (minValue === undefined || minValue <= maxValue) return;
  throw new SluiceError(
    'bad-option',
    `${subject}: minValue must not be above maxValue, but is ${minValue}, and maxValue ${maxValue}`,
  );
}

export const constraintCatalogue: Catalogue<ConstraintName, ConstraintConfig> = catalogue(
  'constraints',
  {
    MaxNorm: { maxValue: { ...size, otherwise: () => 2 }, axis },
    UnitNorm: { axis },
    NonNeg: {},
    MinMaxNorm: {
      minValue: { ...size, otherwise: () => 0 },
      maxValue: { ...size, otherwise: () => 1 },
      rate: {
        ...float32Rule('a number above 0, up to 1', (value) => value > 0 && value <= 1),
        otherwise: () => 1,
      },
      axis,
    },
  },
  { maxNorm: 'MaxNorm', unitNorm: 'UnitNorm', nonNeg: 'NonNeg', minMaxNorm: 'MinMaxNorm' },
  checkOrder,
);

export const constraintRule = constraintCatalogue.rule();

/** What a constraint does: norms along axes come between least and most, by rate; undefined: it drops numbers below 0. */
export interface Norms {
  readonly least: number;
  readonly most: number;
  readonly rate: number;
  /** As they were given. */
  readonly axes: readonly number[];
}

export function normsOf(constraint: Constraint): Norms | undefined {
  const config = constraintCatalogue.resolved(constraint);
  const { className, minValue = 0, maxValue = 1, rate = 1, axis: given = 0 } = config;
  if (className === 'NonNeg') return undefined;
  const unit = className === 'UnitNorm';
  return {
    least: unit ? 1 : (minValue as number),
    most: maxValue as number,
    rate: rate as number,
    axes: (typeof given === 'number' ? [given] : given) as readonly number[],
  };
}

/** Vectors in a weight: how many, how long, and floats from one to the next and from one number of it to the next. */
export type Vectors = readonly [count: number, length: number, step: number, elementStep: number];

/**
 * The vectors along axes of a weight whose rows begin `stride` floats apart; one of three axes has no gaps.
 * @param label names layer and option
 * @throws SluiceError 'bad-option' for an axis that the weight has not, and for axes between which another one stands
 */
export function vectorsAlong(
  label: string,
  axes: readonly number[],
  shape: Shape,
  stride = shape[shape.length - 1],
): Vectors {
  const rank = shape.length;
  const missing = axes.find((one) => one < -rank || one >= rank);
  if (missing !== undefined) {
    throw new SluiceError(
      'bad-option',
      `${label}: axis ${missing} is none of a weight ${shown([...shape])}; take one from ${-rank} to ${rank - 1}`,
    );
  }
  const all = new Set(axes.map((one) => (one < 0 ? one + rank : one)));
  const product = (some: Shape) => some.reduce((a, b) => a * b, 1);
  // padding between rows holds 0
  if (all.size === rank) return [1, product(shape.slice(0, -1)) * stride, 1, 1];
  // one axis of a matrix, or the first or last ones of three: vectors whose numbers stand equally far apart
  const first = [...all].every((one) => one < all.size);
  if (first) {
    const count = product(shape.slice(all.size));
    return [count, product(shape.slice(0, all.size)), 1, rank === 2 ? stride : count];
  }
  if ([...all].every((one) => one >= rank - all.size)) {
    const length = product(shape.slice(rank - all.size));
    return [product(shape.slice(0, rank - all.size)), length, rank === 2 ? stride : length, 1];
  }
  throw new SluiceError(
    'bad-option',
    `${label}: axis ${shown([...axes])} of a weight ${shown([...shape])} must be its first axes or its last ones; ` +
      'take 0, [0, 1], 2, [1, 2] or [0, 1, 2]',
  );
}
