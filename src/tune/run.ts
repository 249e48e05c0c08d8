/**
 * The loop behind Study.optimize. Trial n starts when every trial numbered up to n - lookback
 * is finished, and its suggestions and pruning see exactly those: what a trial is and how it is
 * judged depends on its number alone, not on how many run at once or which ends first.
 */
import { SluiceError } from '../errors.js';
import type { StudyEvent } from './events.js';
import type { Executor, Job, Outcome } from './executor.js';
import { isPending, latestByPlace, retryAttrs } from './lineage.js';
import { Places } from './places.js';
import type { Pruner } from './pruners/pruner.js';
import { RunningTrial } from './running-trial.js';
import type { Sampler } from './samplers/sampler.js';
import type { Storage, StudyRecord, TrialStart } from './storage/storage.js';
import { type Space, suggest } from './suggest.js';
import type { Direction, FrozenTrial } from './trial.js';

/** What a run needs to know of its study. */
export interface RunStudy {
  readonly record: StudyRecord;
  readonly direction: Direction;
  readonly storage: Storage;
  readonly sampler: Sampler;
  readonly pruner: Pruner;
  readonly lookback: number;
}

export interface RunPlan {
  readonly space: Space;
  readonly executor: Executor;
  /** Trials to run, those that are run again included. */
  readonly count: number;
  /** No trial starts after so many seconds. */
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
  onEvent(event: StudyEvent): void;
  onFinished(trial: FrozenTrial): Promise<void>;
}

/** How long an executor may take to give up a job once the study stops; then it is left behind. */
const STOP_GRACE_MS = 500;

const abandoned: Outcome = { state: 'failed', reason: 'aborted', code: 'aborted' };

export class Run {
  readonly #study: RunStudy;
  readonly #plan: RunPlan;
  #places = new Places([]);
  readonly #running = new Map<number, Promise<void>>();
  readonly #jobs = new Set<AbortController>();
  #left: number;
  #stopping = false;
  #error: { cause: unknown } | undefined;
  #interrupted = 0;

  constructor(study: RunStudy, plan: RunPlan) {
    this.#study = study;
    this.#plan = plan;
    this.#left = plan.count;
  }

  /** @throws what `space`, a callback, a pruner or the storage threw; SluiceError 'aborted' */
  async execute(): Promise<void> {
    const { signal } = this.#plan;
    const abort = () => this.#stop();
    if (signal?.aborted) throw this.#abortError();
    signal?.addEventListener('abort', abort);
    try {
      await this.#takeStock();
      await this.#loop();
      await Promise.all(this.#running.values());
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    if (this.#error) throw this.#error.cause;
    if (this.#interrupted > 0 || (signal?.aborted && this.#left > 0)) throw this.#abortError();
  }

  /** Nobody else runs this study (it is claimed): what is RUNNING in the storage died with its process. */
  async #takeStock(): Promise<void> {
    const { storage, record } = this.#study;
    for (const trial of storage.trials(record.id)) {
      if (trial.state !== 'RUNNING') continue;
      await storage.finishTrial(record.id, trial.number, {
        state: 'FAIL',
        systemAttrs: { fail_reason: 'interrupted', fail_code: 'interrupted' },
      });
    }
    this.#places = new Places(latestByPlace(storage.trials(record.id)));
  }

  async #loop(): Promise<void> {
    const { executor, timeout } = this.#plan;
    const deadline = performance.now() + timeout * 1000;
    const size = Math.min(executor.size, this.#study.lookback);
    for (;;) {
      const more = !this.#stopping && this.#left > 0 && performance.now() < deadline;
      if (more && this.#running.size < size && this.#places.mayStart(this.#study.lookback)) {
        await this.#guard(() => this.#start());
      } else if (this.#running.size > 0) {
        await Promise.race(this.#running.values());
      } else {
        return;
      }
    }
  }

  async #start(): Promise<void> {
    const { storage, record, sampler, pruner, direction, lookback } = this.#study;
    const { space, executor } = this.#plan;
    const { place, earlier } = this.#places.next();
    const history = this.#places.history(place - lookback);
    const { trial, params } = suggest(space, sampler, direction, place, history, earlier);
    const frozen = await this.#record(trial, earlier);
    this.#places.start();
    this.#left -= 1;

    const state = new RunningTrial(place, history, pruner, direction);
    const control = new AbortController();
    if (this.#stopping) control.abort();
    this.#jobs.add(control);
    this.#emit({ type: 'trialStarted', number: frozen.number, trial: frozen });
    const { number } = frozen;
    const job: Job = {
      trial: place,
      params,
      signal: control.signal,
      report: (value, step) => this.#report(number, state, value, step),
      onProgress: (message) => {
        if (!control.signal.aborted) this.#emit({ type: 'progress', number, message });
      },
    };
    const end = this.#guard(async () => {
      const outcome = await outcomeOf(executor, job);
      const finished = await storage.finishTrial(record.id, number, state.end(outcome));
      await this.#settle(place, finished);
      if (executor.broken !== undefined) throw this.#brokenError(executor.broken);
    });
    const done = end.finally(() => {
      this.#jobs.delete(control);
      this.#running.delete(place);
    });
    this.#running.set(place, done);
  }

  async #record(
    trial: Pick<TrialStart, 'params' | 'distributions' | 'userAttrs'>,
    earlier: FrozenTrial | undefined,
  ): Promise<FrozenTrial> {
    const { storage, record } = this.#study;
    const { params, distributions, userAttrs } = trial;
    if (earlier?.state === 'WAITING') {
      const start = { params, distributions, userAttrs, systemAttrs: {} };
      return (await storage.startTrial(record.id, earlier.number, start)) as FrozenTrial;
    }
    const start = {
      params,
      distributions,
      userAttrs: { ...earlier?.userAttrs, ...userAttrs },
      systemAttrs: earlier ? retryAttrs(earlier) : {},
    };
    return storage.createTrial(record.id, start);
  }

  async #settle(place: number, finished: FrozenTrial): Promise<void> {
    if (isPending(finished)) {
      this.#interrupted += 1;
      this.#stop(); // an executor that was closed under way runs nothing any more
    } else {
      this.#places.settle(place, finished);
    }
    this.#emit({ type: 'trialFinished', number: finished.number, trial: finished });
    await this.#plan.onFinished(finished);
  }

