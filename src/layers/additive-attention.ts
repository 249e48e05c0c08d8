import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { SeedWords } from '../random.js';
import { booleanRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
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

/** Options of layers.additiveAttention, named as in Keras. */
export interface AdditiveAttentionOptions extends AttentionBaseOptions {
  /** A weight for each feature in the sum of tanh(query + key). Default true. */
  useScale?: boolean | undefined;
  /** Also puts out the weights [n, Tq, Tv]; apply gives [output, weights]. Default false. */
  returnAttentionScores?: boolean | undefined;
  /** False: its weights stay as they are; only with useScale. Default true. */
  trainable?: boolean | undefined;
  /** Names the layer; not empty. Default 'additive_attention', then 'additive_attention_1' ... */
  name?: string | undefined;
}

const rules = {
  ...attentionRules,
  useScale: { ...booleanRule, otherwise: () => true },
  returnAttentionScores: { ...booleanRule, otherwise: () => false },
  trainable: booleanRule,
  name: nameRule,
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
  const { name, trainable, ...config } = settle(subject, options, rules);
  const { seed, ...plain } = config;
  checkRate(subject, config.dropout);
  if (trainable !== undefined && !config.useScale) {
    throw new SluiceError(
      'bad-option',
      `${subject}: trainable needs weights, but without useScale there are none; leave it out`,
    );
  }
  return new Layer<Applied>({
    className: 'AdditiveAttention',
    name,
    trainable: config.useScale ? (trainable ?? true) : undefined,
    config: { ...plain, ...seedConfig(seed) },
    takes: 'several',
    outputs: (inputs, label) => attended(inputs, label, config.returnAttentionScores),
    connect: (inputs, outputs, context) => new AdditiveNode(config, inputs, outputs, context),
  });
}

class AdditiveNode extends AttentionNode {
  readonly className = 'AdditiveAttention';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(config, inputs, outputs, context);
    const floats = padded(this.kernels, this.D);
    this.weights = config.useScale ? [{ name: 'scale', shape: [this.D] }] : [];
    this.blockFloats = config.useScale ? [floats] : [];
    this.spans = config.useScale ? [stretch('scale', 0, floats, false)] : [];
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

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    weights.forEach((at, i) => {
      const { shape } = this.weights[i];
      initializeWeight(
        this.kernels,
        'glorotUniform',
        shape,
        at,
        scratch,
        seed,
        firstStream,
        streamHigh,
      );
    });
  }

  override pack([scale = 0]: readonly number[], [block = 0]: readonly number[]): void {
    const { D, kernels } = this;
    if (scale !== 0) kernels.copyColumns(1, D, padded(kernels, D) - D, scale, D, block, D);
  }

  override unpack([scale = 0]: readonly number[], [block = 0]: readonly number[]): void {
    if (scale !== 0) this.kernels.copyColumns(1, this.D, 0, block, this.D, scale, this.D);
  }
}
