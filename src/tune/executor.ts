/**
 * Where objectives run. A study hands every trial to one executor and never knows whether
 * it runs in this thread, in a pool of workers or on another machine.
 */

/** What a parameter may be: numbers from suggestInt and suggestFloat, choices of suggestCategorical. */
export type ParamValue = number | string | boolean | null;

/** The objective's parameters: what `space` returned. Suggested values, and whatever was fixed or computed beside them. */
export type Params = Record<string, ParamValue>;

/** One call of the objective, as a study hands it to an executor. */
export interface Job {
  /**
   * Number of the trial in its study, from 0; one that is run again after an interruption keeps
   * its first number here, so that it draws the same random numbers.
   */
  readonly trial: number;
  /** The objective's first argument. */
  readonly params: Params;
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
 * Why a trial failed: its objective threw, its worker died or fell silent, the study was aborted,
 * the value was no number, the executor was closed.
 */
export type FailCode = 'threw' | 'died' | 'silent' | 'aborted' | 'bad-value' | 'closed';

/** How a job ended. */
export type Outcome =
  | { state: 'complete'; value: number }
  | { state: 'pruned' }
  | { state: 'failed'; reason: string; code: FailCode };

/**
 * Where objectives run: in this thread, in workers, or wherever an executor of your own runs them.
 */
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
