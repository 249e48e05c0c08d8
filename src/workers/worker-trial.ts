/** A trial as its objective sees it, inside the worker. */
import type { Remote } from 'comlink';
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import type { Checkpoint } from '../tune/checkpoint.js';
import { badSave, noReports } from '../tune/failure.js';
import { type ObjectiveTrial, TrialPruned } from '../tune/objective.js';
import type { HostSide, JobMessage } from './protocol.js';
import { WorkerReports } from './worker-reports.js';

/** Progress messages wait so long for company, in milliseconds. */
const BATCH = 50;

export class WorkerTrial<P> implements ObjectiveTrial<P> {
  /** What went wrong in a call that the objective need not have awaited. */
  fault: Error | undefined;
  private readonly id: number;
  private readonly job: JobMessage;
  private readonly host: Remote<HostSide>;
  private readonly controller = new AbortController();
  private readonly reports: WorkerReports;
  private saved: Promise<unknown> = Promise.resolve();
  private messages: unknown[] = [];
  private flushedAt = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(job: JobMessage, host: Remote<HostSide>) {
    this.id = job.id;
    this.job = job;
    this.host = host;
    this.reports = new WorkerReports({
      signal: this.signal,
      send: (reports) => host.report(this.id, reports),
      onEnd: ({ verdict }, step) =>
        this.stop(
          verdict === 'prune'
            ? new TrialPruned(`the trial was pruned at step ${step}`)
            : new SluiceError('aborted', 'the trial was stopped'),
        ),
    });
  }

  get number(): number {
    return this.job.trial;
  }

  get place(): number {
    return this.job.place;
  }

  get params(): P {
    return this.job.params as P;
  }

  get seed(): number {
    return this.job.seed;
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get pruned(): boolean {
    return this.signal.reason instanceof TrialPruned;
  }

  report(value: number, step: number): Promise<void> {
    if (this.signal.aborted) return rejection(this.signal.reason);
    if (typeof value === 'number' && Number.isInteger(step) && step >= 0) {
      return this.reports.add(value, step);
    }
    this.fault ??= new SluiceError(
      'objective',
      `trial.report(value, step) takes a number and an integer from 0, but got ${shown(value)} and ${shown(step)}`,
    );
    return rejection(this.fault);
  }

  /** How many values the objective is to return. */
  get objectives(): number {
    return this.job.objectives;
  }

  async shouldPrune(): Promise<boolean> {
    if (this.objectives > 1)
      throw new SluiceError('objective', noReports(this.objectives, 'shouldPrune'));
    await this.settle();
    return this.pruned;
  }

  get study(): string {
    return this.job.study;
  }

  get checkpoint(): Checkpoint | undefined {
    return this.job.checkpoint;
  }

  save(bytes: Uint8Array, step: number): Promise<void> {
    if (this.signal.aborted) return Promise.resolve();
    const wrong = badSave(bytes, step);
    if (wrong !== undefined) {
      this.fault ??= new SluiceError('objective', wrong);
      return rejection(this.fault);
    }
    const saved = this.host.save(this.id, bytes, step);
    this.saved = saved.then(undefined, () => undefined);
    return saved;
  }

  progress(message: unknown): void {
    if (this.signal.aborted) return;
    this.messages.push(message);
    // Sent from here if due: an objective that never yields gives timers no turn.
    if (performance.now() - this.flushedAt >= BATCH) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), BATCH);
  }

  /** Aborts the signal, for the study or because the trial is over. */
  stop(reason: Error): void {
    if (!this.signal.aborted) this.controller.abort(reason);
  }

  /** Waits until the main thread has answered every report, and sends the last messages. */
  async settle(): Promise<void> {
    this.flush();
    await this.reports.settle();
    await this.saved;
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.messages.length === 0) return;
    this.flushedAt = performance.now();
    const messages = this.messages;
    this.messages = [];
    Promise.resolve(this.host.progress(this.id, messages)).catch((error) => {
      this.fault ??= new SluiceError(
        'objective',
        `trial.progress takes what structured clone takes: ${error.message}`,
      );
    });
  }
}

/** A rejection that need not be handled. */
function rejection(reason: unknown): Promise<never> {
  const rejected = Promise.reject(reason);
  rejected.catch(() => {});
  return rejected;
}
