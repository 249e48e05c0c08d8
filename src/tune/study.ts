import { SluiceError } from '../errors.js';
import type { StudyEvent } from './events.js';
import type { Executor, Params } from './executor.js';
import { type AnyObjective, inThreadExecutor } from './in-thread.js';
import { settledCount } from './lineage.js';
import { checkOptimize, checkStudy } from './options.js';
import { MedianPruner } from './pruners/median.js';
import type { Pruner } from './pruners/pruner.js';
import { Run, type RunPlan } from './run.js';
import { RandomSampler } from './samplers/random.js';
import type { Sampler } from './samplers/sampler.js';
import { memoryStorage } from './storage/memory.js';
import type { Storage, StudyRecord } from './storage/storage.js';
import type { Space } from './suggest.js';
import type { Direction, FrozenTrial } from './trial.js';

/** Options of createStudy. */
export interface StudyOptions {
  /** Under which the storage keeps it; default 'study'. */
  name?: string | undefined;
  /** Default: that of the study in the storage, 'minimize' for a new one. */
  direction?: Direction | undefined;
  /** Default `new RandomSampler()`, whose seed is 0. */
  sampler?: Sampler | undefined;
  /** Default `new MedianPruner()`. */
  pruner?: Pruner | undefined;
  /** Default: in memory, gone with the study. */
  storage?: Storage | undefined;
  /** Go on with a study of that name where the storage has one; default true. */
  loadIfExists?: boolean | undefined;
  /**
   * A trial sees (and waits for) all trials at least so many numbers before it; default 8. At
   * most so many run at once. A study keeps its results only under the same lookback.
   */
  lookback?: number | undefined;
}

/** Where objectives run: exactly one of `executor`, `objective` and `worker`. */
export interface ExecutorOptions {
  /** Any executor; it is not closed afterwards. */
  executor?: Executor | undefined;
  /** Runs in this thread, one trial at a time. */
  objective?: AnyObjective | undefined;
  /** A script that calls exposeObjective, or a function that makes a worker of it: the objective runs in a pool of these. */
  // biome-ignore lint/suspicious/noExplicitAny: a Worker of the browser or of Node
  worker?: string | URL | (() => any) | undefined;
  /** Third argument of the objective; sent to each worker once. */
  data?: unknown;
  /** How many workers; default: cores - 1. */
  workers?: number | undefined;
  /** Milliseconds of silence after which a worker counts as hung. */
  silenceTimeout?: number | undefined;
  /**
   * Milliseconds in which an objective must report, send progress or return, however alive its
   * worker is; an hour if omitted.
   */
  stallTimeout?: number | undefined;
  /** Milliseconds that a worker may take to start. */
  startTimeout?: number | undefined;
}

/** Called after each finished trial, with the study and the trial; a promise is awaited. */
export type OptimizeCallback = (study: Study, trial: FrozenTrial) => void | Promise<void>;

/** At least one of `trials`, `totalTrials` and `timeout` says when to end. */
export interface OptimizeOptions extends ExecutorOptions {
  /** Suggests the parameters of a trial, on this thread. */
  space: Space;
  /** How many trials to run now, those run again after an interruption included. */
  trials?: number | undefined;
  /** Run until the study has so many finished trials; does nothing where it has. */
  totalTrials?: number | undefined;
  /** No trial starts after so many seconds. */
  timeout?: number | undefined;
  /**
   * Stops within a second: running trials are recorded as FAIL 'aborted', everything finished
   * is safe, and optimize rejects with SluiceError 'aborted'. The next optimize runs the
   * stopped trials again.
   */
  signal?: AbortSignal | undefined;
  /** Called after each finished trial. What one throws stops the study and comes out of optimize. */
  callbacks?: readonly OptimizeCallback[] | undefined;
  /** Called with everything that happens, for live views. Default: nobody listens. */
  onEvent?: ((event: StudyEvent) => void) | undefined;
}

/** Makes the executor for `worker`; src/index.ts hands in the pool of workers. */
export type PoolFactory = (
  options: ExecutorOptions & { worker: NonNullable<ExecutorOptions['worker']> },
) => Executor | Promise<Executor>;

interface StudyParts {
  record: StudyRecord;
  direction: Direction;
  storage: Storage;
  sampler: Sampler;
  pruner: Pruner;
  lookback: number;
  makePool: PoolFactory | undefined;
}

/** A search for the best parameters: its trials, and the way to run more. */
export class Study {
  readonly #parts: StudyParts;

  /** Use createStudy. */
  constructor(parts: StudyParts) {
    this.#parts = parts;
  }

  /** The name under which the storage keeps it. */
  get name(): string {
    return this.#parts.record.name;
  }

  /** Whether the objective is minimized or maximized. */
  get direction(): Direction {
    return this.#parts.direction;
  }

  /** All trials in number order; neither the list nor its trials ever change. */
  get trials(): readonly FrozenTrial[] {
    const { storage, record } = this.#parts;
    return Object.freeze([...storage.trials(record.id)]);
  }

