import { SluiceError } from '../errors.js';
import { featuresOf, floatsOf, type Shape } from '../layers/layer.js';
import { shapeText, type Tensor, type TensorLike, toTensor } from './tensor.js';

/** Samples one after the other, checked against the model. */
export interface Input {
  readonly count: number;
  /** [count, ...inputShape] */
  readonly x: Float32Array;
  /** Which of the arrays are the caller's, who may change or transfer them at any time. */
  readonly borrowed: readonly ('x' | 'y')[];
}

/** Samples and their targets. */
export interface Dataset extends Input {
  /** [count, ...outputShape], or one class number a row where `classes` is true. */
  readonly y: Float32Array;
  readonly classes: boolean;
}

/** What the model takes and gives, as errors name it. */
export interface Signature {
  readonly firstLayer: string;
  readonly lastLayer: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
}

/**
 * The same data in memory that nobody else can change: for passes that give the thread away.
 * Only a caller's own Float32Array is copied; all else was copied when it was converted.
 */
export function held<T extends Input>(data: T): T {
  if (data.borrowed.length === 0) return data;
  const copies = data.borrowed.map((key) => [key, (data as Partial<Dataset>)[key]?.slice()]);
  return { ...data, ...Object.fromEntries(copies), borrowed: [] };
}

const isBorrowed = (value: TensorLike, { data }: Tensor): boolean =>
  data === value || data === (value as { data?: unknown }).data;

/**
 * Checks x against the first layer.
 * @throws SluiceError 'bad-shape' or 'bad-data' (no samples, not finite).
 */
export function checkInput(subject: string, value: TensorLike, signature: Signature): Input {
  const { inputShape, firstLayer } = signature;
  const x = toTensor(subject, value);
  if (x.shape.slice(1).join() !== inputShape.join() || x.shape.length !== inputShape.length + 1) {
    throw new SluiceError(
      'bad-shape',
      `${subject} has shape ${shapeText(x.shape)}, but the first layer (${firstLayer}) takes ` +
        `[n, ${inputShape.join(', ')}]`,
    );
  }
  if (x.shape[0] === 0) {
    throw new SluiceError('bad-data', `${subject} holds no samples: shape ${shapeText(x.shape)}`);
  }
  checkFinite(subject, x);
  return { count: x.shape[0], x: x.data, borrowed: isBorrowed(value, x) ? ['x'] : [] };
}

/** Checks x and y against the model and each other. `prefix` begins their names in errors. */
export function checkDataset(
  prefix: string,
  xValue: TensorLike,
  yValue: TensorLike,
  signature: Signature,
  classes: boolean,
): Dataset {
  const { count, x, borrowed } = checkInput(`${prefix}x`, xValue, signature);
  const y = toTensor(`${prefix}y`, yValue);
  if (y.shape[0] !== count) {
    throw new SluiceError(
      'bad-shape',
      `${prefix}x has ${count} samples, but ${prefix}y has ${y.shape[0] ?? 'none'} ` +
        `(shape ${shapeText(y.shape)}); they need one target a sample`,
    );
  }
  checkTargetShape(`${prefix}y`, y, signature, classes);
  checkFinite(`${prefix}y`, y);
  if (classes) checkClasses(`${prefix}y`, y, featuresOf(signature.outputShape));
  const both = isBorrowed(yValue, y) ? ([...borrowed, 'y'] as const) : borrowed;
  return { count, x, y: y.data, classes, borrowed: both };
}

/** A last axis of 1 may be left out: [n] for [n, 1], and class numbers [n] or [n, 1]. */
function checkTargetShape(subject: string, y: Tensor, signature: Signature, classes: boolean) {
  const { outputShape, lastLayer } = signature;
  const wanted = classes ? [...outputShape.slice(0, -1), 1] : outputShape;
  const full = y.shape.slice(1);
  const fits = [full, [...full, 1]].some((shape) => shape.join() === wanted.join());
  if (fits) return;
  const what = classes ? 'class numbers for the last layer' : 'the last layer';
  throw new SluiceError(
    'bad-shape',
    `${subject} has shape ${shapeText(y.shape)}, but ${what} (${lastLayer}) needs ` +
      `[n, ${wanted.join(', ')}]`,
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
