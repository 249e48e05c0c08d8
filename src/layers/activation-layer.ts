import { padded } from '../engine/kernels.js';
import { nameRule, type Rules, settle } from '../rules.js';
import { type Activation, activationId, activationRule } from './activation.js';
import { Layer } from './layer.js';
import { type Context, type Demands, type Extent, LayerNode } from './node.js';
import { floatPort, inputShapeRule, type Port, rowsOf, type Shape } from './port.js';

/** Options of layers.activation, named as in Keras. */
export interface ActivationOptions {
  /** What is done to each number; softmax over the last axis. Required. */
  activation: Activation;
  /**
   * [features] or [timesteps, features], for the first layer alone. Default: settled by the first
   * x.
   */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'activation', then 'activation_1' ... */
  name?: string | undefined;
}

const rules = {
  activation: { ...activationRule, required: true },
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<ActivationOptions>;

/**
 * y = activation(x) of any shape, as Keras' Activation: masks go on. A softmax that nothing but a
 * cross-entropy reads is computed together with it, as that of a dense layer.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function activation(options: ActivationOptions): Layer {
  const { inputShape, name, ...config } = settle('layers.activation', options, rules);
  return new Layer({
    className: 'Activation',
    name,
    inputShape,
    config,
    activation: config.activation,
    outputs: ([input], label) => [floatPort(label, input)],
    connect: (inputs, outputs, context) =>
      new ActivationNode(config.activation, inputs, outputs, context),
  });
}

class ActivationNode extends LayerNode {
  readonly className = 'Activation';
  readonly #activationId: number;
  readonly #linearId: number;

  constructor(
    activation: Activation,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#activationId = activationId(this.kernels, activation);
    this.#linearId = activationId(this.kernels, 'linear');
    this.outputs[0].stride = padded(this.kernels, outputs[0].features);
  }

  get #id(): number {
    return this.emitsLogits ? this.#linearId : this.#activationId;
  }

  demands(extent: Extent): Demands {
    return {
      regions: [
        { name: 'y', floats: this.#rows(extent) * this.outputs[0].stride, keeps: 'output' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  #rows({ B, steps }: Extent): number {
    return rowsOf(this.inputPorts[0], B, steps[0]);
  }

  forward(extent: Extent): void {
    const { kernels } = this;
    const [{ pointer, stride, lengths }] = this.inputs;
    const [output] = this.outputs;
    output.pointer = this.buffers.regions[0];
    output.lengths = lengths;
    const rows = this.#rows(extent);
    kernels.copyColumns(rows, output.stride, 0, pointer, stride, output.pointer, output.stride);
    const { features } = this.outputPorts[0];
    kernels.activate(this.#id, rows, features, output.pointer, output.stride);
  }

  backward(extent: Extent): void {
    const { kernels } = this;
    const [y] = this.outputs;
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    if (dX.pointer === 0) return;
    const rows = this.#rows(extent);
    const { features } = this.outputPorts[0];
    kernels.copyColumns(rows, y.stride, 0, dY.pointer, dY.stride, dX.pointer, dX.stride);
    kernels.activationGradient(
      this.#id,
      rows,
      features,
      y.pointer,
      y.stride,
      dX.pointer,
      dX.stride,
    );
  }
}
