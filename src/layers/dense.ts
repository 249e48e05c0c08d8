import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import type { SeedWords } from '../random.js';
import { booleanRule, integerRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import { type Activation, activationId, activationRule } from './activation.js';
import { checkBias } from './check-bias.js';
import { type Constraint, constraintRule } from './constraint.js';
import { initializerScratch, initializeWeight } from './initialize.js';
import { biasInitializerRule, type Initializer, initializerRule } from './initializer.js';
import { Layer } from './layer.js';
import { type Context, type Demands, type Extent, LayerNode, type WeightSpec } from './node.js';
import { floatPort, inputShapeRule, type Port, port, rowsOf, type Shape } from './port.js';
import {
  type ActivityOptions,
  activityRegularizerRule,
  biasRegularizerRule,
  type Regularizer,
  regularizerRule,
} from './regularizer.js';

/** Options of layers.dense. */
export interface DenseOptions extends ActivityOptions {
  /** N, the size of the output: an integer from 1. Required. */
  units: number;
  /** Applied to each output. Default 'linear'. */
  activation?: Activation | undefined;
  /** False: no bias, and no option of it. Default true. */
  useBias?: boolean | undefined;
  /** How the kernel begins. Default 'glorotUniform'. */
  kernelInitializer?: Initializer | undefined;
  /** How the bias begins; not orthogonal or identity, which are for matrices. Default 'zeros'. */
  biasInitializer?: Initializer | undefined;
  /** A penalty on the kernel. Default: none. */
  kernelRegularizer?: Regularizer | undefined;
  /** A penalty on the bias; not orthogonal, which is for matrices. Default: none. */
  biasRegularizer?: Regularizer | undefined;
  /** What the kernel keeps to after each step. Default: nothing. */
  kernelConstraint?: Constraint | undefined;
  /** What the bias keeps to after each step. Default: nothing. */
  biasConstraint?: Constraint | undefined;
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'dense', then 'dense_1' ... */
  name?: string | undefined;
}

const rules = {
  units: { ...integerRule(1), required: true },
  activation: { ...activationRule, otherwise: () => 'linear' },
  useBias: { ...booleanRule, otherwise: () => true },
  kernelInitializer: { ...initializerRule, otherwise: () => 'glorotUniform' },
  biasInitializer: { ...biasInitializerRule, otherwise: () => 'zeros' },
  kernelRegularizer: regularizerRule,
  biasRegularizer: biasRegularizerRule,
  activityRegularizer: activityRegularizerRule,
  kernelConstraint: constraintRule,
  biasConstraint: constraintRule,
  inputShape: inputShapeRule,
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<DenseOptions>;

type DenseConfig = Omit<Settled<DenseOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

/**
 * y = activation(x kernel + bias). Input [n, K] or [n, T, K] (each time step alike), output
 * [n, N] or [n, T, N]. Weights: kernel [K, N], and with useBias bias [N].
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function dense(options: DenseOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle('layers.dense', options, rules);
  checkBias('layers.dense', config);
  return new Layer({
    className: 'Dense',
    name,
    inputShape,
    trainable,
    config,
    activation: config.activation,
    outputs: ([input], label) => {
      floatPort(label, input);
      return [port([...input.shape.slice(0, -1), config.units])];
    },
    connect: (inputs, outputs, context) => new DenseNode(config, inputs, outputs, context),
  });
}

export class DenseNode extends LayerNode {
  readonly className = 'Dense';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  readonly #K: number;
  readonly #N: number;
  readonly #activationId: number;
  readonly #linearId: number;
  readonly #initializers: readonly Initializer[];

  constructor(
    config: DenseConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { kernels } = this;
    const K = inputs[0].features;
    const N = config.units;
    this.#K = K;
    this.#N = N;
    this.#activationId = activationId(kernels, config.activation);
    this.#linearId = activationId(kernels, 'linear');
    const bias = config.useBias ? [{ name: 'bias', shape: [N] }] : [];
    this.weights = [{ name: 'kernel', shape: [K, N] }, ...bias];
    const Np = padded(kernels, N);
    const kernelFloats = padded(kernels, K) * Np;
    this.blockFloats = [kernelFloats, ...bias.map(() => Np)];
    this.spans = [
      stretch('kernel', 0, kernelFloats, true),
      ...bias.map(() => stretch('bias', kernelFloats, Np, false)),
    ];
    this.outputs[0].stride = Np;
    this.#initializers = [config.kernelInitializer, config.biasInitializer];
    this.initializerFloats = initializerScratch(kernels, config.kernelInitializer, [K, N]);
  }

  demands(extent: Extent, training: boolean): Demands {
    const rows = this.#rows(extent);
    return {
      regions: [{ name: 'y', floats: rows * this.outputs[0].stride, keeps: 'output' }],
      forwardScratch: 0,
      backwardScratch: training ? this.kernels.denseScratchFloats(rows, this.#K, this.#N) : 0,
    };
  }

  #rows({ B, steps }: Extent): number {
    return rowsOf(this.inputPorts[0], B, steps[0]);
  }

  forward(extent: Extent): void {
    const { kernels, buffers } = this;
    const [input] = this.inputs;
    const [output] = this.outputs;
    output.pointer = buffers.regions[0];
    output.lengths = input.lengths;
    kernels.denseForward(
      this.#rows(extent),
      this.#K,
      this.#N,
      input.pointer,
      input.stride,
      buffers.blocks[0],
      buffers.blocks[1] ?? 0,
      this.emitsLogits ? this.#linearId : this.#activationId,
      output.pointer,
      output.stride,
    );
  }

  backward(extent: Extent): void {
    const { kernels, buffers } = this;
    const [input] = this.inputs;
    const [output] = this.outputs;
    const [outputGradient] = this.outputGradients;
    const [inputGradient] = this.inputGradients;
    const [dW = 0, db = 0] = buffers.gradients;
    kernels.denseBackward(
      this.#rows(extent),
      this.#K,
      this.#N,
      input.pointer,
      input.stride,
      buffers.blocks[0],
      output.pointer,
      output.stride,
      outputGradient.pointer,
      outputGradient.stride,
      this.emitsLogits ? this.#linearId : this.#activationId,
      inputGradient.pointer,
      inputGradient.stride,
      dW,
      db,
      buffers.backwardScratch,
    );
  }

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    this.weights.forEach(({ shape }, i) => {
      initializeWeight(
        this.kernels,
        this.#initializers[i],
        shape,
        weights[i],
        scratch,
        seed,
        firstStream + i,
        streamHigh,
      );
    });
  }

  override pack([kernel, bias = 0]: readonly number[], [w, b = 0]: readonly number[]): void {
    this.kernels.densePack(this.#K, this.#N, kernel, bias, w, b);
  }

  override unpack([kernel, bias = 0]: readonly number[], [w, b = 0]: readonly number[]): void {
    this.kernels.denseUnpack(this.#K, this.#N, w, b, kernel, bias);
  }
}
