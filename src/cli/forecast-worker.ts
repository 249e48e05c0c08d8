/** The worker of tune: runs the objective of forecasters and keeps the weights of each trial. */

import { forecastObjective, type StudyData } from '../forecast/objective.js';
import { saveModel } from '../node-files.js';
import type { ParamValue } from '../tune/executor.js';
import { exposeObjective } from '../workers/trial-worker.js';
import { placeForWeights, type TrialTraining } from './trial-weights.js';

export interface ForecastJobData extends StudyData {
  /** Folder for the weights of trials. */
  readonly folder: string;
}

exposeObjective<Record<string, ParamValue>, ForecastJobData>(async (suggested, trial, data) => {
  await placeForWeights(data.folder, trial.place); // to be told before the work, not after
  return forecastObjective(suggested, trial, data, async (trained) => {
    const { model, params, epochs, bestEpoch, validationError, history } = trained;
    // On disk before the value is known to the study: a complete trial always has its weights.
    const training: TrialTraining = {
      trial: trial.place,
      build: model.build,
      params: { ...params },
      epochs,
      bestEpoch,
      validationError,
      history: { ...history },
    };
    await saveModel(model, await placeForWeights(data.folder, trial.place), {
      preprocessing: { ...data.preprocessing, training },
      includeOptimizer: false,
    });
  });
});
