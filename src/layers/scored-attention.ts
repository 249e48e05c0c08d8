// What attention and additiveAttention have in common beside their nodes: options, and the layer around them.
import { SluiceError } from '../errors.js';
import { booleanRule, nameRule, type Rules } from '../rules.js';
import {
  type AttentionBaseOptions,
  type AttentionConfig,
  attended,
  attentionRules,
} from './attention-node.js';
import { type Applied, Layer } from './layer.js';
import type { Context, LayerNode } from './node.js';
import { seedConfig } from './noise-node.js';
import type { Port } from './port.js';

/** Options of attention over one sequence, named as in Keras. */
export interface ScoredAttentionOptions extends AttentionBaseOptions {
  /** Also puts out the weights [n, Tq, Tv]; apply gives [output, weights]. Default false. */
  returnAttentionScores?: boolean | undefined;
  /** False: its weights stay as they are; only where it has any. Default true. */
  trainable?: boolean | undefined;
  /** Names the layer; not empty. Default: the class, such as 'attention', then 'attention_1' ... */
  name?: string | undefined;
}

export const scoredAttentionRules = {
  ...attentionRules,
  returnAttentionScores: { ...booleanRule, otherwise: () => false },
  trainable: booleanRule,
  name: nameRule,
} satisfies Rules<ScoredAttentionOptions>;

/** Once they are settled. */
type Settled = AttentionConfig & {
  readonly name: string | undefined;
  readonly trainable: boolean | undefined;
};

/**
 * @param without the options without which it has no weights; undefined: it has some
 * @throws SluiceError 'bad-option' where trainable is said of no weights
 */
export function scoredAttention(
  className: string,
  subject: string,
  { name, trainable, seed, ...plain }: Settled,
  without: string | undefined,
  connect: (inputs: readonly Port[], outputs: readonly Port[], context: Context) => LayerNode,
): Layer<Applied> {
  if (trainable !== undefined && without) {
    throw new SluiceError(
      'bad-option',
      `${subject}: trainable needs weights, but without ${without} there are none; leave it out`,
    );
  }
  return new Layer<Applied>({
    className,
    name,
    trainable: without ? undefined : (trainable ?? true),
    config: { ...plain, ...seedConfig(seed) },
    takes: 'several',
    outputs: (inputs, label) => attended(inputs, label, plain.returnAttentionScores),
    connect,
  });
}
