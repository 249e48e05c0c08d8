/** The objective of tune: trains one configuration in a worker, keeps its weights, returns its error. */

import { defaultEpochs } from '../forecast/effort.js';
import { hyperparameters } from '../forecast/space.js';
import { type TrainingData, trainForecaster } from '../forecast/training.js';
import { saveModel } from '../node-files.js';
import { Random } from '../random.js';
import type { ParamValue } from '../tune/executor.js';
import { exposeObjective } from '../workers/trial-worker.js';
import type { TrialProgress } from './trial-messages.js';
import { placeForWeights } from './trial-weights.js';

export interface ForecastJobData extends TrainingData {
  readonly seed: number;
  /** Undefined: by the size of the network. */
  readonly epochs: number | undefined;
  readonly patience: number;
  /** Folder for the weights of trials. */
  readonly folder: string;
}

exposeObjective<Record<string, ParamValue>, ForecastJobData>(async (suggested, trial, data) => {
  await placeForWeights(data.folder, trial.number); // to be told before the work, not after
  const params = hyperparameters(suggested);
  const epochs = data.epochs ?? defaultEpochs(params, data.preprocessing, data.trainStarts.length);
  // Not awaited: a rejection shows in the signal, and settles before the trial ends.
  const tell = (message: TrialProgress) => trial.progress(message);
  tell({ epoch: 0, epochs, share: 0 });
  const trained = await trainForecaster(data, {
    params,
    epochs,
    patience: data.patience,
    seed: new Random(data.seed, trial.number).nextUint32(),
    signal: trial.signal,
    onEpoch: (epoch, figures) => {
      tell({ epoch, epochs, share: 1, loss: figures.loss });
      trial.report(figures.validationError, epoch).catch(() => {});
    },
    onProgress: (epoch, share, loss) => tell({ epoch, epochs, share, loss }),
  });
  try {
    const { model, history, bestEpoch, validationError } = trained;
    // On disk before the value is known to the study: a complete trial always has its weights.
    const training = {
      trial: trial.number,
      build: model.build,
      params,
      epochs,
      bestEpoch,
      validationError,
      history,
    };
    await saveModel(model, await placeForWeights(data.folder, trial.number), {
      preprocessing: { ...data.preprocessing, training },
      includeOptimizer: false,
    });
    return validationError;
  } finally {
    trained.model.dispose();
  }
});
