/**
 * One job on one worker. The main thread decides: a report that the study prunes ends the
 * trial at that step, an abort ends it at once, and what the worker says afterwards no longer
 * counts. A worker that does not come to rest in time after such an end is terminated.
 */
import type { Job, Outcome } from '../tune/executor.js';
import { onAbort } from './abort.js';
import { type LiveWorker, messageOf, seconds, WorkerDeath } from './live-worker.js';
import type { JobMessage, Verdict } from './protocol.js';
import { Watchdog } from './watchdog.js';

export const aborted: Outcome = {
  state: 'failed',
  code: 'aborted',
  reason: 'the study was stopped',
};

/** Milliseconds that an objective gets. */
export interface Limits {
  /** To come to rest once it is pruned. */
  readonly prune: number;
  /** To come to rest once the study is stopped. */
  readonly abort: number;
  /** From one report or progress message to the next, or to its return. */
  readonly stall: number;
}

export class PoolJob {
  /** What the study gets; never rejects. */
  readonly outcome: Promise<Outcome>;
  /** Resolves when the worker is free for another job, or dead. */
  readonly settled: Promise<void>;
  private readonly worker: LiveWorker;
  private readonly job: Job;
  private readonly message: JobMessage;
  private readonly limits: Limits;
  private readonly watchdog: Watchdog;
  /** Decided here, whatever the worker will say. */
  private verdict: Outcome | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(worker: LiveWorker, job: Job, message: JobMessage, limits: Limits) {
    this.worker = worker;
    this.job = job;
    this.message = message;
    this.limits = limits;
    this.watchdog = new Watchdog({
      timeout: limits.stall,
      ping: () => {},
      onSilent: () => this.stalled(),
    });
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
    this.watchdog.start();
    try {
      const result = await this.worker.run(this.message, {
        report: (value, step) => this.report(value, step),
        progress: (message) => this.progress(message),
        save: (bytes, step) => this.save(bytes, step),
      });
      return this.verdict ?? result;
    } catch (error) {
      return this.verdict ?? failure(error);
    } finally {
      this.watchdog.stop();
    }
  }

  private progress(message: unknown): void {
    this.watchdog.heard();
    this.job.onProgress?.(message);
  }

  private async save(bytes: Uint8Array, step: number): Promise<void> {
    this.watchdog.heard();
    if (!this.verdict) await this.job.save?.(bytes, step);
  }

  /** The worker beats, but its objective waits for something that does not come. */
  private stalled(): void {
    const reason =
      `the objective neither reported nor returned for ${seconds(this.limits.stall)}; ` +
      'if it needs longer, let it report or raise stallTimeout';
    this.worker.kill('silent', reason);
  }

  private report(value: number, step: number): Verdict {
    this.watchdog.heard();
    if (this.verdict) return this.verdict.state === 'pruned' ? 'prune' : 'over';
    if (!this.job.report(value, step)) return 'continue';
    if (this.job.signal?.aborted) return 'over';
    this.verdict = { state: 'pruned' };
    this.restWithin(this.limits.prune);
    return 'prune';
  }

  private abort(): Outcome {
    this.verdict ??= aborted;
    this.worker.stop(this.message.id);
    this.restWithin(this.limits.abort);
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
