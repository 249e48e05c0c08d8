// Shapes, and what a value in a model's graph is: numbers of a type in a shape.
import { SluiceError } from '../errors.js';
import { checkOption } from '../options.js';

/** The shape of one sample: [features] or [timesteps, features]; [timesteps] for integers. */
export type Shape = readonly number[];

/** What numbers are: 32-bit floats, or 32-bit integers such as the numbers of words. */
export type DType = 'float32' | 'int32';

/** What a layer takes or gives, of one sample. */
export interface Port {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Whether it has a time axis, which comes first. */
  readonly sequence: boolean;
  /** Time steps; 1 without a time axis. */
  readonly steps: number;
  /** Numbers of one time step. */
  readonly features: number;
}

/** Floats: [features] or [timesteps, features]. Integers: [timesteps] or [timesteps, features]. */
export function port(shape: Shape, dtype: DType = 'float32'): Port {
  const sequence = shape.length === 2 || dtype === 'int32';
  return Object.freeze({
    shape: Object.freeze([...shape]),
    dtype,
    sequence,
    steps: sequence ? shape[0] : 1,
    features: sequence ? (shape[1] ?? 1) : shape[0],
  });
}

export const portText = ({ shape, dtype }: Port): string =>
  `[${shape.join(', ')}]${dtype === 'int32' ? ' of integers' : ''}`;

export const floatsOf = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Rows of a batch of B: one a sample, or one a sample and each of `steps` time steps. */
export const rowsOf = ({ sequence }: Port, B: number, steps: number): number =>
  sequence ? steps * B : B;

export const inputShapeRule = {
  expected: '[timesteps, features] or [features], positive integers without the batch',
  holds: (value: unknown) =>
    Array.isArray(value) &&
    (value.length === 1 || value.length === 2) &&
    // spread, for a hole is no size and every() passes over it
    [...value].every((size) => Number.isSafeInteger(size) && size > 0),
};

export function checkInputShape(subject: string, shape: Shape): Shape {
  const { holds, expected } = inputShapeRule;
  return [...checkOption(subject, 'inputShape', shape, holds(shape), expected)];
}

/** @throws SluiceError 'bad-shape' for what is no sequence of floats. */
export function sequencePort(label: string, what: string, input: Port): Port {
  floatPort(label, input);
  if (input.sequence) return input;
  throw new SluiceError(
    'bad-shape',
    `${label}: ${what} needs [timesteps, features] a sample, but its input is ` +
      `${portText(input)}; an LSTM before it needs returnSequences: true`,
  );
}

/** @throws SluiceError 'bad-shape' for integers. */
export function floatPort(label: string, input: Port): Port {
  if (input.dtype === 'float32') return input;
  throw new SluiceError(
    'bad-shape',
    `${label} takes numbers of dtype 'float32', but its input is ${portText(input)}`,
  );
}
