import { padded } from '../engine/kernels.js';
import { type Span, stretch } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import type { SeedWords } from '../random.js';
import { booleanRule, integerRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import { type Activation, activationId, activationRule } from './activation.js';
import { checkBias } from './check-bias.js';
import { type Constraint, constraintRule } from './constraint.js';
import { initializerScratch, initializeWeight } from './initialize.js';
import { biasInitializerRule, type Initializer, initializerRule, resolved } from './initializer.js';
import { Layer } from './layer.js';
import { type Context, type Demands, type Extent, LayerNode, type WeightSpec } from './node.js';
import { inputShapeRule, type Port, port, type Shape, sequencePort } from './port.js';
import {
  type ActivityOptions,
  activityRegularizerRule,
  biasRegularizerRule,
  type Regularizer,
} from './regularizer.js';
import { type ConvPadding, convPaddingRule, MOST_STEPS, tapsOver } from './windows.js';

/** Options of layers.conv1D, named as in Keras. */
export interface Conv1DOptions extends ActivityOptions {
  /** N, the size of the output at each step: an integer from 1. Required. */
  filters: number;
  /** K, time steps that a filter sees: an integer from 1. Required. */
  kernelSize: number;
  /** From the beginning of one window to that of the next: an integer from 1. Default 1. */
  strides?: number | undefined;
  /** 'valid', 'same' or 'causal', see ConvPadding. Default 'valid'. */
  padding?: ConvPadding | undefined;
  /** From one step that a filter sees to the next: an integer from 1; above 1 only where strides is 1. Default 1. */
  dilationRate?: number | undefined;
  /**
   * Into how many groups features and filters are parted, both evenly: those of a group see the features of that group alone. An
   * integer from 1. Default 1.
   */
  groups?: number | undefined;
  /** Applied to each output. Default 'linear'. */
  activation?: Activation | undefined;
  /** Whether the weight bias is there. Default true. */
  useBias?: boolean | undefined;
  /** How the kernel begins; not identity, which is for matrices. Default 'glorotUniform'. */
  kernelInitializer?: Initializer | undefined;
  /** How the bias begins; not orthogonal or identity. Default 'zeros'. */
  biasInitializer?: Initializer | undefined;
  /** A penalty on the kernel; not orthogonal, which is for matrices. Default: none. */
  kernelRegularizer?: Regularizer | undefined;
  /** A penalty on the bias, likewise. Default: none. */
  biasRegularizer?: Regularizer | undefined;
  /** What the kernel keeps to after each step; with axis [0, 1] the norm of each filter. Default: nothing. */
  kernelConstraint?: Constraint | undefined;
  /** What the bias keeps to after each step. Default: nothing. */
  biasConstraint?: Constraint | undefined;
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** False: its weights stay as they are. Default true. */
  trainable?: boolean | undefined;
  /** Names the weights in files; not empty. Default 'conv1d', then 'conv1d_1' ... */
  name?: string | undefined;
}

const rules = {
  filters: { ...integerRule(1), required: true },
  kernelSize: { ...integerRule(1, MOST_STEPS), required: true },
  strides: { ...integerRule(1, MOST_STEPS), otherwise: () => 1 },
  padding: { ...convPaddingRule, otherwise: () => 'valid' },
  dilationRate: { ...integerRule(1, MOST_STEPS), otherwise: () => 1 },
  groups: { ...integerRule(1), otherwise: () => 1 },
  activation: { ...activationRule, otherwise: () => 'linear' },
  useBias: { ...booleanRule, otherwise: () => true },
  kernelInitializer: {
    ...initializerRule,
    expected: `${initializerRule.expected} (identity is for matrices alone)`,
    holds: (value: unknown) =>
      initializerRule.holds(value) && resolved(value as Initializer).className !== 'Identity',
    otherwise: (): Initializer => 'glorotUniform',
  },
  biasInitializer: { ...biasInitializerRule, otherwise: (): Initializer => 'zeros' },
  kernelRegularizer: biasRegularizerRule,
  biasRegularizer: biasRegularizerRule,
  activityRegularizer: activityRegularizerRule,
  kernelConstraint: constraintRule,
  biasConstraint: constraintRule,
  inputShape: inputShapeRule,
  trainable: { ...booleanRule, otherwise: () => true },
  name: nameRule,
} satisfies Rules<Conv1DOptions>;

type Config = Omit<Settled<Conv1DOptions, typeof rules>, 'inputShape' | 'trainable' | 'name'>;

const SUBJECT = 'layers.conv1D';

/**
 * Filters over time, as Conv1D of Keras: y[o] = activation(bias + sum over k of x[o strides - left + k dilationRate] kernel[k]).
 * Input [n, T, F], output [n, O, N], see ConvPadding for O. Weights: kernel [K, F / groups, N], bias [N]. It needs steps that are not
 * masked, and sees whole sequences: streams refuse it.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function conv1D(options: Conv1DOptions): Layer {
  const { inputShape, trainable, name, ...config } = settle(SUBJECT, options, rules);
  checkBias(SUBJECT, config);
  checkSteps(config);
  checkGroups(config);
  return new Layer({
    className: 'Conv1D',
    name,
    inputShape,
    trainable,
    config,
    activation: config.activation,
    outputs: ([input], label) => {
      const { steps, features } = sequencePort(label, 'conv1D', input);
      checkFeatures(features, config.groups, label);
      return [port([tapsOver(steps, config, label).steps, config.filters])];
    },
    connect: (inputs, outputs, context) => new ConvNode(config, inputs, outputs, context),
  });
}

function checkSteps({ kernelSize, strides, dilationRate }: Config): void {
  if (strides > 1 && dilationRate > 1) {
    throw new SluiceError(
      'bad-option',
      `${SUBJECT}: strides or dilationRate must be 1, as in Keras, but got ${strides} and ${dilationRate}`,
    );
  }
  const reach = (kernelSize - 1) * dilationRate + 1;
  if (reach <= MOST_STEPS) return;
  throw new SluiceError(
    'bad-option',
    `${SUBJECT}: kernelSize and dilationRate must reach over at most ${MOST_STEPS} time steps, but reach over ${reach}`,
  );
}

function checkGroups({ filters, groups }: Config): void {
  if (filters % groups === 0) return;
  throw new SluiceError(
    'bad-option',
    `${SUBJECT}: filters must be a multiple of groups, but got ${filters} and ${groups}`,
  );
}

function checkFeatures(features: number, groups: number, label: string): void {
  if (features % groups === 0) return;
  throw new SluiceError(
    'bad-shape',
    `${label}: groups must divide the features, but the input has ${features} at each step, and groups is ${groups}; ` +
      'take fewer groups, or an input of other features',
  );
}

class ConvNode extends LayerNode {
  readonly className = 'Conv1D';
  override readonly wholeSequences = true;
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  readonly #config: Config;
  readonly #left: number;
  readonly #activationId: number;
  readonly #linearId: number;

  constructor(config: Config, inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    const { kernels } = this;
    const [{ features: C, steps }] = inputs;
    const { kernelSize: K, filters: N, groups: G, useBias } = config;
    this.#config = config;
    this.#left = tapsOver(steps, config, this.name).left;
    this.#activationId = activationId(kernels, config.activation);
    this.#linearId = activationId(kernels, 'linear');
    const floats = kernels.convWeightFloats(K, C, N, G);
    const biasFloats = kernels.convBiasFloats(N, G);
    const kernel = { name: 'kernel', shape: [K, C / G, N] };
    const bias = useBias ? { name: 'bias', shape: [N] } : undefined;
    this.weights = [kernel, ...(bias ? [bias] : [])];
    this.blockFloats = bias ? [floats, biasFloats] : [floats];
    this.spans = [
      stretch('kernel', 0, floats, true),
      ...(bias ? [stretch('bias', floats, biasFloats, false)] : []),
    ];
    this.outputs[0].stride = padded(kernels, N);
    this.initializerFloats = initializerScratch(kernels, config.kernelInitializer, kernel.shape);
  }

  override outputSteps(): number {
    return this.outputPorts[0].steps;
  }

  demands({ B }: Extent, training: boolean): Demands {
    const { kernels } = this;
    const rows = B * this.outputPorts[0].steps;
    const { features: C, steps } = this.inputPorts[0];
    const { kernelSize: K, filters: N, groups: G } = this.#config;
    return {
      regions: [{ name: 'y', floats: rows * this.outputs[0].stride, keeps: 'output' }],
      forwardScratch: kernels.convScratchFloats(rows, N, G),
      backwardScratch: training
        ? kernels.convBackwardScratchFloats(B * steps, rows, C, K, N, G)
        : 0,
    };
  }

  /** What both kernels begin with: B, T, O, C, K, S, d, left, N, G. */
  #sizes(B: number) {
    const [{ steps: T, features: C }] = this.inputPorts;
    const { kernelSize, strides, dilationRate, filters, groups } = this.#config;
    const O = this.outputPorts[0].steps;
    return [B, T, O, C, kernelSize, strides, dilationRate, this.#left, filters, groups] as const;
  }

  get #activation(): number {
    return this.emitsLogits ? this.#linearId : this.#activationId;
  }

  forward({ B }: Extent): void {
    const { blocks, regions, forwardScratch } = this.buffers;
    const [{ pointer, stride, lengths }] = this.inputs;
    const [output] = this.outputs;
    if (lengths !== 0) this.#refuseMask();
    output.pointer = regions[0];
    output.lengths = 0;
    const [w, b = 0] = blocks;
    this.kernels.convForward(
      ...this.#sizes(B),
      ...([pointer, stride, w, b, this.#activation] as const),
      ...([output.pointer, output.stride, forwardScratch] as const),
    );
  }

  /** @throws SluiceError 'bad-option': filters would see masked steps as if they counted. */
  #refuseMask(): never {
    throw new SluiceError(
      'bad-option',
      `layer ${this.name}: conv1D needs steps that are not masked, but its input is masked by maskZero or masking; ` +
        'leave that out, as Keras drops the mask here, or put the recurrent layer first',
    );
  }

  backward({ B }: Extent): void {
    const { blocks, gradients, backwardScratch } = this.buffers;
    const [x] = this.inputs;
    const [y] = this.outputs;
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    const [dW = 0, db = 0] = gradients;
    this.kernels.convBackward(
      ...this.#sizes(B),
      ...([x.pointer, x.stride, blocks[0], y.pointer, y.stride, dY.pointer, dY.stride] as const),
      ...([this.#activation, dX.pointer, dX.stride, dW, db, backwardScratch] as const),
    );
  }

  override initialize(
    weights: readonly number[],
    scratch: number,
    seed: SeedWords,
    firstStream: number,
    streamHigh: number,
  ): void {
    const { kernelInitializer, biasInitializer } = this.#config;
    this.weights.forEach(({ shape }, i) => {
      const how = i === 0 ? kernelInitializer : biasInitializer;
      const stream = firstStream + i;
      initializeWeight(this.kernels, how, shape, weights[i], scratch, seed, stream, streamHigh);
    });
  }

  /** What packing and unpacking begin with: K, C, N, G. */
  get #matrix() {
    const { kernelSize, filters, groups } = this.#config;
    return [kernelSize, this.inputPorts[0].features, filters, groups] as const;
  }

  override pack([kernel, bias = 0]: readonly number[], [w, b = 0]: readonly number[]): void {
    this.kernels.convPack(...this.#matrix, kernel, bias, w, b);
  }

  override unpack([kernel, bias = 0]: readonly number[], [w, b = 0]: readonly number[]): void {
    this.kernels.convUnpack(...this.#matrix, w, b, kernel, bias);
  }
}
