// Numbers in nested arrays, whose innermost rows may be typed arrays, as one flat float32 array.
import { SluiceError } from '../errors.js';
import { isTyped, kindOf, type TypedNumbers } from './numbers.js';

/** Numbers in nested arrays of equal lengths; a row may be a typed array. */
export type NestedArray = readonly (number | NestedArray | TypedNumbers)[];

/** More axes than any data has: an array that holds itself has no end of them. */
export const MAX_AXES = 32;

/**
 * Numbers that nested arrays may hold: 1 GiB of float32. Arrays that hold one row many times
 * promise more than fits in memory.
 */
const MAX_NUMBERS = 2 ** 28;

/** Arrays that hold no number in the end. */
const MAX_EMPTY = 2 ** 20;

/** @throws SluiceError 'bad-shape', 'bad-data' or 'memory-limit', before it allocates. */
export function flatten(
  subject: string,
  value: NestedArray,
): { data: Float32Array; shape: number[] } {
  const shape = shapeOf(subject, value);
  checkSize(subject, shape);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  new Filler(subject, shape, data).fill(value, 0);
  return { data, shape };
}

/** The lengths along the first elements. */
function shapeOf(subject: string, value: NestedArray): number[] {
  const shape: number[] = [];
  let level: unknown = value;
  for (; Array.isArray(level) || isTyped(level); level = level[0]) {
    if (shape.length === MAX_AXES) {
      throw new SluiceError(
        'bad-shape',
        `${subject} is nested deeper than ${MAX_AXES} arrays; does an array hold itself?`,
      );
    }
    shape.push(level.length);
  }
  return shape;
}

/**
 * Counts arrays as well as numbers: empty ones, each held many times, take no end of time. Fewer
 * are enough for tensors without a number.
 */
function checkSize(subject: string, shape: readonly number[]): void {
  const most = shape.includes(0) ? MAX_EMPTY : MAX_NUMBERS;
  let count = 1;
  for (const length of shape) {
    count *= length;
    if (count <= most) continue;
    throw new SluiceError(
      'memory-limit',
      `${subject} is too large for nested arrays: its lengths ${shape.join(' x ')} are more than ` +
        `${most} elements. Give a Float32Array with a shape instead`,
    );
  }
}

class Filler {
  readonly #subject: string;
  readonly #shape: readonly number[];
  readonly #data: Float32Array;
  /** Indices from the outermost array to where the filling stands. */
  readonly #at: number[] = [];
  #next = 0;

  constructor(subject: string, shape: readonly number[], data: Float32Array) {
    this.#subject = subject;
    this.#shape = shape;
    this.#data = data;
  }

  fill(level: unknown, depth: number): void {
    const innermost = depth === this.#shape.length - 1;
    const typed = isTyped(level);
    if (!(Array.isArray(level) || (typed && innermost)) || level.length !== this.#shape[depth]) {
      this.#refuseLength(level, depth);
    }
    if (typed) {
      this.#data.set(level, this.#next);
      this.#next += level.length;
      return;
    }
    for (let i = 0; i < level.length; i++) {
      this.#at[depth] = i;
      if (!innermost) this.fill(level[i], depth + 1);
      else if (typeof level[i] === 'number') this.#data[this.#next++] = level[i];
      else this.#refuseElement(level[i], depth);
    }
  }

  /** `x[3][0]`: the place of what stands `depth` arrays deep. */
  #place(depth: number): string {
    const path = this.#at.slice(0, depth).map((index) => `[${index}]`);
    return this.#subject + path.join('');
  }

  #refuseLength(level: unknown, depth: number): never {
    const countable = Array.isArray(level) || isTyped(level);
    const found = countable ? `${level.length} elements` : kindOf(level);
    const innermost = depth === this.#shape.length - 1;
    const deeper = isTyped(level) && !innermost ? ' of numbers where arrays stand beside it' : '';
    throw new SluiceError(
      'bad-shape',
      `${this.#place(depth)} must have ${this.#shape[depth]} elements like its neighbours, but has ` +
        `${found}${deeper}: nested arrays must not be ragged`,
    );
  }

  #refuseElement(value: unknown, depth: number): never {
    const nested = Array.isArray(value) || isTyped(value);
    const found = nested ? 'an array (ragged nesting)' : kindOf(value);
    throw new SluiceError(
      'bad-data',
      `${this.#place(depth + 1)} must be a number, but is ${found}`,
    );
  }
}
