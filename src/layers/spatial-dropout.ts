import { type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import type { Context, Demands, Extent, Pass, View } from './node.js';
import { dropRules, NoiseNode, seedConfig } from './noise-node.js';
import { type Port, type Shape, sequencePort } from './port.js';

/** Options of layers.spatialDropout1D, named as in Keras. */
export interface SpatialDropout1DOptions {
  /** The share of features set to 0 in training: from 0 up to, not including, 1. Required. */
  rate: number;
  /** Settles the masks by itself: an integer from 0 to 2^53 - 1. Default: the model's seed and the layer's place settle them. */
  seed?: number | undefined;
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'spatial_dropout1d', then 'spatial_dropout1d_1' ... */
  name?: string | undefined;
}

const rules = dropRules satisfies Rules<SpatialDropout1DOptions>;

/**
 * Drops whole features of a sequence (Tompson et al. 2015, arXiv 1411.4280), as Keras' SpatialDropout1D: in training each
 * feature of a sample is 0 at all time steps with probability `rate`, else scaled by 1 / (1 - rate); in inference the input
 * as it is. Input and output [n, T, F]; masks go on.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function spatialDropout1D(options: SpatialDropout1DOptions): Layer {
  const { inputShape, name, rate, seed } = settle('layers.spatialDropout1D', options, rules);
  return new Layer({
    className: 'SpatialDropout1D',
    name,
    inputShape,
    config: { rate, ...seedConfig(seed) },
    outputs: ([input], label) => [sequencePort(label, 'spatialDropout1D', input)],
    connect: (inputs, outputs, context) =>
      new SpatialDropoutNode(rate, seed, inputs, outputs, context),
  });
}

class SpatialDropoutNode extends NoiseNode {
  readonly className = 'SpatialDropout1D';
  readonly #rate: number;

  constructor(
    rate: number,
    seed: number | undefined,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(seed, inputs, outputs, context);
    this.#rate = rate;
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    const floats = training ? B * this.columns : 0;
    return {
      regions: [
        { name: 'y', floats: T * floats, keeps: 'output' },
        { name: 'mask', floats, keeps: 'step' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward(extent: Extent, pass: Pass): void {
    const { kernels, columns } = this;
    const [y, mask] = this.buffers.regions;
    if (!this.begin(pass, y)) return;
    kernels.fill(extent.B * columns, mask, 1);
    const counter = this.counter(pass);
    kernels.dropout(extent.B, columns, mask, columns, mask, columns, this.#rate, ...counter);
    this.#multiply(extent, this.inputs[0], this.outputs[0]);
  }

  backward(extent: Extent): void {
    this.#multiply(extent, this.outputGradients[0], this.inputGradients[0]);
  }

  #multiply({ B, steps: [T] }: Extent, x: View, y: View): void {
    const { kernels, columns } = this;
    const mask = this.buffers.regions[1];
    kernels.maskSteps(B, T, columns, x.pointer, x.stride, mask, columns, y.pointer, y.stride);
  }
}
