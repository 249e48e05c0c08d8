import { SluiceError } from '../errors.js';
import { pick, type Settled, settle } from '../rules.js';
import type { ArtifactStore } from './artifacts/artifact-store.js';
import type { Executor } from './executor.js';
import { inThreadExecutor, inThreadRules } from './in-thread.js';
import { settledCount } from './lineage.js';
import { Optimization } from './optimization.js';
import {
  type OptimizeOptions,
  type OptimizeSettings,
  poolOptions,
  settleOptimize,
} from './optimize-options.js';
import { paretoFront } from './pareto.js';
import type { PoolOptions } from './pool-options.js';
import type { Pruner } from './pruners/pruner.js';
import type { Sampler } from './samplers/sampler.js';
import type { Storage, StudyRecord } from './storage/storage.js';
import { thenRelease } from './storage/then-release.js';
import { type StudyOptions, studyRules } from './study-options.js';
import type { StudyView } from './study-view.js';
import type { SuggestedParams } from './suggest.js';
import type { Direction, FrozenTrial } from './trial.js';

/** Makes the executor for `worker`: createPool, where there are workers. */
export type PoolFactory = (options: PoolOptions) => Executor | Promise<Executor>;

interface StudyParts {
  record: StudyRecord;
  directions: readonly Direction[];
  storage: Storage;
  artifactStore: ArtifactStore;
  sampler: Sampler;
  pruner: Pruner;
  lookback: number;
  makePool: PoolFactory | undefined;
}

/**
 * A search for the best parameters: its trials, and the way to run more. P types `bestParams`:
 * it comes from the space, out of optimize or by createStudy<ParamsOf<typeof space>>().
 */
export class Study<P extends object = object> {
  readonly #parts: StudyParts;

  /**
   * Use createStudy.
   * @internal
   */
  constructor(parts: StudyParts) {
    this.#parts = parts;
  }

  /** Under which the storage keeps it. */
  get name(): string {
    return this.#parts.record.name;
  }

  /** Whether small or large values are good, for each objective. */
  get directions(): readonly Direction[] {
    return this.#parts.directions;
  }

  /**
   * Whether the best value is the smallest or the largest.
   * @throws SluiceError 'bad-option' in a study of several objectives
   */
  get direction(): Direction {
    return this.#only('direction', 'directions');
  }

  /** All trials in number order; neither the list nor its trials ever change. */
  get trials(): readonly FrozenTrial[] {
    const { storage, record } = this.#parts;
    return Object.freeze([...storage.trials(record.id)]);
  }

  /**
   * The COMPLETE trials that no other one is better than: none is at least as good in every
   * objective and better in one (the Pareto front). Empty while no trial is complete.
   */
  get bestTrials(): readonly FrozenTrial[] {
    return Object.freeze(paretoFront(this.trials, this.directions));
  }

  /**
   * The COMPLETE trial with the best value, the first of equals.
   * @throws SluiceError 'objective' where no trial is complete; it tells why the last one failed.
   *   'bad-option' in a study of several objectives
   */
  get bestTrial(): FrozenTrial {
    this.#only('bestTrial', 'bestTrials');
    const complete = this.trials.filter((t) => t.state === 'COMPLETE' && t.value !== undefined);
    if (complete.length === 0) throw this.#nothingComplete();
    const sign = this.direction === 'maximize' ? -1 : 1;
    const score = (trial: FrozenTrial) => sign * (trial.value as number);
    return complete.reduce((best, trial) => (score(trial) < score(best) ? trial : best));
  }

  /** The value of the best trial. @throws as bestTrial */
  get bestValue(): number {
    return this.bestTrial.value as number;
  }

  /**
   * The suggested parameters of the best trial, by the names under which they were suggested.
   * Their type is what `space` returned, as far as types can tell: what it computed or renamed
   * is in the type, but not among the suggestions.
   * @throws as bestTrial
   */
  get bestParams(): SuggestedParams<P> {
    return this.bestTrial.params as SuggestedParams<P>;
  }

  /**
   * Runs trials. A failing objective fails its trial only, unless the first three trials of the
   * study fail for the same reason (`continueOnFailure`). Whatever else goes wrong (an error in
   * `space` or a callback, an unwritable storage, an objective that throws a SluiceError
   * 'storage', workers that cannot be started) stops the study and rejects.
   * @returns this study, its `bestParams` typed by `space`
   * @throws SluiceError 'bad-option', 'aborted', 'storage', 'study-mismatch', 'worker-died', or
   *   'objective' (or the code of what the objective threw), or what `space` threw
   */
  async optimize<Q extends P>(options: OptimizeOptions<Q>): Promise<Study<Q>> {
    const settings = settleOptimize(options as unknown as OptimizeOptions);
    const { storage, record } = this.#parts;
    const release = await storage.claim(record.id, settings.signal);
    await thenRelease(release, async () => {
      await storage.refresh(settings.signal);
      const count = this.#count(settings);
      if (count > 0) await this.#run(settings, count);
    });
    return this as unknown as Study<Q>;
  }

