/** The objective of a study of forecasters: one configuration, trained; its error on validation. */

import { Random } from '../random.js';
import type { ParamValue } from '../tune/executor.js';
import type { ObjectiveTrial } from '../tune/objective.js';
import { defaultEpochs } from './effort.js';
import type { Hyperparameters } from './network.js';
import { hyperparameters } from './space.js';
import { type TrainedForecaster, type TrainingData, trainForecaster } from './training.js';

/** What trials share; sent to each worker once. */
export interface StudyData extends TrainingData {
  readonly seed: number;
  /** Undefined: by the size of the network. */
  readonly epochs: number | undefined;
  readonly patience: number;
}

/** What a trial tells while it runs. */
export interface TrialProgress {
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Of the epoch that is done. */
  readonly share: number;
  /** Training loss of the last step or epoch. */
  readonly loss?: number;
}

/** A trained trial as it is handed over, with what it was made by. */
export interface TrialForecaster extends TrainedForecaster {
  readonly params: Hyperparameters;
  readonly epochs: number;
}

/**
 * Trains what the space suggested.
 * @param keep takes the network over before its error is known to the study; it is disposed of
 *   when that is done
 * @returns mean absolute error on the validation part, in the unit of the target
 * @throws whatever training or `keep` throws
 */
export async function forecastObjective(
  suggested: Readonly<Record<string, ParamValue>>,
  trial: ObjectiveTrial,
  data: StudyData,
  keep: (trained: TrialForecaster) => Promise<void>,
): Promise<number> {
  const params = hyperparameters(suggested);
  const epochs = data.epochs ?? defaultEpochs(params, data.preprocessing, data.trainStarts.length);
  // Not awaited: a rejection shows in the signal, and settles before the trial ends.
  const tell = (message: TrialProgress) => trial.progress(message);
  tell({ epoch: (trial.checkpoint?.step ?? -1) + 1, epochs, share: 0 });
  const trained = await trainForecaster(data, {
    params,
    epochs,
    patience: data.patience,
    seed: new Random(data.seed, trial.place).nextUint32(),
    signal: trial.signal,
    checkpoint: trial.checkpoint,
    onCheckpoint: (bytes, epoch) => trial.save(bytes, epoch),
    onEpoch: (epoch, figures) => {
      tell({ epoch, epochs, share: 1, loss: figures.loss });
      trial.report(figures.validationError, epoch).catch(() => {});
    },
    onProgress: (epoch, share, loss) => tell({ epoch, epochs, share, loss }),
  });
  try {
    await keep({ ...trained, params, epochs });
    return trained.validationError;
  } finally {
    trained.model.dispose();
  }
}
