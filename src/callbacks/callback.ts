import type { Compiled } from '../model/compile-options.js';
import type { Tensor } from '../model/tensor.js';

/**
 * Figures of an epoch (or of the part of it that is done): `loss`, each metric under its name, and
 * at the end of an epoch with validation data val_loss and the other val_ twins.
 */
export interface Logs {
  /** The mean over the samples. */
  loss: number;
  [name: string]: number;
}

/** What a callback may do with the model that is being trained. */
export interface CallbackModel {
  /** Set to true to end training after this batch, as in Keras; its epoch ends as others do. */
  stopTraining: boolean;
  /** The one of compile. Setting its `learningRate` holds from the next step on. */
  readonly optimizer: Compiled['optimizer'];
  /** Copies of all weights, in the order and shapes of Keras. */
  getWeights(): Tensor[];
  /** Replaces all weights. @throws SluiceError 'bad-shape', 'bad-data' */
  setWeights(weights: readonly Tensor[]): void;
  /** Stateful layers begin at zero again. */
  resetStates(): void;
}

/**
 * Hooks into training, as an object or an instance of a class. Training waits for each one
 * (a promise is awaited, until the signal of fit is aborted) before it goes on, in the order in
 * which callbacks are given. An error thrown in a hook (other than onTrainAbort) ends fit with
 * that error. Within a hook
 * the weights stand still: predict, evaluate, getWeights and saving see those of the last step.
 */
export interface Callback {
  /** Before anything else, with the model that is trained. */
  setModel?(model: CallbackModel): unknown;
  /** Before the first epoch. */
  onTrainBegin?(): unknown;
  /** After the last epoch, with its figures; not called where fit rejects. */
  onTrainEnd?(logs: Logs): unknown;
  /**
   * In place of onTrainEnd when the signal ended training; called where onTrainBegin was. Nobody
   * waits for it: what it has to do must be done when it returns. What it throws stands in
   * callbackErrors of the FitAborted, and the callbacks after it are told none the less.
   */
  onTrainAbort?(): void;
  /** Before an epoch; epochs count from 0. */
  onEpochBegin?(epoch: number): unknown;
  /** After an epoch and its validation, with the figures of both. */
  onEpochEnd?(epoch: number, logs: Logs): unknown;
  /** Before a training step; the steps of an epoch count from 0. */
  onBatchBegin?(batch: number): unknown;
  /** After it; logs hold the means over the samples of the epoch so far, as in Keras. */
  onBatchEnd?(batch: number, logs: Logs): unknown;
}
