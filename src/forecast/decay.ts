/** A learning rate that falls on a straight line: large steps to get there, small ones to settle. */

import type { Callback, CallbackModel } from '../callbacks/callback.js';

/** Share of the learning rate that is left at the end. */
const LAST_SHARE = 0.02;

/**
 * Lets the learning rate of the model's optimizer fall from `first` to a fiftieth over `steps`
 * steps, of which `done` are done.
 */
export function decay(first: number, steps: number, done: number): Callback {
  let optimizer: CallbackModel['optimizer'];
  let step = done;
  return {
    setModel(model) {
      optimizer = model.optimizer;
    },
    onBatchBegin() {
      const share = Math.min(1, step++ / Math.max(1, steps - 1));
      optimizer.learningRate = first * (1 - (1 - LAST_SHARE) * share);
    },
  };
}
