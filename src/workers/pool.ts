/**
 * The executor that runs objectives in workers, a worker for each of its slots. Workers start
 * when a job first needs them, keep their data from job to job, and are replaced when they die.
 */
import { SluiceError } from '../errors.js';
import { checkKeys } from '../options.js';
import type { Executor, Job, Outcome } from '../tune/executor.js';
import { trialSeed } from '../tune/objective.js';
import { onAbort } from './abort.js';
import { delay, unlessAborted } from './clock.js';
import { aborted, failure, JobRun, type Limits } from './job-run.js';
import { LiveWorker, type WorkerDeath, type WorkerSetup } from './live-worker.js';
import type { JobMessage } from './protocol.js';
import { defaultWorkers, type WorkerSource, workerSpawner } from './worker-source.js';

const known = [
  'worker',
  'data',
  'workers',
  'silenceTimeout',
  'stallTimeout',
  'startTimeout',
] satisfies (keyof PoolOptions)[];

/** Options of createPool. */
export interface PoolOptions {
  /** The script that calls exposeObjective, or a function that makes a worker of it. Required. */
  readonly worker: WorkerSource;
  /** Handed to each worker once, by structured clone. */
  readonly data?: unknown;
  /** How many run at once; the number of cores less one if omitted. */
  readonly workers?: number | undefined;
  /** Milliseconds without a sign of life after which a worker is replaced; 60000 if omitted. */
  readonly silenceTimeout?: number | undefined;
  /**
   * Milliseconds in which an objective must report, send progress or return, however alive its
   * worker is: one that waits for what never comes fails; 3600000 if omitted.
   */
  readonly stallTimeout?: number | undefined;
  /** Milliseconds within which a worker must have loaded; 30000 if omitted. */
  readonly startTimeout?: number | undefined;
}

/** So many starts that fail one after the other, with no worker left that runs, and the pool gives up. */
const FAILED_STARTS = 3;
/** Milliseconds to wait after a failed start, doubled with each further one. */
const FIRST_BACKOFF = 100;
const LONGEST_BACKOFF = 5000;
const LARGEST_TIMEOUT = 2 ** 31 - 1;
const graces = { prune: 2000, abort: 300 };
const closed: Outcome = {
  state: 'failed',
  code: 'closed',
  reason: 'the pool of workers was closed',
};

/** Throws 'bad-option' for options that cannot work, before any worker is started. */
export function createPool(options: PoolOptions): WorkerPool {
  checkKeys('createPool', options, known);
  const size = options.workers ?? defaultWorkers();
  if (!Number.isInteger(size) || size < 1 || size > 1024) {
    throw new SluiceError(
      'bad-option',
      `workers must be an integer from 1 to 1024, but is ${size}`,
    );
  }
  const stall = checkTimeout('stallTimeout', options.stallTimeout ?? 3_600_000);
  const setup = {
    spawn: workerSpawner(options.worker),
    data: options.data,
    silenceTimeout: checkTimeout('silenceTimeout', options.silenceTimeout ?? 60_000),
    startTimeout: checkTimeout('startTimeout', options.startTimeout ?? 30_000),
  };
  return new WorkerPool(size, setup, { ...graces, stall });
}

function checkTimeout(name: string, value: number): number {
  if (typeof value !== 'number' || !(value >= 100 && value <= LARGEST_TIMEOUT)) {
    throw new SluiceError(
      'bad-option',
      `${name} must be a number of milliseconds from 100 to ${LARGEST_TIMEOUT}, but is ${value}`,
    );
  }
  return value;
}

interface Slot {
  worker?: LiveWorker | undefined;
}

export class WorkerPool implements Executor {
  readonly size: number;
  private readonly setup: WorkerSetup;
  private readonly limits: Limits;
  private readonly slots: Slot[];
  private readonly free: Slot[];
  private readonly queue: ((slot: Slot | undefined) => void)[] = [];
  /** Aborted when no job can run any more: the pool is closed or broken. */
  private readonly ended = new AbortController();
  private closed = false;
  private jobs = 0;
  private failedStarts = 0;
  private defect: WorkerDeath | undefined;

  constructor(size: number, setup: WorkerSetup, limits: Limits) {
    this.size = size;
    this.setup = setup;
    this.limits = limits;
    this.slots = Array.from({ length: size }, () => ({}));
    this.free = [...this.slots].reverse();
  }

  get broken(): string | undefined {
    return this.defect?.message;
  }

  async run(job: Job): Promise<Outcome> {
    const slot = await this.takeSlot(job.signal);
    if (!slot) return this.refusal(job) ?? aborted;
    let run: JobRun | undefined;
    try {
      const worker = await this.readyWorker(slot, job.signal);
      const refused = this.refusal(job);
      if (refused || !worker) return refused ?? aborted;
      run = new JobRun(worker, job, this.message(job), this.limits);
      void run.settled.then(() => this.release(slot));
      return await run.outcome;
    } catch (error) {
      return failure(error);
    } finally {
      if (!run) this.release(slot);
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    this.ended.abort();
    for (const waiting of this.queue.splice(0)) waiting(undefined);
    await Promise.all(this.slots.map((slot) => slot.worker?.close()));
  }

  private message(job: Job): JobMessage {
    this.jobs += 1;
    return { id: this.jobs, trial: job.trial, params: job.params, seed: trialSeed(job.trial) };
  }

  private refusal(job: Job): Outcome | undefined {
    if (this.closed) return closed;
    if (job.signal?.aborted) return aborted;
    return this.defect && failure(this.defect);
  }

  /**
   * The slot's worker, started if need be. Undefined when the job is refused meanwhile: the
   * worker goes on starting, for the next job. Rejects when it cannot be started.
   */
  private async readyWorker(
    slot: Slot,
    signal: AbortSignal | undefined,
  ): Promise<LiveWorker | undefined> {
    const ended = this.ended.signal;
    if (ended.aborted) return undefined;
    if (!slot.worker?.alive) {
      if (this.failedStarts > 0) {
        const backoff = FIRST_BACKOFF * 2 ** (this.failedStarts - 1);
        await delay(Math.min(backoff, LONGEST_BACKOFF), signal, ended);
      }
      if (ended.aborted || signal?.aborted) return undefined;
      slot.worker = this.startWorker();
    }
    const worker = slot.worker;
    await unlessAborted(worker.ready, signal, ended);
    return worker;
  }

  private startWorker(): LiveWorker {
    const worker = new LiveWorker(this.setup);
    worker.ready.then(
      () => {
        this.failedStarts = 0;
      },
      (death) => this.startFailed(death),
    );
    return worker;
  }

  private startFailed(death: WorkerDeath): void {
    if (this.ended.signal.aborted) return;
    this.failedStarts += 1;
    const hopeless = !this.slots.some((slot) => slot.worker?.running);
    if (this.failedStarts < FAILED_STARTS || !hopeless) return;
    this.defect = death;
    this.ended.abort();
  }

  private takeSlot(signal: AbortSignal | undefined): Promise<Slot | undefined> | Slot | undefined {
    if (this.free.length > 0 || signal?.aborted || this.ended.signal.aborted) {
      return this.free.pop();
    }
    return new Promise((resolve) => {
      const waiting = (slot: Slot | undefined) => {
        ignore();
        resolve(slot);
      };
      const ignore = onAbort(signal, () => {
        this.queue.splice(this.queue.indexOf(waiting), 1);
        resolve(undefined);
      });
      this.queue.push(waiting);
    });
  }

  private release(slot: Slot): void {
    const next = this.queue.shift();
    if (next) next(slot);
    else this.free.push(slot);
  }
}
