/** The network behind a forecast: LSTMs one upon the other, and a dense layer that says the horizon. */

import * as layers from '../layers/index.js';
import type { Layer } from '../layers/layer.js';
import { type Sequential, sequential } from '../model/sequential.js';
import * as optimizers from '../optimizers/index.js';
import type { Preprocessing } from './preprocessing.js';
import { inputNames } from './preprocessing.js';

/** One configuration. */
export interface Hyperparameters {
  /** Of the first LSTM; each further one has half as many. */
  readonly units: number;
  readonly layers: number;
  /** Behind each LSTM. */
  readonly dropout: number;
  readonly optimizer: 'adam' | 'sgd';
  readonly learningRate: number;
  readonly batchSize: number;
  /** Largest norm of all gradients together. */
  readonly globalClipNorm: number;
}

/** Units of layer `index`, counted from 0: half of the layer before, but no less than 4. */
export const unitsOf = (units: number, index: number): number =>
  Math.max(Math.min(units, 4), Math.floor(units / 2 ** index));

/**
 * The network, compiled.
 * @throws SluiceError 'memory-limit' or 'bad-option'
 */
export function buildForecaster(
  params: Hyperparameters,
  preprocessing: Preprocessing,
  seed: number,
  numerics: 'fast' | 'portable',
  threads = 1,
): Sequential {
  const stack: Layer[] = [];
  for (let i = 0; i < params.layers; i++) {
    const inputShape =
      i === 0 ? { inputShape: [preprocessing.window, inputNames(preprocessing).length] } : {};
    stack.push(
      layers.lstm({
        units: unitsOf(params.units, i),
        returnSequences: i < params.layers - 1,
        ...inputShape,
      }),
    );
    if (params.dropout > 0) stack.push(layers.dropout({ rate: params.dropout }));
  }
  stack.push(layers.dense({ units: preprocessing.horizon }));
  const model = sequential({ layers: stack, seed, numerics, threads });
  const { learningRate, globalClipNorm } = params;
  const optimizer =
    params.optimizer === 'adam'
      ? optimizers.adam({ learningRate, globalClipNorm })
      : optimizers.sgd({ learningRate, momentum: 0.9, nesterov: true, globalClipNorm });
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'] });
  return model;
}
