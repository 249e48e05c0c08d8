import type { Callback } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import { anyRule, booleanRule, integerRule, type Rules, settle } from '../rules.js';
import type { Arrays } from './arrays.js';
import { type ClassWeight, classWeightRule } from './class-weight.js';
import type { BatchDataset } from './dataset-stream.js';
import type { FitMethod } from './history.js';
import type { Verbosity } from './progress.js';
import { isSamples, type Samples } from './samples.js';
import { type Truncation, truncateRule } from './windows.js';

/** Every hook there is: a callback must have one of them. */
const hooks = [
  'setModel',
  'onTrainBegin',
  'onTrainEnd',
  'onTrainAbort',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
] as const satisfies readonly (keyof Callback)[];

/** Options of fit, named as in Keras. */
export interface FitOptions {
  /** Samples a step, an integer from 1; the last batch of an epoch may be smaller. Default 32. */
  batchSize?: number | undefined;
  /**
   * The number of the epoch after the last one: an integer from 0. Not above initialEpoch,
   * nothing is done. Default 1.
   */
  epochs?: number | undefined;
  /**
   * The number of the first epoch, when training goes on: an integer from 0. Given, sample orders
   * are those of the epochs from this number on. Default: numbers begin at 0, while sample orders
   * go on after the epochs that the model has trained.
   */
  initialEpoch?: number | undefined;
  /**
   * Takes the samples in another order each epoch, drawn from the model's seed. Default true; false for a model with
   * stateful layers, which goes on from batch to batch and takes no true.
   */
  shuffle?: boolean | undefined;
  /**
   * 2 prints a line an epoch. 1 or true does so too and, where standard output is a terminal,
   * shows the steps of the running epoch in a line that it overwrites. 0 or false prints nothing.
   * Default 0.
   */
  verbose?: boolean | 0 | 1 | 2 | undefined;
  /**
   * The share of the samples, the last ones before shuffling, kept for validation: from 0 up to,
   * not including, 1. Default 0.
   */
  validationSplit?: number | undefined;
  /** [x, y] or [x, y, sampleWeight], or Samples, for validation after each epoch. Default: none. */
  validationData?: readonly [Arrays, Arrays, Arrays?] | Samples | undefined;
  /**
   * How much each sample counts: numbers from 0 up, [n] or [n, 1], or where an output is a sequence
   * [n, 1] or [n, timesteps]; for several outputs one for all, or one each. They multiply the losses of the
   * samples, whose sum is divided by the number of samples all the same; metrics pay no heed, as in Keras.
   * Default: 1 each.
   */
  sampleWeight?: Arrays | undefined;
  /**
   * How much samples of each class count, such as { 0: 1, 1: 5 }: numbers from 0 up, 1 for a class that is left
   * out. The class of a row is the place of the largest of its targets (of a single number: it, rounded); in
   * sequences each step has its own. They multiply losses as sampleWeight does, in place of which they stand, for a model of one
   * output; validation pays no heed, as in Keras. Default: 1 each.
   */
  classWeight?: ClassWeight | undefined;
  /**
   * Truncated backpropagation through time, for long sequences: { every, back } updates after `every` time steps, lets
   * gradients go `back` of them, and carries states on; a window is a batch to callbacks. Memory is that of a window.
   * Default: none, gradients go through the whole sequence.
   */
  truncate?: Truncation | undefined;
  /** One or several, called in this order. Default: none. */
  callbacks?: Callback | readonly Callback[] | undefined;
  /**
   * Aborting it ends training at the next step, or at once where a callback is waited for, with
   * a FitAborted (SluiceError 'aborted'). Default: none.
   */
  signal?: AbortSignal | undefined;
}

/** Options of fitDataset: those of fit that do not belong to arrays. */
export interface FitDatasetOptions
  extends Pick<
    FitOptions,
    'epochs' | 'initialEpoch' | 'verbose' | 'classWeight' | 'truncate' | 'callbacks' | 'signal'
  > {
  /**
   * For validation after each epoch: batches like those of the dataset, or what fit takes. Default:
   * none.
   */
  validationData?: BatchDataset | FitOptions['validationData'];
}

/** Options of predict. */
export interface PredictOptions {
  /**
   * Samples a step, an integer from 1; settles memory and speed, not the outcome of predict.
   * Default 32.
   */
  batchSize?: number | undefined;
}

/** Options of evaluate. */
export interface EvaluateOptions extends PredictOptions {
  /** How much each sample counts in the loss, as in fit. Default: 1 each. */
  sampleWeight?: Arrays | undefined;
}

