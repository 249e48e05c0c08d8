import { integerRule, type Rules, type Settled, settle } from '../../rules.js';
import { curveOf } from '../curve.js';
import type { Direction, FrozenTrial } from '../trial.js';
import type { PruneCandidate, Pruner } from './pruner.js';

/** Options of MedianPruner. */
export interface MedianPrunerOptions {
  /** Completed trials needed before any is pruned; default 5, at least 0. */
  nStartupTrials?: number | undefined;
  /** No pruning at steps below this; default 0, at least 0. */
  nWarmupSteps?: number | undefined;
  /** Steps from one check to the next, counted from the warm-up; default 1, at least 1. */
  intervalSteps?: number | undefined;
  /** Completed trials that must have reported at the step; default 1, at least 1. */
  nMinTrials?: number | undefined;
}

const medianRules = {
  nStartupTrials: { ...integerRule(0), otherwise: () => 5 },
  nWarmupSteps: { ...integerRule(0), otherwise: () => 0 },
  intervalSteps: { ...integerRule(1), otherwise: () => 1 },
  nMinTrials: { ...integerRule(1), otherwise: () => 1 },
} satisfies Rules<MedianPrunerOptions>;

/**
 * Prunes a trial whose best value so far is worse than the median of what the completed trials
 * reported at the same step. Decides as optuna.pruners.MedianPruner does: a trial that has
 * reported nothing but NaN is pruned, NaN of completed trials does not count. One difference:
 * an infinite value counts as the largest (or smallest) of all, where NumPy's median turns NaN.
 */
export class MedianPruner implements Pruner {
  readonly #options: Settled<MedianPrunerOptions, typeof medianRules>;

  /** @throws SluiceError 'bad-option' */
  constructor(options: MedianPrunerOptions = {}) {
    this.#options = settle('MedianPruner', options, medianRules);
  }

  prune(history: readonly FrozenTrial[], trial: PruneCandidate, direction: Direction): boolean {
    const { nStartupTrials, nMinTrials } = this.#options;
    const completed = history.filter((t) => t.state === 'COMPLETE');
    if (completed.length === 0 || completed.length < nStartupTrials) return false;
    const { lastStep, stepBefore, smallest, largest } =
      trial.curve ?? curveOf(trial.intermediateValues);
    if (lastStep < 0 || !this.#isDue(lastStep, stepBefore)) return false;
    if (Number.isNaN(largest)) return true;

    const others = completed.flatMap((t) =>
      Object.hasOwn(t.intermediateValues, lastStep) ? [t.intermediateValues[lastStep]] : [],
    );
    if (others.length < nMinTrials) return false;
    const middle = median(others.filter((value) => !Number.isNaN(value)));
    // A comparison with NaN (no value to compare with) is false: go on.
    return direction === 'maximize' ? largest < middle : smallest > middle;
  }

  /** Once in each interval: at the first report that lies in it. */
  #isDue(step: number, stepBefore: number): boolean {
    const { nWarmupSteps, intervalSteps } = this.#options;
    if (step < nWarmupSteps) return false;
    const intervals = Math.floor((step - nWarmupSteps) / intervalSteps);
    return stepBefore < nWarmupSteps + intervals * intervalSteps;
  }
}

/** NaN for an empty list. Rounds as numpy.percentile does, so that ties fall the same way. */
function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)];
  if (!Number.isInteger(half)) return upper;
  const lower = sorted[half - 1];
  return Number.isFinite(upper - lower) ? upper - (upper - lower) * 0.5 : (lower + upper) / 2;
}
