import { SluiceError } from '../errors.js';
import { booleanRule, integerRule, nameRule, type Rules, settle } from '../rules.js';
import { type AttentionBaseOptions, attentionRules, checkInputs } from './attention-node.js';
import { Layer } from './layer.js';
import { type MultiHeadConfig, MultiHeadNode } from './multi-head-node.js';
import { seedConfig } from './noise-node.js';
import { type Port, port } from './port.js';

/** Options of layers.multiHeadAttention, named as in Keras. */
export interface MultiHeadAttentionOptions extends AttentionBaseOptions {
  /** H, an integer from 1. Required. */
  numHeads: number;
  /** Features of query and key in each head: an integer from 1. Required. */
  keyDim: number;
  /** Features of the value in each head: an integer from 1. Default: keyDim. */
  valueDim?: number | undefined;
  /** False: its four products have no bias. Default true. */
  useBias?: boolean | undefined;
  /** Features that come out: an integer from 1. Default: those of the query. */
  outputShape?: number | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'multi_head_attention', then 'multi_head_attention_1' ... */
  name?: string | undefined;
}

const rules = {
  ...attentionRules,
  numHeads: { ...integerRule(1), required: true },
  keyDim: { ...integerRule(1), required: true },
  valueDim: integerRule(1),
  useBias: { ...booleanRule, otherwise: () => true },
  outputShape: integerRule(1),
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<MultiHeadAttentionOptions>;

/**
 * Attention in several heads (Vaswani et al. 2017), as Keras' MultiHeadAttention: query, key and value are multiplied with
 * a matrix for each head, attended to by softmax(query key^T / sqrt(keyDim)) value, and the heads' outputs are mapped
 * to [n, Tq, E]. Called on [query, value] or [query, value, key]; without a key the value is the key. The masks of all
 * three hide what they mask; it hands on the query's.
 * Weights: query/kernel [E, H, keyDim], query/bias [H, keyDim], key and value likewise, attention_output/kernel
 * [H, valueDim, E], attention_output/bias [E].
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function multiHeadAttention(options: MultiHeadAttentionOptions): Layer {
  const { name, trainable, ...config } = settle('layers.multiHeadAttention', options, rules);
  const { seed, ...plain } = config;
  return new Layer({
    className: 'MultiHeadAttention',
    name,
    trainable,
    config: { ...plain, ...seedConfig(seed) },
    takes: 'several',
    outputs: (inputs, label) => [mixed(config, inputs, label)],
    connect: (inputs, outputs, context) => new MultiHeadNode(config, inputs, outputs, context),
  });
}

function mixed(
  { numHeads, keyDim, valueDim = keyDim, outputShape }: MultiHeadConfig,
  inputs: readonly Port[],
  label: string,
): Port {
  checkInputs(inputs, label);
  // the kernels count columns in 32 bits
  if (numHeads * (Math.max(keyDim, valueDim) + 3) > 2 ** 24) {
    throw new SluiceError(
      'bad-option',
      `${label}: numHeads times keyDim or valueDim must be below ${2 ** 24}, but is ${numHeads} times ` +
        `${Math.max(keyDim, valueDim)}; take fewer heads or smaller ones`,
    );
  }
  return port([inputs[0].steps, outputShape ?? inputs[0].features]);
}
