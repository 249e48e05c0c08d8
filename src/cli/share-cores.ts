/** Trials and the threads of a network share the cores. */
import { availableParallelism } from 'node:os';
import { LOOKBACK } from './commands.js';

/** More bring nothing to networks of this size. */
const MOST_THREADS = 16;

/** Threads for a training that runs by itself. */
export const threadsAlone = (cores = availableParallelism()): number =>
  Math.min(cores, MOST_THREADS);

/**
 * Threads for each trial of a study that may use so many workers and has so many trials to run: one
 * where there are trials enough, else what they leave over.
 */
export function threadsOfTrial(
  workers: number,
  trials: number,
  cores = availableParallelism(),
): number {
  const atOnce = Math.max(1, Math.min(workers, trials, LOOKBACK));
  return Math.max(1, Math.min(Math.floor(Math.min(workers, cores) / atOnce), MOST_THREADS));
}
