import { padded } from '../engine/kernels.js';
import { type GlobalPooling1DOptions, globalPooling } from './global-pooling.js';
import type { Layer } from './layer.js';
import {
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type StateSpec,
  type View,
} from './node.js';
import type { Port } from './port.js';

/**
 * The mean of each feature over the time steps, as GlobalAveragePooling1D of Keras: those that are not masked.
 * Input [n, T, F], output [n, F]. In a stream: the mean of the steps so far.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function globalAveragePooling1D(options: GlobalPooling1DOptions = {}): Layer {
  return globalPooling(
    'GlobalAveragePooling1D',
    options,
    'a global average pooling',
    (inputs, outputs, context) => new GlobalAverageNode(inputs, outputs, context),
  );
}

class GlobalAverageNode extends LayerNode {
  readonly className = 'GlobalAveragePooling1D';
  override readonly state: readonly StateSpec[];
  readonly #columns: number;

  constructor(inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    const { features } = inputs[0];
    this.#columns = padded(this.kernels, features);
    this.outputs[0].stride = this.#columns;
    // the sum, what rounding has taken from it, and how many steps it is of
    this.state = [
      { name: 'sum', features },
      { name: 'rest', features },
      { name: 'count', features: 1 },
    ];
  }

  override stateViews(): readonly View[] {
    const strides = [this.#columns, this.#columns, this.kernels.LANES.value];
    return strides.map((stride, i) => ({ pointer: this.buffers.regions[i], stride, lengths: 0 }));
  }

  demands({ B }: Extent): Demands {
    const floats = B * this.#columns;
    return {
      regions: [
        { name: 'sum', floats, keeps: 'state' },
        { name: 'rest', floats, keeps: 'state' },
        { name: 'count', floats: B * this.kernels.LANES.value, keeps: 'state' },
        { name: 'y', floats, keeps: 'output' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward({ B, steps: [T] }: Extent, { from }: Pass): void {
    const [input] = this.inputs;
    const [output] = this.outputs;
    const [sum, rest, count, y] = this.buffers.regions;
    output.pointer = y;
    output.lengths = 0;
    const { features } = this.inputPorts[0];
    const { pointer, stride, lengths } = input;
    const { kernels } = this;
    kernels.globalAverageForward(
      B,
      T,
      features,
      pointer,
      stride,
      lengths,
      from,
      sum,
      rest,
      count,
      y,
    );
  }

  override meanOfNothing(B: number): number {
    const { kernels } = this;
    const stride = kernels.LANES.value as number;
    for (let b = 0; b < B; b++) {
      const count = this.buffers.regions[2] + 4 * b * stride;
      if (kernels.sumOfProducts(1, 1, count, stride, count, stride) === 0) return b;
    }
    return -1;
  }

  backward({ B, steps: [T] }: Extent): void {
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    if (dX.pointer === 0) return;
    this.kernels.globalAverageBackward(
      B,
      T,
      this.inputPorts[0].features,
      this.inputs[0].lengths,
      this.buffers.regions[2],
      dY.pointer,
      dY.stride,
      dX.pointer,
      dX.stride,
    );
  }
}
