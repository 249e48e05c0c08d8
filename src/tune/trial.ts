/** A trial as history keeps it (FrozenTrial), and as `space` sees it while it is made (Trial). */
import { SluiceError } from '../errors.js';
import { deepFreeze } from '../frozen.js';
import { shown } from '../options.js';
import {
  categoricalDistribution,
  type Distribution,
  describeDistribution,
  floatDistribution,
  intDistribution,
  type RangeOptions,
  sameDistribution,
} from './distributions.js';
import type { ParamValue } from './executor.js';

/** RUNNING, finished (COMPLETE, PRUNED, FAIL), or WAITING to be run, as in Optuna. */
export type TrialState = 'RUNNING' | 'COMPLETE' | 'PRUNED' | 'FAIL' | 'WAITING';

/** Whether small or large values are good. */
export type Direction = 'minimize' | 'maximize';

/** A trial at one moment; never changes. */
export interface FrozenTrial {
  /** Place in the study, from 0, in the order of creation. */
  readonly number: number;
  /** Where it stands. */
  readonly state: TrialState;
  /** One for each objective; of a PRUNED trial its last reported value. */
  readonly values?: readonly number[] | undefined;
  /** The value, where there is one objective. */
  readonly value?: number | undefined;
  /** What was suggested, by name. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** What each parameter was drawn from. */
  readonly distributions: Readonly<Record<string, Distribution>>;
  /** Reported values by step; may be NaN or infinite. */
  readonly intermediateValues: Readonly<Record<number, number>>;
  /** What setUserAttr kept, by key. */
  readonly userAttrs: Readonly<Record<string, unknown>>;
  /** What sluice or Optuna keeps with the trial. */
  readonly systemAttrs: Readonly<Record<string, unknown>>;
  /** When it started. */
  readonly datetimeStart?: Date | undefined;
  /** When it ended. */
  readonly datetimeComplete?: Date | undefined;
  /** Why a FAIL failed, where it is known. */
  readonly failReason?: string | undefined;
}

export function isFinished(trial: FrozenTrial): boolean {
  return isFinishedState(trial.state);
}

export function isFinishedState(state: TrialState): boolean {
  return state === 'COMPLETE' || state === 'PRUNED' || state === 'FAIL';
}

/** What `space` suggests its parameters with. Names and rules as in Optuna's Trial. */
export class Trial {
  readonly #place: number;
  readonly #draw: (name: string, distribution: Distribution) => ParamValue;
  readonly #params = new Map<string, ParamValue>();
  readonly #distributions = new Map<string, Distribution>();
  readonly #userAttrs = new Map<string, unknown>();

  constructor(place: number, draw: (name: string, distribution: Distribution) => ParamValue) {
    this.#place = place;
    this.#draw = draw;
  }

  /**
   * The trial's place in the study, from 0: one that is run again after an interruption keeps it. (It has no number
   * yet: that comes with its record, which holds what is suggested here.)
   */
  get place(): number {
    return this.#place;
  }

  /** An integer from `low` to `high`, both included. @throws SluiceError 'bad-option' */
  suggestInt(name: string, low: number, high: number, options?: RangeOptions): number {
    return this.#suggest(name, intDistribution(checkName(name), low, high, options)) as number;
  }

  /** A number from `low` to `high`. @throws SluiceError 'bad-option' */
  suggestFloat(name: string, low: number, high: number, options?: RangeOptions): number {
    return this.#suggest(name, floatDistribution(checkName(name), low, high, options)) as number;
  }

  /** One of `choices`. @throws SluiceError 'bad-option' */
  suggestCategorical<const T extends ParamValue>(name: string, choices: readonly T[]): T {
    return this.#suggest(name, categoricalDistribution(checkName(name), choices)) as T;
  }

  /** Keeps a JSON value with the trial. @throws SluiceError 'bad-option' */
  setUserAttr(key: string, value: unknown): void {
    if (typeof key !== 'string') {
      throw new SluiceError(
        'bad-option',
        `a user attribute's key must be a string, but got ${shown(key)}`,
      );
    }
    this.#userAttrs.set(key, deepFreeze(jsonCopy(`user attribute '${key}'`, value)));
  }

  /** What was suggested so far. */
  get params(): Record<string, ParamValue> {
    return Object.fromEntries(this.#params);
  }

  /** What each parameter was drawn from so far. */
  get distributions(): Record<string, Distribution> {
    return Object.fromEntries(this.#distributions);
  }

  /** What setUserAttr kept so far. */
  get userAttrs(): Record<string, unknown> {
    return Object.fromEntries(this.#userAttrs);
  }

  #suggest(name: string, distribution: Distribution): ParamValue {
    const earlier = this.#distributions.get(name);
    if (earlier === undefined) {
      this.#params.set(name, this.#draw(name, distribution));
      this.#distributions.set(name, distribution);
    } else if (!sameDistribution(earlier, distribution)) {
      throw new SluiceError(
        'bad-option',
        `parameter '${name}' was suggested as ${describeDistribution(earlier)} and again as ` +
          `${describeDistribution(distribution)} in the same trial; give them two names`,
      );
    }
    return this.#params.get(name) as ParamValue;
  }
}

/** Before anything is said of the parameter, for that is said by its name. */
function checkName(name: unknown): string {
  if (typeof name === 'string' && name !== '') return name;
  throw new SluiceError(
    'bad-option',
    `a parameter's name must be a non-empty string, but got ${shown(name)}`,
  );
}

/** A deep copy of a JSON value; NaN and the infinities pass, as they do in Optuna. */
function jsonCopy(subject: string, value: unknown, depth = 0): unknown {
  if (value === null || ['string', 'boolean', 'number'].includes(typeof value)) return value;
  if (depth > 100) {
    throw new SluiceError('bad-option', `${subject} is nested too deeply, or holds itself`);
  }
  if (Array.isArray(value)) return value.map((item) => jsonCopy(subject, item, depth + 1));
  const prototype = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype === Object.prototype || prototype === null) {
    const entries = Object.entries(value as object).filter(([, item]) => item !== undefined);
    return Object.fromEntries(entries.map(([k, item]) => [k, jsonCopy(subject, item, depth + 1)]));
  }
  throw new SluiceError('bad-option', `${subject} must be a JSON value, but got ${kindOf(value)}`);
}

/** The name of its class where it has one. */
function kindOf(value: unknown): string {
  if (typeof value !== 'object') return typeof value;
  const maker: unknown = (value as { constructor?: unknown }).constructor;
  return typeof maker === 'function' && maker.name !== '' ? maker.name : 'an object';
}
