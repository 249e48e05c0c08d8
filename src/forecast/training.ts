/** The training of a forecaster: shared by the trials of a study and by a single training. */

import type { Callback, Logs } from '../callbacks/callback.js';
import { earlyStopping } from '../callbacks/early-stopping.js';
import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import { decay } from './decay.js';
import { buildForecaster, type Hyperparameters } from './network.js';
import type { Preprocessing } from './preprocessing.js';
import type { Series } from './series.js';
import { windowSamples } from './windows.js';

/** The windows that a network is trained on and watched by. */
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
  readonly model: Model<Tensor>;
  /** Mean absolute error on the validation part at the best epoch, in the unit of the target. */
  readonly validationError: number;
  readonly bestEpoch: number;
  readonly history: {
    readonly loss: number[];
    readonly val_loss: number[];
    readonly val_mae: number[];
  };
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
    const samples = windowSamples(series, preprocessing, trainStarts);
    const validation = windowSamples(series, preprocessing, validationStarts);
    const stopping = earlyStopping({
      monitor: 'val_mae',
      patience: run.patience,
      restoreBestWeights: true,
    });
    const unit = preprocessing.spread * preprocessing.targetScale.deviation;
    const { history } = await model.fit(samples, undefined, {
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
