/**
 * Runs objectives in this thread: for quick functions, tests, and runtimes without workers.
 * A function that never yields cannot be interrupted here.
 */
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { anyRule, integerRule, type Rules, settle } from '../rules.js';
import { Breath } from './breath.js';
import type { Executor, Job, Outcome } from './executor.js';
import { badSave, noReports, returned, thrownFailure } from './failure.js';
import { type Objective, TrialPruned, trialSeed } from './objective.js';

const aborted: Outcome = { state: 'failed', reason: 'aborted', code: 'aborted' };
const closed: Outcome = { state: 'failed', reason: 'the executor was closed', code: 'closed' };

export interface InThreadOptions {
  /** Third argument of every call of the objective. */
  data?: unknown;
  /** How many objectives may wait for something at the same time; default 1. */
  size?: number | undefined;
}

export const inThreadRules = {
  data: anyRule,
  size: { ...integerRule(1), otherwise: () => 1 },
} satisfies Rules<InThreadOptions>;

// biome-ignore lint/suspicious/noExplicitAny: each objective knows the shape of its own parameters and data
export type AnyObjective = Objective<any, any>;

export function inThreadExecutor(objective: AnyObjective, options: InThreadOptions = {}): Executor {
  if (typeof objective !== 'function') {
    throw new SluiceError(
      'bad-option',
      `inThreadExecutor: objective must be a function, but got ${shown(objective)}`,
    );
  }
  const closing = new AbortController();
  const { data, size } = settle('inThreadExecutor', options, inThreadRules);
  return {
    size,
    run: (job) => runInThread(objective, job, data, closing.signal),
    async close() {
      closing.abort();
    },
  };
}

async function runInThread(
  objective: AnyObjective,
  job: Job,
  data: unknown,
  closing: AbortSignal,
): Promise<Outcome> {
  const stop = new AbortController();
  const ended = new Promise<Outcome>((resolve) => {
    const listen = (signal: AbortSignal | undefined, outcome: Outcome) => {
      const end = () => {
        stop.abort(new Error(outcome.state === 'failed' ? outcome.reason : 'ended'));
        resolve(outcome);
      };
      if (signal?.aborted) end();
      else signal?.addEventListener('abort', end, { once: true, signal: stop.signal });
    };
    listen(job.signal, aborted);
    listen(closing, closed);
  });
  const breath = new Breath();
  // Signals and timers get their turn between trials, even where objectives never yield.
  await breath.take();
  if (stop.signal.aborted) return ended;
  const outcome = await Promise.race([ended, call(objective, job, data, stop, breath)]);
  stop.abort(new Error('the trial is over'));
  return outcome;
}

async function call(
  objective: AnyObjective,
  job: Job,
  data: unknown,
  stop: AbortController,
  breath: Breath,
): Promise<Outcome> {
  const { objectives = 1 } = job;
  let pruned: TrialPruned | undefined;
  /** What ends the trial, though the objective may not have waited for it. */
  let fault: SluiceError | undefined;
  const save = async (bytes: Uint8Array, step: number): Promise<void> => {
    const wrong = badSave(bytes, step);
    if (wrong !== undefined) {
      fault ??= new SluiceError('objective', wrong);
      throw fault;
    }
    if (!stop.signal.aborted) await job.save?.(bytes, step);
  };
  const report = async (value: number, step: number): Promise<void> => {
    if (!pruned && job.report(value, step)) {
      pruned = new TrialPruned(`the trial was pruned at step ${step}`);
      stop.abort(pruned);
    }
    if (pruned) throw pruned;
    // An objective that does nothing but report would keep the thread from aborts and timers.
    if (breath.due) await breath.take();
  };
  try {
    const value: unknown = await objective(
      job.params,
      Object.freeze({
        number: job.trial,
        place: job.place ?? job.trial,
        params: job.params,
        seed: trialSeed(job.place ?? job.trial),
        signal: stop.signal,
        report(value: number, step: number) {
          const answer = report(value, step);
          answer.catch(() => {}); // need not be awaited
          return answer;
        },
        study: job.study ?? '',
        checkpoint: job.checkpoint?.(),
        save(bytes: Uint8Array, step: number) {
          const answer = save(bytes, step);
          answer.catch(() => {}); // need not be awaited
          return answer;
        },
        shouldPrune: async () => {
          if (objectives > 1) throw new Error(noReports(objectives, 'shouldPrune'));
          return pruned !== undefined;
        },
        progress: (message: unknown) => job.onProgress?.(message),
      }),
      data,
    );
    if (pruned) return { state: 'pruned' };
    if (fault) return { state: 'failed', code: 'threw', reason: fault.message };
    return returned(value, objectives);
  } catch (error) {
    return (pruned ? undefined : thrownFailure(error)) ?? { state: 'pruned' };
  }
}
