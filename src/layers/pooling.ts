import { padded } from '../engine/kernels.js';
import { integerRule, nameRule, type Rules, type Settled, settle } from '../rules.js';
import { Layer } from './layer.js';
import { type Context, type Demands, type Extent, LayerNode } from './node.js';
import { inputShapeRule, type Port, port, type Shape, sequencePort } from './port.js';
import { MOST_STEPS, type Padding, paddingRule, windowsOver } from './windows.js';

/** Options of layers.maxPooling1D. */
export interface Pooling1DOptions {
  /** Time steps of a window: an integer from 1. Default 2. */
  poolSize?: number | undefined;
  /** From the beginning of one window to that of the next: an integer from 1. Default: poolSize. */
  strides?: number | undefined;
  /** 'valid' or 'same', see Padding. Default 'valid'. */
  padding?: Padding | undefined;
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'max_pooling1d' or 'average_pooling1d', then with '_1' ... */
  name?: string | undefined;
}

/** Options of layers.averagePooling1D: as in Keras 3, its poolSize has no default. */
export interface AveragePooling1DOptions extends Pooling1DOptions {
  /** Time steps of a window: an integer from 1. Required. */
  poolSize: number;
}

const rules = {
  poolSize: { ...integerRule(1, MOST_STEPS), otherwise: () => 2 },
  strides: integerRule(1, MOST_STEPS),
  padding: { ...paddingRule, otherwise: () => 'valid' },
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<Pooling1DOptions>;

const averageRules = {
  ...rules,
  poolSize: { ...integerRule(1, MOST_STEPS), required: true },
} satisfies Rules<AveragePooling1DOptions>;

/**
 * The maximum of each feature over windows of time, as MaxPooling1D of Keras: it looks at no mask. The first of
 * steps that tie has the gradient. Input [n, T, F], output [n, O, F]: valid O = floor((T - poolSize) / strides) + 1,
 * same O = ceil(T / strides), where padding is no part of a window.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function maxPooling1D(options: Pooling1DOptions = {}): Layer {
  return pooling('MaxPooling1D', settle('layers.maxPooling1D', options, rules));
}

/**
 * The mean of each feature over windows of time, as AveragePooling1D of Keras: of the steps within the sequence, masked
 * or not. Shapes as of maxPooling1D.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function averagePooling1D(options: AveragePooling1DOptions): Layer {
  return pooling('AveragePooling1D', settle('layers.averagePooling1D', options, averageRules));
}

type ClassName = 'MaxPooling1D' | 'AveragePooling1D';

interface PoolingConfig {
  readonly poolSize: number;
  readonly strides: number;
  readonly padding: Padding;
}

function pooling(className: ClassName, settled: Settled<Pooling1DOptions, typeof rules>): Layer {
  const { inputShape, name, poolSize, padding } = settled;
  const config = { poolSize, strides: settled.strides ?? poolSize, padding };
  return new Layer({
    className,
    name,
    inputShape,
    config,
    outputs: ([input], label) => {
      const { steps, features } = sequencePort(label, className, input);
      return [port([windowsOver(steps, poolSize, config.strides, padding, label).steps, features])];
    },
    connect: (inputs, outputs, context) =>
      new PoolingNode(className, config, inputs, outputs, context),
  });
}

class PoolingNode extends LayerNode {
  override readonly wholeSequences = true;
  readonly #config: PoolingConfig;
  readonly #left: number;

  constructor(
    readonly className: ClassName,
    config: PoolingConfig,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#config = config;
    const { poolSize, strides, padding } = config;
    this.#left = windowsOver(inputs[0].steps, poolSize, strides, padding, this.name).left;
    this.outputs[0].stride = padded(this.kernels, outputs[0].features);
  }

  override outputSteps(): number {
    return this.outputPorts[0].steps;
  }

  demands({ B }: Extent): Demands {
    const floats = B * this.outputPorts[0].steps * this.outputs[0].stride;
    return {
      regions: [{ name: 'y', floats, keeps: 'output' }],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  /** What both kernels of both layers begin with: B, T, O, C, P, S, left. */
  #sizes(B: number) {
    const [{ steps: T, features }] = this.inputPorts;
    const { poolSize, strides } = this.#config;
    const O = this.outputPorts[0].steps;
    return [B, T, O, features, poolSize, strides, this.#left] as const;
  }

  forward({ B }: Extent): void {
    const { kernels } = this;
    const [{ pointer, stride }] = this.inputs;
    const [output] = this.outputs;
    output.pointer = this.buffers.regions[0];
    output.lengths = 0;
    const { averagePoolForward, maxPoolForward } = kernels;
    const run = this.className === 'MaxPooling1D' ? maxPoolForward : averagePoolForward;
    run(...this.#sizes(B), pointer, stride, output.pointer);
  }

  backward({ B }: Extent): void {
    const { kernels } = this;
    const [x] = this.inputs;
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    if (dX.pointer === 0) return;
    const sizes = this.#sizes(B);
    const gradients = [dY.pointer, dY.stride, dX.pointer, dX.stride] as const;
    if (this.className === 'AveragePooling1D') kernels.averagePoolBackward(...sizes, ...gradients);
    else {
      const [y] = this.buffers.regions;
      kernels.maxPoolBackward(...sizes, x.pointer, x.stride, y, ...gradients);
    }
  }
}
