import type { Distribution } from '../distributions.js';
import type { Params, ParamValue } from '../executor.js';
import type { Direction, FrozenTrial } from '../trial.js';

/** A trial that began before this one, and of which nothing but its parameters is known here. */
export interface PendingTrial {
  /** Its number, in the count of the history. */
  readonly number: number;
  /** What was suggested, by name. */
  readonly params: Readonly<Params>;
  /** What each parameter was drawn from. */
  readonly distributions: Readonly<Record<string, Distribution>>;
}

/** What a sampler may know of a study when a trial begins. */
export interface SamplerView {
  /**
   * The finished trials that this trial may see, in order, numbered as if no trial had ever been
   * interrupted: all up to this one's number less the study's lookback.
   */
  readonly history: readonly FrozenTrial[];
  /**
   * The trials between those and this one, in order. They may be running or finished, which is
   * not told: it depends on how many workers there are.
   */
  readonly pending: readonly PendingTrial[];
  /** Number of the trial, in the same count. */
  readonly number: number;
  /** One for each objective. */
  readonly directions: readonly Direction[];
}

/** A sampler's answer for one trial. */
export interface Proposal {
  /**
   * A value of the distribution for the parameter of that name. A pure function: the order in
   * which a space asks does not matter.
   */
  draw(name: string, distribution: Distribution): ParamValue;
}

/**
 * Draws parameters. A pure function of its own options and of what it is given: no state, no
 * clock, no host randomness, so that any number of workers and a resumed study give the same.
 */
export interface Sampler {
  /** Called once a trial, before its space asks for the first parameter; may take its time. */
  propose(view: SamplerView): Proposal | PromiseLike<Proposal>;
}
