/** How long a trial may train: large networks get fewer epochs, so that no trial eats the study. */

import { type Hyperparameters, unitsOf } from './network.js';
import type { Preprocessing } from './preprocessing.js';
import { inputNames } from './preprocessing.js';

/** Multiply-adds, times two, of one epoch: forward and backward (kernels: 6 B T 4H (I + H)). */
export function epochFlops(
  params: Hyperparameters,
  preprocessing: Preprocessing,
  windows: number,
): number {
  let inputs = inputNames(preprocessing).length;
  let flops = 0;
  for (let i = 0; i < params.layers; i++) {
    const units = unitsOf(params.units, i);
    flops += 6 * windows * preprocessing.window * 4 * units * (inputs + units);
    inputs = units;
  }
  return flops;
}

const MOST_EPOCHS = 30;
const FEWEST_EPOCHS = 6;
/** About 15 seconds of one core. */
const BUDGET_FLOPS = 6e11;

/** Epochs of a trial where the user names none: what fits the budget, from 6 to 30. */
export function defaultEpochs(
  params: Hyperparameters,
  preprocessing: Preprocessing,
  windows: number,
): number {
  const fitting = Math.floor(BUDGET_FLOPS / epochFlops(params, preprocessing, windows));
  return Math.max(FEWEST_EPOCHS, Math.min(MOST_EPOCHS, fitting));
}
