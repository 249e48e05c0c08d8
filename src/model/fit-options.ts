import type { Callback } from '../callbacks/callback.js';
import { SluiceError } from '../errors.js';
import { checkBoolean, checkCount, checkKeys, checkOption, shown } from '../options.js';
import type { TensorLike } from './tensor.js';

/** Every hook there is: a callback must have one of them. */
const hooks = [
  'setModel',
  'onTrainBegin',
  'onTrainEnd',
  'onEpochBegin',
  'onEpochEnd',
  'onBatchBegin',
  'onBatchEnd',
] as const satisfies readonly (keyof Callback)[];

/** Options of fit, named as in Keras. */
export interface FitOptions {
  /** Samples a step, an integer from 1; the last batch of an epoch may be smaller. Default 32. */
  batchSize?: number | undefined;
  /** The number of the epoch after the last one: an integer from 1. Default 1. */
  epochs?: number | undefined;
  /** The number of the first epoch, when training goes on: an integer from 0. Default 0. */
  initialEpoch?: number | undefined;
  /** Takes the samples in another order each epoch, drawn from the model's seed. Default true. */
  shuffle?: boolean | undefined;
  /** 1 prints a line an epoch. Default 0. */
  verbose?: 0 | 1 | undefined;
  /**
   * The share of the samples, the last ones before shuffling, kept for validation: from 0 up to,
   * not including, 1. Default 0.
   */
  validationSplit?: number | undefined;
  /** [x, y] for validation after each epoch. Default: none. */
  validationData?: readonly [TensorLike, TensorLike] | undefined;
  /** One or several, called in this order. Default: none. */
  callbacks?: Callback | readonly Callback[] | undefined;
  /** Aborting it ends training at the next step with SluiceError 'aborted'. */
  signal?: AbortSignal | undefined;
}

const keys = [
  'batchSize',
  'epochs',
  'initialEpoch',
  'shuffle',
  'verbose',
  'validationSplit',
  'validationData',
  'callbacks',
  'signal',
];

/** FitOptions with every default filled in. */
export interface FitSettings {
  readonly batchSize: number;
  readonly epochs: number;
  readonly initialEpoch: number | undefined;
  readonly shuffle: boolean;
  readonly verbose: 0 | 1;
  readonly validationSplit: number;
  readonly validationData: readonly [TensorLike, TensorLike] | undefined;
  readonly callbacks: readonly Callback[];
  readonly signal: AbortSignal | undefined;
}

/** @throws SluiceError 'bad-option' */
export function checkFitOptions(options: FitOptions): FitSettings {
  checkKeys('fit', options, keys);
  const { epochs = 1, initialEpoch, verbose = 0, validationSplit = 0 } = options;
  const { validationData, signal } = options;
  checkCount('fit', 'epochs', epochs);
  if (initialEpoch !== undefined) checkCount('fit', 'initialEpoch', initialEpoch, 0);
  checkOption(
    'fit',
    'epochs',
    epochs,
    epochs > (initialEpoch ?? 0),
    `above initialEpoch (${initialEpoch}), for it is the number of the epoch after the last one`,
  );
  checkOption('fit', 'verbose', verbose, verbose === 0 || verbose === 1, '0 or 1');
  checkOption(
    'fit',
    'validationSplit',
    validationSplit,
    validationSplit >= 0 && validationSplit < 1,
    'a number from 0 up to, not including, 1',
  );
  const pair = Array.isArray(validationData) && validationData.length === 2;
  checkOption(
    'fit',
    'validationData',
    validationData,
    validationData === undefined || pair,
    'a pair [x, y]',
  );
  if (validationData && validationSplit > 0) {
    throw new SluiceError(
      'bad-option',
      'fit: validationData and validationSplit are both given; give one of them',
    );
  }
  return {
    batchSize: checkBatchSize('fit', options.batchSize),
    epochs,
    initialEpoch,
    shuffle: checkBoolean('fit', 'shuffle', options.shuffle ?? true),
    verbose,
    validationSplit,
    validationData,
    callbacks: checkCallbacks(options.callbacks ?? []),
    signal: checkOption('fit', 'signal', signal, isSignal(signal), 'an AbortSignal'),
  };
}

export const checkBatchSize = (subject: string, batchSize = 32): number =>
  checkCount(subject, 'batchSize', batchSize);

/** By its face: signals also come from other realms. */
const isSignal = (signal: AbortSignal | undefined): boolean =>
  signal === undefined || typeof signal?.aborted === 'boolean';

function checkCallbacks(given: Callback | readonly Callback[]): readonly Callback[] {
  const list = Array.isArray(given) ? given : [given];
  for (const callback of list) {
    const known =
      typeof callback === 'object' &&
      callback !== null &&
      hooks.some((hook) => typeof callback[hook] === 'function');
    if (known) continue;
    throw new SluiceError(
      'bad-option',
      `fit: a callback must be an object with one of the hooks ${hooks.join(', ')}, but got ` +
        shown(callback),
    );
  }
  return list;
}
