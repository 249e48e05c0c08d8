import type { Distribution } from '../distributions.js';
import type { ParamValue } from '../executor.js';
import type { Direction, FrozenTrial } from '../trial.js';

/**
 * Draws parameters. A pure function of its own options and of what it is given: no state, no
 * clock, no host randomness, so that any number of workers and a resumed study give the same.
 */
export interface Sampler {
  /**
   * @param history the finished trials that this trial may see, in order, numbered as if no
   *   trial had ever been interrupted
   * @param trialNumber number of the trial in that same count
   * @returns a value of the distribution
   */
  sample(
    history: readonly FrozenTrial[],
    trialNumber: number,
    name: string,
    distribution: Distribution,
    direction: Direction,
  ): ParamValue;
}