  /** Never throws: executors call it. */
  #report(number: number, state: RunningTrial, value: number, step: number): boolean {
    if (this.#stopping) return true;
    try {
      const result = state.report(value, step);
      if (result === 'kept' || result === 'pruned') {
        const { storage, record } = this.#study;
        storage.report(record.id, number, step, value).catch((error) => this.#fail(error));
        this.#emit({ type: 'report', number, step, value, pruned: result === 'pruned' });
      }
    } catch (error) {
      this.#fail(error);
      return true;
    }
    return state.decided || this.#stopping;
  }

  #emit(event: StudyEvent): void {
    try {
      this.#plan.onEvent(event);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(cause: unknown): void {
    this.#error ??= { cause };
    this.#stop();
  }

  #stop(): void {
    this.#stopping = true;
    for (const job of this.#jobs) job.abort();
  }

  /** Going on would only turn every trial that is left into a failure. */
  #brokenError(reason: string): SluiceError {
    return new SluiceError(
      'worker-died',
      `study '${this.#study.record.name}' was stopped: ${reason}; ` +
        'mend that and call optimize() again, it goes on with the trials that are left',
    );
  }

  #abortError(): SluiceError {
    const again =
      this.#interrupted > 0
        ? `; ${this.#interrupted} that were running are run again by the next optimize()`
        : '';
    return new SluiceError(
      'aborted',
      `study '${this.#study.record.name}' was stopped before all trials were run${again}`,
      { cause: this.#plan.signal?.reason },
    );
  }
}

/**
 * Never rejects and, once the job is aborted, never takes longer than the grace. Whatever an
 * executor says after that (stopped early, threw, "pruned") tells of the abort, not of the trial.
 */
async function outcomeOf(executor: Executor, job: Job): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { signal } = job;
  const left = new Promise<Outcome>((resolve) => {
    const wait = () => {
      timer = setTimeout(() => resolve(abandoned), STOP_GRACE_MS);
    };
    if (signal?.aborted) wait();
    else signal?.addEventListener('abort', wait, { once: true });
  });
  try {
    const outcome = await Promise.race([executor.run(job), left]);
    return signal?.aborted ? abandoned : outcome;
  } catch (error) {
    return { state: 'failed', reason: String(error), code: 'threw' };
  } finally {
    clearTimeout(timer);
  }
}
