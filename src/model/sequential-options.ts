import type { Numerics } from '../engine/module.js';
import type { Layer } from '../layers/layer.js';
import { anyRule, choiceRule, integerRule, nameRule, type Rules } from '../rules.js';

/** Options of sequential. */
export interface SequentialOptions {
  /**
   * From input to output, at least one. The first has an inputShape, or the first x settles it.
   * Required.
   */
  layers: readonly Layer[];
  /** Settles initial weights, sample order and dropout: an integer from 0 to 2^53 - 1. Default 0. */
  seed?: number | undefined;
  /** 'fast' (default): fused multiply-add where there is one; 'portable': the same bits everywhere. */
  numerics?: Numerics | undefined;
  /** Names the model in summary and errors; not empty. Default 'sequential'. */
  name?: string | undefined;
}

export const numericsRule = choiceRule<Numerics>(['fast', 'portable']);

export const sequentialRules = {
  // checkLayers looks into it
  layers: { ...anyRule, required: true },
  seed: {
    ...integerRule(0),
    expected: 'an integer from 0 to 2^53 - 1',
    otherwise: () => 0,
  },
  numerics: { ...numericsRule, otherwise: () => 'fast' },
  name: { ...nameRule, otherwise: () => 'sequential' },
} satisfies Rules<SequentialOptions>;
