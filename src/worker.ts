/** sluice/worker: the worker's side of a study. */
// Brings in the names that the types of a platform may lack.
export type {} from './platform.js';
export type { Objective, ObjectiveTrial } from './tune/objective.js';
export { TrialPruned } from './tune/objective.js';
export type { ParamsOf, Space } from './tune/suggest.js';
export { exposeObjective } from './workers/trial-worker.js';
