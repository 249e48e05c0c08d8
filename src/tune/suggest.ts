/** From a place in the study to the parameters of its trial. */
import { SluiceError } from '../errors.js';
import {
  contains,
  type Distribution,
  describeDistribution,
  firstValue,
  isCompatible,
  isSingle,
} from './distributions.js';
import type { Params, ParamValue } from './executor.js';
import type { Sampler } from './samplers/sampler.js';
import { type Direction, type FrozenTrial, Trial } from './trial.js';

/** Builds the objective's parameters from suggestions. Must depend on nothing but `t`. */
// biome-ignore lint/suspicious/noConfusingVoidType: a space that returns nothing stands for what it suggested
export type Space = (t: Trial) => object | void;

export interface Suggestion {
  readonly trial: Trial;
  /** What the objective gets. */
  readonly params: Params;
}

/**
 * Runs `space` for one trial.
 * @param earlier a trial of the same place that was interrupted or waits to be run: its parameters stay
 */
export function suggest(
  space: Space,
  sampler: Sampler,
  direction: Direction,
  place: number,
  history: readonly FrozenTrial[],
  earlier?: FrozenTrial,
): Suggestion {
  const draw = (name: string, distribution: Distribution): ParamValue => {
    const kept = earlier && keptValue(earlier, name, distribution);
    if (kept !== undefined) return kept;
    if (isSingle(distribution)) return firstValue(distribution);
    const value = sampler.sample(history, place, name, distribution, direction);
    if (contains(distribution, value)) return value;
    throw new SluiceError(
      'bad-option',
      `the sampler drew ${String(value)} for parameter '${name}', which is not in ${describeDistribution(distribution)}`,
    );
  };
  const trial = new Trial(place, draw);
  const params = space(trial) ?? trial.params;
  if (typeof params !== 'object' || Array.isArray(params) || 'then' in params) {
    throw new SluiceError(
      'bad-option',
      'space(t) must return an object with the parameters of the objective, at once and not as a promise',
    );
  }
  return { trial, params: params as Params };
}

/**
 * A value that the trial already has, or that Optuna's enqueue_trial asked for; undefined where
 * the space has changed so that it does not fit any more.
 */
function keptValue(
  earlier: FrozenTrial,
  name: string,
  distribution: Distribution,
): ParamValue | undefined {
  if (
    Object.hasOwn(earlier.params, name) &&
    isCompatible(earlier.distributions[name], distribution)
  ) {
    const value = earlier.params[name];
    if (earlier.state === 'WAITING' || contains(distribution, value)) return value;
  }
  const fixed = (earlier.systemAttrs.fixed_params ?? {}) as Record<string, ParamValue>;
  if (!Object.hasOwn(fixed, name)) return undefined;
  return contains(distribution, fixed[name]) ? fixed[name] : undefined;
}
