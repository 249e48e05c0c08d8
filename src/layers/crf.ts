import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { SeedWords } from '../random.js';
import {
  booleanRule,
  choiceRule,
  integerRule,
  nameRule,
  type Rules,
  type Settled,
  settle,
} from '../rules.js';
import { type Constraint, constraintRule } from './constraint.js';
import { initializerScratch, initializeWeight } from './initialize.js';
import { type Initializer, initializerRule } from './initializer.js';
import { Layer } from './layer.js';
import {
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type View,
  type WeightSpec,
} from './node.js';
import { inputShapeRule, type Port, port, type Shape, sequencePort } from './port.js';
import { type Regularizer, regularizerRule } from './regularizer.js';

/** Options of layers.crf. */
export interface CrfOptions {
  /** K, the number of tags, which is that of the columns that go in: an integer from 2. Required. */
  units: number;
  /**
   * What comes out: 'viterbi', the path of the highest score as one-hot rows; 'marginals', the
   * probability of each tag in each step over all paths. Default 'viterbi'.
   */
  decode?: 'viterbi' | 'marginals' | undefined;
  /** How the transitions begin. Default 'glorotUniform'. */
  transitionInitializer?: Initializer | undefined;
  /** A penalty on the transitions. Default: none. */
  transitionRegularizer?: Regularizer | undefined;
  /** What the transitions keep to after each step. Default: nothing. */
  transitionConstraint?: Constraint | undefined;
  /** [timesteps, units], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'crf', then 'crf_1' ... */
  name?: string | undefined;
}

