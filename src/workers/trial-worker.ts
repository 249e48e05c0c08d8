/** The worker's side: takes jobs, runs the objective, and tells the main thread that it lives. */
import { expose, type Remote, wrap } from 'comlink';
import { useCoreBoard } from '../engine/core-board.js';
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import { returned, thrownFailure } from '../tune/failure.js';
import type { Objective } from '../tune/objective.js';
import { connectParent } from './parent.js';
import {
  type HostSide,
  type JobMessage,
  type ObjectiveResult,
  PROTOCOL,
  type WorkerSide,
} from './protocol.js';
import { WorkerTrial } from './worker-trial.js';

let exposed = false;

/**
 * Makes this worker run `objective` for a study. Call it once, at the top of the worker's script.
 * `data` is the option of study.optimize; it stays in the worker from trial to trial, so it must
 * not be changed.
 * Throws SluiceError 'unsupported' outside a worker, 'objective' when called twice or without a function.
 */
// biome-ignore lint/suspicious/noExplicitAny: the objective's own annotations say what it expects
export function exposeObjective<P = any, D = any>(objective: Objective<P, D>): void {
  if (typeof objective !== 'function') {
    throw new SluiceError(
      'objective',
      `exposeObjective takes a function, but got ${shown(objective)}`,
    );
  }
  if (exposed) {
    throw new SluiceError('objective', 'exposeObjective was called twice; a worker runs one');
  }
  const parent = connectParent();
  exposed = true;
  const host = wrap<HostSide>(parent.endpoint);
  parent.onUnreadable(() => void host.broken('received a message that cannot be read'));
  expose(workerSide(objective, host), parent.endpoint);
  void host.hello(PROTOCOL);
}

function workerSide<P, D>(objective: Objective<P, D>, host: Remote<HostSide>): WorkerSide {
  let data: D;
  let current: { id: number; trial: WorkerTrial<P> } | undefined;
  return {
    hello: () => PROTOCOL,
    ping() {},
    init(setup) {
      data = setup.data as D;
      useCoreBoard(setup.board);
      setInterval(() => void host.beat(), setup.beat);
    },
    stop(id) {
      if (current?.id === id)
        current.trial.stop(new SluiceError('aborted', 'the study was stopped'));
    },
    async run(job: JobMessage) {
      const trial = new WorkerTrial<P>(job, host);
      current = { id: job.id, trial };
      const result = await runObjective(() => objective(trial.params, trial, data), trial);
      // Whoever still holds the trial learns that it is over.
      trial.stop(new SluiceError('aborted', 'the trial is over'));
      current = undefined;
      return result;
    },
  };
}

async function runObjective(
  objective: () => unknown,
  trial: WorkerTrial<unknown>,
): Promise<ObjectiveResult> {
  let result: ObjectiveResult;
  try {
    result = returned(await objective(), trial.objectives);
  } catch (error) {
    result = thrownFailure(error, stackLineOf(error)) ?? { state: 'pruned' };
  }
  await trial.settle();
  if (trial.pruned) return { state: 'pruned' };
  if (trial.fault) return { state: 'failed', code: 'threw', reason: trial.fault.message };
  return result;
}

/** The first line of the stack, in brackets; nothing where there is none. */
function stackLineOf(error: unknown): string {
  const stack: unknown = error instanceof Error ? error.stack : undefined;
  if (typeof stack !== 'string') return '';
  const line = stack.split('\n').find((text) => /:\d+:\d+\)?$/.test(text));
  return line ? ` (${line.trim()})` : '';
}
