/** The training of a forecaster: shared by the trials of a study and by a single training. */

import type { Callback, Logs } from '../callbacks/callback.js';
import { type EarlyStopping, earlyStopping } from '../callbacks/early-stopping.js';
import type { Model } from '../model/model.js';
import type { Tensor } from '../model/tensor.js';
import type { Checkpoint } from '../tune/checkpoint.js';
import { type Epochs, packTraining, unpackTraining } from './checkpoint.js';
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
  /** That share the network's passes; the result is the same. Default 1. */
  readonly threads?: number | undefined;
}

export interface TrainingRun {
  readonly params: Hyperparameters;
  readonly epochs: number;
  readonly patience: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  /** Where an interrupted training stood. */
  readonly checkpoint?: Checkpoint | undefined;
  onEpoch(epoch: number, figures: EpochFigures): void;
  /** After each step; `share` of the epoch is done. */
  onProgress(epoch: number, share: number, loss: number): void;
  /** After each epoch but the last: where training stands. It waits for the one before. */
  onCheckpoint?(bytes: Uint8Array, epoch: number): Promise<void>;
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
  const { series, preprocessing, trainStarts, validationStarts, numerics, threads } = data;
  const steps = Math.ceil(trainStarts.length / run.params.batchSize);
  const model = buildForecaster(run.params, preprocessing, run.seed, numerics, threads);
  try {
    const samples = windowSamples(series, preprocessing, trainStarts);
    const validation = windowSamples(series, preprocessing, validationStarts);
    const stopping = earlyStopping({
      monitor: 'val_mae',
      patience: run.patience,
      restoreBestWeights: true,
    });
    const unit = preprocessing.spread * preprocessing.targetScale.deviation;
    const before = resume(run.checkpoint, model, stopping);
    const done = before.loss.length;
    const epochs = copyOf(before);
    const { history } = await model.fit(samples, undefined, {
      batchSize: run.params.batchSize,
      epochs: run.epochs,
      initialEpoch: done,
      validationData: validation,
      callbacks: [
        stopping,
        decay(run.params.learningRate, steps * run.epochs, steps * done),
        watcher(run, steps, unit),
        keeper(run, model, stopping, epochs),
      ],
      ...(run.signal && { signal: run.signal }),
    });
    const bestEpoch = stopping.bestEpoch;
    const errors = [...before.val_mae, ...history.val_mae];
    return {
      model,
      bestEpoch,
      validationError: errors[bestEpoch] * unit,
      history: {
        loss: [...before.loss, ...history.loss],
        val_loss: [...before.val_loss, ...history.val_loss],
        val_mae: errors.map((error) => error * unit),
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

/** Figures of the epochs that are done; from the beginning where the bytes are of no use. */
function resume(
  checkpoint: Checkpoint | undefined,
  model: Model<Tensor>,
  stopping: EarlyStopping,
): Epochs {
  try {
    if (checkpoint) return unpackTraining(checkpoint.bytes, model, stopping);
  } catch {
    // damaged, or of another version: the same epochs once more give the same figures
  }
  return { loss: [], val_loss: [], val_mae: [] };
}

const copyOf = ({ loss, val_loss, val_mae }: Epochs): Epochs => ({
  loss: [...loss],
  val_loss: [...val_loss],
  val_mae: [...val_mae],
});

/** Hands out where training stands, as long as it goes on. */
function keeper(
  run: TrainingRun,
  model: Model<Tensor>,
  stopping: EarlyStopping,
  epochs: Epochs,
): Callback {
  let saving: Promise<void> = Promise.resolve();
  return {
    async onEpochEnd(epoch, logs) {
      for (const name of ['loss', 'val_loss', 'val_mae'] as const) epochs[name].push(logs[name]);
      const { onCheckpoint } = run;
      if (!onCheckpoint || model.stopTraining || epoch === run.epochs - 1) return;
      await saving;
      const bytes = packTraining(model, stopping, epochs);
      // what cannot be kept stops the study, which has its own way to say so
      saving = onCheckpoint(bytes, epoch).catch(() => undefined);
    },
  };
}
