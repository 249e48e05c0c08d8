import { SluiceError } from '../errors.js';
import { floatsOf, type Port } from '../layers/port.js';
import { isPlainObject, shown } from '../options.js';
import { ArrayBatches, type Column } from './array-batches.js';
import type { Batches } from './batches.js';
import { shapeText, type Tensor, type TensorLike, toTensor } from './tensor.js';

/** What goes into a model or is to come out: one array, or one for each input or output. */
export type Arrays = TensorLike | readonly TensorLike[] | Readonly<Record<string, TensorLike>>;

/** An input or output of the model, as errors name it. */
export interface Place {
  readonly name: string;
  /** "the first layer (lstm)", "input 'a'", "output 'price'" ... */
  readonly label: string;
  readonly port: Port;
  /** Targets are class numbers. */
  readonly classes?: boolean;
}

/** What the model takes and gives. */
export interface Signature {
  readonly inputs: readonly Place[];
  readonly outputs: readonly Place[];
}

/**
 * Checks x against the inputs of the model.
 * @throws SluiceError 'bad-shape' or 'bad-data' (no samples, not finite).
 */
export function checkInputs(subject: string, x: Arrays, { inputs }: Signature): Batches {
  const columns = inputColumns(subject, x, inputs);
  return new ArrayBatches(columns[0].count, columns);
}

/** Checks x and y against the model and each other. `prefix` begins their names in errors. */
export function checkDataset(
  prefix: string,
  x: Arrays,
  y: Arrays,
  { inputs, outputs }: Signature,
): Batches {
  const columns = inputColumns(`${prefix}x`, x, inputs);
  const [{ count }] = columns;
  const targets = eachOf(`${prefix}y`, 'output', y, outputs).map(({ subject, value }, i) =>
    checkTarget(subject, `${prefix}x`, value, outputs[i], count),
  );
  return new ArrayBatches(count, columns, targets);
}

type Counted = Column & { readonly count: number };

function inputColumns(subject: string, x: Arrays, inputs: readonly Place[]): Counted[] {
  const columns = eachOf(subject, 'input', x, inputs).map((given, i) =>
    checkInput(given.subject, given.value, inputs[i]),
  );
  const odd = columns.findIndex(({ count }) => count !== columns[0].count);
  if (odd < 0) return columns;
  throw new SluiceError(
    'bad-shape',
    `${subject} has ${columns[0].count} samples for ${inputs[0].label}, but ${columns[odd].count} ` +
      `for ${inputs[odd].label}; all inputs need the same samples`,
  );
}

/** One array for each place, by their order or their names. */
export function eachOf(
  subject: string,
  kind: 'input' | 'output',
  given: Arrays,
  places: readonly Place[],
): { subject: string; value: TensorLike }[] {
  const named = (value: TensorLike, { label }: Place) => ({
    subject: places.length === 1 ? subject : `${subject} for ${label}`,
    value,
  });
  const [first] = places;
  if (isByName(given, places)) {
    const byName = given as Readonly<Record<string, TensorLike>>;
    return places.map((place) => named(byName[place.name], place));
  }
  if (places.length === 1) return [named(onlyOne(given), first)];
  const isList = Array.isArray(given) && given.length === places.length;
  if (isList) return places.map((place, i) => named(given[i] as TensorLike, place));
  const names = places.map(({ name }) => name).join(', ');
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
function isByName(given: unknown, places: readonly Place[]): boolean {
  if (!isPlainObject(given)) return false;
  const keys = Object.keys(given);
  const known = places.every(({ name }) => Object.hasOwn(given, name));
  return known && keys.length === places.length;
}

/** A list of one tensor is that tensor. */
function onlyOne(given: Arrays): TensorLike {
  const [only, ...rest] = Array.isArray(given) ? (given as unknown[]) : [];
  const isTensor = typeof only === 'object' && only !== null && 'data' in only && 'shape' in only;
  return isTensor && rest.length === 0 ? (only as TensorLike) : (given as TensorLike);
}

const isBorrowed = (value: TensorLike, { data }: Tensor): boolean =>
  data === value || data === (value as { data?: unknown }).data;

function checkInput(subject: string, value: TensorLike, { port, label }: Place): Counted {
  const x = toTensor(subject, value);
  const { shape } = port;
  if (x.shape.slice(1).join() !== shape.join() || x.shape.length !== shape.length + 1) {
    throw new SluiceError(
      'bad-shape',
      `${subject} has shape ${shapeText(x.shape)}, but ${label} takes [n, ${shape.join(', ')}]`,
    );
  }
  if (x.shape[0] === 0) {
    throw new SluiceError('bad-data', `${subject} holds no samples: shape ${shapeText(x.shape)}`);
  }
  checkFinite(subject, x);
  if (port.dtype === 'int32') checkIntegers(subject, x);
  return {
    count: x.shape[0],
    data: x.data,
    port,
    classes: false,
    borrowed: isBorrowed(value, x),
  };
}

function checkTarget(
  subject: string,
  xSubject: string,
  value: TensorLike,
  place: Place,
  count: number,
): Column {
  const y = toTensor(subject, value);
  if (y.shape[0] !== count) {
    throw new SluiceError(
      'bad-shape',
      `${xSubject} has ${count} samples, but ${subject} has ${y.shape[0] ?? 'none'} ` +
        `(shape ${shapeText(y.shape)}); they need one target a sample`,
    );
  }
  const { port, classes = false } = place;
  checkTargetShape(subject, y, place);
  checkFinite(subject, y);
  if (classes) checkClasses(subject, y, port.features);
  return { data: y.data, port, classes, borrowed: isBorrowed(value, y) };
}

/** A last axis of 1 may be left out: [n] for [n, 1], and class numbers [n] or [n, 1]. */
function checkTargetShape(subject: string, y: Tensor, { port, label, classes }: Place) {
  const wanted = classes ? [...port.shape.slice(0, -1), 1] : port.shape;
  const full = y.shape.slice(1);
  const fits = [full, [...full, 1]].some((shape) => shape.join() === wanted.join());
  if (fits) return;
  const what = classes ? `class numbers for ${label} need` : `${label} needs`;
  throw new SluiceError(
    'bad-shape',
    `${subject} has shape ${shapeText(y.shape)}, but ${what} [n, ${wanted.join(', ')}]`,
  );
}

function checkFinite(subject: string, { data, shape }: Tensor): void {
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

/** Tensors hold float32, which knows every integer up to 2^24. */
function checkIntegers(subject: string, { data, shape }: Tensor): void {
  const bad = data.findIndex((value) => !Number.isInteger(value) || Math.abs(value) > 2 ** 24);
  if (bad < 0) return;
  throw new SluiceError(
    'bad-data',
    `${subject} must hold integers from -2^24 to 2^24, but sample ` +
      `${Math.floor(bad / floatsOf(shape.slice(1)))} holds ${data[bad]}`,
  );
}

function checkClasses(subject: string, { data }: Tensor, classes: number): void {
  const bad = data.findIndex(
    (value) => !(Number.isInteger(value) && value >= 0 && value < classes),
  );
  if (bad < 0) return;
  throw new SluiceError(
    'bad-data',
    `${subject} must hold class numbers from 0 to ${classes - 1}, but element ${bad} is ${data[bad]}`,
  );
}
