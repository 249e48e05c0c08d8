/** A learning rate that falls on a straight line: large steps to get there, small ones to settle. */

import type { Callback, CallbackModel } from '../callbacks/callback.js';

/** Share of the learning rate that is left at the end. */
const LAST_SHARE = 0.02;

/** Lets the learning rate of the model's optimizer fall to a fiftieth over `steps` steps of a fit. */
export function decay(steps: number): Callback {
  let optimizer: CallbackModel['optimizer'];
  let first = 0;
  let step = 0;
  return {
    setModel(model) {
      optimizer = model.optimizer;
    },
    onTrainBegin() {
      first = optimizer.learningRate;
      step = 0;
    },
    onBatchBegin() {
      const done = Math.min(1, step++ / Math.max(1, steps - 1));
      optimizer.learningRate = first * (1 - (1 - LAST_SHARE) * done);
    },
  };
}
