/** A trained network with the preprocessing that it was trained on: all that a forecast needs. */

import { SluiceError } from '../errors.js';
import { fromBytes } from '../formats/model-file.js';
import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import { asPreprocessing, inputNames, type Preprocessing } from './preprocessing.js';

export interface Forecaster {
  /** The caller disposes of it. */
  readonly model: Model<Tensor>;
  readonly preprocessing: Preprocessing;
}

/**
 * The forecaster in a model file.
 * @throws SluiceError 'bad-file' where the bytes are none, or hold a network without a
 *   preprocessing that is made for it
 */
export function openForecaster(bytes: Uint8Array): Forecaster {
  const model = fromBytes(bytes);
  try {
    const preprocessing = asPreprocessing(model.preprocessing, 'it');
    checkMatch(model, preprocessing);
    return { preprocessing, model };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Network and preprocessing must be made for one another. */
function checkMatch(
  { inputShape, outputShape }: Model<Tensor>,
  preprocessing: Preprocessing,
): void {
  const inputs = [preprocessing.window, inputNames(preprocessing).length];
  const outputs = [preprocessing.horizon];
  if (String([inputShape, outputShape]) === String([inputs, outputs])) return;
  throw new SluiceError(
    'bad-file',
    `its network maps [${inputShape}] to [${outputShape}], its preprocessing [${inputs}] to [${outputs}]; write the model again`,
  );
}
