import { padded } from '../engine/kernels.js';
import { nameRule, type Rules, type Settled, settle } from '../rules.js';
import { Layer } from './layer.js';
import { type Context, type Demands, type Extent, LayerNode, type Pass } from './node.js';
import { inputShapeRule, type Port, port, type Shape, sequencePort } from './port.js';

/** Options of layers.masking, named as in Keras. */
export interface MaskingOptions {
  /** A step all of whose numbers are this one, both rounded to float32, is masked: a finite number. Default 0. */
  maskValue?: number | undefined;
  /** [timesteps, features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'masking', then 'masking_1' ... */
  name?: string | undefined;
}

const rules = {
  maskValue: {
    // what float32 rounds to 0 would mask zeros
    expected: 'a finite number that float32 rounds neither to 0 nor to infinity',
    holds: (value: unknown) =>
      value === 0 || (typeof value === 'number' && isFloat(Math.fround(value))),
    otherwise: () => 0,
  },
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<MaskingOptions>;

const isFloat = (rounded: number): boolean => Number.isFinite(rounded) && rounded !== 0;

type Config = Omit<Settled<MaskingOptions, typeof rules>, 'inputShape' | 'name'>;

/**
 * Masks the time steps all of whose numbers are `maskValue`, as Keras' Masking: they come out as zeros, recurrent
 * layers hand their state on over them, losses and metrics leave them out. Input and output [n, T, F].
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function masking(options: MaskingOptions = {}): Layer {
  const { inputShape, name, ...config } = settle('layers.masking', options, rules);
  return new Layer({
    className: 'Masking',
    name,
    inputShape,
    config,
    outputs: ([input], label) => [port(sequencePort(label, 'masking', input).shape)],
    connect: (inputs, outputs, context) => new MaskingNode(config, inputs, outputs, context),
  });
}

class MaskingNode extends LayerNode {
  readonly className = 'Masking';
  readonly #value: number;
  readonly #columns: number;

  constructor(
    { maskValue }: Config,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#value = maskValue;
    this.#columns = padded(this.kernels, inputs[0].features);
    this.outputs[0].stride = this.#columns;
  }

  /** Steps that a mask holds: all in inference, where the next stretch goes on with it. */
  #kept(T: number, training: boolean): number {
    return training ? T : this.inputPorts[0].steps;
  }

  demands({ B, steps: [T] }: Extent, training: boolean): Demands {
    const steps = this.#kept(T, training);
    return {
      regions: [
        { name: 'y', floats: T * B * this.#columns, keeps: 'output' },
        { name: 'mask', floats: this.kernels.maskFloats(B, steps), keeps: 'state' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward({ B, steps: [T] }: Extent, { from, training }: Pass): void {
    const { kernels, buffers } = this;
    const [{ pointer, stride }] = this.inputs;
    const [output] = this.outputs;
    const [{ features }] = this.inputPorts;
    const steps = this.#kept(T, training);
    const [y, mask] = buffers.regions;
    kernels.maskValues(B, T, features, from, steps, pointer, stride, this.#value, mask);
    kernels.clearMasked(B, T, this.#columns, from, pointer, stride, mask, y, this.#columns);
    output.pointer = y;
    output.lengths = mask;
  }

  backward({ B, steps: [T] }: Extent, { from }: Pass): void {
    const [asked] = this.outputGradients;
    const [to] = this.inputGradients;
    if (to.pointer === 0) return;
    const mask = this.buffers.regions[1];
    this.kernels.clearMasked(
      B,
      T,
      this.#columns,
      from,
      asked.pointer,
      asked.stride,
      mask,
      to.pointer,
      to.stride,
    );
  }
}
