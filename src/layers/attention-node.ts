// What all attention over one sequence has in common: weights out of scores, and the mix of values. A subclass makes the
// scores, and takes their gradient.
import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { SeedWords } from '../random.js';
import { booleanRule } from '../rules.js';
import { inputDropRules } from './drop-options.js';
import { initializeWeight } from './initialize.js';
import type { Initializer } from './initializer.js';
import {
  type Context,
  type Demand,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type View,
  type WeightSpec,
} from './node.js';
import { type Draws, drawsOf } from './noise-node.js';
import { floatsOf, type Port, port, portText, sequencePort } from './port.js';

/** Options that every attention has. */
export interface AttentionBaseOptions {
  /** The share of attention weights set to 0 in training: from 0 up to, not including, 1. Default 0. */
  dropout?: number | undefined;
  /** Settles what dropout drops by itself: an integer from 0 up. Default: the model's seed and the layer's place settle it. */
  seed?: number | undefined;
  /** Step i of the query sees no step of the value behind i: for a sequence that attends to itself. Default false. */
  useCausalMask?: boolean | undefined;
}

export const attentionRules = {
  ...inputDropRules,
  useCausalMask: { ...booleanRule, otherwise: () => false },
};

export interface AttentionConfig {
  readonly dropout: number;
  readonly seed: number | undefined;
  readonly useCausalMask: boolean;
  readonly returnAttentionScores: boolean;
}

/**
 * What comes out of [query, value] or [query, value, key].
 * @throws SluiceError 'bad-shape'
 */
export function attended(inputs: readonly Port[], label: string, scores: boolean): Port[] {
  checkInputs(inputs, label);
  const [query, value, key = value] = inputs;
  if (key.features !== query.features) {
    throw new SluiceError(
      'bad-shape',
      `${label}: query and key must have the same features, but the query is ${portText(query)} and the ` +
        `${inputs.length > 2 ? 'key' : 'value, which is the key too,'} is ${portText(key)}; put a dense layer before one of them`,
    );
  }
  const output = port([query.steps, value.features]);
  return scores ? [output, port([query.steps, value.steps])] : [output];
}

/** Two or three sequences, the last two of the same steps. */
export function checkInputs(inputs: readonly Port[], label: string): void {
  if (inputs.length < 2 || inputs.length > 3) {
    throw new SluiceError(
      'bad-shape',
      `${label}: attention takes [query, value] or [query, value, key], but got ${inputs.length} inputs`,
    );
  }
  for (const input of inputs) sequencePort(label, 'attention', input);
  const [, value, key = value] = inputs;
  if (key.steps !== value.steps) {
    throw new SluiceError(
      'bad-shape',
      `${label}: key and value must have the same time steps, but the key is ${portText(key)} and the value ` +
        `${portText(value)}`,
    );
  }
}

/** A weight of an attention: a scalar, or a number for each feature. */
export interface ScoreWeight extends WeightSpec {
  readonly initializer: Initializer;
}

export abstract class AttentionNode extends LayerNode {
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly wholeSequences = true;
  override readonly wholeInputs: readonly number[] = [1, 2];
  override readonly causal: boolean;
  readonly #config: AttentionConfig;
  readonly #draws: Draws;
  /** Features of query and key, and of value. */
  protected readonly D: number;
  readonly #Dv: number;
  /** Columns of rows of scores. */
  readonly #columns: number;
  readonly #given: readonly ScoreWeight[];

  constructor(
    config: AttentionConfig,
    given: readonly ScoreWeight[],
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#config = config;
    this.causal = config.useCausalMask;
    this.#given = given;
    this.weights = given.map(({ name, shape }) => ({ name, shape }));
    const floats = given.map(({ shape }) => padded(this.kernels, floatsOf(shape)));
    this.blockFloats = floats;
    // all of one size
    this.spans = given.map(({ name }, i) => stretch(name, i * floats[i], floats[i], false));
    this.#draws = drawsOf(config.seed, context);
    this.D = inputs[0].features;
    this.#Dv = inputs[1].features;
    this.#columns = padded(this.kernels, inputs[1].steps);
    for (const [i, { features }] of outputs.entries()) {
      this.outputs[i].stride = padded(this.kernels, features);
    }
  }

