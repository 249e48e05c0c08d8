/** sluice/worker: the worker's side of a study. */
export type { Objective, ObjectiveTrial } from './tune/objective.js';
export { TrialPruned } from './tune/objective.js';
export { exposeObjective } from './workers/trial-worker.js';
