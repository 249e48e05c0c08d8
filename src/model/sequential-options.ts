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
  /**
   * Threads that share each pass of large enough layers: 1 to 128. More than there are cores are slower than
   * as many as there are, and a note says so. The bits are those of one thread. Needs shared memory, and not in a page's main thread; where that is
   * missing it runs in one. Default 1.
   */
  threads?: number | undefined;
  /** Names the model in summary and errors; not empty. Default 'sequential'. */
  name?: string | undefined;
}

export const numericsRule = choiceRule<Numerics>(['fast', 'portable']);

export const threadsRule = { ...integerRule(1, 128), expected: 'an integer from 1 to 128' };

export const sequentialRules = {
  // checkLayers looks into it
  layers: { ...anyRule, required: true },
  seed: {
    ...integerRule(0),
    expected: 'an integer from 0 to 2^53 - 1',
    otherwise: () => 0,
  },
  numerics: { ...numericsRule, otherwise: () => 'fast' },
  threads: { ...threadsRule, otherwise: () => 1 },
  name: { ...nameRule, otherwise: () => 'sequential' },
} satisfies Rules<SequentialOptions>;
