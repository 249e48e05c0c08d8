import { SluiceError } from '../errors.js';
import { featuresOf, floatsOf, type Shape } from '../layers/layer.js';
import { shapeText, type Tensor, type TensorLike, toTensor } from './tensor.js';

/** Samples one after the other, checked against the model. */
export interface Dataset {
  readonly count: number;
  /** [count, ...inputShape] */
  readonly x: Float32Array;
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
 * Checks x against the first layer.
 * @throws SluiceError 'bad-shape' or 'bad-data' (no samples, not finite).
 */
export function checkInput(subject: string, value: TensorLike, signature: Signature): Tensor {
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
  return x;
}

/** Checks x and y against the model and each other. `prefix` begins their names in errors. */
export function checkDataset(
  prefix: string,
  xValue: TensorLike,
  yValue: TensorLike,
  signature: Signature,
  classes: boolean,
): Dataset {
  const x = checkInput(`${prefix}x`, xValue, signature);
  const y = toTensor(`${prefix}y`, yValue);
  const count = x.shape[0];
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
  return { count, x: x.data, y: y.data, classes };
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
