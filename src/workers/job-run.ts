/**
 * One job on one worker. The main thread decides: a report that the study prunes ends the
 * trial at that step, an abort ends it at once, and what the worker says afterwards no longer
 * counts. A worker that does not come to rest in time after such an end is terminated.
 */
import type { Job, Outcome } from '../tune/executor.js';
import { onAbort } from './abort.js';
import { type LiveWorker, messageOf, WorkerDeath } from './live-worker.js';
import type { JobMessage, Verdict } from './protocol.js';

export const aborted: Outcome = {
  state: 'failed',
  code: 'aborted',
  reason: 'the study was stopped',
};

/** Milliseconds that an objective gets to come to rest. */
export interface Graces {
  readonly prune: number;
  readonly abort: number;
}

export class JobRun {
  /** What the study gets; never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Resolves when the worker is free for another job, or dead. */
  readonly settled: Promise<void>;
  private readonly worker: LiveWorker;
  private readonly job: Job;
  private readonly message: JobMessage;
  private readonly graces: Graces;
  /** Decided here, whatever the worker will say. */
  private verdict: Outcome | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(worker: LiveWorker, job: Job, message: JobMessage, graces: Graces) {
    this.worker = worker;
    this.job = job;
    this.message = message;
    this.graces = graces;
    let resolve!: (outcome: Outcome) => void;
    const abort = new Promise<Outcome>((r) => {
      resolve = r;
    });
    const end = this.run();
    const ignore = onAbort(job.signal, () => resolve(this.abort()));
    this.outcome = Promise.race([end, abort]).finally(ignore);
    this.settled = end.then(() => clearTimeout(this.timer));
  }

  private async run(): Promise<Outcome> {
    try {
      const result = await this.worker.run(this.message, {
        report: (value, step) => this.report(value, step),
        progress: (message) => this.job.onProgress?.(message),
      });
      return this.verdict ?? result;
    } catch (error) {
      return this.verdict ?? failure(error);
    }
  }

  private report(value: number, step: number): Verdict {
    if (this.verdict) return this.verdict.state === 'pruned' ? 'prune' : 'over';
    if (!this.job.report(value, step)) return 'continue';
    if (this.job.signal?.aborted) return 'over';
    this.verdict = { state: 'pruned' };
    this.restWithin(this.graces.prune);
    return 'prune';
  }

  private abort(): Outcome {
    this.verdict ??= aborted;
    this.worker.stop(this.message.id);
    this.restWithin(this.graces.abort);
    return this.verdict;
  }

  private restWithin(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(
      () => this.worker.kill('died', 'the objective did not stop when it was told to'),
      milliseconds,
    );
  }
}

export function failure(error: unknown): Outcome {
  if (error instanceof WorkerDeath) {
    return { state: 'failed', code: error.outcome, reason: error.message };
  }
  // The worker lives: the job itself did not get to it.
  const reason = `the parameters cannot be sent to a worker: ${messageOf(error)}`;
  return { state: 'failed', code: 'threw', reason };
}
