/**
 * The executor that runs objectives in workers, a worker for each of its slots. Workers start
 * when a job first needs them, keep their data from job to job, and are replaced when they die.
 */
import { beginTraining, createCoreBoard, endTraining } from '../engine/core-board.js';
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { type Rules, settle } from '../rules.js';
import type { Executor, Job, Outcome } from '../tune/executor.js';
import { trialSeed } from '../tune/objective.js';
import { type PoolOptions, poolRules } from '../tune/pool-options.js';
import { unlessAborted } from './clock.js';
import { LiveWorker, type WorkerDeath, type WorkerSetup } from './live-worker.js';
import { aborted, failure, type Limits, PoolJob } from './pool-job.js';
import { type Slot, Slots } from './slots.js';
import { coresHere, defaultWorkers, workerSpawner } from './worker-source.js';

const rules = {
  ...poolRules,
  workers: { ...poolRules.workers, otherwise: defaultWorkers },
} satisfies Rules<PoolOptions>;

/** So many starts that fail one after the other, with no worker left that runs, and the pool gives up. */
const FAILED_STARTS = 3;
const graces = { prune: 2000, abort: 300 };
const closed: Outcome = {
  state: 'failed',
  code: 'closed',
  reason: 'the pool of workers was closed',
};

/**
 * Makes an executor of workers, for one study or several. Close it when it is done.
 * @throws SluiceError 'bad-option' for options that cannot work, before any worker is started
 */
export function createPool(options: PoolOptions): WorkerPool {
  const settings = settle('createPool', options, rules);
  const spawn = workerSpawner(settings.worker);
  const setup = { ...settings, spawn, board: createCoreBoard(coresHere()) };
  const limits = { ...graces, stall: settings.stallTimeout };
  return new WorkerPool(settings.workers, setup, limits, settings.onWarning);
}

/** What createPool makes. */
export class WorkerPool implements Executor {
  readonly #size: number;
  private readonly setup: WorkerSetup;
  private readonly limits: Limits;
  private readonly warn: (message: string) => void;
  private readonly slots: Slots;
  /** Aborted when no job can run any more: the pool is closed or broken. */
  private readonly ended = new AbortController();
  private closed = false;
  private jobs = 0;
  private failedStarts = 0;
  private warned = false;
  private defect: WorkerDeath | undefined;

  /**
   * Use createPool.
   * @internal
   */
  constructor(
    size: number,
    setup: WorkerSetup,
    limits: Limits,
    onWarning: (message: string) => void,
  ) {
    this.#size = size;
    this.setup = setup;
    this.limits = limits;
    this.warn = onWarning;
    this.slots = new Slots(size);
  }

  /** How many objectives run at once. */
  get size(): number {
    return this.#size;
  }

  /** Why no worker can be started, once that is certain. */
  get broken(): string | undefined {
    return this.defect?.message;
  }

  /**
   * Runs one objective in a worker. A job whose worker dies or falls silent though an earlier one
   * may be to blame, for it left a timer behind or closed the port, is run once more in a fresh
   * worker; what it does there is its own doing.
   * @throws SluiceError 'bad-option' for what is no job
   */
  async run(job: Job): Promise<Outcome> {
    checkJob(job);
    let ready = await this.readySlot(job);
    for (let again = false; ready; again = true) {
      const { slot, worker } = ready;
      const suspect = worker.used && !again;
      const run = this.begin(worker, job);
      const outcome = await run.outcome;
      if (!suspect || !isLoss(outcome) || this.refusal(job)) {
        void run.settled.then(() => this.slots.release(slot));
        return outcome;
      }
      await run.settled;
      ready = await this.readySlot(job, slot);
    }
    return this.refusal(job) ?? aborted;
  }

  /** Terminates every worker; running jobs resolve as failed, code 'closed'. */
  async close(): Promise<void> {
    this.closed = true;
    this.end();
    await Promise.all(this.slots.all.map((slot) => slot.worker?.close()));
  }

  /**
   * A slot with a worker that waits for a job. Undefined when the job is refused meanwhile; a
   * worker that is starting then goes on, for the next job.
   */
  private async readySlot(
    job: Job,
    kept?: Slot,
  ): Promise<{ slot: Slot; worker: LiveWorker } | undefined> {
    let slot = kept ?? (await this.slots.take(job.signal, false));
    while (slot) {
      const worker = await this.readyWorker(slot, job.signal);
      if (this.refusal(job)) break;
      if (worker) return { slot, worker };
      this.slots.release(slot);
      slot = await this.slots.take(job.signal, true);
    }
    if (slot) this.slots.release(slot);
    return undefined;
  }

  /** The slot's worker, started if need be; undefined where it could not be started. */
  private async readyWorker(
    slot: Slot,
    signal: AbortSignal | undefined,
  ): Promise<LiveWorker | undefined> {
    if (!slot.worker?.alive) slot.worker = this.startWorker();
    const { worker } = slot;
    try {
      await unlessAborted(worker.ready, signal, this.ended.signal);
      return worker;
    } catch {
      return undefined;
    }
  }

  private startWorker(): LiveWorker {
    const worker = new LiveWorker(this.setup);
    worker.ready.then(
      () => {
        this.failedStarts = 0;
        this.slots.refresh();
      },
      (death) => this.startFailed(death),
    );
    return worker;
  }

  private startFailed(death: WorkerDeath): void {
    if (this.ended.signal.aborted) return;
    this.failedStarts += 1;
    // A worker that is still starting may make it, unless every slot has had its turn.
    const { someRun, someStart } = this.slots;
    const most = someStart ? FAILED_STARTS + this.size : FAILED_STARTS;
    const hopeless = this.failedStarts >= most && !someRun;
    if (hopeless || death.lasting) {
      this.defect = death;
      this.end();
      return;
    }
    this.slots.rest(this.failedStarts);
    if (this.failedStarts >= FAILED_STARTS && someRun && !this.warned) {
      this.warned = true;
      this.warn(`${death.message}; the study goes on with the workers that it has`);
    }
  }

  private end(): void {
    this.ended.abort();
    this.slots.end();
  }

  private begin(worker: LiveWorker, job: Job): PoolJob {
    this.jobs += 1;
    const { trial, place = trial, params, objectives = 1, study = '' } = job;
    const seed = trialSeed(place);
    const checkpoint = job.checkpoint?.();
    const message = { id: this.jobs, trial, place, params, seed, objectives, study, checkpoint };
    const { board } = this.setup;
    beginTraining(board);
    const run = new PoolJob(worker, job, message, this.limits);
    void run.settled.then(() => endTraining(board));
    return run;
  }

  private refusal(job: Job): Outcome | undefined {
    if (this.closed) return closed;
    if (job.signal?.aborted) return aborted;
    return this.defect && failure(this.defect);
  }
}

/** The worker is gone, whoever's doing that was. */
function isLoss(outcome: Outcome): boolean {
  return outcome.state === 'failed' && (outcome.code === 'died' || outcome.code === 'silent');
}

function checkJob(job: Job): void {
  const { trial, params, report } = (job ?? {}) as Partial<Job>;
  const fits = Number.isSafeInteger(trial) && typeof params === 'object' && params !== null;
  if (fits && typeof report === 'function') return;
  throw new SluiceError(
    'bad-option',
    `a job must be { trial: an integer, params: an object, report(value, step) }, but got ${shown(job)}`,
  );
}