  /**
   * The COMPLETE trial with the best value, the first of equals.
   * @throws SluiceError 'objective' where no trial is complete; it tells why the last one failed
   */
  get bestTrial(): FrozenTrial {
    const complete = this.trials.filter((t) => t.state === 'COMPLETE' && t.value !== undefined);
    if (complete.length === 0) throw this.#nothingComplete();
    const sign = this.direction === 'maximize' ? -1 : 1;
    const score = (trial: FrozenTrial) => sign * (trial.value as number);
    return complete.reduce((best, trial) => (score(trial) < score(best) ? trial : best));
  }

  /** @throws as bestTrial */
  get bestValue(): number {
    return this.bestTrial.value as number;
  }

  /** The suggested parameters of the best trial. @throws as bestTrial */
  get bestParams(): FrozenTrial['params'] {
    return this.bestTrial.params;
  }

  /**
   * Runs trials. A failing objective fails its trial only; whatever else goes wrong (an error
   * in `space` or a callback, an unwritable storage) stops the study and rejects.
   * @throws SluiceError 'bad-option', 'aborted', 'storage', 'study-mismatch', or what `space` threw
   */
  async optimize(options: OptimizeOptions): Promise<void> {
    const { space, signal, callbacks = [], onEvent = () => {} } = options;
    const { storage, record } = this.#parts;
    checkOptimize(options);
    const release = await storage.claim(record.id);
    try {
      await storage.refresh();
      const count = this.#count(options);
      if (count === 0) return;
      const executor = options.executor ?? (await this.#executor(options));
      const plan: RunPlan = {
        space,
        executor,
        count,
        timeout: options.timeout ?? Number.POSITIVE_INFINITY,
        signal,
        onEvent,
        onFinished: async (trial) => {
          for (const callback of callbacks) await callback(this, trial);
        },
      };
      try {
        await new Run(this.#parts, plan).execute();
      } finally {
        if (options.executor === undefined) await executor.close();
      }
    } finally {
      await release();
    }
  }

  #count({ trials, totalTrials }: OptimizeOptions): number {
    if (totalTrials === undefined) return trials ?? Number.POSITIVE_INFINITY;
    const { storage, record } = this.#parts;
    return Math.max(0, totalTrials - settledCount(storage.trials(record.id)));
  }

  async #executor(options: OptimizeOptions): Promise<Executor> {
    const { objective, worker, data } = options;
    if (objective) return inThreadExecutor(objective, { data });
    const { makePool } = this.#parts;
    if (makePool === undefined || worker === undefined) {
      throw new SluiceError('unsupported', 'optimize: this build of createStudy has no workers');
    }
    return makePool({ ...options, worker });
  }

  #nothingComplete(): SluiceError {
    const failed = this.trials.filter((trial) => trial.state === 'FAIL');
    const last = failed.at(-1);
    const count = `${this.trials.length} trials, ${failed.length} of them failed`;
    const why = last ? `; trial ${last.number}: ${last.failReason ?? 'no reason known'}` : '';
    return new SluiceError(
      'objective',
      `study '${this.name}' has no completed trial (${count}${why})`,
    );
  }
}

/** The objective's parameters, for typing. */
export type { Params };

/** createStudy with a way to run objectives in workers. */
export function studyFactory(makePool?: PoolFactory): (options?: StudyOptions) => Promise<Study> {
  return (options = {}) => openStudy(options, makePool);
}

/** Creates a study, or goes on with the one of that name in the storage. */
async function openStudy(options: StudyOptions, makePool?: PoolFactory): Promise<Study> {
  checkStudy(options);
  const { name = 'study', loadIfExists = true, lookback = 8, storage = memoryStorage() } = options;
  await storage.refresh();
  const existing = storage.study(name);
  if (existing && !loadIfExists) {
    throw new SluiceError(
      'study-mismatch',
      `study '${name}' exists already; take another name, or loadIfExists: true to go on with it`,
    );
  }
  const record = existing ?? (await storage.createStudy(name, options.direction ?? 'minimize'));
  const direction = checkDirection(record, options.direction);
  const { sampler = new RandomSampler(), pruner = new MedianPruner() } = options;
  return new Study({ record, direction, storage, sampler, pruner, lookback, makePool });
}

function checkDirection(
  { name, directions }: StudyRecord,
  wanted: Direction = directions[0],
): Direction {
  if (directions.length !== 1) {
    throw new SluiceError(
      'study-mismatch',
      `study '${name}' has ${directions.length} objectives, sluice goes on with studies of one; take another name`,
    );
  }
  if (directions[0] !== wanted) {
    throw new SluiceError(
      'study-mismatch',
      `study '${name}' was created with direction '${directions[0]}', but is opened with ` +
        `'${wanted}'; open it with its own, or take another name`,
    );
  }
  return wanted;
}
