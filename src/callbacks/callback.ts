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
  getWeights(): Tensor[];
  setWeights(weights: readonly Tensor[]): void;
}

/**
 * Hooks into training, as an object or an instance of a class. Training waits for each one
 * (a promise is awaited) before it goes on, in the order in which callbacks are given. An
 * error thrown in a hook ends fit with that error.
 */
export interface Callback {
  setModel?(model: CallbackModel): unknown;
  onTrainBegin?(): unknown;
  onTrainEnd?(logs: Logs): unknown;
  onEpochBegin?(epoch: number): unknown;
  onEpochEnd?(epoch: number, logs: Logs): unknown;
  onBatchBegin?(batch: number): unknown;
  /** logs hold the figures of this batch alone. */
  onBatchEnd?(batch: number, logs: Logs): unknown;
}