/** Options of evaluateDataset. */
export interface EvaluateDatasetOptions {
  /**
   * Aborting it ends the call at the next batch, or at once where a batch is waited for, with a SluiceError
   * 'aborted'. Default: none.
   */
  signal?: AbortSignal | undefined;
}

const batchSize = { ...integerRule(1), otherwise: () => 32 };

const fitRules = {
  batchSize,
  epochs: { ...integerRule(0), otherwise: () => 1 },
  initialEpoch: integerRule(0),
  // settled with the model
  shuffle: booleanRule,
  verbose: {
    expected: 'true, false, 0, 1 or 2',
    holds: (value) => typeof value === 'boolean' || value === 0 || value === 1 || value === 2,
    otherwise: () => 0,
  },
  validationSplit: {
    expected: 'a number from 0 up to, not including, 1',
    holds: (value) => typeof value === 'number' && value >= 0 && value < 1,
    otherwise: () => 0,
  },
  validationData: {
    expected: '[x, y], [x, y, sampleWeight] or Samples',
    holds: (value) =>
      isSamples(value) || (Array.isArray(value) && (value.length === 2 || value.length === 3)),
  },
  // checked with the data
  sampleWeight: anyRule,
  classWeight: classWeightRule,
  truncate: truncateRule,
  callbacks: {
    expected: `an object with one of the hooks ${hooks.join(', ')}, or an array of such objects`,
    holds: (value) => listOf(value).every(isCallback),
    otherwise: () => [],
  },
  signal: { expected: 'an AbortSignal', holds: isSignal },
} satisfies Rules<FitOptions>;

const datasetRules = {
  epochs: fitRules.epochs,
  initialEpoch: fitRules.initialEpoch,
  verbose: fitRules.verbose,
  // looked into with the data
  validationData: anyRule,
  classWeight: fitRules.classWeight,
  truncate: fitRules.truncate,
  callbacks: fitRules.callbacks,
  signal: fitRules.signal,
} satisfies Rules<FitDatasetOptions>;

const evaluateRules = { batchSize, sampleWeight: anyRule } satisfies Rules<EvaluateOptions>;
const evaluateDatasetRules = {
  signal: fitRules.signal,
} satisfies Rules<EvaluateDatasetOptions>;
const predictRules = { batchSize } satisfies Rules<PredictOptions>;

/** What training must know of them. */
export type FitSettings = Pick<
  ReturnType<typeof checkFitOptions>,
  'method' | 'epochs' | 'initialEpoch' | 'verbose' | 'truncate' | 'callbacks' | 'signal'
> & { readonly shuffle: boolean };

/** @throws SluiceError 'bad-option' */
export function checkFitOptions(options: FitOptions) {
  const settled = settle('fit', options, fitRules);
  if (settled.validationData && settled.validationSplit > 0) {
    throw new SluiceError(
      'bad-option',
      'fit: validationData and validationSplit are both given; give one of them',
    );
  }
  return {
    ...settled,
    method: 'fit' as FitMethod,
    verbose: Number(settled.verbose) as Verbosity,
    callbacks: listOf<Callback>(settled.callbacks),
  };
}

/** @throws SluiceError 'bad-option' */
export function checkFitDatasetOptions(options: FitDatasetOptions) {
  const settled = settle('fitDataset', options, datasetRules);
  return {
    ...settled,
    method: 'fitDataset' as FitMethod,
    shuffle: false,
    verbose: Number(settled.verbose) as Verbosity,
    callbacks: listOf<Callback>(settled.callbacks),
  };
}

/** @throws SluiceError 'bad-option' */
export const checkEvaluateOptions = (options: EvaluateOptions) =>
  settle('evaluate', options, evaluateRules);

/** @throws SluiceError 'bad-option' */
export const checkEvaluateDatasetOptions = (options: EvaluateDatasetOptions) =>
  settle('evaluateDataset', options, evaluateDatasetRules);

/** @throws SluiceError 'bad-option' */
export const checkPredictOptions = (options: PredictOptions) =>
  settle('predict', options, predictRules);

/** A copy: what the caller does to his array later is his own. */
const listOf = <T>(given: unknown): readonly T[] =>
  Array.isArray(given) ? [...given] : [given as T];

const isCallback = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  hooks.some((hook) => typeof (value as Record<string, unknown>)[hook] === 'function');

/** By its face: signals also come from other realms. */
function isSignal(value: unknown): boolean {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
