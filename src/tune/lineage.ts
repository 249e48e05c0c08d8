/**
 * Which trials stand for which place in the study. A trial that was interrupted (the process
 * died, the study was aborted) is recorded as FAIL and run again as a new trial with a new
 * number, as Optuna does. Sampling and pruning count places instead of numbers, so that an
 * interrupted study goes on exactly as if nothing had happened.
 */
import { type Found, withCheckpoint } from './checkpoints.js';
import type { TrialStart } from './storage/storage.js';
import { type FrozenTrial, isFinished } from './trial.js';

/** Reasons of failure that say nothing about the trial itself: it is run again. */
const interruptions = new Set(['aborted', 'interrupted', 'closed', 'not-started', 'storage']);

/** True for a trial whose place is still open: to be run, or run again. */
export function isPending(trial: FrozenTrial): boolean {
  if (trial.state === 'WAITING') return true;
  return trial.state === 'FAIL' && isInterruption(trial.systemAttrs);
}

/** Whether the attributes of an end say so. */
export const isInterruption = (attrs: Readonly<Record<string, unknown>> = {}): boolean =>
  interruptions.has(attrs.fail_code as string);

/** The place of each trial; learned once from a list that only grows. */
export class PlaceIndex {
  readonly #places: number[] = [];
  #count = 0;

  /** How many trials it knows: the number of the next. */
  get length(): number {
    return this.#places.length;
  }

  /** How many places there are: the next new one. */
  get count(): number {
    return this.#count;
  }

  /** Takes in the trials of a study that are new since the last time. */
  learn(trials: readonly FrozenTrial[]): this {
    for (let i = this.#places.length; i < trials.length; i++) this.add(trials[i]);
    return this;
  }

  /** Takes in the next trial. @returns its place: a new one, unless it runs an earlier one again */
  add(trial: FrozenTrial): number {
    const first = trial.systemAttrs.failed_trial;
    const known = typeof first === 'number' ? this.#places[first] : undefined;
    const place = known ?? this.#count++;
    this.#places.push(place);
    return place;
  }

  /** Place of a trial by its number; undefined for one that is not learned yet. */
  of(number: number): number | undefined {
    return this.#places[number];
  }
}

/** The latest trial of each place, in order. */
export function latestByPlace(trials: readonly FrozenTrial[]): FrozenTrial[] {
  const index = new PlaceIndex().learn(trials);
  const places: FrozenTrial[] = [];
  trials.forEach((trial, i) => {
    places[index.of(i)!] = trial;
  });
  return places;
}

/** A finished trial as samplers and pruners see it: numbered by its place. */
export function asHistory(trial: FrozenTrial, place: number): FrozenTrial {
  return trial.number === place ? trial : Object.freeze({ ...trial, number: place });
}

/** How many places are settled for good. */
export function settledCount(trials: readonly FrozenTrial[]): number {
  return latestByPlace(trials).filter((trial) => isFinished(trial) && !isPending(trial)).length;
}

/**
 * What the trial that runs an interrupted one again has of it: with a checkpoint also what was
 * reported by then (inherit_intermediate_values of Optuna).
 */
export function inherited(
  earlier: FrozenTrial,
  found: Found | undefined,
): Pick<TrialStart, 'systemAttrs' | 'intermediateValues'> {
  const systemAttrs = withCheckpoint(retryAttrs(earlier), found);
  if (!found) return { systemAttrs };
  const reported = Object.entries(earlier.intermediateValues);
  const known = reported.filter(([step]) => Number(step) <= found.entry.step);
  return { systemAttrs, intermediateValues: Object.fromEntries(known) };
}

/** System attributes of the trial that runs an interrupted one again, as Optuna's RetryFailedTrialCallback sets them. */
function retryAttrs(interrupted: FrozenTrial): Record<string, unknown> {
  const { fail_reason, fail_code, ...attrs } = interrupted.systemAttrs;
  const history = Array.isArray(attrs.retry_history) ? attrs.retry_history : [];
  return {
    failed_trial: interrupted.number,
    ...attrs,
    retry_history: [...history, interrupted.number],
  };
}
