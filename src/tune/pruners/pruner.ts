import type { CurveSummary } from '../curve.js';
import type { Direction, FrozenTrial } from '../trial.js';

/** The trial under judgement: what it has reported so far. */
export interface PruneCandidate {
  /** The number of the trial. */
  readonly number: number;
  /** What it has reported, by step. */
  readonly intermediateValues: Readonly<Record<number, number>>;
  /** The same, summed up: a pruner that reads no more than this takes no longer with each report. */
  readonly curve?: CurveSummary | undefined;
}

/** Decides after each report whether a trial goes on. A pure function of its options and of what it is given. */
export interface Pruner {
  /**
   * @param history the finished trials that this trial may see, in order
   * @returns true to stop the trial
   */
  prune(history: readonly FrozenTrial[], trial: PruneCandidate, direction: Direction): boolean;
}
