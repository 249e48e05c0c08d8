/**
 * One worker from its start to its death. Comlink leaves a call pending for ever when the
 * worker dies, so every call is raced against `dead`, which rejects at the first sign of it:
 * an error, an exit, a message that cannot be read, silence, or our own `kill`.
 */
import { expose, type Remote, releaseProxy, wrap } from 'comlink';
import type { CoreBoard } from '../engine/core-board.js';
import { SluiceError } from '../errors.js';
import type { FailCode } from '../tune/executor.js';
import type { Channel } from './channel.js';
import { delay } from './clock.js';
import { Hearing } from './hearing.js';
import {
  type HostSide,
  type JobMessage,
  type ObjectiveResult,
  PROTOCOL,
  type Report,
  type ReportAnswer,
  type Verdict,
  type WorkerSide,
} from './protocol.js';
import { Watchdog } from './watchdog.js';

const LONGEST_TERMINATION = 2000;

/** Why a worker is no more. */
export class WorkerDeath extends SluiceError {
  readonly outcome: FailCode;
  /** Another worker would end the same way: what the pool was told is wrong. */
  readonly lasting: boolean;

  constructor(outcome: FailCode, reason: string, cause?: unknown) {
    super('worker-died', reason, { cause });
    this.outcome = outcome;
    this.lasting = cause instanceof SluiceError && ['bad-option', 'bad-data'].includes(cause.code);
  }
}

export interface WorkerSetup {
  spawn(): Promise<Channel>;
  readonly data: unknown;
  /** Trainings and cores, for the models in the worker. */
  readonly board: CoreBoard | undefined;
  /** Milliseconds without a sign of life, while it works, after which a worker is given up. */
  readonly silenceTimeout: number;
  /** Milliseconds from its start within which a worker must have called exposeObjective. */
  readonly startTimeout: number;
}

/** What a worker may tell about the job that it runs. */
export interface JobListener {
  report(value: number, step: number): Verdict;
  progress(message: unknown): void;
  save(bytes: Uint8Array, step: number): Promise<void>;
}

export class LiveWorker {
  /** Resolves when the worker has its data and waits for jobs; rejects with WorkerDeath. */
  readonly ready: Promise<void>;
  private readonly setup: WorkerSetup;
  private readonly dead: Promise<never>;
  private rejectDead!: (death: WorkerDeath) => void;
  private death: WorkerDeath | undefined;
  private channel: Channel | undefined;
  private remote: Remote<WorkerSide> | undefined;
  private started = false;
  private terminated: Promise<void> = Promise.resolve();
  private readonly watchdog: Watchdog;
  private readonly hearing: Hearing;
  private jobs = 0;
  private current: { id: number; listener: JobListener } | undefined;

  constructor(setup: WorkerSetup) {
    this.setup = setup;
    this.dead = new Promise<never>((_, reject) => {
      this.rejectDead = reject;
    });
    this.dead.catch(() => {});
    this.watchdog = new Watchdog({
      timeout: setup.silenceTimeout,
      ping: () => void this.remote?.ping(),
      onSilent: () =>
        this.fail(`gave no sign of life for ${seconds(setup.silenceTimeout)}`, 'silent'),
    });
    this.hearing = new Hearing({
      spacing: beatOf(setup) / 2,
      ask: async () => void (await this.remote?.ping()),
      onDeaf: () => this.fail('no longer hears what it is told: were its listeners removed?'),
    });
    this.ready = this.start();
    this.ready.catch(() => {});
  }

  get alive(): boolean {
    return this.death === undefined;
  }

  /** Alive, and past its start. */
  get running(): boolean {
    return this.alive && this.started;
  }

  /** It has run a job before, whose timers and promises may still be about. */
  get used(): boolean {
    return this.jobs > 0;
  }

  /** Runs one job. Resolves with what the objective made of it; rejects with WorkerDeath. */
  async run(job: JobMessage, listener: JobListener): Promise<ObjectiveResult> {
    if (this.death) throw this.death;
    this.current = { id: job.id, listener };
    this.watchdog.start();
    this.hearing.start();
    try {
      return await this.untilDeath(this.remote!.run(job) as Promise<ObjectiveResult>);
    } finally {
      this.watchdog.stop();
      this.current = undefined;
      this.jobs += 1;
    }
  }

