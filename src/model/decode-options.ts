import { SluiceError } from '../errors.js';
import { checkFloat32, shown } from '../options.js';
import { integerRule, nameRule, type Rules, type Settled, settle } from '../rules.js';

/** Beam search: the `beam` best beginnings go on at each step. */
export interface BeamOptions {
  /** How many: an integer from 1. Required. */
  beam: number;
  /**
   * alpha of Wu et al. 2016: hypotheses are ranked by log p / ((5 + length) / 6)^alpha, so the larger, the longer. A number from 0
   * up. Default 0: by log p.
   */
  lengthPenalty?: number | undefined;
}

/** Sampling: each token is drawn. */
export interface SamplingOptions {
  /** Probabilities are taken to the power of 1 / temperature: above 0. 1: as they are. Required. */
  temperature: number;
  /** Only so many tokens, the most probable ones: an integer from 1. Default: all. */
  topK?: number | undefined;
  /** Only the most probable tokens whose probabilities together come to so much: above 0, up to 1. Default: all. */
  topP?: number | undefined;
  /** An integer from 0 up: the same draws for the same seed, whatever the batchSize. Default 0. */
  seed?: number | undefined;
}

/** Options of model.decode. */
export interface DecodeOptions {
  /** The token that the decoder is given first. Required. */
  start: number;
  /** The token that ends a sequence. Required. */
  end: number;
  /** Tokens at most, the end among them: an integer from 1 to 16,777,216. Required. */
  maxLength: number;
  /** How tokens are chosen. Default 'greedy': the most probable one at each step. */
  strategy?: 'greedy' | BeamOptions | SamplingOptions | undefined;
  /** The name of the input that tokens go into. Default: the last input of the model. */
  decoderInput?: string | undefined;
  /** Sources that are decoded side by side: an integer from 1. Default 32. */
  batchSize?: number | undefined;
}

const TOKENS = 2 ** 31 - 1;
/** V8 ends the process where an array of tokens grows beyond some 2^27. */
const LENGTH = 2 ** 24;

const rules = {
  start: { ...integerRule(0, TOKENS), required: true },
  end: { ...integerRule(0, TOKENS), required: true },
  maxLength: { ...integerRule(1, LENGTH), required: true },
  strategy: {
    expected:
      "'greedy', { beam, lengthPenalty } for beam search or { temperature, topK, topP, seed } for sampling",
    holds: (value: unknown) =>
      value === 'greedy' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
    otherwise: () => 'greedy' as const,
  },
  decoderInput: nameRule,
  batchSize: { ...integerRule(1), otherwise: () => 32 },
} satisfies Rules<DecodeOptions>;

/** checkFloat32 looks at its range. */
const isNumber = (value: unknown): boolean => typeof value === 'number';

const beamRules = {
  beam: { ...integerRule(1), required: true },
  lengthPenalty: { expected: 'a finite number from 0 up', holds: isNumber, otherwise: () => 0 },
} satisfies Rules<BeamOptions>;

const samplingRules = {
  temperature: { expected: 'a finite number above 0', holds: isNumber, required: true },
  topK: integerRule(1),
  topP: {
    expected: 'a number above 0, up to 1',
    holds: (value: unknown) => typeof value === 'number' && value > 0 && value <= 1,
  },
  seed: { ...integerRule(0), otherwise: () => 0 },
} satisfies Rules<SamplingOptions>;

export type Sampling = Settled<SamplingOptions, typeof samplingRules>;

/** What a strategy comes to: greedy search is a beam of none. */
export type Strategy =
  | { readonly kind: 'greedy' }
  | { readonly kind: 'beam'; readonly width: number; readonly alpha: number }
  | ({ readonly kind: 'sampling' } & Sampling);

export type DecodeConfig = Omit<Settled<DecodeOptions, typeof rules>, 'strategy'> & {
  readonly strategy: Strategy;
};

/** @throws SluiceError 'bad-option' */
export function checkDecodeOptions(options: DecodeOptions): DecodeConfig {
  const { strategy, ...settled } = settle('decode', options, rules);
  return { ...settled, strategy: strategyOf(strategy) };
}

function strategyOf(given: NonNullable<DecodeOptions['strategy']>): Strategy {
  if (given === 'greedy') return { kind: 'greedy' };
  const subject = 'decode: strategy';
  const [beam, sampling] = ['beam' in given, 'temperature' in given];
  if (beam === sampling) {
    throw new SluiceError(
      'bad-option',
      `${subject} must have either beam, for beam search, or temperature, for sampling, but got ` +
        `${Object.keys(given).slice(0, 8).map(shown).join(', ') || 'neither'}`,
    );
  }
  if (beam) {
    const { beam: width, lengthPenalty } = settle(subject, given as BeamOptions, beamRules);
    return {
      kind: 'beam',
      width,
      alpha: checkFloat32(subject, 'lengthPenalty', lengthPenalty, 'notNegative'),
    };
  }
  const settled = settle(subject, given as SamplingOptions, samplingRules);
  checkFloat32(subject, 'temperature', settled.temperature, 'positive');
  return { kind: 'sampling', ...settled };
}
