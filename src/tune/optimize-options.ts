import { SluiceError } from '../errors.js';
import {
  booleanRule,
  functionRule,
  integerRule,
  methodRule,
  pick,
  type Rules,
  type Settled,
  settle,
} from '../rules.js';
import type { StudyEvent } from './events.js';
import type { Executor } from './executor.js';
import { inThreadRules } from './in-thread.js';
import type { Objective } from './objective.js';
import { type PoolOptions, poolRules, type WorkerSource } from './pool-options.js';
import type { StudyView } from './study-view.js';
import type { ObjectiveParams, Space } from './suggest.js';
import type { FrozenTrial } from './trial.js';

/** Called after each finished trial; the next one may start meanwhile. */
export type OptimizeCallback = (study: StudyView, trial: FrozenTrial) => void | Promise<void>;

/**
 * Options of study.optimize. Exactly one of `worker`, `objective` and `executor` says where
 * objectives run; at least one of `trials`, `totalTrials` and `timeout` when to end. P is what
 * `space` returns.
 */
export interface OptimizeOptions<P extends object = object> extends Omit<PoolOptions, 'worker'> {
  /** Suggests the parameters of a trial, on this thread. Required. */
  space: Space<P>;
  /**
   * The script of the objective, or a function that makes a worker of it: it runs in a pool of
   * these. Default: none, where `objective` or `executor` is given.
   */
  worker?: WorkerSource | undefined;
  /**
   * The objective itself: it runs in this thread, one trial at a time. Default: none, where
   * `worker` or `executor` is given.
   */
  // biome-ignore lint/suspicious/noExplicitAny: each objective knows the shape of its own data
  objective?: Objective<ObjectiveParams<P>, any> | undefined;
  /**
   * Any executor, such as a pool of createPool that several studies share; it is not closed
   * afterwards. Default: none, where `worker` or `objective` is given.
   */
  executor?: Executor | undefined;
  /**
   * How many trials to run now, those run again after an interruption included: an integer from 1.
   * Default: as many as `totalTrials` or `timeout` allow.
   */
  trials?: number | undefined;
  /**
   * Run until the study has so many finished trials; does nothing where it has. An integer from 1.
   * Default: as many as `trials` or `timeout` allow.
   */
  totalTrials?: number | undefined;
  /** No trial starts after so many seconds, a number above 0. Default: no end. */
  timeout?: number | undefined;
  /**
   * Stops within a second: running trials are recorded as FAIL 'aborted', everything finished is
   * safe, and optimize rejects with SluiceError 'aborted'. The next optimize runs the stopped
   * trials again. Default: nothing stops it.
   */
  signal?: AbortSignal | undefined;
  /**
   * Seconds of silence after which a RUNNING trial that another program has started (Optuna, on
   * whatever machine) counts as dead: it is recorded as FAIL 'interrupted' and run again here.
   * From 0 up; default: never, such trials are left to whoever runs them. The silence is counted
   * by this process' own clock, since it last read a line about the trial, and looked at whenever
   * a trial starts here; so it must be longer than the longest pause between two reports. 0 says
   * that nobody else runs trials of this study now.
   */
  failStale?: number | undefined;
  /**
   * Go on, though the first three trials of a study fail for the same reason; default false:
   * the study stops, and optimize rejects with that reason.
   */
  continueOnFailure?: boolean | undefined;
  /**
   * Called after each finished trial. What one throws stops the study and comes out of optimize.
   * Default: none.
   */
  callbacks?: readonly OptimizeCallback[] | undefined;
  /**
   * Hears what happens, for live views. What it throws stops the study and comes out of optimize.
   * Default: nobody listens.
   */
  onEvent?: ((event: StudyEvent) => void) | undefined;
}

const { worker, ...otherPoolRules } = poolRules;

export const optimizeRules = {
  space: { ...functionRule('a function (t) => parameters'), required: true },
  objective: functionRule('a function (params, trial, data)'),
  executor: {
    expected: 'an object with run() and a size, an integer of at least 1',
    holds: (value: unknown) =>
      methodRule('run', '').holds(value) && integerRule(1).holds((value as Executor).size),
  },
  trials: integerRule(1),
  totalTrials: integerRule(1),
  timeout: {
    expected: 'a number of seconds above 0',
    holds: (value: unknown) => typeof value === 'number' && value > 0,
    otherwise: () => Number.POSITIVE_INFINITY,
  },
  failStale: {
    expected: 'a number of seconds from 0 up',
    holds: (value: unknown) => typeof value === 'number' && value >= 0,
  },
  signal: { expected: 'an AbortSignal', holds: methodRule('addEventListener', '').holds },
  continueOnFailure: { ...booleanRule, otherwise: () => false },
  callbacks: {
    expected: 'an array of functions (study, trial)',
    holds: (value: unknown) =>
      Array.isArray(value) && value.every((callback) => typeof callback === 'function'),
    otherwise: () => [],
  },
  onEvent: { ...functionRule('a function (event)'), otherwise: () => () => {} },
  worker: { expected: worker.expected, holds: worker.holds },
  ...otherPoolRules,
} satisfies Rules<OptimizeOptions>;

export type OptimizeSettings = Settled<OptimizeOptions, typeof optimizeRules>;

/** @throws SluiceError 'bad-option' */
export function settleOptimize(options: OptimizeOptions): OptimizeSettings {
  const settings = settle('optimize', options, optimizeRules);
  checkEnd(options);
  checkWay(options);
  return settings;
}

/** What a pool is told by the options of optimize. */
export function poolOptions(settings: OptimizeSettings): PoolOptions {
  return pick(settings as PoolOptions, poolRules);
}

function refuse(rule: string, found: string): never {
  throw new SluiceError('bad-option', `optimize: ${rule}, but got ${found}`);
}

function checkEnd({ trials, totalTrials, timeout }: OptimizeOptions): void {
  if (trials !== undefined && totalTrials !== undefined) {
    refuse('only one of trials (more) and totalTrials may be given', 'both');
  }
  if (trials === undefined && totalTrials === undefined && timeout === undefined) {
    refuse('one of trials, totalTrials and timeout must be given', 'none');
  }
}

/** Which options of a pool are read by each way of running objectives. */
const readBy: Record<'worker' | 'objective' | 'executor', object> = {
  worker: poolRules,
  objective: { data: inThreadRules.data, onWarning: poolRules.onWarning },
  executor: { onWarning: poolRules.onWarning },
};

function checkWay(options: OptimizeOptions): void {
  const ways = (['executor', 'objective', 'worker'] as const).filter(
    (way) => options[way] !== undefined,
  );
  const [way] = ways;
  if (ways.length !== 1) {
    const found = ways.join(' and ') || 'none';
    refuse('exactly one of worker, objective and executor must be given', found);
  }
  const unread = Object.keys(poolRules).find(
    (name) => options[name as keyof PoolOptions] !== undefined && !(name in readBy[way]),
  );
  if (unread) refuse(`${unread} has no meaning with ${way}`, 'both');
}
