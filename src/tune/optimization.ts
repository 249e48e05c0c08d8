/**
 * The loop behind Study.optimize. Trial n starts when every trial numbered up to n - lookback
 * is finished, and its suggestions and pruning see exactly those: what a trial is and how it is
 * judged depends on its number alone, not on how many run at once or which ends first.
 */
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import type { ArtifactStore } from './artifacts/artifact-store.js';
import { Checkpoints, type Found, type TrialCheckpoints } from './checkpoints.js';
import type { StudyEvent } from './events.js';
import type { Executor, Failure, Job, Outcome } from './executor.js';
import { FirstFailures } from './first-failures.js';
import { outcomeOf } from './job-outcome.js';
import { JudgedTrial } from './judged-trial.js';
import { inherited, isInterruption, isPending } from './lineage.js';
import type { OptimizeSettings } from './optimize-options.js';
import { Patience } from './patience.js';
import { Places } from './places.js';
import type { Pruner } from './pruners/pruner.js';
import type { Proposal, Sampler } from './samplers/sampler.js';
import { type StockOptions, takeIn, takeStock } from './stock.js';
import { abortedError, alikeError, brokenError, unwrittenError } from './stop-errors.js';
import type { Storage, StudyRecord, TrialStart } from './storage/storage.js';
import type { StudyView } from './study-view.js';
import { type Suggestion, suggest } from './suggest.js';
import type { Direction, FrozenTrial } from './trial.js';

/** What a run needs to know of its study. */
export interface OptimizedStudy {
  readonly record: StudyRecord;
  readonly directions: readonly Direction[];
  readonly storage: Storage;
  readonly artifactStore: ArtifactStore;
  readonly sampler: Sampler;
  readonly pruner: Pruner;
  readonly lookback: number;
}

export interface OptimizationPlan extends OptimizeSettings {
  readonly executor: Executor;
  /** Trials to run, those that are run again included. */
  readonly count: number;
}

/** A trial on its way. */
interface Running {
  readonly suggestion: Suggestion;
  readonly number: number;
  readonly state: JudgedTrial;
  readonly checkpoints: TrialCheckpoints;
  readonly control: AbortController;
}

/** Milliseconds after which a callback that has not come back is left behind, once the study stops. */
const CALLBACK_GRACE = 800;

