import { type Kernels, padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { deepFreeze } from '../frozen.js';
import type { SeedWords } from '../random.js';
import { choiceRule, integerRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import {
  type Initializer,
  initializeMatrix,
  initializerRule,
  initializerScratch,
} from './initializers.js';
import {
  type Context,
  type Demands,
  featuresOf,
  inputShapeRule,
  type Layer,
  LayerNode,
  type Pass,
  rowsOf,
  type Shape,
  type WeightSpec,
} from './layer.js';

/** What a dense layer does to its sums; softmax over the last axis. */
export type Activation = 'linear' | 'tanh' | 'sigmoid' | 'relu' | 'softmax';

/** Options of layers.dense. */
export interface DenseOptions {
  /** N, the size of the output: an integer from 1. Required. */
  units: number;
  /** Applied to each output. Default 'linear'. */
  activation?: Activation | undefined;
  /** How the kernel begins. Default 'glorotUniform'. */
  kernelInitializer?: Initializer | undefined;
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** Names the weights in files; not empty. Default 'dense', then 'dense_1' ... */
  name?: string | undefined;
}

const rules = {
  units: { ...integerRule(1), required: true },
  activation: {
    ...choiceRule<Activation>(['linear', 'tanh', 'sigmoid', 'relu', 'softmax']),
    otherwise: () => 'linear',
  },
  kernelInitializer: { ...initializerRule, otherwise: () => 'glorotUniform' },
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<DenseOptions>;

type DenseConfig = Omit<Settled<DenseOptions, typeof rules>, 'inputShape' | 'name'>;

/**
 * y = activation(x kernel + bias). Input [n, K] or [n, T, K] (each time step alike), output
 * [n, N] or [n, T, N]. Weights: kernel [K, N], bias [N] (zeros at first).
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function dense(options: DenseOptions): Layer {
  const { inputShape, name, ...config } = settle('layers.dense', options, rules);
  return deepFreeze({
    className: 'Dense',
    name,
    inputShape: inputShape && [...inputShape],
    config,
    connect: (input, context) => new DenseNode(config, input, context),
  });
}

/** The kernels' number of an activation, read from the module. */
function activationId(kernels: Kernels, activation: Activation): number {
  const ids: Record<Activation, WebAssembly.Global> = {
    linear: kernels.ACT_LINEAR,
    tanh: kernels.ACT_TANH,
    sigmoid: kernels.ACT_SIGMOID,
    relu: kernels.ACT_RELU,
    softmax: kernels.ACT_SOFTMAX,
  };
  return ids[activation].value as number;
}

export class DenseNode extends LayerNode {
  readonly className = 'Dense';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly weights: readonly WeightSpec[];
  readonly blockFloats: readonly number[];
  readonly spans: readonly Span[];
  readonly initializerFloats: number;
  readonly activation: Activation;
  /**
   * Set by a loss that takes the softmax upon itself: output are logits then, and
   * outputGradient is dL/d logits.
   */
  emitsLogits = false;
  readonly #K: number;
  readonly #N: number;
  readonly #activationId: number;
  readonly #linearId: number;
  readonly #kernelInitializer: Initializer;

  constructor(config: DenseConfig, input: Shape, context: Context) {
    super(context);
    const { kernels } = this;
    const K = featuresOf(input);
    const N = config.units;
    this.#K = K;
    this.#N = N;
    this.activation = config.activation;
    this.#activationId = activationId(kernels, config.activation);
    this.#linearId = activationId(kernels, 'linear');
    this.inputShape = input;
    this.outputShape = [...input.slice(0, -1), N];
    this.weights = [
      { name: 'kernel', shape: [K, N] },
      { name: 'bias', shape: [N] },
    ];
    const Np = padded(kernels, N);
    const kernelFloats = padded(kernels, K) * Np;
    this.blockFloats = [kernelFloats, Np];
    this.spans = [stretch('kernel', 0, kernelFloats), stretch('bias', kernelFloats, Np)];
    this.output.stride = Np;
    this.#kernelInitializer = config.kernelInitializer;
    this.initializerFloats = initializerScratch(kernels, config.kernelInitializer, K, N);
  }

  demands(B: number, steps: number, training: boolean): Demands {
    const rows = rowsOf(this.inputShape, B, steps);
    return {
      regions: [{ name: 'y', floats: rows * this.output.stride, keeps: 'output' }],
      forwardScratch: 0,
      backwardScratch: training ? this.kernels.denseScratchFloats(rows, this.#K, this.#N) : 0,
    };
  }

  forward(B: number, pass: Pass): void {
    const { kernels, input, output, place } = this;
    output.pointer = place.regions[0];
    kernels.denseForward(
      rowsOf(this.inputShape, B, pass.steps),
      this.#K,
      this.#N,
      input.pointer,
      input.stride,
      place.blocks[0],
      place.blocks[1],
      this.emitsLogits ? this.#linearId : this.#activationId,
      output.pointer,
      output.stride,
    );
  }

  backward(B: number): void {
    const { kernels, input, output, outputGradient, inputGradient, place } = this;
    kernels.denseBackward(
      rowsOf(this.inputShape, B),
      this.#K,
      this.#N,
      input.pointer,
      input.stride,
      place.blocks[0],
      output.pointer,
      output.stride,
      outputGradient.pointer,
      outputGradient.stride,
      this.emitsLogits ? this.#linearId : this.#activationId,
      inputGradient.pointer,
      inputGradient.stride,
      place.gradients[0],
      place.gradients[1],
      place.backwardScratch,
    );
  }

  initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    const { kernels } = this;
    const [kernel, bias] = weights;
    initializeMatrix(
      kernels,
      this.#kernelInitializer,
      this.#K,
      this.#N,
      kernel,
      scratch,
      seed,
      firstStream,
      streamHigh,
    );
    kernels.fill(this.#N, bias, 0);
  }

  pack(weights: readonly number[], blocks: readonly number[]): void {
    this.kernels.densePack(this.#K, this.#N, weights[0], weights[1], blocks[0], blocks[1]);
  }

  unpack(weights: readonly number[], blocks: readonly number[]): void {
    this.kernels.denseUnpack(this.#K, this.#N, blocks[0], blocks[1], weights[0], weights[1]);
  }
}
