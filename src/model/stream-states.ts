// States that a stream is given, checked before anything is changed.
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { shapeText, type Tensor, type TensorLike, toTensor } from './tensor.js';

/** A state of a stream: its name, and numbers a sequence. */
export interface StatePlace {
  readonly name: string;
  readonly features: number;
}

/** @throws SluiceError 'bad-shape', 'bad-data' */
export function checkedStates(
  subject: string,
  states: readonly TensorLike[],
  places: readonly StatePlace[],
  batchSize: number,
): Tensor[] {
  if (!Array.isArray(states) || states.length !== places.length) {
    throw new SluiceError(
      'bad-shape',
      `${subject}: this stream has ${places.length} states (${places.map(({ name }) => name).join(', ')}), but got ` +
        (Array.isArray(states) ? `${states.length}` : shown(states)),
    );
  }
  return places.map(({ name, features }, i) => {
    const state = toTensor(`${subject}: ${name}`, states[i]);
    const expected = [batchSize, features];
    if (shapeText(state.shape) !== shapeText(expected)) {
      throw new SluiceError(
        'bad-shape',
        `${subject}: ${name} must be ${shapeText(expected)}, but is ${shapeText(state.shape)}`,
      );
    }
    const wrong = state.data.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) {
      throw new SluiceError(
        'bad-data',
        `${subject}: ${name} must be finite, but number ${wrong} is ${state.data[wrong]}`,
      );
    }
    return state;
  });
}
