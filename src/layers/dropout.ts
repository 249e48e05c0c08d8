import { padded } from '../engine/kernels.js';
import { deepFreeze } from '../frozen.js';
import { checkFloat32 } from '../options.js';
import type { SeedWords } from '../random.js';
import { nameRule, type Rules, settle } from '../rules.js';
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
  type View,
} from './layer.js';

/** Options of layers.dropout. */
export interface DropoutOptions {
  /** The share of inputs set to 0 in training: from 0 up to, not including, 1. Required. */
  rate: number;
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
  const { inputShape, name, rate } = settle(subject, options, rules);
  checkFloat32(subject, 'rate', rate, 'fraction');
  return deepFreeze({
    className: 'Dropout',
    name,
    inputShape: inputShape && [...inputShape],
    config: { rate },
    connect: (input, context) => new DropoutNode(rate, input, context),
  });
}

class DropoutNode extends LayerNode {
  readonly className = 'Dropout';
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly weights = [];
  readonly blockFloats = [];
  readonly spans = [];
  readonly initializerFloats = 0;
  override readonly passesThrough = true;
  readonly #rate: number;
  readonly #columns: number;
  readonly #seed: SeedWords;
  readonly #stream: number;

  constructor(rate: number, input: Shape, context: Context) {
    super(context);
    this.#rate = rate;
    this.#columns = padded(this.kernels, featuresOf(input));
    this.#seed = context.seed;
    this.#stream = context.stream;
    this.inputShape = input;
    this.outputShape = input;
  }

  demands(B: number, _steps: number, training: boolean): Demands {
    const floats = training ? rowsOf(this.inputShape, B) * this.#columns : 0;
    return {
      regions: [{ name: 'y', floats, keeps: 'output' }],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward(B: number, pass: Pass): void {
    const { input, output } = this;
    if (!pass.training) {
      output.pointer = input.pointer;
      output.stride = input.stride;
      return;
    }
    output.pointer = this.place.regions[0];
    output.stride = this.#columns;
    this.#mask(B, pass, input, output);
  }

  /** The mask is a function of seed and step, so the same call drops the same gradients. */
  backward(B: number, pass: Pass): void {
    if (this.inputGradient.pointer !== 0) {
      this.#mask(B, pass, this.outputGradient, this.inputGradient);
    }
  }

  #mask(B: number, pass: Pass, from: View, to: View): void {
    this.kernels.dropout(
      rowsOf(this.inputShape, B),
      this.#columns,
      from.pointer,
      from.stride,
      to.pointer,
      to.stride,
      this.#rate,
      this.#seed.lo,
      this.#seed.hi,
      pass.step,
      this.#stream,
    );
  }

  initialize(): void {}
  pack(): void {}
  unpack(): void {}
}
