/**
 * What a parameter is drawn from: plain frozen records. Rules and names follow
 * optuna.distributions; ranges are inclusive at both ends.
 */
import { SluiceError } from '../errors.js';
import { checkKeys, shown } from '../options.js';
import type { ParamValue } from './executor.js';

/** A real number of a range. */
export interface FloatDistribution {
  /** Tells the distributions apart. */
  readonly kind: 'float';
  /** The smallest value. */
  readonly low: number;
  /** The largest value, included. */
  readonly high: number;
  /** Drawn uniformly in the logarithm. */
  readonly log: boolean;
  /** null: continuous. */
  readonly step: number | null;
}

/** An integer of a range. */
export interface IntDistribution {
  /** Tells the distributions apart. */
  readonly kind: 'int';
  /** The smallest value. */
  readonly low: number;
  /** The largest value, included. */
  readonly high: number;
  /** Drawn uniformly in the logarithm. */
  readonly log: boolean;
  /** Distance between values. */
  readonly step: number;
}

/** One of several choices. */
export interface CategoricalDistribution {
  /** Tells the distributions apart. */
  readonly kind: 'categorical';
  /** All of them, in the order given. */
  readonly choices: readonly ParamValue[];
}

/** What a parameter is drawn from; names and rules as in optuna.distributions. */
export type Distribution = FloatDistribution | IntDistribution | CategoricalDistribution;

/** Options of suggestInt and suggestFloat. */
export interface RangeOptions {
  /** Draw uniformly in the logarithm; needs a positive `low` and no `step`. Default false. */
  log?: boolean | undefined;
  /**
   * Distance between values, counted from `low`: above 0, for suggestInt an integer. Default: 1 for
   * suggestInt, none for suggestFloat.
   */
  step?: number | undefined;
}

function refuse(name: string, rule: string, found: string): never {
  throw new SluiceError('bad-option', `parameter '${name}': ${rule}, but got ${found}`);
}

function checkRange(name: string, low: number, high: number, options: RangeOptions): void {
  const { step, log } = checkKeys(`parameter '${name}'`, options, ['log', 'step']);
  const range = `low=${shown(low)}, high=${shown(high)}`;
  if (!Number.isFinite(low) || !Number.isFinite(high)) {
    refuse(name, '`low` and `high` must be finite numbers', range);
  }
  if (low > high) refuse(name, '`low <= high` must hold', range);
  if (step !== undefined && !(Number.isFinite(step) && step > 0)) {
    refuse(name, '`step > 0` must hold', `step=${shown(step)}`);
  }
  if (log !== undefined && typeof log !== 'boolean') {
    refuse(name, '`log` must be true or false', `log=${shown(log)}`);
  }
}

/** Tolerance for "the range is a whole number of steps": decimal steps are not exact in binary. */
const STEP_TOLERANCE = 1e-9;

/** Index of the last value on the grid low, low + step, ... that does not pass `high`. */
export function lastStep(low: number, high: number, step: number): number {
  return Math.floor((high - low) / step + STEP_TOLERANCE);
}

/** The value at a grid index, without the binary noise of decimal steps (0.1 * 3 gives 0.3). */
export function gridValue(low: number, high: number, step: number, index: number): number {
  const value = Number((low + index * step).toPrecision(15));
  return Math.min(Math.max(value, low), high);
}

/** @throws SluiceError 'bad-option' naming the parameter. */
export function floatDistribution(
  name: string,
  low: number,
  high: number,
  options: RangeOptions = {},
): FloatDistribution {
  checkRange(name, low, high, options);
  const { log = false, step = null } = options;
  if (log && step !== null) {
    refuse(name, '`step` is not supported when `log` is true', `step=${shown(step)}`);
  }
  if (log && low <= 0) refuse(name, '`low > 0` must hold when `log` is true', `low=${shown(low)}`);
  const top = step === null ? high : gridValue(low, high, step, lastStep(low, high, step));
  return Object.freeze({ kind: 'float', low, high: top, log, step });
}

