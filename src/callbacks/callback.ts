import type { Compiled } from '../model/runner.js';
import type { Tensor } from '../model/tensor.js';

/** Figures of a batch or an epoch: loss, each metric, and with validation data val_loss ... */
export type Logs = Record<string, number>;

/** What a callback may do with the model that is being trained. */
export interface CallbackModel {
  /** Set to true to end training after this epoch. */
  stopTraining: boolean;
  /** The one of compile. Setting its `learningRate` holds from the next step on. */
  readonly optimizer: Compiled['optimizer'];
  /** Copies of all weights, in the order and shapes of Keras. */
  getWeights(): Tensor[];
  /** Replaces all weights. @throws SluiceError 'bad-shape', 'bad-data' */
  setWeights(weights: readonly Tensor[]): void;
}

/**
 * Hooks into training, as an object or an instance of a class. Training waits for each one
 * (a promise is awaited) before it goes on, in the order in which callbacks are given. An
 * error thrown in a hook ends fit with that error.
 */
export interface Callback {
  /** Called first of all, with the model that is trained. */
  setModel?(model: CallbackModel): unknown;
  /** Before the first epoch. */
  onTrainBegin?(): unknown;
  /** After the last epoch, with its figures; not called where fit rejects. */
  onTrainEnd?(logs: Logs): unknown;
  /** Before an epoch; epochs count from 0. */
  onEpochBegin?(epoch: number): unknown;
  /** After an epoch and its validation, with the figures of both. */
  onEpochEnd?(epoch: number, logs: Logs): unknown;
  /** Before a training step; the steps of an epoch count from 0. */
  onBatchBegin?(batch: number): unknown;
  /** logs hold the figures of this batch alone. */
  onBatchEnd?(batch: number, logs: Logs): unknown;
}
