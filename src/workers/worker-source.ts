/** From the `worker` option to running workers, on whichever platform this is. */
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import type { WorkerLike, WorkerSource } from '../tune/pool-options.js';
import { type Channel, isNodeWorker, isWebWorker } from './channel.js';
import { browserChannel, browserCores, browserSpawner } from './spawn-browser.js';
import { isNode, nodeChannel, nodeCores, nodeSpawner } from './spawn-node.js';

const TWICE =
  'worker: the function returned the same Worker twice; it must make a new one each time';

/** Returns a function that starts one worker. Throws 'bad-option' for what can be no source. */
export function workerSpawner(source: WorkerSource): () => Promise<Channel> {
  const spawn = spawnFunction(source);
  const script = typeof source === 'function' ? undefined : source;
  const seen = new WeakSet<object>();
  return async () => {
    const worker: unknown = await spawn();
    if (typeof worker === 'object' && worker !== null) {
      if (seen.has(worker)) throw new SluiceError('bad-option', TWICE);
      seen.add(worker);
    }
    if (isNodeWorker(worker)) return nodeChannel(worker);
    if (isWebWorker(worker)) return browserChannel(worker, script);
    throw new SluiceError(
      'bad-option',
      `worker: the function must return a new Worker, but returned ${describe(worker)}`,
    );
  };
}

function spawnFunction(source: WorkerSource): () => WorkerLike | Promise<WorkerLike> {
  if (typeof source === 'function') return source;
  return isNode() ? nodeSpawner(source) : browserSpawner(source);
}

/** Cores of this machine, as the runtime tells. */
export const coresHere = (): number => (isNode() ? nodeCores() : browserCores());

/** One worker for each core but one, which stays with the main thread. */
export const defaultWorkers = (): number => Math.max(1, coresHere() - 1);

function describe(value: unknown): string {
  if (value === null || typeof value !== 'object') return shown(value);
  return `an object of type ${value.constructor?.name ?? 'Object'}`;
}