/** @throws SluiceError 'bad-option' naming the parameter. */
export function intDistribution(
  name: string,
  low: number,
  high: number,
  options: RangeOptions = {},
): IntDistribution {
  checkRange(name, low, high, options);
  const { log = false, step = 1 } = options;
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high)) {
    refuse(name, '`low` and `high` must be integers', `low=${shown(low)}, high=${shown(high)}`);
  }
  if (!Number.isSafeInteger(step)) refuse(name, '`step` must be an integer', `step=${shown(step)}`);
  if (log && step !== 1) {
    refuse(name, '`step` is not supported when `log` is true', `step=${shown(step)}`);
  }
  if (log && low < 1) refuse(name, '`low >= 1` must hold when `log` is true', `low=${shown(low)}`);
  return Object.freeze({
    kind: 'int',
    low,
    high: low + Math.floor((high - low) / step) * step,
    log,
    step,
  });
}

/** @throws SluiceError 'bad-option' naming the parameter. */
export function categoricalDistribution(
  name: string,
  choices: readonly ParamValue[],
): CategoricalDistribution {
  if (!Array.isArray(choices)) refuse(name, '`choices` must be an array', shown(choices));
  if (choices.length === 0) {
    refuse(name, '`choices` must contain one or more elements', 'an empty array');
  }
  for (const choice of choices) {
    const plain = choice === null || ['string', 'boolean'].includes(typeof choice);
    if (!plain && !Number.isFinite(choice)) {
      refuse(name, '`choices` must be strings, finite numbers, booleans or null', shown(choice));
    }
  }
  return Object.freeze({ kind: 'categorical', choices: Object.freeze([...choices]) });
}

/** True when there is but one value to draw. */
export function isSingle(distribution: Distribution): boolean {
  if (distribution.kind === 'categorical') return distribution.choices.length === 1;
  return distribution.low === distribution.high;
}

/** The lowest value, or the first choice. */
export function firstValue(distribution: Distribution): ParamValue {
  return distribution.kind === 'categorical' ? distribution.choices[0] : distribution.low;
}

/** Whether a value can have been drawn from the distribution. */
export function contains(distribution: Distribution, value: unknown): boolean {
  if (distribution.kind === 'categorical') return choiceIndex(distribution, value) >= 0;
  const { kind, low, high, step } = distribution;
  if (typeof value !== 'number' || !(value >= low && value <= high)) return false;
  if (kind === 'int') return Number.isInteger(value) && (value - low) % step === 0;
  if (step === null) return true;
  const index = (value - low) / step;
  return Math.abs(index - Math.round(index)) < 1e-8;
}

/** Index of a choice, -1 where it is none. Structures (Python may store them) compare by content. */
export function choiceIndex(distribution: CategoricalDistribution, value: unknown): number {
  return distribution.choices.findIndex((choice) => sameValue(choice, value));
}

function sameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b) || a === b) return true;
  return typeof a === 'object' && a !== null && JSON.stringify(a) === JSON.stringify(b);
}

export function sameDistribution(a: Distribution, b: Distribution): boolean {
  if (a.kind === 'categorical' || b.kind === 'categorical') return isCompatible(a, b);
  return isCompatible(a, b) && a.low === b.low && a.high === b.high && a.step === b.step;
}

/** Whether trials of one study may differ so: ranges and steps may, kind, `log` and choices may not. */
export function isCompatible(a: Distribution, b: Distribution): boolean {
  if (a.kind === 'categorical') {
    return (
      b.kind === 'categorical' &&
      a.choices.length === b.choices.length &&
      a.choices.every((choice, i) => sameValue(choice, b.choices[i]))
    );
  }
  return a.kind === b.kind && a.log === (b as typeof a).log;
}

/** As in "int [16, 256] log", for messages. */
export function describeDistribution(distribution: Distribution): string {
  if (distribution.kind === 'categorical') {
    return `one of ${JSON.stringify(distribution.choices)}`;
  }
  const { kind, low, high, log, step } = distribution;
  const grid = step === null || (kind === 'int' && step === 1) ? '' : ` step ${step}`;
  return `${kind} [${low}, ${high}]${log ? ' log' : ''}${grid}`;
}
