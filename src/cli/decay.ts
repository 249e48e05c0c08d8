/** A learning rate that falls on a straight line: large steps to get there, small ones to settle. */

import type { Optimizer } from '../optimizers/optimizer.js';

/** Share of the learning rate that is left at the end. */
const LAST_SHARE = 0.02;

/**
 * The optimizer that `make` makes, with its learning rate falling to a fiftieth over `steps`.
 * The rate changes `stages` times, so that no optimizer is made in a training step.
 */
export function decaying(
  make: (learningRate: number) => Optimizer,
  learningRate: number,
  steps: number,
  stages = 200,
): Optimizer {
  const staged = Array.from({ length: stages }, (_, stage) =>
    make(learningRate * (1 - (1 - LAST_SHARE) * (stage / (stages - 1)))),
  );
  return {
    ...staged[0],
    update(kernels, n, weights, gradients, slots, step, gradientScale) {
      const stage = Math.min(stages - 1, Math.floor(((step - 1) * stages) / steps));
      staged[stage].update(kernels, n, weights, gradients, slots, step, gradientScale);
    },
  };
}
