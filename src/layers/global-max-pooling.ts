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
 * The maximum of each feature over the time steps, as GlobalMaxPooling1D of Keras: over all of them, for as there
 * it looks at no mask. Steps that tie share the gradient. Input [n, T, F], output [n, F]. In a stream: of the steps so far.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function globalMaxPooling1D(options: GlobalPooling1DOptions = {}): Layer {
  return globalPooling(
    'GlobalMaxPooling1D',
    options,
    'a global max pooling',
    (inputs, outputs, context) => new GlobalMaxNode(inputs, outputs, context),
  );
}

/** The lowest number of float32: the maximum of no step, finite as states are. */
const LOWEST = -((2 - 2 ** -23) * 2 ** 127);

class GlobalMaxNode extends LayerNode {
  readonly className = 'GlobalMaxPooling1D';
  override readonly state: readonly StateSpec[];

  constructor(inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    const { features } = inputs[0];
    this.outputs[0].stride = padded(this.kernels, features);
    this.state = [{ name: 'max', features, begins: LOWEST }];
  }

  override stateViews(): readonly View[] {
    return [{ pointer: this.buffers.regions[0], stride: this.outputs[0].stride, lengths: 0 }];
  }

  demands({ B }: Extent): Demands {
    return {
      // the maximum so far is the output too
      regions: [{ name: 'max', floats: B * this.outputs[0].stride, keeps: 'state' }],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward({ B, steps: [T] }: Extent, { from }: Pass): void {
    const [{ pointer, stride }] = this.inputs;
    const [output] = this.outputs;
    output.pointer = this.buffers.regions[0];
    output.lengths = 0;
    const { features } = this.inputPorts[0];
    this.kernels.globalMaxForward(B, T, features, pointer, stride, from, output.pointer);
  }

  backward({ B, steps: [T] }: Extent): void {
    const [x] = this.inputs;
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    if (dX.pointer === 0) return;
    this.kernels.globalMaxBackward(
      B,
      T,
      this.inputPorts[0].features,
      x.pointer,
      x.stride,
      this.buffers.regions[0],
      dY.pointer,
      dY.stride,
      dX.pointer,
      dX.stride,
    );
  }
}