  /** Asks the objective to stop; it may take its time, or not listen. */
  stop(id: number): void {
    if (this.alive) void this.remote?.stop(id);
  }

  /** Terminates the worker, now. `outcome` and `reason` go to the job that it was running. */
  kill(outcome: FailCode, reason: string, cause?: unknown): void {
    if (this.death) return;
    this.death = new WorkerDeath(outcome, reason, cause);
    this.watchdog.stop();
    this.remote?.[releaseProxy]();
    this.terminated = this.channel?.terminate() ?? Promise.resolve();
    this.rejectDead(this.death);
  }

  /** Kills the worker and waits until it is gone; not for ever, for a thread may sit in a system call. */
  async close(): Promise<void> {
    this.kill('closed', 'the pool of workers was closed');
    const gone = new AbortController();
    void this.terminated.finally(() => gone.abort());
    await delay(LONGEST_TERMINATION, gone.signal);
  }

  private async start(): Promise<void> {
    const { startTimeout } = this.setup;
    // Nothing feeds this one: it asks twice more, for a main thread that was itself too busy.
    const late = new Watchdog({
      timeout: startTimeout,
      ping: () => {},
      onSilent: () => this.fail(`did not call exposeObjective within ${seconds(startTimeout)}`),
    });
    late.start();
    try {
      await this.untilDeath(this.connect());
      await this.untilDeath(this.sendData());
      this.started = true;
    } catch (error) {
      const reason = `the worker could not be started: ${messageOf(error)}`;
      this.kill('not-started', reason, error);
      throw this.death;
    } finally {
      late.stop();
    }
  }

  private async connect(): Promise<void> {
    const channel = await this.setup.spawn();
    if (!this.alive) {
      // Killed while the caller's function was still making it.
      await channel.terminate();
      return;
    }
    this.channel = channel;
    channel.onDeath((what) => this.fail(what));
    channel.onMessage(() => this.watchdog.heard());
    this.remote = wrap<WorkerSide>(channel.endpoint);
    // Whichever side listens last hears the other's hello; the other one may be lost.
    const hello = new Promise<number>((resolve) => {
      expose(this.hostSide(resolve), channel.endpoint);
    });
    const protocol = await Promise.race([hello, this.remote.hello()]);
    if (protocol !== PROTOCOL) {
      throw new SluiceError(
        'bad-option',
        `it speaks protocol ${protocol}, this side ${PROTOCOL}: both must come from one version of sluice`,
      );
    }
  }

  private async sendData(): Promise<void> {
    const { data, board } = this.setup;
    try {
      await this.remote!.init({ data, beat: beatOf(this.setup), board });
    } catch (error) {
      throw new SluiceError(
        'bad-data',
        `data cannot be sent to a worker (${messageOf(error)}); ` +
          'it may hold plain objects, arrays, typed arrays and what else structured clone takes',
      );
    }
  }

  private hostSide(onHello: (protocol: number) => void): HostSide {
    return {
      hello: onHello,
      beat: () => {
        if (this.current) this.hearing.beat();
      },
      broken: (what) => this.fail(what),
      report: (id, reports) => this.takeReports(id, reports),
      progress: (id, messages) => {
        if (this.current?.id !== id) return;
        for (const message of messages) this.current.listener.progress(message);
      },
      save: async (id, bytes, step) => {
        if (this.current?.id === id) await this.current.listener.save(bytes, step);
      },
    };
  }

  private takeReports(id: number, reports: readonly Report[]): ReportAnswer {
    for (const [taken, [value, step]] of reports.entries()) {
      const verdict = this.current?.id === id ? this.current.listener.report(value, step) : 'over';
      if (verdict !== 'continue') return { verdict, taken };
    }
    return { verdict: 'continue', taken: reports.length };
  }

  private untilDeath<T>(call: Promise<T>): Promise<T> {
    return Promise.race([call, this.dead]);
  }

  /** `what` the worker did, as the end of a sentence. */
  private fail(what: string, outcome: FailCode = 'died'): void {
    if (this.started) this.kill(outcome, `the worker ${what}`);
    else this.kill('not-started', `the worker could not be started: it ${what}`);
  }
}

/** Milliseconds from one sign of life of a worker to the next. */
function beatOf({ silenceTimeout }: WorkerSetup): number {
  return Math.min(1000, silenceTimeout / 5);
}

export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