  /** Of rows of scores, [Tq][B][stride]. @param scratch as backwardScratch of `scoreFloats` */
  protected abstract score(extent: Extent, to: View, scratch: number): void;
  /** Where a weight is that scores are multiplied with, or 0. */
  protected abstract scale(): number;
  /**
   * From dL/d scores before their scale: gradients of query and key (0: not wanted) and of weights.
   * @param d where they stand; free to be overwritten
   */
  protected abstract scoreBackward(
    extent: Extent,
    d: View,
    query: View,
    key: View,
    scratch: number,
  ): void;
  /** Floats of their scratch. */
  protected abstract scoreFloats(extent: Extent, training: boolean): number;

  protected get key(): View {
    return this.inputs[this.inputs.length - 1];
  }

  demands(extent: Extent, training: boolean): Demands {
    const { B, steps } = extent;
    const rows = B * steps[0];
    const scores = rows * this.#columns;
    const { dropout, returnAttentionScores } = this.#config;
    const keeps: Demand['keeps'] = returnAttentionScores ? 'output' : 'step';
    const gradients = scores + 2 * B * steps[1] * padded(this.kernels, this.D);
    const scratch = Math.max(this.#mixFloats(extent), this.scoreFloats(extent, training));
    return {
      regions: [
        { name: 'y', floats: rows * this.outputs[0].stride, keeps: 'output' },
        { name: 'weights', floats: scores, keeps },
        { name: 'dropped', floats: training && dropout > 0 ? scores : 0, keeps: 'step' },
      ],
      forwardScratch: scratch,
      backwardScratch: training ? gradients + scratch : 0,
    };
  }

  #mixFloats({ steps: [Tq, Tv] }: Extent): number {
    const { kernels } = this;
    const Dv = this.#Dv;
    return Math.max(
      kernels.batchProductFloats(Tq, Tv, Dv),
      kernels.batchProductFloats(Tq, Dv, Tv),
      kernels.batchProductFloats(Tv, Tq, Dv),
    );
  }

  forward(extent: Extent, pass: Pass): void {
    const { kernels, buffers } = this;
    const { B, steps } = extent;
    const [Tq, Tv] = steps;
    const [query, value] = this.inputs;
    const [output, scores] = this.outputs;
    const [y, p, dropped] = buffers.regions;
    const { dropout, useCausalMask } = this.#config;
    const stride = this.#columns;
    this.score(extent, { pointer: p, stride, lengths: 0 }, buffers.forwardScratch);
    const mode = kernels.MASK_LOWER.value as number;
    const masks = [0, value.lengths, 0, mode] as const;
    kernels.attentionSoftmax(
      B,
      1,
      Tq,
      Tv,
      pass.from,
      useCausalMask,
      1,
      this.scale(),
      ...masks,
      p,
      stride,
    );
    let weights = p;
    if (pass.training && dropout > 0) {
      weights = dropped;
      this.#drop(B * Tq, Tv, pass, p, dropped);
    }
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, 1, Tq, Tv, this.#Dv, weights, stride, 0, false, value.pointer, value.stride, 0, false, y, output.stride, 0, buffers.forwardScratch);
    output.pointer = y;
    output.lengths = query.lengths;
    if (query.lengths !== 0) this.#clear(extent, pass, output);
    if (!scores) return;
    scores.pointer = weights;
    scores.lengths = 0;
  }

  /** Rows of masked queries become 0. */
  #clear({ B, steps }: Extent, { from }: Pass, { pointer, stride }: View): void {
    const { lengths } = this.inputs[0];
    const columns = padded(this.kernels, this.#Dv);
    // biome-ignore format: the argument list of the contract
    this.kernels.clearMasked(B, steps[0], columns, from, pointer, stride, lengths, pointer, stride);
  }

