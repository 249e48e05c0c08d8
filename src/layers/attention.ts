import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { SeedWords } from '../random.js';
import { booleanRule, choiceRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import {
  type AttentionBaseOptions,
  AttentionNode,
  attended,
  attentionRules,
  checkRate,
} from './attention-node.js';
import { initializeWeight } from './initialize.js';
import { type Applied, Layer, type SymbolicTensor } from './layer.js';
import type { Context, Extent, View, WeightSpec } from './node.js';
import { seedConfig } from './noise-node.js';
import type { Port } from './port.js';

/** Options of layers.attention, named as in Keras. */
export interface AttentionOptions extends AttentionBaseOptions {
  /** A weight that scores are multiplied with ('dot'), or what the tanh is taken of ('concat'). Default false. */
  useScale?: boolean | undefined;
  /** 'dot': query times key; 'concat': a weight times the sum of tanh(query + key). Default 'dot'. */
  scoreMode?: 'dot' | 'concat' | undefined;
  /** Also puts out the weights [n, Tq, Tv]; apply gives [output, weights]. Default false. */
  returnAttentionScores?: boolean | undefined;
  /** False: its weights stay as they are; only where it has any. Default true. */
  trainable?: boolean | undefined;
  /** Names the layer; not empty. Default 'attention', then 'attention_1' ... */
  name?: string | undefined;
}

const rules = {
  ...attentionRules,
  useScale: { ...booleanRule, otherwise: () => false },
  scoreMode: { ...choiceRule(['dot', 'concat'] as const), otherwise: () => 'dot' },
  returnAttentionScores: { ...booleanRule, otherwise: () => false },
  trainable: booleanRule,
  name: nameRule,
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
  const { name, trainable, ...config } = settle(subject, options, rules);
  const { seed, ...plain } = config;
  checkRate(subject, config.dropout);
  const weights = config.useScale || config.scoreMode === 'concat';
  if (trainable !== undefined && !weights) {
    throw new SluiceError(
      'bad-option',
      `${subject}: trainable needs weights, but without useScale and scoreMode 'concat' there are none; leave it out`,
    );
  }
  return new Layer<Applied>({
    className: 'Attention',
    name,
    trainable: weights ? (trainable ?? true) : undefined,
    config: { ...plain, ...seedConfig(seed) },
    takes: 'several',
    outputs: (inputs, label) => attended(inputs, label, config.returnAttentionScores),
    connect: (inputs, outputs, context) =>
      config.scoreMode === 'dot'
        ? new DotNode(config, inputs, outputs, context)
        : new ConcatNode(config, inputs, outputs, context),
  });
}

/** Scalars that begin at 1. */
abstract class LuongNode extends AttentionNode {
  readonly className = 'Attention';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  protected readonly scaled: boolean;

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(config, inputs, outputs, context);
    this.scaled = config.useScale;
    const names = [
      ...(config.useScale ? ['scale'] : []),
      ...(config.scoreMode === 'concat' ? ['concat_score_weight'] : []),
    ];
    const floats = padded(this.kernels, 1);
    this.weights = names.map((name) => ({ name, shape: [] }));
    this.blockFloats = names.map(() => floats);
    this.spans = names.map((name, i) => stretch(name, floats * i, floats, false));
  }

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    for (const at of weights) {
      initializeWeight(this.kernels, 'ones', [], at, scratch, seed, firstStream, streamHigh);
    }
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    const floats = padded(this.kernels, 1);
    weights.forEach((at, i) => {
      this.kernels.copyColumns(1, 1, floats - 1, at, 1, blocks[i], floats);
    });
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    weights.forEach((at, i) => {
      this.kernels.copyColumns(1, 1, 0, blocks[i], 1, at, 1);
    });
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
