import type { Carry } from './carry.js';
import type { CompileConfig } from './compile-config.js';
import type { Tensor } from './tensor.js';

/** All that training depends on besides weights and data: with it a copy goes on to the bit. */
export interface TrainingState {
  readonly compiled: CompileConfig;
  readonly counters: TrainingCounters;
  /**
   * The optimizer's arrays, in the order of its slots, each in the order and shapes of
   * getWeights. Empty before its first update, when they are 0.
   */
  readonly slots: readonly (readonly Tensor[])[];
  /** Where stateful layers stand; undefined where there are none. */
  readonly states: Carry | undefined;
}

/** Where training is to go on from. */
export interface TrainingPoint extends Pick<TrainingState, 'counters' | 'slots'> {
  /** Of stateful layers, as Carry reads them. */
  readonly states: readonly Tensor[];
  /** In the order of getWeights. */
  readonly weights: readonly Tensor[];
}

/** How far training has come. */
export interface TrainingCounters {
  /** Updates by the present optimizer. */
  readonly optimizerSteps: number;
  /** Training steps since the model was made: the counter of dropout's masks. */
  readonly steps: number;
  /** Epochs since the model was made: each has a sample order of its own. */
  readonly epochs: number;
}

/**
 * The count after this one: one that a file may hold, whatever a file brought. Masks and orders
 * are drawn by its last 32 bits, which go on past the turn from 2^53 - 1 to 0.
 */
export const nextCount = (count: number): number => (count + 1) % 2 ** 53;