const rules = {
  units: { ...integerRule(2), required: true },
  decode: {
    ...choiceRule<'viterbi' | 'marginals'>(['viterbi', 'marginals']),
    otherwise: () => 'viterbi',
  },
  transitionInitializer: { ...initializerRule, otherwise: () => 'glorotUniform' },
  transitionRegularizer: regularizerRule,
  transitionConstraint: constraintRule,
  inputShape: inputShapeRule,
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<CrfOptions>;

type CrfConfig = Omit<Settled<CrfOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * A linear-chain conditional random field (Lafferty, McCallum and Pereira 2001) as the last layer of a
 * tagger. Input [n, T, K]: a score for each tag in each step, of layers.dense({ units: K }) say. Output
 * [n, T, K], see `decode`; 0 past the end of a sequence. Weights: transitions [K, K], from tag
 * to tag; start [K] and end [K], zeros at first. It is trained by the loss
 * 'crfNegativeLogLikelihood' alone.
 * @throws SluiceError 'bad-option' for options that do not hold; 'bad-shape' for an input without a time
 * axis or of other than K columns.
 */
export function crf(options: CrfOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.crf', options, rules);
  return new Layer({
    className: 'CRF',
    name,
    inputShape,
    trainable,
    config,
    ownLoss: 'crfNegativeLogLikelihood',
    outputs: ([input], label) => {
      const { features, steps } = sequencePort(label, 'a CRF', input);
      if (features === config.units) return [port([steps, features])];
      throw new SluiceError(
        'bad-shape',
        `${label}: a CRF of units ${config.units} takes a score for each of its tags in each step, ` +
          `[timesteps, ${config.units}], but gets [${input.shape.join(', ')}]; put ` +
          `layers.dense({ units: ${config.units} }) before it`,
      );
    },
    connect: (inputs, outputs, context) => new CrfNode(config, inputs, outputs, context),
  });
}

class CrfNode extends LayerNode {
  readonly className = 'CRF';
  override readonly wholeSequences = true;
  override readonly keepsInput = true;
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  readonly #config: CrfConfig;
  readonly #columns: number;
  /** What the loss was taken over, for the backward pass. */
  #target: View | undefined;
  #rowWeights = 0;

  constructor(
    config: CrfConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { kernels } = this;
    const { units: K, transitionInitializer } = config;
    const Kp = padded(kernels, K);
    this.#config = config;
    this.#columns = Kp;
    this.weights = [
      { name: 'transitions', shape: [K, K] },
      { name: 'start', shape: [K] },
      { name: 'end', shape: [K] },
    ];
    this.blockFloats = [kernels.crfWeightFloats(K)];
    this.spans = [
      stretch('transitions', 0, K * Kp, true),
      stretch('start', K * Kp, Kp, false),
      stretch('end', (K + 1) * Kp, Kp, false),
    ];
    this.outputs[0].stride = Kp;
    this.initializerFloats = initializerScratch(kernels, transitionInitializer, [K, K]);
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    const { units: K, decode } = this.#config;
    const { kernels } = this;
    const rows = B * T * this.#columns;
    const backward = kernels.crfBackwardScratchFloats(K);
    return {
      regions: [
        { name: 'y', floats: rows, keeps: 'output' },
        // and a row of scratch
        { name: 'alpha', floats: rows + this.#columns, keeps: 'output' },
      ],
      forwardScratch: decode === 'viterbi' ? kernels.crfDecodeScratchFloats(T, K) : backward,
      backwardScratch: training ? backward : 0,
    };
  }

  forward(extent: Extent): void {
    const { kernels, buffers } = this;
    const [output] = this.outputs;
    output.pointer = buffers.regions[0];
    output.lengths = this.inputs[0].lengths;
    this.#checkMask(extent.B);
    const scratch = buffers.forwardScratch;
    const { B, T, K, x, xStride, w, lengths } = this.#chain(extent);
    if (this.#config.decode === 'viterbi') {
      kernels.crfDecode(B, T, K, x, xStride, w, lengths, output.pointer, output.stride, scratch);
      return;
    }
    this.#sumUp(extent, 0, 0, 0);
    const alpha = buffers.regions[1];
    const { pointer, stride } = output;
    kernels.crfMarginals(B, T, K, x, xStride, w, lengths, alpha, pointer, stride, scratch);
  }

  /** @throws SluiceError 'bad-data' where a step is masked before one that is not: tags follow each other. */
  #checkMask(B: number): void {
    const [{ lengths }] = this.inputs;
    if (lengths === 0) return;
    const sample = new Int32Array(this.kernels.memory.buffer, lengths, B).findIndex((n) => n < 0);
    if (sample < 0) return;
    throw new SluiceError(
      'bad-data',
      `layer ${this.name}: a CRF takes sequences that are masked at their end alone, but sample ${sample} of the batch is ` +
        'masked before a step that counts; put what is masked at the end',
    );
  }

  override loss(extent: Extent, target: View, rowWeights: number): number {
    this.#target = target;
    this.#rowWeights = rowWeights;
    return this.#sumUp(extent, target.pointer, target.stride, rowWeights);
  }

  backward(extent: Extent): void {
    const { kernels, buffers } = this;
    const [inputGradient] = this.inputGradients;
    const { B, T, K, x, xStride, w, lengths } = this.#chain(extent);
    kernels.crfBackward(
      B,
      T,
      K,
      x,
      xStride,
      w,
      lengths,
      this.#target?.pointer ?? 0,
      this.#target?.stride ?? 0,
      this.#rowWeights,
      buffers.regions[1],
      inputGradient.pointer,
      inputGradient.stride,
      buffers.gradients[0] ?? 0,
      buffers.backwardScratch,
    );
  }

  /** Writes alpha; returns the loss over the targets, if there are any. */
  #sumUp(extent: Extent, target: number, targetStride: number, rowWeights: number): number {
    const { B, T, K, x, xStride, w, lengths } = this.#chain(extent);
    const alpha = this.buffers.regions[1];
    return this.kernels.crfForward(
      B,
      T,
      K,
      x,
      xStride,
      w,
      lengths,
      target,
      targetStride,
      rowWeights,
      alpha,
      alpha + 4 * B * T * this.#columns,
    );
  }

  #chain({ B, steps: [T] }: Extent) {
    const [{ pointer: x, stride: xStride, lengths }] = this.inputs;
    return { B, T, K: this.#config.units, x, xStride, w: this.buffers.blocks[0], lengths };
  }

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    const { units: K, transitionInitializer: how } = this.#config;
    const [transitions, start, end] = weights;
    const { kernels } = this;
    initializeWeight(kernels, how, [K, K], transitions, scratch, seed, firstStream, streamHigh);
    kernels.fill(K, start, 0);
    kernels.fill(K, end, 0);
  }

  override pack(weights: readonly number[], [block]: readonly number[]): void {
    const { units: K } = this.#config;
    const columns = this.#columns;
    for (const [rows, outside, inside] of this.#rows(weights, block)) {
      this.kernels.copyColumns(rows, K, columns - K, outside, K, inside, columns);
    }
  }

  override unpack(weights: readonly number[], [block]: readonly number[]): void {
    const { units: K } = this.#config;
    for (const [rows, outside, inside] of this.#rows(weights, block)) {
      this.kernels.copyColumns(rows, K, 0, inside, this.#columns, outside, K);
    }
  }

  /** Of each weight: its rows, and where they stand outside and inside. */
  #rows(weights: readonly number[], block: number): [number, number, number][] {
    const { units: K } = this.#config;
    const row = 4 * this.#columns;
    return [
      [K, weights[0], block],
      [1, weights[1], block + K * row],
      [1, weights[2], block + (K + 1) * row],
    ];
  }
}
