import { SluiceError } from '../errors.js';
import { floatsOf } from '../layers/port.js';
import { ArrayBatches, type Column } from './array-batches.js';
import {
  type Arrays,
  checkFinite,
  eachOf,
  type Field,
  isBorrowed,
  type NumberRange,
  rangeText,
} from './arrays.js';
import type { Batches } from './batches.js';
import { checkSampleWeight } from './sample-weight.js';
import { shapeText, type Tensor, type TensorLike, toTensor } from './tensor.js';

/** What the model takes and gives. */
export interface Signature {
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
}

/**
 * Checks x against the inputs of the model.
 * @throws SluiceError 'bad-shape' or 'bad-data' (no samples, not finite).
 */
export function checkInputs(subject: string, x: Arrays, { inputs }: Signature): Batches {
  const columns = inputColumns(subject, x, inputs);
  return new ArrayBatches(columns[0].count, columns);
}

/**
 * Checks x and y against the model and each other, and weights of samples where there are any.
 * `prefix` begins their names in errors.
 */
export function checkDataset(
  prefix: string,
  x: Arrays,
  y: Arrays,
  sampleWeight: Arrays | undefined,
  { inputs, outputs }: Signature,
): Batches {
  const columns = inputColumns(`${prefix}x`, x, inputs);
  const [{ count }] = columns;
  const targets = eachOf(`${prefix}y`, 'output', y, outputs).map(({ subject, value }, i) =>
    checkTarget(subject, `${prefix}x`, value, outputs[i], count),
  );
  const weights = checkSampleWeight(`${prefix}sampleWeight`, sampleWeight, outputs, count);
  return new ArrayBatches(count, columns, targets, weights);
}

type Counted = Column & { readonly count: number };

function inputColumns(subject: string, x: Arrays, inputs: readonly Field[]): Counted[] {
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

function checkInput(subject: string, value: TensorLike, { port, label, range }: Field): Counted {
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
  if (port.dtype === 'int32') checkIntegers(subject, x, range);
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
  field: Field,
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
  const { port, classes = false } = field;
  checkTargetShape(subject, y, field);
  checkFinite(subject, y);
  if (classes) checkClasses(subject, y, port.features);
  return { data: y.data, port, classes, borrowed: isBorrowed(value, y) };
}

/** A last axis of 1 may be left out: [n] for [n, 1], and class numbers [n] or [n, 1]. */
function checkTargetShape(subject: string, y: Tensor, { port, label, classes }: Field) {
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

/** Tensors hold float32, which knows every integer up to 2^24. */
export function checkIntegers(subject: string, tensor: Tensor, range?: NumberRange): void {
  const { data, shape } = tensor;
  if (range) checkRange(subject, tensor, range);
  const bad = data.findIndex((value) => !Number.isInteger(value) || Math.abs(value) > 2 ** 24);
  if (bad < 0) return;
  throw new SluiceError(
    'bad-data',
    `${subject} must hold integers from -2^24 to 2^24, but sample ` +
      `${Math.floor(bad / floatsOf(shape.slice(1)))} holds ${data[bad]}`,
  );
}

function checkRange(subject: string, { data, shape }: Tensor, range: NumberRange): void {
  const { below } = range;
  const bad = data.findIndex((value) => !(Number.isInteger(value) && value >= 0 && value < below));
  if (bad < 0) return;
  const each = floatsOf(shape.slice(1));
  throw new SluiceError(
    'bad-data',
    `${subject} must hold ${rangeText(range)}, but sample ${Math.floor(bad / each)} holds ` +
      `${data[bad]} at step ${bad % each}`,
  );
}

export function checkClasses(subject: string, { data }: Tensor, classes: number): void {
  const bad = data.findIndex(
    (value) => !(Number.isInteger(value) && value >= 0 && value < classes),
  );
  if (bad < 0) return;
  throw new SluiceError(
    'bad-data',
    `${subject} must hold class numbers from 0 to ${classes - 1}, but element ${bad} is ${data[bad]}`,
  );
}
