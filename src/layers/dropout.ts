import { type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import type { Context, Demands, Extent, Pass, View } from './node.js';
import { dropRules, NoiseNode, seedConfig } from './noise-node.js';
import { floatPort, type Port, type Shape } from './port.js';

/** Options of layers.dropout. */
export interface DropoutOptions {
  /** The share of inputs set to 0 in training: from 0 up to, not including, 1. Required. */
  rate: number;
  /** Settles the masks by itself: an integer from 0 to 2^53 - 1. Default: the model's seed and the layer's place settle them. */
  seed?: number | undefined;
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'dropout', then 'dropout_1' ... */
  name?: string | undefined;
}

const rules = dropRules satisfies Rules<DropoutOptions>;

/**
 * Inverted dropout (Srivastava et al. 2014): in training each element is 0 with probability
 * `rate`, else scaled by 1 / (1 - rate); in inference the input as it is. Any input shape.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function dropout(options: DropoutOptions): Layer {
  const { inputShape, name, rate, seed } = settle('layers.dropout', options, rules);
  return new Layer({
    className: 'Dropout',
    name,
    inputShape,
    config: { rate, ...seedConfig(seed) },
    outputs: ([input], label) => [floatPort(label, input)],
    connect: (inputs, outputs, context) => new DropoutNode(rate, seed, inputs, outputs, context),
  });
}

class DropoutNode extends NoiseNode {
  readonly className = 'Dropout';
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
    if (this.begin(pass, y)) this.#mask(extent, pass, this.inputs[0], this.outputs[0]);
  }

  /** The mask is a function of seed and step, so the same call drops the same gradients. */
  backward(extent: Extent, pass: Pass): void {
    this.#mask(extent, pass, this.outputGradients[0], this.inputGradients[0]);
  }

  #mask(extent: Extent, pass: Pass, from: View, to: View): void {
    const { kernels, columns } = this;
    const rows = this.rows(extent);
    const counter = this.counter(pass);
    const { pointer, stride } = from;
    kernels.dropout(rows, columns, pointer, stride, to.pointer, to.stride, this.#rate, ...counter);
  }
}
