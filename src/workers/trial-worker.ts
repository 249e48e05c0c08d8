/** The worker's side: takes jobs, runs the objective, and tells the main thread that it lives. */
import { expose, type Remote, wrap } from 'comlink';
import { SluiceError } from '../errors.js';
import { isTrialPruned, type Objective } from '../tune/objective.js';
import { connectParent } from './parent.js';
import {
  type HostSide,
  type JobMessage,
  type ObjectiveResult,
  PROTOCOL,
  type WorkerSide,
} from './protocol.js';
import { RunningTrial } from './worker-trial.js';

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
    throw new SluiceError('objective', `exposeObjective takes a function, but got ${objective}`);
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
  let current: { id: number; trial: RunningTrial<P> } | undefined;
  return {
    hello: () => PROTOCOL,
    ping() {},
    init(setup) {
      data = setup.data as D;
      setInterval(() => void host.beat(), setup.beat);
    },
    stop(id) {
      if (current?.id === id)
        current.trial.stop(new SluiceError('aborted', 'the study was stopped'));
    },
    async run(job: JobMessage) {
      const trial = new RunningTrial<P>(job, host);
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
  trial: RunningTrial<unknown>,
): Promise<ObjectiveResult> {
  let result: ObjectiveResult;
  try {
    result = judge(await objective());
  } catch (error) {
    result = isTrialPruned(error)
      ? { state: 'pruned' }
      : { state: 'failed', code: 'threw', reason: describeThrown(error) };
  }
  await trial.settle();
  if (trial.pruned) return { state: 'pruned' };
  if (trial.fault) return { state: 'failed', code: 'threw', reason: trial.fault.message };
  return result;
}

function judge(value: unknown): ObjectiveResult {
  if (typeof value === 'number' && !Number.isNaN(value)) return { state: 'complete', value };
  const reason = `the objective must return a number, but returned ${describeValue(value)}`;
  return { state: 'failed', code: 'bad-value', reason };
}

function describeValue(value: unknown): string {
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  return `an object of type ${value.constructor?.name ?? 'Object'}`;
}

/** Name, message and the first place in the stack, in one line. */
function describeThrown(error: unknown): string {
  if (!(error instanceof Error)) return `the objective threw ${describeValue(error)}`;
  const text = error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
  const place = error.stack?.split('\n').find((line) => /:\d+:\d+\)?$/.test(line));
  return place ? `${text} (${place.trim()})` : text;
}
