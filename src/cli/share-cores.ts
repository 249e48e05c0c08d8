/** Trials and the threads of a network share the cores. */
import { availableParallelism } from 'node:os';

/** More bring nothing to networks of this size. */
const MOST_THREADS = 16;

/** Threads for a training that runs by itself. */
export const threadsAlone = (cores = availableParallelism()): number =>
  Math.min(cores, MOST_THREADS);

/**
 * Threads that a trial of a study with so many workers may use. The pool lends them while other trials leave
 * their cores alone, so the last trials of a study go on with the cores of those that have ended.
 */
export const threadsOfTrial = (workers: number, cores = availableParallelism()): number =>
  Math.min(workers, cores, MOST_THREADS);
