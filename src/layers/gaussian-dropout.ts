import { type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import type { Context, Demands, Extent, Pass } from './node.js';
import { dropRules, NoiseNode, seedConfig } from './noise-node.js';
import { floatPort, type Port, type Shape } from './port.js';

/** Options of layers.gaussianDropout, named as in Keras. */
export interface GaussianDropoutOptions {
  /** The factors' standard deviation is sqrt(rate / (1 - rate)): from 0 up to, not including, 1. Required. */
  rate: number;
  /** Settles the factors by itself: an integer from 0 to 2^53 - 1. Default: the model's seed and the layer's place settle them. */
  seed?: number | undefined;
  /** [features] or [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'gaussian_dropout', then 'gaussian_dropout_1' ... */
  name?: string | undefined;
}

const rules = dropRules satisfies Rules<GaussianDropoutOptions>;

/**
 * Multiplies by normal factors with mean 1 and standard deviation sqrt(rate / (1 - rate)) in training (Srivastava et al.
 * 2014), as Keras' GaussianDropout; in inference the input as it is. Any input shape; masks go on.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function gaussianDropout(options: GaussianDropoutOptions): Layer {
  const { inputShape, name, rate, seed } = settle('layers.gaussianDropout', options, rules);
  return new Layer({
    className: 'GaussianDropout',
    name,
    inputShape,
    config: { rate, ...seedConfig(seed) },
    outputs: ([input], label) => [floatPort(label, input)],
    connect: (inputs, outputs, context) =>
      new GaussianDropoutNode(rate, seed, inputs, outputs, context),
  });
}

class GaussianDropoutNode extends NoiseNode {
  readonly className = 'GaussianDropout';
  readonly #stddev: number;

  constructor(
    rate: number,
    seed: number | undefined,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(seed, inputs, outputs, context);
    this.#stddev = Math.sqrt(rate / (1 - rate));
  }

  demands(extent: Extent, training: boolean): Demands {
    const floats = training ? this.rows(extent) * this.columns : 0;
    return {
      regions: [
        { name: 'y', floats, keeps: 'output' },
        { name: 'factors', floats, keeps: 'step' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward(extent: Extent, pass: Pass): void {
    const [y, factors] = this.buffers.regions;
    if (!this.begin(pass, y)) return;
    const rows = this.rows(extent);
    this.kernels.randomNormal(rows * this.columns, factors, 1, this.#stddev, ...this.counter(pass));
    this.apply(true, rows, this.inputs[0], factors, this.outputs[0]);
  }

  backward(extent: Extent): void {
    const factors = this.buffers.regions[1];
    const [asked] = this.outputGradients;
    this.apply(true, this.rows(extent), asked, factors, this.inputGradients[0]);
  }
}
