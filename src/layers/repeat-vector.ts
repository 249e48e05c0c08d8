import { padded } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import { integerRule, nameRule, type Rules, settle } from '../rules.js';
import { Layer } from './layer.js';
import { type Context, type Demands, type Extent, LayerNode } from './node.js';
import { floatPort, inputShapeRule, type Port, port, portText, type Shape } from './port.js';
import { MOST_STEPS } from './windows.js';

/** Options of layers.repeatVector, named as in Keras. */
export interface RepeatVectorOptions {
  /** How many time steps come out: an integer from 1. Required. */
  n: number;
  /** [features], for the first layer alone. Default: settled by the first x. */
  inputShape?: Shape | undefined;
  /** Names the layer; not empty. Default 'repeat_vector', then 'repeat_vector_1' ... */
  name?: string | undefined;
}

const rules = {
  n: { ...integerRule(1, MOST_STEPS), required: true },
  inputShape: inputShapeRule,
  name: nameRule,
} satisfies Rules<RepeatVectorOptions>;

/**
 * The same numbers at each of n time steps, as Keras' RepeatVector: [batch, F] gives [batch, n, F].
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function repeatVector(options: RepeatVectorOptions): Layer {
  const { inputShape, name, n } = settle('layers.repeatVector', options, rules);
  return new Layer({
    className: 'RepeatVector',
    name,
    inputShape,
    config: { n },
    outputs: ([input], label) => [port([n, vectorPort(label, input).features])],
    connect: (inputs, outputs, context) => new RepeatVectorNode(inputs, outputs, context),
  });
}

function vectorPort(label: string, input: Port): Port {
  if (!floatPort(label, input).sequence) return input;
  throw new SluiceError(
    'bad-shape',
    `${label}: repeatVector needs [features] a sample, but its input is ${portText(input)}; an LSTM before it needs ` +
      'returnSequences: false',
  );
}

class RepeatVectorNode extends LayerNode {
  readonly className = 'RepeatVector';

  constructor(inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    this.outputs[0].stride = padded(this.kernels, outputs[0].features);
  }

  override outputSteps(): number {
    return this.outputPorts[0].steps;
  }

  demands({ B }: Extent): Demands {
    const floats = B * this.outputPorts[0].steps * this.outputs[0].stride;
    return {
      regions: [{ name: 'y', floats, keeps: 'output' }],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward({ B }: Extent): void {
    const [x] = this.inputs;
    const [y] = this.outputs;
    const { steps, features } = this.outputPorts[0];
    y.pointer = this.buffers.regions[0];
    y.lengths = 0;
    this.kernels.repeatRows(B, steps, features, x.pointer, x.stride, y.pointer, y.stride);
  }

  backward({ B }: Extent): void {
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    if (dX.pointer === 0) return;
    const { steps, features } = this.outputPorts[0];
    this.kernels.sumRows(B, steps, features, dY.pointer, dY.stride, dX.pointer, dX.stride);
  }
}
