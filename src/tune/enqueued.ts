/**
 * Values that somebody enqueued for a trial (study.enqueue_trial of Optuna). The rules are those
 * of optuna.trial.Trial, version 5: a value out of range is used all the same, with a warning;
 * what cannot be a value of the parameter at all fails the trial.
 */
import { shown } from '../options.js';
import {
  type CategoricalDistribution,
  choiceIndex,
  contains,
  type Distribution,
  describeDistribution,
} from './distributions.js';
import type { ParamValue } from './executor.js';

/** An enqueued value that is none of its parameter. */
export class Unfit extends Error {}

/** @throws Unfit */
export function fixedValue(
  name: string,
  distribution: Distribution,
  found: unknown,
  onWarning: (message: string) => void,
): ParamValue {
  if (distribution.kind === 'categorical') return fixedChoice(name, distribution, found);
  const { kind, log } = distribution;
  const value = asNumber(found, kind);
  const whole = kind === 'int' ? Math.trunc(value) : value;
  if (Number.isNaN(value) || (log && value <= 0) || (kind === 'int' && !Number.isFinite(whole))) {
    throw unfit(name, distribution, found);
  }
  if (!contains(distribution, value)) {
    const kept = whole === value ? 'it is kept' : `${whole} is taken`;
    onWarning(
      `the value ${shown(found)} that is enqueued for parameter '${name}' is out of range, ` +
        `${describeDistribution(distribution)}; ${kept}, as in Optuna`,
    );
  }
  return whole;
}

/** As Python's float(), and int() for text, read what JSON can hold; NaN for what they refuse. */
function asNumber(found: unknown, kind: 'float' | 'int'): number {
  if (typeof found === 'boolean') return Number(found);
  if (typeof found !== 'string') return typeof found === 'number' ? found : Number.NaN;
  // Python lets a single underscore stand between two digits.
  const text = found.trim().replace(/(?<=\d)_(?=\d)/g, '');
  const number = kind === 'int' ? /^[-+]?\d+$/ : /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i;
  return number.test(text) ? Number(text) : Number.NaN;
}

function fixedChoice(
  name: string,
  distribution: CategoricalDistribution,
  found: unknown,
): ParamValue {
  const { choices } = distribution;
  const exact = choiceIndex(distribution, found);
  // Python holds True and 1 for equal, False and 0.
  const index = exact >= 0 ? exact : choices.findIndex((choice) => equalInPython(choice, found));
  if (index < 0) throw unfit(name, distribution, found);
  return choices[index];
}

function equalInPython(a: unknown, b: unknown): boolean {
  const numeric = (value: unknown) => typeof value === 'number' || typeof value === 'boolean';
  return numeric(a) && numeric(b) && Number(a) === Number(b);
}

function unfit(name: string, distribution: Distribution, found: unknown): Unfit {
  return new Unfit(
    `the value ${shown(found)} that is enqueued for parameter '${name}' cannot be a value of ` +
      `${describeDistribution(distribution)}; enqueue another one`,
  );
}
