/** What an objective sees of its trial, the same in this thread and in a worker. */
import type { Checkpoint } from './checkpoint.js';
import type { Params } from './executor.js';

/** Thrown into an objective whose trial is pruned; an objective may also throw one of its own accord. */
export class TrialPruned extends Error {
  /** 'TrialPruned', also where a bundler has renamed the class. */
  override readonly name = 'TrialPruned';

  constructor(message = 'the trial was pruned') {
    super(message);
  }
}

/** By name, too: a bundler may have given the objective a copy of the class. */
export function isTrialPruned(error: unknown): boolean {
  return (
    error instanceof TrialPruned ||
    (error as { name?: unknown } | undefined)?.name === 'TrialPruned'
  );
}

/** What an objective sees of its trial. */
export interface ObjectiveTrial<P = Params> {
  /** Number of the trial, as in study.trials: one that is run again after an interruption has a new one, as in Optuna. */
  readonly number: number;
  /** Its place in the study, from 0: that of a trial which is run again is the place of its first run. */
  readonly place: number;
  /** The same as the first argument. */
  readonly params: P;
  /** A 32-bit seed made from `place`, for the objective's own randomness. */
  readonly seed: number;
  /** Aborted once the trial is pruned or the study stops; hand it to `fit`. */
  readonly signal: AbortSignal;
  /**
   * Hands over an intermediate value; `step` is an integer from 0 (the epoch), each reported once.
   * Rejects with TrialPruned once the trial is pruned. Need not be awaited. In a study of several
   * objectives trials are not pruned: a report fails the trial there, as in Optuna.
   */
  report(value: number, step: number): Promise<void>;
  /** True once the trial is pruned. */
  shouldPrune(): Promise<boolean>;
  /** Name of the study. */
  readonly study: string;
  /**
   * What an interrupted run of this very trial saved last; undefined where it begins afresh. What
   * it reported up to that step stands already, and reporting it again changes nothing.
   */
  readonly checkpoint: Checkpoint | undefined;
  /**
   * Keeps bytes to go on from, should the trial be interrupted (its process or its worker dies, the
   * study is aborted): it is run again, with `checkpoint`. `step` is that of the last report that
   * the bytes know of, an integer from 0. Resolves when they are safe; need not be awaited. Those of
   * a trial that has ended are removed.
   */
  save(bytes: Uint8Array, step: number): Promise<void>;
  /** Sends a message to live views; never recorded. */
  progress(message: unknown): void;
}

/** Returns the value to minimize or maximize; an array of one for each of several objectives. */
export type Objective<P = Params, D = unknown> = (
  params: P,
  trial: ObjectiveTrial<P>,
  data: D,
) => Returned | Promise<Returned>;

/** What an objective returns. */
export type Returned = number | readonly number[];

/**
 * A seed for the trial's own randomness: a bijective hash of its number (the finalizer of
 * MurmurHash3, public domain, Austin Appleby), so that no two trials share one and neither the
 * machine nor the number of workers matters. An unsigned 32-bit integer.
 */
export function trialSeed(trial: number): number {
  let h = (trial + 0x9e3779b9) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
