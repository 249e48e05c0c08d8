import { padded } from '../engine/kernels.js';
import { checkFloat32 } from '../options.js';
import { nameRule, type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import {
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type View,
} from './node.js';
import { type Draws, drawsOf, seedConfig, seedRule } from './noise-node.js';
import { floatPort, inputShapeRule, type Port, rowsOf, type Shape } from './port.js';

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

const rules = {
  rate: {
    expected: 'a number from 0 up to, not including, 1',
    // checkFloat32 looks at its range, as float32 too
    holds: (value) => typeof value === 'number',
    required: true,
  },
  seed: seedRule,
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<DropoutOptions>;

/**
 * Inverted dropout (Srivastava et al. 2014): in training each element is 0 with probability
 * `rate`, else scaled by 1 / (1 - rate); in inference the input as it is. Any input shape.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function dropout(options: DropoutOptions): Layer {
  const subject = 'layers.dropout';
  const { inputShape, name, rate, seed } = settle(subject, options, rules);
  checkFloat32(subject, 'rate', rate, 'fraction');
  return new Layer({
    className: 'Dropout',
    name,
    inputShape,
    config: { rate, ...seedConfig(seed) },
    outputs: ([input], label) => [floatPort(label, input)],
    connect: (inputs, outputs, context) => new DropoutNode(rate, seed, inputs, outputs, context),
  });
}

class DropoutNode extends LayerNode {
  readonly className = 'Dropout';
  override readonly passesThrough = true;
  readonly #rate: number;
  readonly #columns: number;
  readonly #draws: Draws;

  constructor(
    rate: number,
    seed: number | undefined,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#rate = rate;
    this.#columns = padded(this.kernels, inputs[0].features);
    this.#draws = drawsOf(seed, context);
  }

  demands(extent: Extent, training: boolean): Demands {
    const floats = training ? this.#rows(extent) * this.#columns : 0;
    return {
      regions: [{ name: 'y', floats, keeps: 'output' }],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  #rows({ B, steps }: Extent): number {
    return rowsOf(this.inputPorts[0], B, steps[0]);
  }

  forward(extent: Extent, pass: Pass): void {
    const [input] = this.inputs;
    const [output] = this.outputs;
    output.lengths = input.lengths;
    if (!pass.training) {
      output.pointer = input.pointer;
      output.stride = input.stride;
      return;
    }
    output.pointer = this.buffers.regions[0];
    output.stride = this.#columns;
    this.#mask(extent, pass, input, output);
  }

  /** The mask is a function of seed and step, so the same call drops the same gradients. */
  backward(extent: Extent, pass: Pass): void {
    this.#mask(extent, pass, this.outputGradients[0], this.inputGradients[0]);
  }

  #mask(extent: Extent, pass: Pass, from: View, to: View): void {
    const { seed, stream } = this.#draws;
    this.kernels.dropout(
      this.#rows(extent),
      this.#columns,
      from.pointer,
      from.stride,
      to.pointer,
      to.stride,
      this.#rate,
      seed.lo,
      seed.hi,
      pass.step,
      stream,
    );
  }
}
