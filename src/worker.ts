/** sluice/worker: the worker's side of a study. */

export { TrialPruned } from './workers/trial-pruned.js';
export { exposeObjective, type Objective } from './workers/trial-worker.js';
export type { WorkerTrial } from './workers/worker-trial.js';
