// What counts as an array of numbers at the border: plain arrays and the typed arrays of
// numbers, of any realm. Text, Map, Set, bare buffers, views of bytes, bigints and objects that
// merely have a length would be read as numbers by Float32Array.from: they are refused.
import { SluiceError } from '../errors.js';
import { shown, tagOf } from '../options.js';

/** A typed array of numbers; float16 and clamped bytes go in too. */
export type TypedNumbers =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array;

/** Numbers one after the other. */
export type NumericArray = TypedNumbers | readonly number[];

export function isTyped(value: unknown): value is TypedNumbers {
  if (value instanceof Float32Array) return true;
  return ArrayBuffer.isView(value) && !/^(Big|DataView)/.test(tagOf(value));
}

export const isNumeric = (value: unknown): value is NumericArray =>
  Array.isArray(value) || isTyped(value);

/** Names what was given instead: `a Map`, `'abcd'`, `a BigInt64Array`. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string' && value.length > 40) return `${shown(value.slice(0, 40))}...`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return shown(value);
  const kind = tagOf(value);
  if (kind === 'Object' || !/^\w{1,40}$/.test(kind)) return 'an object';
  return `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** `values` in float32; a Float32Array is handed back as it is. */
export function toFloats(subject: string, values: NumericArray): Float32Array {
  if (values instanceof Float32Array) return values;
  // one whose buffer was transferred is as long, and throws when it is read
  if (values.length === 0) return new Float32Array(0);
  if (!Array.isArray(values)) return Float32Array.from(values as ArrayLike<number>);
  // the first element that is no number ends it, before memory for a huge empty array is taken
  for (let i = 0; i < values.length; i++) {
    if (typeof values[i] !== 'number') {
      throw new SluiceError(
        'bad-data',
        `${subject}: every element must be a number, but element ${i} is ${kindOf(values[i])}`,
      );
    }
  }
  return Float32Array.from(values);
}
