/** From a place in the study to the parameters of its trial. */
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';
import {
  contains,
  type Distribution,
  describeDistribution,
  firstValue,
  isCompatible,
  isSingle,
} from './distributions.js';
import { fixedValue, Unfit } from './enqueued.js';
import type { Params, ParamValue } from './executor.js';
import type { Proposal } from './samplers/sampler.js';
import { type FrozenTrial, Trial } from './trial.js';

/**
 * Builds the objective's parameters from suggestions: an object, or nothing, which stands for
 * what was suggested. Must depend on nothing but `t`. P is what it returns.
 */
// biome-ignore lint/suspicious/noConfusingVoidType: a space that returns nothing stands for what it suggested
export type Space<P extends object = object> = (t: Trial) => P | void;

/**
 * The objective's parameters that a space makes: `ParamsOf<typeof space>` types the objective in
 * its worker by the space of the main thread.
 * @typeParam S the type of the space
 */
export type ParamsOf<S extends (t: Trial) => unknown> = Extract<ReturnType<S>, object>;

/** What an objective of such a space gets: its object, or anything where the space says nothing of it. */
// biome-ignore lint/suspicious/noExplicitAny: an untyped space says nothing that an objective could contradict
export type ObjectiveParams<P extends object> = object extends P ? any : P;

/** Suggested parameters by name, typed by the object that the space returned. */
export type SuggestedParams<P extends object> = object extends P
  ? Readonly<Params>
  : P extends object
    ? { readonly [Name in keyof P as P[Name] extends ParamValue ? Name : never]: P[Name] }
    : never;

export interface Suggestion {
  readonly trial: Trial;
  /** What the objective gets. */
  readonly params: Params;
  /** Why the trial fails before it begins: a value that was enqueued for it is none of its parameter. */
  readonly unfit?: string;
}

/** What a suggestion depends on. */
export interface SuggestContext {
  readonly proposal: Proposal;
  readonly place: number;
  /** A trial of the same place that was interrupted or waits to be run: its parameters stay. */
  readonly earlier?: FrozenTrial | undefined;
  onWarning(message: string): void;
}

/** Runs `space` for one trial. */
export function suggest(space: Space, context: SuggestContext): Suggestion {
  const trial = new Trial(context.place, (name, distribution) =>
    suggestedValue(name, distribution, context),
  );
  try {
    const params = space(trial) ?? trial.params;
    return { trial, params: checkParams(params) };
  } catch (error) {
    if (error instanceof Unfit) return { trial, params: trial.params, unfit: error.message };
    throw error;
  }
}

function suggestedValue(
  name: string,
  distribution: Distribution,
  context: SuggestContext,
): ParamValue {
  const { proposal, earlier } = context;
  const kept = earlier && keptValue(earlier, name, distribution, context);
  if (kept !== undefined) return kept;
  if (isSingle(distribution)) return firstValue(distribution);
  const value = proposal.draw(name, distribution);
  if (contains(distribution, value)) return value;
  throw new SluiceError(
    'bad-option',
    `the sampler drew ${shown(value)} for parameter '${name}', which is not in ${describeDistribution(distribution)}`,
  );
}

function checkParams(params: unknown): Params {
  const promised = typeof (params as { then?: unknown }).then === 'function';
  // Its rejection would end the process.
  if (promised) Promise.resolve(params).catch(() => {});
  if (typeof params === 'object' && !Array.isArray(params) && !promised) return params as Params;
  throw new SluiceError(
    'bad-option',
    'space(t) must return an object with the parameters of the objective, at once and not as a ' +
      `promise, but returned ${promised ? 'a promise' : shown(params)}`,
  );
}

/**
 * A value that the trial already has, or that Optuna's enqueue_trial asked for; undefined where
 * the space has changed so that it does not fit any more.
 */
function keptValue(
  earlier: FrozenTrial,
  name: string,
  distribution: Distribution,
  { onWarning }: SuggestContext,
): ParamValue | undefined {
  const fixed = (earlier.systemAttrs.fixed_params ?? {}) as Record<string, unknown>;
  if (
    Object.hasOwn(earlier.params, name) &&
    isCompatible(earlier.distributions[name], distribution)
  ) {
    const value = earlier.params[name];
    if (earlier.state === 'WAITING' || contains(distribution, value)) return value;
  }
  if (!Object.hasOwn(fixed, name)) return undefined;
  return fixedValue(name, distribution, fixed[name], onWarning);
}