  async #run(settings: OptimizeSettings, count: number): Promise<void> {
    const executor = settings.executor ?? (await this.#executor(settings));
    this.#warnOfLookback(settings);
    try {
      await new Optimization(this as unknown as StudyView, this.#parts, {
        ...settings,
        executor,
        count,
      }).execute();
    } finally {
      if (settings.executor === undefined) await executor.close();
    }
  }

  #count({ trials, totalTrials }: OptimizeSettings): number {
    if (totalTrials === undefined) return trials ?? Number.POSITIVE_INFINITY;
    const { storage, record } = this.#parts;
    return Math.max(0, totalTrials - settledCount(storage.trials(record.id)));
  }

  async #executor(settings: OptimizeSettings): Promise<Executor> {
    if (settings.objective) {
      return inThreadExecutor(settings.objective, pick(settings as object, inThreadRules));
    }
    const { makePool } = this.#parts;
    if (makePool === undefined) {
      throw new SluiceError('unsupported', 'optimize: this build of createStudy has no workers');
    }
    return makePool(poolOptions(settings));
  }

  /** More workers than may have work: the study is right, but no faster. */
  #warnOfLookback({ workers, executor, onWarning }: OptimizeSettings): void {
    const { lookback } = this.#parts;
    const [subject, asked] = executor ? ['executor.size', executor.size] : ['workers', workers];
    if (asked === undefined || asked <= lookback) return;
    onWarning(
      `optimize: ${subject} is ${asked}, but only ${lookback} trials run at once: each waits for ` +
        `those ${lookback} numbers before it (createStudy's lookback is ${lookback}; a study of ` +
        'its own may have a longer one)',
    );
  }

  /** The direction of a study of one objective. */
  #only(property: string, instead: string): Direction {
    const { directions } = this.#parts;
    if (directions.length === 1) return directions[0];
    throw new SluiceError(
      'bad-option',
      `study '${this.name}' has ${directions.length} objectives, so ${property} has no answer; see ` +
        instead,
    );
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

/** Creates a study, or goes on with the one of that name in the storage. */
export type CreateStudy = <P extends object = object>(options?: StudyOptions) => Promise<Study<P>>;

/** createStudy with a way to run objectives in workers. */
export function studyFactory(makePool?: PoolFactory): CreateStudy {
  return async <P extends object>(options: StudyOptions = {}) =>
    openStudy<P>(settle('createStudy', options, studyRules), makePool);
}

async function openStudy<P extends object>(
  options: Settled<StudyOptions, typeof studyRules>,
  makePool: PoolFactory | undefined,
): Promise<Study<P>> {
  const { name, storage, artifactStore, sampler, pruner, lookback } = options;
  await storage.refresh(options.signal);
  const existing = storage.study(name);
  if (existing && !options.loadIfExists) {
    throw new SluiceError(
      'study-mismatch',
      `study '${name}' exists already; take another name, or loadIfExists: true to go on with it`,
    );
  }
  const wanted = wantedDirections(options);
  const record = existing ?? (await storage.createStudy(name, wanted ?? ['minimize']));
  const directions = checkDirections(record, wanted);
  const parts = { record, directions, storage, artifactStore, sampler, pruner, lookback };
  return new Study({ ...parts, makePool });
}

function wantedDirections({
  direction,
  directions,
}: Pick<StudyOptions, 'direction' | 'directions'>): readonly Direction[] | undefined {
  if (direction !== undefined && directions !== undefined) {
    throw new SluiceError(
      'bad-option',
      'createStudy: direction and directions are both given; give one of them',
    );
  }
  return directions ?? (direction && [direction]);
}

function checkDirections(
  { name, directions }: StudyRecord,
  wanted: readonly Direction[] = directions,
): readonly Direction[] {
  if (directions.join() === wanted.join()) return directions;
  const spelled = (list: readonly Direction[]) =>
    list.length === 1
      ? `direction '${list[0]}'`
      : `directions ${list.map((one) => `'${one}'`).join(', ')}`;
  throw new SluiceError(
    'study-mismatch',
    `study '${name}' was created with ${spelled(directions)}, but is opened with ` +
      `${spelled(wanted)}; open it with its own, or take another name`,
  );
}
