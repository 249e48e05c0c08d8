/** Optuna's JSON of a distribution, and the internal numbers that stand for parameter values. */
import {
  choiceIndex,
  type Distribution,
  type FloatDistribution,
  type IntDistribution,
} from '../distributions.js';
import type { ParamValue } from '../executor.js';
import { decodeJson } from './journal-codec.js';

export function distributionToJson(distribution: Distribution): string {
  if (distribution.kind === 'categorical') {
    const attributes = { choices: distribution.choices };
    return JSON.stringify({ name: 'CategoricalDistribution', attributes });
  }
  const { kind, low, high, log, step } = distribution;
  const name = kind === 'int' ? 'IntDistribution' : 'FloatDistribution';
  return JSON.stringify({ name, attributes: { log, step, low, high } });
}

type Attributes = Record<string, unknown>;

const number = (value: unknown): number => {
  if (typeof value !== 'number') throw new Error(`expected a number, found ${String(value)}`);
  return value;
};

const float = (a: Attributes, log: unknown, step: unknown): FloatDistribution => ({
  kind: 'float',
  low: number(a.low),
  high: number(a.high),
  log: log === true,
  step: step === null || step === undefined ? null : number(step),
});

const int = (a: Attributes, log: unknown): IntDistribution => ({
  kind: 'int',
  low: number(a.low),
  high: number(a.high),
  log: log === true,
  step: number(a.step ?? 1),
});

/** The names of Optuna 3, and those of Optuna 2 that it still reads. */
const readers: Record<string, (attributes: Attributes) => Distribution> = {
  FloatDistribution: (a) => float(a, a.log, a.step),
  UniformDistribution: (a) => float(a, false, null),
  LogUniformDistribution: (a) => float(a, true, null),
  DiscreteUniformDistribution: (a) => float(a, false, a.q),
  IntDistribution: (a) => int(a, a.log),
  IntUniformDistribution: (a) => int(a, false),
  IntLogUniformDistribution: (a) => int(a, true),
  CategoricalDistribution: (a) => {
    if (!Array.isArray(a.choices)) throw new Error('expected `choices` to be an array');
    return { kind: 'categorical', choices: Object.freeze(a.choices) };
  },
};

/** @throws Error that says what is wrong with the parsed JSON */
export function distributionFromJson(json: unknown): Distribution {
  const { name, attributes } = (json ?? {}) as { name?: unknown; attributes?: unknown };
  const read = typeof name === 'string' && Object.hasOwn(readers, name) ? readers[name] : undefined;
  if (read === undefined || typeof attributes !== 'object' || attributes === null) {
    throw new Error(`unknown distribution ${JSON.stringify(name)}`);
  }
  return Object.freeze(read(attributes as Attributes));
}

/** Most trials of a study repeat the same few texts: each is read once. */
export class DistributionReader {
  readonly #known = new Map<string, Distribution>();

  /** @throws Error that says what is wrong */
  read(json: unknown): Distribution {
    if (typeof json !== 'string') throw new Error('expected a distribution as a string of JSON');
    const known = this.#known.get(json);
    if (known !== undefined) return known;
    const distribution = distributionFromJson(decodeJson(json));
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(json, distribution);
    return distribution;
  }
}

const MOST_KNOWN = 1000;

/** The number that stands for a value: itself, or the index of a choice. */
export function toInternal(distribution: Distribution, value: ParamValue): number {
  if (distribution.kind !== 'categorical') return value as number;
  return choiceIndex(distribution, value);
}

/** @throws Error where the number stands for no value */
export function toExternal(distribution: Distribution, internal: unknown): ParamValue {
  const value = number(internal);
  if (distribution.kind === 'float') return value;
  if (distribution.kind === 'int') return Math.trunc(value);
  if (!(value >= 0 && value < distribution.choices.length)) {
    throw new Error(`choice ${value} of ${distribution.choices.length}`);
  }
  return distribution.choices[Math.trunc(value)];
}
