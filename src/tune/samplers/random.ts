import { Random, scalar } from '../../random.js';
import { integerRule, type Rules, settle } from '../../rules.js';
import { type Distribution, gridValue, lastStep } from '../distributions.js';
import type { ParamValue } from '../executor.js';
import type { Proposal, Sampler, SamplerView } from './sampler.js';

/** Options of RandomSampler. */
export interface RandomSamplerOptions {
  /** An integer of at least 0; default 0. */
  seed?: number | undefined;
}

const samplerRules = {
  seed: { ...integerRule(0), otherwise: () => 0 },
} satisfies Rules<RandomSamplerOptions>;

/**
 * Independent uniform draws (log-uniform with `log`). Each value is a pure function of the
 * seed, the trial's number and the parameter's name: adding a parameter to a space, or taking
 * one away, leaves the draws of all others as they are.
 */
export class RandomSampler implements Sampler {
  readonly #seed: number;

  /** @throws SluiceError 'bad-option' */
  constructor(options: RandomSamplerOptions = {}) {
    this.#seed = settle('RandomSampler', options, samplerRules).seed;
  }

  /** What all draws depend on. */
  get seed(): number {
    return this.#seed;
  }

  /** Draws that depend on the number of the trial alone. */
  propose({ number }: Pick<SamplerView, 'number'>): Proposal {
    return {
      draw: (name, distribution) => {
        // 21 bits of trial number above 32 bits of name fill the generator's stream number.
        const stream = (number % 2 ** 21) * 2 ** 32 + hashName(name);
        return draw(new Random(this.#seed, stream), distribution);
      },
    };
  }
}

function draw(random: Random, distribution: Distribution): ParamValue {
  if (distribution.kind === 'categorical') {
    return distribution.choices[random.integer(0, distribution.choices.length - 1)];
  }
  const { kind, low, high, log, step } = distribution;
  if (step !== null && !log) {
    const index = random.integer(0, lastStep(low, high, step));
    return kind === 'int' ? low + index * step : gridValue(low, high, step, index);
  }
  if (!log) return clip(between(low, high, random.uniform()), low, high);
  // An integer owns the half unit on either side of it, so that both ends have their full share.
  const half = kind === 'int' ? 0.5 : 0;
  const exponent = between(scalar.log(low - half), scalar.log(high + half), random.uniform());
  const value = scalar.exp(exponent);
  return clip(kind === 'int' ? Math.round(value) : value, low, high);
}

/** Does not overflow where high - low would. */
function between(low: number, high: number, share: number): number {
  return low * (1 - share) + high * share;
}

function clip(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** FNV-1a over UTF-16 code units with a final mix: an unsigned 32-bit integer. */
function hashName(name: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), 0x01000193);
    h = Math.imul(h ^ (unit >>> 8), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
