/** The network behind a forecast, and its training: shared by tune's workers and by train. */

import type { Callback, Logs } from '../callbacks/callback.js';
import { earlyStopping } from '../callbacks/early-stopping.js';
import * as layers from '../layers/index.js';
import type { Layer } from '../layers/layer.js';
import { type Sequential, sequential } from '../model/sequential.js';
import * as optimizers from '../optimizers/index.js';
import { decay } from './decay.js';
import type { Preprocessing } from './preprocessing.js';
import { inputNames } from './preprocessing.js';
import type { Series } from './series.js';
import { windowForecasts, windowInputs, windowTargets } from './windows.js';

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

/** What trials share; sent to each worker once. */
export interface TrainingData {
  readonly series: Series;
  readonly preprocessing: Preprocessing;
  /** First target rows of the windows. */
  readonly trainStarts: Uint32Array;
  readonly validationStarts: Uint32Array;
  readonly numerics: 'fast' | 'portable';
}

export interface TrainingRun {
  readonly params: Hyperparameters;
  readonly epochs: number;
  readonly patience: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  onEpoch(epoch: number, figures: EpochFigures): void;
  /** After each step; `share` of the epoch is done. */
  onProgress(epoch: number, share: number, loss: number): void;
}

export interface EpochFigures {
  readonly loss: number;
  readonly validationLoss: number;
  /** Mean absolute error on the validation part, in the unit of the target. */
  readonly validationError: number;
}

export interface TrainedForecaster {
  /** With the weights of the best epoch; the caller disposes of it. */
  readonly model: Sequential;
  /** Mean absolute error on the validation part at the best epoch, in the unit of the target. */
  readonly validationError: number;
  readonly bestEpoch: number;
  readonly history: {
    readonly loss: number[];
    readonly val_loss: number[];
    readonly val_mae: number[];
  };
}

/** Units of layer `index`, counted from 0: half of the layer before, but no less than 4. */
export const unitsOf = (units: number, index: number): number =>
  Math.max(Math.min(units, 4), Math.floor(units / 2 ** index));

/**
 * The network, compiled.
 * @throws SluiceError 'memory-limit' or 'bad-option'
 */
function buildForecaster(
  params: Hyperparameters,
  preprocessing: Preprocessing,
  seed: number,
  numerics: 'fast' | 'portable',
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
  const model = sequential({ layers: stack, seed, numerics });
  const { learningRate, globalClipNorm } = params;
  const optimizer =
    params.optimizer === 'adam'
      ? optimizers.adam({ learningRate, globalClipNorm })
      : optimizers.sgd({ learningRate, momentum: 0.9, nesterov: true, globalClipNorm });
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'] });
  return model;
}

/**
 * Trains on the training windows, watched by the validation windows.
 * @throws whatever fit throws: SluiceError 'aborted', 'not-finite', 'memory-limit' ...
 */
export async function trainForecaster(
  data: TrainingData,
  run: TrainingRun,
): Promise<TrainedForecaster> {
  const { series, preprocessing, trainStarts, validationStarts, numerics } = data;
  const steps = Math.ceil(trainStarts.length / run.params.batchSize);
  const model = buildForecaster(run.params, preprocessing, run.seed, numerics);
  try {
    const x = windowInputs(series, preprocessing, trainStarts);
    const y = windowTargets(series, preprocessing, trainStarts);
    const validation = [
      windowInputs(series, preprocessing, validationStarts),
      windowTargets(series, preprocessing, validationStarts),
    ] as const;
    const stopping = earlyStopping({
      monitor: 'val_mae',
      patience: run.patience,
      restoreBestWeights: true,
    });
    const unit = preprocessing.spread * preprocessing.targetScale.deviation;
    const { history } = await model.fit(x, y, {
      batchSize: run.params.batchSize,
      epochs: run.epochs,
      validationData: validation,
      callbacks: [stopping, decay(steps * run.epochs), watcher(run, steps, unit)],
      ...(run.signal && { signal: run.signal }),
    });
    const bestEpoch = stopping.bestEpoch;
    return {
      model,
      bestEpoch,
      validationError: history.val_mae[bestEpoch] * unit,
      history: {
        loss: history.loss,
        val_loss: history.val_loss,
        val_mae: history.val_mae.map((error) => error * unit),
      },
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function watcher(run: TrainingRun, steps: number, unit: number): Callback {
  let epoch = 0;
  return {
    onEpochBegin(number) {
      epoch = number;
    },
    onBatchEnd(batch, logs) {
      run.onProgress(epoch, (batch + 1) / steps, logs.loss);
    },
    onEpochEnd(number, logs: Logs) {
      run.onEpoch(number, {
        loss: logs.loss,
        validationLoss: logs.val_loss,
        validationError: logs.val_mae * unit,
      });
    },
  };
}

/** Numbers, and windows, that are forecast at once, so that a large test part needs no large tensor. */
const CHUNK_NUMBERS = 2 ** 24;
const CHUNK = 2048;

/** Forecasts [starts x horizon] in the unit of the target. */
export async function forecastWindows(
  model: Sequential,
  series: Series,
  preprocessing: Preprocessing,
  starts: Uint32Array,
): Promise<Float64Array> {
  const { horizon, window } = preprocessing;
  const fitting = Math.floor(CHUNK_NUMBERS / (window * (1 + series.otherCount)));
  const chunk = Math.max(1, Math.min(CHUNK, fitting));
  const forecast = new Float64Array(starts.length * horizon);
  for (let from = 0; from < starts.length; from += chunk) {
    const some = starts.subarray(from, from + chunk);
    const { data } = await model.predict(windowInputs(series, preprocessing, some), {
      batchSize: 256,
    });
    forecast.set(windowForecasts(series, preprocessing, some, data), from * horizon);
  }
  return forecast;
}
