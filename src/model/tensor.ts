import { SluiceError } from '../errors.js';
import { reading, shown } from '../options.js';
import { flatten, MAX_AXES, type NestedArray } from './nested.js';
import {
  isNumeric,
  isTyped,
  kindOf,
  type NumericArray,
  type TypedNumbers,
  toFloats,
} from './numbers.js';

export type { NestedArray } from './nested.js';
export type { NumericArray, TypedNumbers } from './numbers.js';

/** What comes out of a model: row-major float32 and its shape. */
export interface Tensor {
  /** All numbers, the last axis fastest. */
  data: Float32Array;
  /** The length of each axis. */
  shape: number[];
}

/**
 * What goes into a model: data with a shape, nested arrays (whose rows may be typed arrays), or
 * a typed array of one axis.
 */
export type TensorLike =
  | {
      /** All numbers, the last axis fastest. */
      readonly data: NumericArray;
      /** The length of each axis; their product is that of data. */
      readonly shape: readonly number[];
    }
  | NestedArray
  | TypedNumbers;

/**
 * A tensor from flat data and a shape, or from nested arrays, whose rows may be typed arrays. A
 * Float32Array with a shape is taken as it is, not copied; all else is rounded to float32. At
 * most 32 axes; nested arrays may hold 2^28 numbers, flat data as many as there is memory for.
 * @throws SluiceError 'bad-shape' where lengths disagree, 'bad-data' for what is no array of
 * numbers (text, Map, ArrayBuffer, DataView, bigints ...), 'memory-limit'.
 */
export function tensor(data: TensorLike | NumericArray, shape?: readonly number[]): Tensor {
  if (shape === undefined) return toTensor('tensor', data as TensorLike);
  return fromFlat('tensor', data as NumericArray, shape);
}

/** @param subject names the tensor in errors, as 'x' or 'validationData y'. */
export function toTensor(subject: string, value: TensorLike): Tensor {
  return reading(subject, () => tensorOf(subject, value));
}

function tensorOf(subject: string, value: TensorLike): Tensor {
  if (isTyped(value)) return fromFlat(subject, value, [value.length]);
  if (Array.isArray(value)) return flatten(subject, value);
  if (typeof value === 'object' && value !== null && 'data' in value && 'shape' in value) {
    return fromFlat(subject, value.data, value.shape);
  }
  throw new SluiceError(
    'bad-data',
    `${subject} must be a tensor, { data, shape } or nested arrays, but is ${kindOf(value)}`,
  );
}

function fromFlat(subject: string, data: NumericArray, shape: readonly number[]): Tensor {
  checkShape(subject, shape);
  if (!isNumeric(data)) {
    throw new SluiceError(
      'bad-data',
      `${subject}: data must be an array of numbers or a typed array of them, but is ${kindOf(data)}`,
    );
  }
  const floats = shape.reduce((a, b) => a * b, 1);
  if (data.length !== floats) {
    // a buffer that was transferred leaves an array of length 0 behind
    const transferred = isTyped(data) && data.length === 0 ? '; was its buffer transferred?' : '';
    throw new SluiceError(
      'bad-shape',
      `${subject}: shape ${shapeText(shape)} holds ${floats} numbers, but data has ` +
        `${data.length}${transferred}`,
    );
  }
  return { data: toFloats(subject, data), shape: [...shape] };
}

function checkShape(subject: string, shape: readonly number[]): void {
  const fits =
    Array.isArray(shape) &&
    shape.length <= MAX_AXES &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (fits) return;
  throw new SluiceError(
    'bad-shape',
    `${subject}: a shape is an array of integers from 0 up, ${MAX_AXES} at most, but got ` +
      (Array.isArray(shape) ? shown(shape) : kindOf(shape)),
  );
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
