// What recurrent layers drop in training, and where the random numbers come from.
import { SluiceError } from '../errors.js';
import { reading } from '../options.js';
import type { Context } from './node.js';
import { drawsOf, seedRule, shareRule } from './noise-node.js';

/** What every recurrent layer can drop. */
export interface InputDropOptions {
  /**
   * The share of inputs that are 0 in training, the same ones at all time steps of a sample (Gal and Ghahramani 2016), as in
   * Keras: from 0 up to, not including, 1. Default 0.
   */
  dropout?: number | undefined;
  /** Settles what is dropped by itself: an integer from 0 to 2^53 - 1. Default: the model's seed and the layer's place settle it. */
  seed?: number | undefined;
}

/** What every recurrent layer can zone out. */
export interface ZoneoutOptions {
  /**
   * The share of units whose h stays as it was in a time step of training (zoneout; Krueger et al. 2017); in inference h is
   * the mean: from 0 up to, not including, 1. Default 0.
   */
  zoneoutHidden?: number | undefined;
}

/** What those can drop whose state meets a matrix. */
export interface StateDropOptions extends ZoneoutOptions {
  /**
   * The share of the state that is 0 in training where it meets the recurrent kernel, the same units at all time steps of a
   * sample, as in Keras: from 0 up to, not including, 1. With it each gate has masks of its own, of the inputs too. Default 0.
   */
  recurrentDropout?: number | undefined;
  /**
   * The share of the recurrent kernel's weights that are 0 in a training step (DropConnect; Merity et al. 2017): from 0 up to,
   * not including, 1. Default 0.
   */
  weightDrop?: number | undefined;
}

/** A share of what a layer drops, none by default. */
export const rateRule = { ...shareRule, otherwise: () => 0 };

export const inputDropRules = { dropout: rateRule, seed: seedRule };
export const zoneoutRules = { zoneoutHidden: rateRule };
export const stateDropRules = {
  recurrentDropout: rateRule,
  weightDrop: rateRule,
  ...zoneoutRules,
};

/**
 * Refuses what is for a recurrent matrix where there is none.
 * @param cell 'a MinGRU', which `sees` its state in another way
 * @throws SluiceError 'bad-option'
 */
export function refuseMatrixDrops(
  subject: string,
  cell: string,
  sees: string,
  options: unknown,
): void {
  const given = reading(subject, () =>
    MATRIX_DROPS.find((name) => Object(options)[name] !== undefined),
  );
  if (!given) return;
  throw new SluiceError(
    'bad-option',
    `${subject} has no option '${given}', which is for a state that meets a recurrent matrix: ${cell} has none, ${sees}; ` +
      'leave it out, or take dropout or zoneoutHidden',
  );
}
const MATRIX_DROPS: readonly string[] = ['recurrentDropout', 'weightDrop'];

/** Of a layer's configuration, what it drops. */
export interface DropConfig {
  readonly dropout: number;
  readonly seed: number | undefined;
  readonly recurrentDropout?: number;
  readonly weightDrop?: number;
  readonly zoneoutHidden?: number;
  readonly zoneoutCell?: number;
}

/** Beyond the streams of layers, and below those of a second direction (bidirectional.ts). */
const STREAMS = { input: 1, state: 2, hidden: 3, cell: 4, weights: 5 } as const;
const APART = 2 ** 24;

/** Arguments seedLo, seedHi, counterLo, counterHi of the kernel that draws what is dropped of something. */
export type DropCounter = (
  of: keyof typeof STREAMS,
  step: number,
) => readonly [number, number, number, number];

export function dropCounter(seed: number | undefined, context: Context): DropCounter {
  const draws = drawsOf(seed, context);
  return (of, step) => [draws.seed.lo, draws.seed.hi, step, draws.stream + STREAMS[of] * APART];
}
