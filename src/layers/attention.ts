import { padded } from '../engine/kernels.js';
import { booleanRule, choiceRule, type Rules, type Settled, settle } from '../rules.js';
import { AttentionNode } from './attention-node.js';
import type { Applied, Layer, SymbolicTensor } from './layer.js';
import type { Context, Extent, View } from './node.js';
import type { Port } from './port.js';
import {
  type ScoredAttentionOptions,
  scoredAttention,
  scoredAttentionRules,
} from './scored-attention.js';

/** Options of layers.attention, named as in Keras. */
export interface AttentionOptions extends ScoredAttentionOptions {
  /** A weight that scores are multiplied with ('dot'), or what the tanh is taken of ('concat'). Default false. */
  useScale?: boolean | undefined;
  /** 'dot': query times key; 'concat': a weight times the sum of tanh(query + key). Default 'dot'. */
  scoreMode?: 'dot' | 'concat' | undefined;
}

const rules = {
  ...scoredAttentionRules,
  useScale: { ...booleanRule, otherwise: () => false },
  scoreMode: { ...choiceRule(['dot', 'concat'] as const), otherwise: () => 'dot' },
} satisfies Rules<AttentionOptions>;

type Config = Omit<Settled<AttentionOptions, typeof rules>, 'trainable' | 'name'>;

/**
 * Attention of Luong et al. 2015, as Keras' Attention: output = softmax(scores) value, for [query, value] or [query,
 * value, key] of [n, Tq, D], [n, Tv, Dv], [n, Tv, D]; without a key the value is the key. Steps that the value's mask
 * hides are not attended to; where the query is masked the output is 0, and it hands on the query's mask.
 * Weights, float32 scalars that begin at 1: scale with useScale, concat_score_weight with scoreMode 'concat'.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function attention(
  options: AttentionOptions & { returnAttentionScores: true },
): Layer<readonly [SymbolicTensor, SymbolicTensor]>;
export function attention(options?: AttentionOptions): Layer;
export function attention(options: AttentionOptions = {}): Layer<Applied> {
  const subject = 'layers.attention';
  const config = settle(subject, options, rules);
  const none = !config.useScale && config.scoreMode === 'dot';
  const Node = config.scoreMode === 'dot' ? DotNode : ConcatNode;
  return scoredAttention(
    'Attention',
    subject,
    config,
    none ? "useScale and scoreMode 'concat'" : undefined,
    (inputs, outputs, context) => new Node(config, inputs, outputs, context),
  );
}

/** Scalars that begin at 1. */
abstract class LuongNode extends AttentionNode {
  readonly className = 'Attention';
  protected readonly scaled: boolean;

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    const names = [
      ...(config.useScale ? ['scale'] : []),
      ...(config.scoreMode === 'concat' ? ['concat_score_weight'] : []),
    ];
    const given = names.map((name) => ({ name, shape: [], initializer: 'ones' as const }));
    super(config, given, inputs, outputs, context);
    this.scaled = config.useScale;
  }

  /** The gradient of a scalar and its padding; undefined where nobody wants it. */
  protected cleared(index: number): number {
    const at = this.buffers.gradients[index] ?? 0;
    if (at !== 0) this.kernels.fill(padded(this.kernels, 1), at, 0);
    return at;
  }
}

/** scores = query key^T, times scale. */
class DotNode extends LuongNode {
  protected scale(): number {
    return this.scaled ? this.buffers.blocks[0] : 0;
  }

  protected scoreFloats({ B, steps: [Tq, Tv] }: Extent, training: boolean): number {
    const { kernels, D } = this;
    const products = Math.max(
      kernels.batchProductFloats(Tq, D, Tv),
      kernels.batchProductFloats(Tq, Tv, D),
      kernels.batchProductFloats(Tv, Tq, D),
    );
    // where the gradient of the scale needs that of a query that nobody asks for
    return products + (training && this.scaled ? B * Tq * padded(kernels, D) : 0);
  }

  protected score({ B, steps: [Tq, Tv] }: Extent, to: View, scratch: number): void {
    const { key, D } = this;
    const [query] = this.inputs;
    // biome-ignore format: the argument list of the contract
    this.kernels.batchProduct(B, 1, Tq, D, Tv, query.pointer, query.stride, 0, false, key.pointer, key.stride, 0, true, to.pointer, to.stride, 0, scratch);
  }

  protected scoreBackward(
    { B, steps: [Tq, Tv] }: Extent,
    d: View,
    dQuery: View,
    dKey: View,
    scratch: number,
  ): void {
    const { kernels, key, D } = this;
    const [query] = this.inputs;
    const dScale = this.scaled ? this.cleared(0) : 0;
    const columns = padded(kernels, D);
    const to = { pointer: dQuery.pointer, stride: dQuery.stride };
    let rest = scratch;
    if (to.pointer === 0 && dScale !== 0) {
      to.pointer = scratch;
      to.stride = columns;
      rest += 4 * B * Tq * columns;
    }
    if (to.pointer !== 0) {
      // biome-ignore format: the argument list of the contract
      kernels.batchProduct(B, 1, Tq, Tv, D, d.pointer, d.stride, 0, false, key.pointer, key.stride, 0, false, to.pointer, to.stride, 0, rest);
    }
    if (dScale !== 0) {
      const { pointer, stride } = query;
      const sum = kernels.sumOfProducts(B * Tq, D, pointer, stride, to.pointer, to.stride);
      kernels.fill(1, dScale, sum);
    }
    if (dQuery.pointer !== 0) {
      kernels.scaleRows(B * Tq, D, to.pointer, to.stride, 1, this.scale());
    }
    if (dKey.pointer === 0) return;
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, 1, Tv, Tq, D, d.pointer, d.stride, 0, true, query.pointer, query.stride, 0, false, dKey.pointer, dKey.stride, 0, rest);
    kernels.scaleRows(B * Tv, D, dKey.pointer, dKey.stride, 1, this.scale());
  }
}

/** scores = concat_score_weight times the sum of tanh(scale (query + key)). */
class ConcatNode extends LuongNode {
  protected scale(): number {
    return 0;
  }

  protected scoreFloats(): number {
    return this.kernels.tanhScoresFloats(this.D);
  }

  get #places(): { inner: number; outer: number } {
    const { blocks } = this.buffers;
    return { inner: this.scaled ? blocks[0] : 0, outer: blocks[this.scaled ? 1 : 0] };
  }

  protected score({ B, steps: [Tq, Tv] }: Extent, to: View): void {
    const { key, D } = this;
    const [query] = this.inputs;
    const { inner, outer } = this.#places;
    // biome-ignore format: the argument list of the contract
    this.kernels.tanhScores(B, Tq, Tv, D, query.pointer, query.stride, key.pointer, key.stride, inner, 0, outer, to.pointer, to.stride);
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
    const { inner, outer } = this.#places;
    const dInner = this.scaled ? this.cleared(0) : 0;
    const dOuter = this.cleared(this.scaled ? 1 : 0);
    // biome-ignore format: the argument list of the contract
    this.kernels.tanhScoresBackward(B, Tq, Tv, D, query.pointer, query.stride, key.pointer, key.stride, inner, 0, outer, d.pointer, d.stride, dQuery.pointer, dQuery.stride, dKey.pointer, dKey.stride, dInner, 0, dOuter, scratch);
  }
}
