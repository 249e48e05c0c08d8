/**
 * One worker from its start to its death. Comlink leaves a call pending for ever when the
 * worker dies, so every call is raced against `dead`, which rejects at the first sign of it:
 * an error, an exit, a message that cannot be read, silence, or our own `kill`.
 */
import { expose, type Remote, releaseProxy, wrap } from 'comlink';
import { SluiceError } from '../errors.js';
import type { FailCode } from '../tune/executor.js';
import type { Channel } from './channel.js';
import { delay } from './clock.js';
import {
  type HostSide,
  type JobMessage,
  type ObjectiveResult,
  PROTOCOL,
  type Verdict,
  type WorkerSide,
} from './protocol.js';
import { Watchdog } from './watchdog.js';

const LONGEST_TERMINATION = 2000;

/** Why a worker is no more. */
export class WorkerDeath extends SluiceError {
  readonly outcome: FailCode;

  constructor(outcome: FailCode, reason: string) {
    super('worker-died', reason);
    this.outcome = outcome;
  }
}

export interface WorkerSetup {
  spawn(): Promise<Channel>;
  readonly data: unknown;
  /** Milliseconds without a sign of life, while it works, after which a worker is given up. */
  readonly silenceTimeout: number;
  /** Milliseconds from its start within which a worker must have called exposeObjective. */
  readonly startTimeout: number;
}

/** What a worker may tell about the job that it runs. */
export interface JobListener {
  report(value: number, step: number): Verdict;
  progress(message: unknown): void;
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
      onSilent: (ms) => this.fail(`gave no sign of life for ${seconds(ms)}`, 'silent'),
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

  /** Runs one job. Resolves with what the objective made of it; rejects with WorkerDeath. */
  async run(job: JobMessage, listener: JobListener): Promise<ObjectiveResult> {
    if (this.death) throw this.death;
    this.current = { id: job.id, listener };
    this.watchdog.start();
    try {
      return await this.untilDeath(this.remote!.run(job) as Promise<ObjectiveResult>);
    } finally {
      this.watchdog.stop();
      this.current = undefined;
    }
  }

  /** Asks the objective to stop; it may take its time, or not listen. */
  stop(id: number): void {
    if (this.alive) void this.remote?.stop(id);
  }

  /** Terminates the worker, now. `outcome` and `reason` go to the job that it was running. */
  kill(outcome: FailCode, reason: string): void {
    if (this.death) return;
    this.death = new WorkerDeath(outcome, reason);
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
      this.kill('died', `the worker could not be started: ${messageOf(error)}`);
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
    const { data, silenceTimeout } = this.setup;
    try {
      await this.remote!.init({ data, beat: Math.min(1000, silenceTimeout / 5) });
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
      beat: () => {},
      broken: (what) => this.fail(what),
      report: (id, value, step) =>
        this.current?.id === id ? this.current.listener.report(value, step) : 'over',
      progress: (id, messages) => {
        if (this.current?.id !== id) return;
        for (const message of messages) this.current.listener.progress(message);
      },
    };
  }

  private untilDeath<T>(call: Promise<T>): Promise<T> {
    return Promise.race([call, this.dead]);
  }

  /** `what` the worker did, as the end of a sentence. */
  private fail(what: string, outcome: FailCode = 'died'): void {
    const subject = this.started ? 'the worker' : 'the worker could not be started: it';
    this.kill(outcome, `${subject} ${what}`);
  }
}

export function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
