// Jobs for an executor, and what it did with them.
import type { Job, Outcome } from '../../src/tune/executor.js';
import type { PoolOptions } from '../../src/tune/pool-options.js';
import { createPool, type WorkerPool } from '../../src/workers/pool.js';

export interface RecordingJob extends Job {
  reports: [number, number][];
  messages: unknown[];
}

let trials = 0;

/** A job for behaviours.worker.ts; pruned at the step `pruneAt`, if given. */
export function job(
  kind: string,
  more: { pruneAt?: number; signal?: AbortSignal; trial?: number } & Record<string, unknown> = {},
): RecordingJob {
  const { pruneAt, signal, trial = trials++, ...params } = more;
  const reports: [number, number][] = [];
  const messages: unknown[] = [];
  return {
    trial,
    params: { kind, ...params } as Job['params'],
    signal,
    reports,
    messages,
    report(value, step) {
      if (signal?.aborted) return true;
      reports.push([value, step]);
      return step === pruneAt;
    },
    onProgress: (message) => void messages.push(message),
  };
}

/** Runs `use` with a pool and closes it. */
export async function withPool<T>(
  options: PoolOptions,
  use: (pool: WorkerPool) => Promise<T>,
): Promise<T> {
  const pool = createPool(options);
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

export function failed(outcome: Outcome): { code: string; reason: string } {
  if (outcome.state !== 'failed') throw new Error(`expected a failure: ${JSON.stringify(outcome)}`);
  return outcome;
}

/** Resolves with the milliseconds that `task` took. */
export async function timed(task: Promise<unknown>): Promise<number> {
  const start = performance.now();
  await task;
  return performance.now() - start;
}

/** Resolves once `holds` does. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
