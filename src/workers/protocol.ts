/**
 * What the main thread and a worker say to each other. Both sides expose an interface on the
 * same channel, so that a report, a beat and the outcome arrive in the order in which they left.
 */
import type { CoreBoard } from '../engine/core-board.js';
import type { Checkpoint } from '../tune/checkpoint.js';
import type { Completion, Failure, Params, Pruning } from '../tune/executor.js';

/** Raised with every change of the messages; both sides must speak the same one. */
export const PROTOCOL = 4;

/** A trial on its way to a worker. `id` counts the jobs of a pool, so that late words of an old job find no listener. */
export interface JobMessage {
  readonly id: number;
  readonly trial: number;
  readonly place: number;
  readonly params: Params;
  readonly seed: number;
  /** How many values the objective is to return. */
  readonly objectives: number;
  /** Name of the study. */
  readonly study: string;
  /** What the trial goes on from. */
  readonly checkpoint: Checkpoint | undefined;
}

/** The main thread's answer to a report: go on, stop because the trial is pruned, or stop because it is over. */
export type Verdict = 'continue' | 'prune' | 'over';

/** A value and its step. */
export type Report = readonly [value: number, step: number];

/** Of a batch of reports, the first `taken` were taken in; the verdict is on the one after them, if it is not 'continue'. */
export interface ReportAnswer {
  readonly verdict: Verdict;
  readonly taken: number;
}

/** How an objective ended. Never a thrown error: those would lose their type and name on the way. */
export type ObjectiveResult = Completion | Pruning | Failure;

/** What a worker offers to the main thread. */
export interface WorkerSide {
  /** Returns the worker's PROTOCOL. */
  hello(): number;
  /**
   * Hands over what stays for the worker's whole life. `beat` is the heartbeat's period in milliseconds, `board`
   * tells its models how many threads they may use.
   */
  init(setup: { data: unknown; beat: number; board: CoreBoard | undefined }): void;
  /** Runs the objective; rejects never. */
  run(job: JobMessage): Promise<ObjectiveResult>;
  /** Aborts the signal of the job, if it is still the current one. */
  stop(id: number): void;
  /** Any answer shows that the worker's event loop turns. */
  ping(): void;
}

/** What the main thread offers to each worker. */
export interface HostSide {
  /** The worker is listening, and speaks `protocol`. */
  hello(protocol: number): void;
  /** A sign of life. */
  beat(): void;
  /** Takes reports in, in their order. A worker waits for the answer before it sends the next ones. */
  report(id: number, reports: readonly Report[]): ReportAnswer;
  progress(id: number, messages: unknown[]): void;
  /** Resolves when the bytes are safe. */
  save(id: number, bytes: Uint8Array, step: number): Promise<void>;
  /** The worker cannot go on, `reason` says why. */
  broken(reason: string): void;
}
