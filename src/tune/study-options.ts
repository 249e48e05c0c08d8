import { booleanRule, integerRule, methodRule, type Rules } from '../rules.js';
import { type ArtifactStore, memoryArtifactStore } from './artifacts/artifact-store.js';
import { MedianPruner } from './pruners/median.js';
import type { Pruner } from './pruners/pruner.js';
import { RandomSampler } from './samplers/random.js';
import type { Sampler } from './samplers/sampler.js';
import { memoryStorage } from './storage/memory.js';
import type { Storage } from './storage/storage.js';
import type { Direction } from './trial.js';

/** Options of createStudy. */
export interface StudyOptions {
  /** Under which the storage keeps it; default 'study'. */
  name?: string | undefined;
  /**
   * Whether small or large values are good. Default: that of the study in the storage, 'minimize'
   * for a new one.
   */
  direction?: Direction | undefined;
  /**
   * The same for each of several objectives, in the order of the values that the objective
   * returns. Instead of direction. Default: that of direction.
   */
  directions?: readonly Direction[] | undefined;
  /** What draws parameters; default `new RandomSampler()`, whose seed is 0. */
  sampler?: Sampler | undefined;
  /** What stops trials that promise little; default `new MedianPruner()`. */
  pruner?: Pruner | undefined;
  /** Where trials are kept. Default: in memory, gone with the study. */
  storage?: Storage | undefined;
  /**
   * Where trials keep what they save to go on from. Default: in memory, gone with the study. With
   * a storage that survives the process, give one that does so too: fileSystemArtifactStore(path).
   */
  artifactStore?: ArtifactStore | undefined;
  /** Go on with a study of that name where the storage has one; default true. */
  loadIfExists?: boolean | undefined;
  /** Stops the reading of a long journal: createStudy rejects with SluiceError 'aborted'. Default: none. */
  signal?: AbortSignal | undefined;
  /**
   * A trial sees (and waits for) all trials at least so many numbers before it; default 8, at
   * least 1. So at most so many run at once, whatever `workers` says. A study keeps its results
   * only under the same lookback.
   */
  lookback?: number | undefined;
}

export const studyRules = {
  name: {
    expected: 'a non-empty string',
    holds: (value: unknown) => typeof value === 'string' && value !== '',
    otherwise: () => 'study',
  },
  direction: {
    expected: "'minimize' or 'maximize'",
    holds: (value: unknown) => value === 'minimize' || value === 'maximize',
  },
  directions: {
    expected: "an array of 'minimize' and 'maximize', one for each objective",
    holds: (value: unknown) =>
      Array.isArray(value) &&
      value.length > 0 &&
      [...value].every((one) => one === 'minimize' || one === 'maximize'),
  },
  sampler: {
    ...methodRule('propose', 'such as new RandomSampler()'),
    otherwise: () => new RandomSampler(),
  },
  pruner: {
    ...methodRule('prune', 'such as new MedianPruner()'),
    otherwise: () => new MedianPruner(),
  },
  storage: {
    ...methodRule('createTrial', 'such as memoryStorage() or journalFile(path)'),
    otherwise: () => memoryStorage(),
  },
  artifactStore: {
    ...methodRule(
      ['write', 'read', 'remove', 'list'],
      'such as memoryArtifactStore() or fileSystemArtifactStore(path)',
    ),
    otherwise: () => memoryArtifactStore(),
  },
  loadIfExists: { ...booleanRule, otherwise: () => true },
  signal: { expected: 'an AbortSignal', holds: methodRule('addEventListener', '').holds },
  lookback: { ...integerRule(1), otherwise: () => 8 },
} satisfies Rules<StudyOptions>;