export class Optimization {
  readonly #owner: StudyView;
  readonly #study: OptimizedStudy;
  readonly #plan: OptimizationPlan;
  readonly #places = new Places();
  readonly #checkpoints: Checkpoints;
  readonly #running = new Map<number, Promise<void>>();
  readonly #jobs = new Set<AbortController>();
  #left: number;
  #stopping = false;
  #error: { cause: unknown } | undefined;
  #interrupted = 0;
  /** Undefined once a trial of the study has come to something. */
  #firstFailures: FirstFailures | undefined;
  readonly #patience = new Patience();
  #endWait = (): void => undefined;
  /** Resolves once the study stops: nobody is waited for then. */
  readonly #stopped = new Promise<undefined>((resolve) => {
    this.#endWait = () => resolve(undefined);
  });

  /** @param owner what callbacks get */
  constructor(owner: StudyView, study: OptimizedStudy, plan: OptimizationPlan) {
    this.#owner = owner;
    this.#study = study;
    this.#plan = plan;
    this.#left = plan.count;
    const { storage, artifactStore: store, record } = study;
    this.#checkpoints = new Checkpoints({ store, storage, study: record.id, name: record.name });
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
      this.#patience.dispose();
    }
    if (this.#error) throw this.#error.cause;
    if (this.#interrupted > 0 || (signal?.aborted && this.#left > 0)) throw this.#abortError();
  }

  async #takeStock(): Promise<void> {
    const { storage, record } = this.#study;
    await takeStock(this.#places, this.#stock);
    const trials = storage.trials(record.id);
    await this.#unlessStopped(this.#checkpoints.tidy(trials.filter(isPending)));
    const hopeful = trials.some(({ state }) => state === 'COMPLETE' || state === 'PRUNED');
    if (!hopeful && !this.#plan.continueOnFailure) this.#firstFailures = new FirstFailures();
  }

  /** What a store promises; undefined once the study stops, for a store may never answer. */
  #unlessStopped<T>(work: Promise<T>): Promise<T | undefined> {
    return Promise.race([work, this.#stopped]);
  }

  get #stock(): StockOptions {
    const { storage, record } = this.#study;
    return { storage, study: record.id, failStale: this.#plan.failStale };
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
    const { pruner, directions, lookback } = this.#study;
    const { space, onWarning, totalTrials } = this.#plan;
    const settled = await takeIn(this.#places, this.#stock);
    if (totalTrials !== undefined) this.#left -= settled;
    if (this.#left <= 0 || !this.#places.mayStart(lookback)) return;
    const { place, earlier } = this.#places.next();
    const history = this.#places.history(place - lookback);
    const proposal = await this.#propose(place, history);
    if (proposal === undefined) return;
    const suggestion = suggest(space, { proposal, place, earlier, onWarning });
    const found = await this.#unlessStopped(this.#checkpoints.find(earlier, onWarning));
    if (this.#stopping) return;
    const frozen = await this.#record(suggestion.trial, earlier, found);
    if (frozen === undefined) return; // another program was first: what it did is taken in next
    const checkpoints = this.#checkpoints.of(place, frozen.number, found);
    this.#places.start(frozen);
    this.#left -= 1;
    this.#firstFailures?.started(place);

    const control = new AbortController();
    if (this.#stopping) control.abort();
    this.#jobs.add(control);
    this.#emit({ type: 'trialStarted', number: frozen.number, trial: frozen });
    const reported = frozen.intermediateValues;
    const state = new JudgedTrial(place, history, pruner, directions, reported);
    const running = { suggestion, number: frozen.number, state, checkpoints, control };
    const end = this.#guard(() => this.#carryOut(running));
    const done = end.finally(() => {
      this.#jobs.delete(control);
      this.#running.delete(place);
    });
    this.#running.set(place, done);
  }

  /** What the sampler says of a trial; undefined where the study stops meanwhile. */
  async #propose(number: number, history: readonly FrozenTrial[]): Promise<Proposal | undefined> {
    const { sampler, directions, lookback } = this.#study;
    const pending = this.#places.pending(number - lookback, number);
    const view = Object.freeze({ history, pending, number, directions });
    const proposal: unknown = await Promise.race([sampler.propose(view), this.#stopped]);
    if (this.#stopping) return undefined;
    if (typeof (proposal as Proposal | undefined)?.draw === 'function') return proposal as Proposal;
    throw new SluiceError(
      'bad-option',
      'the sampler must propose an object with draw(name, distribution), but proposed ' +
        shown(proposal),
    );
  }

  /** From the start of a trial to its last callback. */
  async #carryOut({ suggestion, number, state, checkpoints, control }: Running): Promise<void> {
    const { trial, params, unfit } = suggestion;
    const { place } = trial;
    const { signal } = control;
    const { storage, record } = this.#study;
    const { executor } = this.#plan;
    const job: Job = {
      trial: number,
      place,
      params,
      study: record.name,
      objectives: this.#study.directions.length,
      checkpoint: () => checkpoints.latest,
      save: (bytes, step) => this.#save(checkpoints, state, bytes, step),
      signal,
      report: (value, step) => this.#report(number, state, value, step),
      onProgress: (message) => {
        if (!signal.aborted) this.#emit({ type: 'progress', number, message });
      },
    };
    const outcome: Outcome =
      unfit === undefined
        ? await outcomeOf(executor, job)
        : { state: 'failed', code: 'bad-value', reason: unfit };
    await this.#patience.waitFor(checkpoints.close());
    const end = state.end(outcome);
    const settles = !isInterruption(end.systemAttrs);
    const systemAttrs = { ...end.systemAttrs, ...(settles ? checkpoints.endAttrs : {}) };
    const finished = await storage.finishTrial(record.id, number, { ...end, systemAttrs });
    if (settles) await this.#unlessStopped(checkpoints.remove());
    await this.#settle(place, finished, outcome);
    if (executor.broken !== undefined) throw brokenError(record.name, executor.broken);
  }

  /**
   * Under the very number that its place was drawn for, so that the study is the same one when
   * it is read again.
   * @returns undefined where another program has taken that number, or the waiting trial
   */
  async #record(
    trial: Pick<TrialStart, 'params' | 'distributions' | 'userAttrs'>,
    earlier: FrozenTrial | undefined,
    found: Found | undefined,
  ): Promise<FrozenTrial | undefined> {
    const { storage, record } = this.#study;
    const { params, distributions, userAttrs } = trial;
    if (earlier?.state === 'WAITING') {
      const start = { params, distributions, userAttrs, systemAttrs: {} };
      const started = await storage.startTrial(record.id, earlier.number, start);
      if (!started) this.#places.update(storage.trial(record.id, earlier.number) as FrozenTrial);
      return started;
    }
    const start = {
      params,
      distributions,
      userAttrs: { ...earlier?.userAttrs, ...userAttrs },
      ...(earlier ? inherited(earlier, found) : { systemAttrs: {} }),
    };
    return storage.createTrialAt(record.id, this.#places.length, start);
  }

  async #settle(place: number, finished: FrozenTrial, outcome: Outcome): Promise<void> {
    if (isPending(finished)) {
      this.#interrupt(finished, outcome);
    } else {
      this.#places.settle(place, finished);
      const alike = this.#firstFailures?.settled(place, finished);
      if (alike) this.#fail(alikeError(this.#study.record.name, finished, outcome));
    }
    this.#emit({ type: 'trialFinished', number: finished.number, trial: finished });
    for (const callback of this.#plan.callbacks) {
      if (this.#patience.over) return;
      await this.#patience.waitFor(callback(this.#owner, finished));
    }
  }

  /** A trial that is to be run again: whatever interrupted it would interrupt the others too. */
  #interrupt({ number }: FrozenTrial, outcome: Outcome): void {
    const { name } = this.#study.record;
    this.#interrupted += 1;
    const { code, reason } = outcome as Failure;
    if (code === 'not-started') this.#fail(brokenError(name, reason));
    if (code === 'storage') this.#fail(unwrittenError(name, number, reason));
    this.#stop();
  }

  /** Passed over once the trial is decided: nothing goes on from it then. */
  async #save(
    checkpoints: TrialCheckpoints,
    state: JudgedTrial,
    bytes: Uint8Array,
    step: number,
  ): Promise<void> {
    if (this.#stopping || state.decided) return;
    try {
      await checkpoints.save(bytes, step);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** Never throws: executors call it. */
  #report(number: number, state: JudgedTrial, value: number, step: number): boolean {
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
      const answer: unknown = this.#plan.onEvent(event);
      // A promise is not waited for, but its rejection must not end the process.
      if (answer instanceof Promise) answer.catch((error) => this.#fail(error));
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
    this.#endWait();
    this.#patience.endAfter(CALLBACK_GRACE);
    for (const job of this.#jobs) job.abort();
  }

  #abortError(): SluiceError {
    const { name } = this.#study.record;
    return abortedError(name, this.#interrupted, this.#plan.signal?.reason);
  }
}
