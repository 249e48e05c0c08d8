import { booleanRule, type Rules, type Settled, settle } from '../rules.js';
import { AttentionNode } from './attention-node.js';
import type { Applied, Layer, SymbolicTensor } from './layer.js';
import type { Context, Extent, View } from './node.js';
import type { Port } from './port.js';
import {
  type ScoredAttentionOptions,
  scoredAttention,
  scoredAttentionRules,
} from './scored-attention.js';

/** Options of layers.additiveAttention, named as in Keras. */
export interface AdditiveAttentionOptions extends ScoredAttentionOptions {
  /** A weight for each feature in the sum of tanh(query + key). Default true. */
  useScale?: boolean | undefined;
}

const rules = {
  ...scoredAttentionRules,
  useScale: { ...booleanRule, otherwise: () => true },
} satisfies Rules<AdditiveAttentionOptions>;

type Config = Omit<Settled<AdditiveAttentionOptions, typeof rules>, 'trainable' | 'name'>;

/**
 * Attention of Bahdanau et al. 2015, as Keras' AdditiveAttention: output = softmax(scores) value, where scores = sum of
 * scale tanh(query + key); inputs, shapes and masks as those of layers.attention. Weights: scale [D], glorotUniform.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function additiveAttention(
  options: AdditiveAttentionOptions & { returnAttentionScores: true },
): Layer<readonly [SymbolicTensor, SymbolicTensor]>;
export function additiveAttention(options?: AdditiveAttentionOptions): Layer;
export function additiveAttention(options: AdditiveAttentionOptions = {}): Layer<Applied> {
  const subject = 'layers.additiveAttention';
  const config = settle(subject, options, rules);
  return scoredAttention(
    'AdditiveAttention',
    subject,
    config,
    config.useScale ? undefined : 'useScale',
    (inputs, outputs, context) => new AdditiveNode(config, inputs, outputs, context),
  );
}

class AdditiveNode extends AttentionNode {
  readonly className = 'AdditiveAttention';

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    const [{ features: D }] = inputs;
    const scale = { name: 'scale', shape: [D], initializer: 'glorotUniform' as const };
    super(config, config.useScale ? [scale] : [], inputs, outputs, context);
  }

  protected scale(): number {
    return 0;
  }

  protected scoreFloats(): number {
    return this.kernels.tanhScoresFloats(this.D);
  }

  protected score({ B, steps: [Tq, Tv] }: Extent, to: View): void {
    const { key, D } = this;
    const [query] = this.inputs;
    const scale = this.buffers.blocks[0] ?? 0;
    // biome-ignore format: the argument list of the contract
    this.kernels.tanhScores(B, Tq, Tv, D, query.pointer, query.stride, key.pointer, key.stride, 0, scale, 0, to.pointer, to.stride);
  }

  protected scoreBackward(
    { B, steps: [Tq, Tv] }: Extent,
    d: View,
    dQuery: View,
    dKey: View,
    scratch: number,
  ): void {
    const { key, D } = this;
    const [query] = this.inputs;
    const scale = this.buffers.blocks[0] ?? 0;
    const dScale = this.buffers.gradients[0] ?? 0;
    // biome-ignore format: the argument list of the contract
    this.kernels.tanhScoresBackward(B, Tq, Tv, D, query.pointer, query.stride, key.pointer, key.stride, 0, scale, 0, d.pointer, d.stride, dQuery.pointer, dQuery.stride, dKey.pointer, dKey.stride, 0, dScale, 0, scratch);
  }
}