  #drop(R: number, C: number, { step }: Pass, from: number, to: number): void {
    const { seed, stream } = this.#draws;
    const columns = this.#columns;
    const { dropout } = this.#config;
    // biome-ignore format: the argument list of the contract
    this.kernels.dropout(R, C, from, columns, to, columns, dropout, seed.lo, seed.hi, step, stream);
  }

  backward(extent: Extent, pass: Pass): void {
    const { kernels, buffers, outputGradients } = this;
    const { B, steps } = extent;
    const [Tq, Tv] = steps;
    const rows = B * Tq;
    const stride = this.#columns;
    const [, p, dropped] = buffers.regions;
    const { dropout } = this.#config;
    const [dQuery, dValue] = this.inputGradients;
    const [asked, ofScores] = outputGradients;
    const d = { pointer: buffers.backwardScratch, stride, lengths: 0 };
    const own = d.pointer + 4 * rows * stride;
    const width = padded(kernels, this.D);
    const scratch = own + 8 * B * Tv * width;
    if (asked.pointer !== 0 && this.inputs[0].lengths !== 0) this.#clear(extent, pass, asked);
    this.#mixBackward(extent, asked, dropout > 0 ? dropped : p, d, scratch);
    if (ofScores && ofScores.pointer !== 0) {
      kernels.addRows(rows, stride, ofScores.pointer, ofScores.stride, d.pointer, stride);
    }
    if (dropout > 0) this.#drop(rows, Tv, pass, d.pointer, d.pointer);
    kernels.attentionSoftmaxBackward(rows, Tv, p, stride, d.pointer, stride);
    const shared = this.inputs.length === 2;
    const dKey = shared ? { ...dValue, pointer: dValue.pointer && own } : this.inputGradients[2];
    if (shared) dKey.stride = width;
    this.scoreBackward(extent, d, dQuery, dKey, scratch);
    if (shared && dKey.pointer !== 0) {
      kernels.addRows(B * Tv, width, dKey.pointer, width, dValue.pointer, dValue.stride);
    }
  }

  /** Gradients of the mix of values: of the weights, to `d`, and of the values. */
  #mixBackward({ B, steps }: Extent, asked: View, weights: number, d: View, scratch: number): void {
    const { kernels } = this;
    const [Tq, Tv] = steps;
    const Dv = this.#Dv;
    const value = this.inputs[1];
    const dValue = this.inputGradients[1];
    if (asked.pointer === 0) {
      kernels.fill(B * Tq * d.stride, d.pointer, 0);
      if (dValue.pointer) kernels.fill(B * Tv * dValue.stride, dValue.pointer, 0);
      return;
    }
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, 1, Tq, Dv, Tv, asked.pointer, asked.stride, 0, false, value.pointer, value.stride, 0, true, d.pointer, d.stride, 0, scratch);
    if (dValue.pointer === 0) return;
    // biome-ignore format: the argument list of the contract
    kernels.batchProduct(B, 1, Tv, Tq, Dv, weights, d.stride, 0, true, asked.pointer, asked.stride, 0, false, dValue.pointer, dValue.stride, 0, scratch);
  }

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    this.#given.forEach(({ initializer, shape }, i) => {
      const [to, stream] = [weights[i], firstStream + i];
      initializeWeight(this.kernels, initializer, shape, to, scratch, seed, stream, streamHigh);
    });
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    weights.forEach((from, i) => {
      const [n, floats] = [floatsOf(this.weights[i].shape), this.blockFloats[i]];
      this.kernels.copyColumns(1, n, floats - n, from, n, blocks[i], floats);
    });
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    weights.forEach((to, i) => {
      const n = floatsOf(this.weights[i].shape);
      this.kernels.copyColumns(1, n, 0, blocks[i], n, to, n);
    });
  }
}
