/**
 * The space that tune searches by default. It follows the classic advice: few units at first, one
 * to three layers, dropout up to 0.6, a learning rate of 1e-3 to 1e-2 on a log scale, Adam before
 * plain descent (Greff et al. 2015, "LSTM: a search space odyssey": the learning rate matters most,
 * then the size; the two can be searched apart).
 */

import type { ParamValue } from '../tune/executor.js';
import type { Trial } from '../tune/trial.js';
import type { Hyperparameters } from './network.js';

/** Trials below this number stay small: they are quick, and set the mark for the large ones. */
const SMALL_TRIALS = 10;
const SMALL_UNITS = 64;
const MOST_UNITS = 256;

export function defaultSpace(trial: Trial): Record<string, ParamValue> {
  const most = trial.place < SMALL_TRIALS ? SMALL_UNITS : MOST_UNITS;
  const units = trial.suggestInt('units', 16, most, { log: true });
  const layers = trial.suggestInt('layers', 1, 3);
  const dropout = trial.suggestFloat('dropout', 0, 0.6);
  const optimizer = trial.suggestCategorical('optimizer', ['adam', 'sgd']);
  // Plain descent with momentum takes steps ten times as long; each has a rate of its own.
  const learningRate =
    optimizer === 'adam'
      ? trial.suggestFloat('learningRate', 1e-3, 1e-2, { log: true })
      : trial.suggestFloat('sgdLearningRate', 1e-2, 1e-1, { log: true });
  const batchSize = trial.suggestCategorical('batchSize', [32, 64, 128]);
  return { units, layers, dropout, optimizer, learningRate, batchSize };
}

/** What the space returned, as a configuration. */
export function hyperparameters(params: Readonly<Record<string, ParamValue>>): Hyperparameters {
  return {
    units: params.units as number,
    layers: params.layers as number,
    dropout: params.dropout as number,
    optimizer: params.optimizer as 'adam' | 'sgd',
    learningRate: params.learningRate as number,
    batchSize: params.batchSize as number,
    globalClipNorm: 1,
  };
}
