import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { SeedWords } from '../random.js';
import { booleanRule, integerRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import { type Constraint, constraintRule } from './constraint.js';
import { initializerScratch, initializeWeight } from './initialize.js';
import { type Initializer, initializerOr } from './initializer.js';
import { Layer } from './layer.js';
import {
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type RowTable,
  type WeightSpec,
} from './node.js';
import { inputShapeRule, type Port, port, portText, type Shape } from './port.js';
import {
  type ActivityOptions,
  activityRegularizerRule,
  type Regularizer,
  regularizerRule,
} from './regularizer.js';

/** Options of layers.embedding, named as in Keras. */
export interface EmbeddingOptions extends ActivityOptions {
  /** How many numbers there are, 0 among them: inputs are 0 to inputDim - 1. An integer from 1. Required. */
  inputDim: number;
  /** Numbers that stand for each of them: an integer from 1. Required. */
  outputDim: number;
  /** How the table begins; 'uniform': in [-0.05, 0.05), as 'randomUniform'. Default 'uniform'. */
  embeddingsInitializer?: 'uniform' | Initializer | undefined;
  /** A penalty on the table, rows that a batch does not see among it: a step costs what the table costs. Default: none. */
  embeddingsRegularizer?: Regularizer | undefined;
  /** What the table keeps to after each step, as a whole: a step costs what the table costs. Default: nothing. */
  embeddingsConstraint?: Constraint | undefined;
  /** True: steps whose number is 0 are masked, see layers.masking. Default false. */
  maskZero?: boolean | undefined;
  /** [timesteps], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** False: its table stays as it is. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'embedding', then 'embedding_1' ... */
  name?: string | undefined;
}

const rules = {
  inputDim: { ...integerRule(1), required: true },
  outputDim: { ...integerRule(1), required: true },
  embeddingsInitializer: { ...initializerOr('uniform'), otherwise: () => 'uniform' },
  embeddingsRegularizer: regularizerRule,
  activityRegularizer: activityRegularizerRule,
  embeddingsConstraint: constraintRule,
  maskZero: { ...booleanRule, otherwise: () => false },
  inputShape: inputShapeRule,
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<EmbeddingOptions>;

type Config = Omit<Settled<EmbeddingOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * A row of a table for each whole number, as Keras' Embedding: input [n, T] of integers, output [n, T, outputDim].
 * Weight: embeddings [inputDim, outputDim]. A training step touches the rows of its batch alone, see
 * docs/text.md: the others, and what the optimizer keeps of them, stay as they are, unless embeddingsRegularizer or
 * embeddingsConstraint moves them.
 * @throws SluiceError 'bad-option' for options that do not hold. Numbers outside of the table are refused where
 * data are handed over ('bad-data').
 */
export function embedding(options: EmbeddingOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.embedding', options, rules);
  return new Layer({
    className: 'Embedding',
    name,
    inputShape,
    trainable,
    config,
    inputType: 'int32',
    outputs: ([input], label) => [rowsPort(label, input, config.outputDim)],
    connect: (inputs, outputs, context) => new EmbeddingNode(config, inputs, outputs, context),
  });
}

function rowsPort(label: string, input: Port, outputDim: number): Port {
  if (input.dtype === 'int32' && input.shape.length === 1) {
    return port([input.steps, outputDim]);
  }
  throw new SluiceError(
    'bad-shape',
    `${label}: an embedding needs [timesteps] whole numbers a sample, but its input is ` +
      `${portText(input)}${input.dtype === 'int32' ? '' : ' of floats'}; it is the first layer of a ` +
      "stack, or reads input({ shape: [timesteps], dtype: 'int32' })",
  );
}

/** Rows that the optimizer takes at once: some 50 KB of 50 numbers each. */
const CHUNK = 256;

class EmbeddingNode extends LayerNode {
  readonly className = 'Embedding';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  override readonly table: RowTable;
  override readonly numbersBelow: number;
  readonly #V: number;
  readonly #D: number;
  readonly #initializer: Initializer;
  readonly #maskZero: boolean;

  constructor(
    { inputDim: V, outputDim: D, embeddingsInitializer, maskZero }: Config,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { kernels } = this;
    const width = padded(kernels, D);
    this.#V = V;
    this.#D = D;
    this.#maskZero = maskZero;
    this.#initializer =
      embeddingsInitializer === 'uniform' ? 'randomUniform' : embeddingsInitializer;
    this.table = { count: V, width, chunk: Math.min(V, CHUNK) };
    this.numbersBelow = V;
    this.weights = [{ name: 'embeddings', shape: [V, D] }];
    this.blockFloats = [V * width, padded(kernels, 2 * V + 4), this.table.chunk * width];
    this.spans = [stretch('embeddings', 0, V * width, true)];
    this.initializerFloats = initializerScratch(kernels, this.#initializer, [V, D]);
    this.outputs[0].stride = width;
  }

  /** Steps that a mask holds: all in inference, where the next stretch goes on with it. */
  #kept(T: number, training: boolean): number {
    return training ? T : this.inputPorts[0].steps;
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    const steps = this.#kept(T, training);
    const mask = this.#maskZero ? this.kernels.maskFloats(B, steps) : 0;
    return {
      regions: [
        { name: 'y', floats: T * B * this.table.width, keeps: 'output' },
        { name: 'mask', floats: mask, keeps: 'state' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward({ B, steps: [T] }: Extent, { from, training }: Pass): void {
    const { kernels, buffers } = this;
    const [input] = this.inputs;
    const [output] = this.outputs;
    output.pointer = buffers.regions[0];
    output.lengths = this.#maskZero ? buffers.regions[1] : 0;
    if (this.#maskZero) {
      const steps = this.#kept(T, training);
      kernels.maskZeros(B, T, from, steps, input.pointer, output.lengths);
    }
    kernels.embeddingForward(
      T * B,
      this.#D,
      input.pointer,
      buffers.blocks[0],
      output.pointer,
      output.stride,
    );
  }

  backward({ B, steps: [T] }: Extent): void {
    const { pointer, stride } = this.outputGradients[0];
    const [rows, record] = this.buffers.gradients;
    this.kernels.embeddingBackward(
      T * B,
      this.#D,
      this.#V,
      this.inputs[0].pointer,
      pointer,
      stride,
      rows,
      record,
    );
  }

  override initialize(
    [embeddings]: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    initializeWeight(
      this.kernels,
      this.#initializer,
      [this.#V, this.#D],
      embeddings,
      scratch,
      seed,
      firstStream,
      streamHigh,
    );
  }

  override pack([embeddings]: readonly number[], [rows]: readonly number[]): void {
    const { count, width } = this.table;
    const D = this.#D;
    this.kernels.copyColumns(count, D, width - D, embeddings, D, rows, width);
  }

  override unpack([embeddings]: readonly number[], [rows]: readonly number[]): void {
    const { count, width } = this.table;
    const D = this.#D;
    this.kernels.copyColumns(count, D, 0, rows, width, embeddings, D);
  }
}
