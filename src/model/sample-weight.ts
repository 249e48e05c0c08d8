import { SluiceError } from '../errors.js';
import { isPlainObject } from '../options.js';
import type { WeightColumn } from './array-batches.js';
import { type Arrays, checkFinite, eachOf, type Field, isBorrowed } from './arrays.js';
import { shapeText, type TensorLike, toTensor } from './tensor.js';

/**
 * One column of weights an output; none where no weights were given. As in Keras what is one
 * array counts for all outputs.
 * @throws SluiceError 'bad-shape' or 'bad-data' (not finite, below 0)
 */
export function checkSampleWeight(
  subject: string,
  given: Arrays | undefined,
  outputs: readonly Field[],
  count: number,
): WeightColumn[] {
  if (given === undefined) return [];
  if (isOne(given, outputs)) {
    return outputs.map((field) => checkOne(subject, given as TensorLike, field, count));
  }
  return eachOf(subject, 'output', given, outputs).map((each, i) =>
    checkOne(each.subject, each.value, outputs[i], count),
  );
}

/** A tensor, an array of numbers, or nested numbers; rather than arrays by order or name. */
function isOne(given: Arrays, outputs: readonly Field[]): boolean {
  if (outputs.length === 1) return false;
  if (ArrayBuffer.isView(given)) return true;
  if (Array.isArray(given)) return given.length === 0 || typeof given[0] === 'number';
  return isPlainObject(given) && 'data' in given && 'shape' in given;
}

function checkOne(
  subject: string,
  value: TensorLike,
  { port, label, perSample = false }: Field,
  count: number,
): WeightColumn {
  const weights = toTensor(subject, value);
  // Keras stretches [n] over the time steps of a sequence, or fails where n is another number
  const perRow = port.sequence && !perSample;
  const shapes = perRow
    ? [
        [count, 1],
        [count, port.steps],
      ]
    : [[count], [count, 1]];
  const perStep = perRow && weights.shape.join() === `${shapes[1]}`;
  if (!shapes.some((shape) => shape.join() === weights.shape.join())) {
    throw new SluiceError(
      'bad-shape',
      `${subject} has shape ${shapeText(weights.shape)}, but the ${count} samples for ${label} need ` +
        shapes.map(shapeText).join(' or '),
    );
  }
  checkFinite(subject, weights);
  const bad = weights.data.findIndex((weight) => weight < 0);
  if (bad >= 0) {
    throw new SluiceError(
      'bad-data',
      `${subject} must hold numbers from 0 up, but element ${bad} is ${weights.data[bad]}`,
    );
  }
  const { data } = weights;
  return { data, steps: perStep ? port.steps : 1, borrowed: isBorrowed(value, weights) };
}
