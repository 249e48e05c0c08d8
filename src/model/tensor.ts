import { SluiceError } from '../errors.js';
import { shown } from '../options.js';

/** What comes out of a model: row-major float32 and its shape. */
export interface Tensor {
  data: Float32Array;
  shape: number[];
}

export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | readonly number[];

/** Numbers in nested arrays of equal lengths. */
export type NestedArray = readonly (number | NestedArray)[];

/** What goes into a model: data with a shape, nested arrays, or a typed array of one axis. */
export type TensorLike =
  | { readonly data: NumericArray; readonly shape: readonly number[] }
  | NestedArray
  | Exclude<NumericArray, readonly number[]>;

/**
 * A tensor from flat data and a shape, or from nested arrays. A Float32Array is taken as it
 * is, not copied; all else is rounded to float32.
 * @throws SluiceError 'bad-shape' where lengths disagree, 'bad-data' for what is no number.
 */
export function tensor(data: TensorLike | NumericArray, shape?: readonly number[]): Tensor {
  if (shape === undefined) return toTensor('tensor', data as TensorLike);
  return fromFlat('tensor', data as NumericArray, shape);
}

/** @param subject names the tensor in errors, as 'x' or 'validationData y'. */
export function toTensor(subject: string, value: TensorLike): Tensor {
  if (ArrayBuffer.isView(value)) {
    const flat = value as Exclude<NumericArray, readonly number[]>;
    return fromFlat(subject, flat, [flat.length]);
  }
  if (Array.isArray(value)) return fromNested(subject, value);
  if (typeof value === 'object' && value !== null && 'data' in value && 'shape' in value) {
    return fromFlat(subject, value.data, value.shape);
  }
  throw new SluiceError(
    'bad-data',
    `${subject} must be a tensor, { data, shape } or nested arrays, but is ${shown(value)}`,
  );
}

function fromFlat(subject: string, data: NumericArray, shape: readonly number[]): Tensor {
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    throw new SluiceError(
      'bad-shape',
      `${subject}: a shape is an array of integers from 0 up, but got ${shown(shape)}`,
    );
  }
  const floats = shape.reduce((a, b) => a * b, 1);
  if (data?.length !== floats) {
    throw new SluiceError(
      'bad-shape',
      `${subject}: shape [${shape.join(', ')}] holds ${floats} numbers, but data has ` +
        `${data?.length ?? 'no length'}`,
    );
  }
  // nested data, null, text and bigints: Float32Array.from would throw, or read numbers into them
  if (Array.isArray(data) || typeof data[0] === 'bigint') checkNumbers(subject, data);
  return {
    data: data instanceof Float32Array ? data : Float32Array.from(data),
    shape: [...shape],
  };
}

function checkNumbers(subject: string, data: NumericArray): void {
  const bad = Array.from<unknown>(data).findIndex((value) => typeof value !== 'number');
  if (bad < 0) return;
  throw new SluiceError(
    'bad-data',
    `${subject}: every element must be a number, but element ${bad} is ${shown(data[bad])}`,
  );
}

function fromNested(subject: string, value: NestedArray): Tensor {
  const shape: number[] = [];
  for (let level: unknown = value; Array.isArray(level); level = level[0]) {
    shape.push(level.length);
  }
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let next = 0;
  const visit = (level: unknown, depth: number, path: string): void => {
    if (depth === shape.length) {
      if (typeof level !== 'number') {
        const found = Array.isArray(level) ? 'an array (ragged nesting)' : shown(level);
        throw new SluiceError('bad-data', `${subject}${path} must be a number, but is ${found}`);
      }
      data[next++] = level;
      return;
    }
    if (!Array.isArray(level) || level.length !== shape[depth]) {
      const found = Array.isArray(level) ? `${level.length} elements` : shown(level);
      throw new SluiceError(
        'bad-shape',
        `${subject}${path} must have ${shape[depth]} elements like its neighbours, but has ` +
          `${found}: nested arrays must not be ragged`,
      );
    }
    for (let i = 0; i < level.length; i++) visit(level[i], depth + 1, `${path}[${i}]`);
  };
  visit(value, 0, '');
  return { data, shape };
}

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
