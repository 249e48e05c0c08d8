/**
 * Where objectives run. A study hands every trial to one executor and never knows whether
 * it runs in this thread, in a pool of workers or on another machine.
 */

import type { SluiceErrorCode } from '../errors.js';
import type { Checkpoint } from './checkpoint.js';

/** What a parameter may be: numbers from suggestInt and suggestFloat, choices of suggestCategorical. */
export type ParamValue = number | string | boolean | null;

/** The objective's parameters: what `space` returned. Suggested values, and whatever was fixed or computed beside them. */
export type Params = Record<string, ParamValue>;

/** One trial on its way to an executor. */
export interface Job {
  /** Number of the trial in its study, from 0; one that is run again after an interruption has a new one. */
  readonly trial: number;
  /**
   * Its place in the study, from 0, which a trial that is run again keeps, so that it draws the same random
   * numbers; where it is not given, its number.
   */
  readonly place?: number | undefined;
  /** What the objective gets as its first argument. */
  readonly params: Params;
  /** Name of the study. */
  readonly study?: string | undefined;
  /** What the trial goes on from, as of now: an executor that begins it anew asks again. */
  checkpoint?(): Checkpoint | undefined;
  /**
   * Keeps bytes that the trial may go on from, should it be interrupted; resolves when they are
   * safe. Calls after the trial was pruned or `signal` aborted are passed over.
   */
  save?(bytes: Uint8Array, step: number): Promise<void>;
  /** How many values the objective is to return; where it is not given, 1. */
  readonly objectives?: number | undefined;
  /**
   * Hands an intermediate value to the study, in the order in which the objective reported.
   * Returns the pruning decision: true means stop now, the trial is pruned at this step.
   * Calls after that, or after `signal` aborted, are ignored and return true. Never throws.
   */
  report(value: number, step: number): boolean;
  /** Aborted when the study stops: the executor stops the objective and resolves as failed, code 'aborted', without waiting for it. */
  readonly signal?: AbortSignal | undefined;
  /** A message of the objective for live views; never recorded. */
  onProgress?(message: unknown): void;
}

/**
 * Why a job failed. Four of them say nothing about the parameters, so that such a trial counts
 * as interrupted and is run again by the next optimize: 'aborted', 'closed' (the executor),
 * 'not-started' (its worker) and 'storage' (what it made could not be written).
 */
export type FailCode =
  | 'threw'
  | 'died'
  | 'silent'
  | 'aborted'
  | 'bad-value'
  | 'closed'
  | 'not-started'
  | 'storage';

/** A job that came to no value. */
export interface Failure {
  /** Tells it from an outcome with a value. */
  state: 'failed';
  /** One sentence for people; recorded with the trial. */
  reason: string;
  /** The kind of failure, for programs. */
  code: FailCode;
  /** Code of the SluiceError that the objective threw, where it did. */
  errorCode?: SluiceErrorCode | undefined;
}

/** How a job ended. */
export type Outcome = Completion | Pruning | Failure;

/** A job whose objective returned a value. */
export interface Completion {
  /** Tells it from the other outcomes. */
  state: 'complete';
  /** What the objective returned: a number, or one for each of several objectives. */
  value: number | readonly number[];
}

/** A job that was stopped because its trial was pruned. */
export interface Pruning {
  /** Tells it from the other outcomes. */
  state: 'pruned';
}

/** Runs objectives, here or elsewhere; createPool makes one of workers. */
export interface Executor {
  /** How many objectives may run at once, at least 1. */
  readonly size: number;
  /** Why no job can run any more (its workers cannot be started); undefined as long as one can. */
  readonly broken?: string | undefined;
  /** Runs one objective. Resolves always: it never rejects and never hangs. */
  run(job: Job): Promise<Outcome>;
  /** Terminates every worker; running jobs resolve as failed, code 'closed'. */
  close(): Promise<void>;
}
