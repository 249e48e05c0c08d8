import { checkFloat32 } from '../options.js';
import { nameRule, type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import type { Context, Demands, Extent, Pass } from './node.js';
import { NoiseNode, seedConfig, seedRule } from './noise-node.js';
import { floatPort, inputShapeRule, type Port, type Shape } from './port.js';

/** Options of layers.gaussianNoise, named as in Keras. */
export interface GaussianNoiseOptions {
  /** Standard deviation of the noise: a number from 0. Required. */
  stddev: number;
  /** Settles the noise by itself: an integer from 0 to 2^53 - 1. Default: the model's seed and the layer's place settle it. */
  seed?: number | undefined;
  /** [features] or [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'gaussian_noise', then 'gaussian_noise_1' ... */
  name?: string | undefined;
}

const rules = {
  stddev: {
    expected: 'a finite number from 0 up',
    // checkFloat32 looks at its range, as float32 too
    holds: (value) => typeof value === 'number',
    required: true,
  },
  seed: seedRule,
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<GaussianNoiseOptions>;

/**
 * Adds normal noise with mean 0 and standard deviation `stddev` in training, as Keras' GaussianNoise (which takes no stddev
 * above 1); in inference the input as it is. Any input shape; masks go on.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function gaussianNoise(options: GaussianNoiseOptions): Layer {
  const subject = 'layers.gaussianNoise';
  const { inputShape, name, stddev, seed } = settle(subject, options, rules);
  checkFloat32(subject, 'stddev', stddev, 'notNegative');
  return new Layer({
    className: 'GaussianNoise',
    name,
    inputShape,
    config: { stddev, ...seedConfig(seed) },
    outputs: ([input], label) => [floatPort(label, input)],
    connect: (inputs, outputs, context) =>
      new GaussianNoiseNode(stddev, seed, inputs, outputs, context),
  });
}

class GaussianNoiseNode extends NoiseNode {
  readonly className = 'GaussianNoise';
  readonly #stddev: number;

  constructor(
    stddev: number,
    seed: number | undefined,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(seed, inputs, outputs, context);
    this.#stddev = stddev;
  }

  demands(extent: Extent, training: boolean): Demands {
    const floats = training ? this.rows(extent) * this.columns : 0;
    return {
      regions: [{ name: 'y', floats, keeps: 'output' }],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward(extent: Extent, pass: Pass): void {
    const [y] = this.buffers.regions;
    if (!this.begin(pass, y)) return;
    const rows = this.rows(extent);
    // the noise stands where the output comes to stand
    this.kernels.randomNormal(rows * this.columns, y, 0, this.#stddev, ...this.counter(pass));
    this.apply(false, rows, this.inputs[0], y, this.outputs[0]);
  }

  backward(extent: Extent): void {
    const [from] = this.outputGradients;
    const [to] = this.inputGradients;
    const { columns } = this;
    const rows = this.rows(extent);
    this.kernels.copyColumns(rows, columns, 0, from.pointer, from.stride, to.pointer, to.stride);
  }
}
