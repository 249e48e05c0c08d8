// How arrays are handed over: one, or one for each input or output, by their order or their names.
import { SluiceError } from '../errors.js';
import { floatsOf, type Port } from '../layers/port.js';
import { isPlainObject, shown } from '../options.js';
import type { Tensor, TensorLike } from './tensor.js';

/** What goes into a model or is to come out: one array, or one for each input or output. */
export type Arrays = TensorLike | readonly TensorLike[] | Readonly<Record<string, TensorLike>>;

/** Integers from 0 up to, not including, `below`, which the layer of that name takes. */
export interface NumberRange {
  readonly below: number;
  readonly layer: string;
}

/** What a number out of a range is told by. */
export const rangeText = ({ below, layer }: NumberRange): string =>
  `integers from 0 to ${below - 1}, for layer ${layer} has inputDim ${below}`;

/** An input or output of the model, as errors name it. */
export interface Field {
  readonly name: string;
  /** "the first layer (lstm)", "input 'a'", "output 'price'" ... */
  readonly label: string;
  readonly port: Port;
  /** Of an input of integers: those that a layer takes. Undefined: any. */
  readonly range?: NumberRange | undefined;
  /** Targets are class numbers. */
  readonly classes?: boolean;
  /** Its loss is one number a sample, not one a time step. */
  readonly perSample?: boolean;
}

/** One array for each field, by their order or their names. */
export function eachOf(
  subject: string,
  kind: 'input' | 'output',
  given: Arrays,
  fields: readonly Field[],
): { subject: string; value: TensorLike }[] {
  const named = (value: TensorLike, { label }: Field) => ({
    subject: fields.length === 1 ? subject : `${subject} for ${label}`,
    value,
  });
  const [first] = fields;
  if (isByName(given, fields)) {
    const byName = given as Readonly<Record<string, TensorLike>>;
    return fields.map((field) => named(byName[field.name], field));
  }
  if (fields.length === 1) return [named(onlyOne(given), first)];
  const isList = Array.isArray(given) && given.length === fields.length;
  if (isList) return fields.map((field, i) => named(given[i] as TensorLike, field));
  const names = fields.map(({ name }) => name).join(', ');
  const found = isPlainObject(given)
    ? `an object of ${Object.keys(given).slice(0, 8).join(', ') || 'nothing'}`
    : Array.isArray(given)
      ? `an array of ${given.length}`
      : shown(given);
  throw new SluiceError(
    'bad-shape',
    `${subject} needs an array for each ${kind} of the model (${names}): [a, b] in this order, or ` +
      `{ name: a } by these names, but got ${found}`,
  );
}

/** Its keys are the names: a tensor has the keys data and shape. */
function isByName(given: unknown, fields: readonly Field[]): boolean {
  if (!isPlainObject(given)) return false;
  const keys = Object.keys(given);
  const known = fields.every(({ name }) => Object.hasOwn(given, name));
  return known && keys.length === fields.length;
}

/** A list of one tensor is that tensor. */
function onlyOne(given: Arrays): TensorLike {
  const [only, ...rest] = Array.isArray(given) ? (given as unknown[]) : [];
  const isTensor = typeof only === 'object' && only !== null && 'data' in only && 'shape' in only;
  return isTensor && rest.length === 0 ? (only as TensorLike) : (given as TensorLike);
}

export const isBorrowed = (value: TensorLike, { data }: Tensor): boolean =>
  data === value || data === (value as { data?: unknown }).data;

/** @throws SluiceError 'bad-data' */
export function checkFinite(subject: string, { data, shape }: Tensor): void {
  let bad = 0;
  let first = -1;
  for (let i = 0; i < data.length; i++) {
    // the difference is NaN for NaN and for both infinities, and cheaper than isFinite
    if (data[i] - data[i] !== 0) {
      if (bad++ === 0) first = i;
    }
  }
  if (bad === 0) return;
  const row = Math.floor(first / floatsOf(shape.slice(1)));
  throw new SluiceError(
    'bad-data',
    `${subject} must be finite, but ${bad} of ${data.length} values are not; the first is ` +
      `${data[first]} in sample ${row}`,
  );
}
