import { padded } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import { nameRule, type Rules, settle } from '../rules.js';
import { ConcatenateTimeNode } from './concatenate-time-node.js';
import { Layer } from './layer.js';
import { MergedMask } from './merged-mask.js';
import { type Context, type Demands, type Extent, LayerNode, type Pass } from './node.js';
import { floatPort, type Port, port, portText, rowsOf } from './port.js';

/** Options of layers.concatenate. */
export interface ConcatenateOptions {
  /**
   * Of [batch, timesteps, features], or [batch, features]: the last one, -1, or the time of sequences, 1. Default -1.
   */
  axis?: number | undefined;
  /** Names the layer; not empty. Default 'concatenate', then 'concatenate_1' ... */
  name?: string | undefined;
}

const rules = {
  axis: {
    expected:
      '-1 or 2 (features), or 1 or -2 (the time steps of sequences; features where there is no time)',
    holds: (value: unknown) => [-2, -1, 1, 2].includes(value as number),
    otherwise: () => -1,
  },
  name: nameRule,
} satisfies Rules<ConcatenateOptions>;

/**
 * Puts the features of several values beside each other, as Keras does along its default axis -1:
 * [n, F1], [n, F2] ... give [n, F1 + F2 ...], and sequences of the same number of time steps
 * [n, T, F1 + F2 ...], where a time step is masked that is masked in all of them. With axis 1 sequences of the same features
 * one after the other, [n, T1 + T2 ..., F], each with its mask. It takes an array of at least two values.
 * @throws SluiceError 'bad-option' for options that do not hold.
 */
export function concatenate(options: ConcatenateOptions = {}): Layer {
  const { name, axis } = settle('layers.concatenate', options, rules);
  return new Layer({
    className: 'Concatenate',
    name,
    config: { axis },
    takes: 'several',
    outputs: (inputs, label) => {
      const inTime = isTime(label, axis, inputs[0]);
      return [inTime ? joinedInTime(label, inputs) : joined(label, inputs)];
    },
    connect: (inputs, outputs, context) =>
      isTime(`layer ${context.name}`, axis, inputs[0])
        ? new ConcatenateTimeNode(inputs, outputs, context)
        : new ConcatenateNode(inputs, outputs, context),
  });
}

/** Whether the axis is that of time, for values like this one. */
function isTime(label: string, axis: number, first: Port): boolean {
  if (first.sequence) return axis === 1 || axis === -2;
  if (axis === 1 || axis === -1) return false;
  throw new SluiceError(
    'bad-shape',
    `${label}: concatenate has axis ${axis}, but its first input ${portText(first)} has no time steps; take axis -1 or ` +
      'give sequences',
  );
}

function joinedInTime(label: string, inputs: readonly Port[]): Port {
  const [first] = inputs;
  const fits = inputs.every(
    (one) => floatPort(label, one).sequence && one.features === first.features,
  );
  if (fits && inputs.length > 1) {
    return port([inputs.reduce((sum, { steps }) => sum + steps, 0), first.features]);
  }
  throw new SluiceError(
    'bad-shape',
    `${label}: concatenate along time needs at least two values, all [timesteps, features] of the same features, but got ` +
      inputs.map(portText).join(' and '),
  );
}

function joined(label: string, inputs: readonly Port[]): Port {
  const [first] = inputs;
  const fits = inputs.every(
    (one) => floatPort(label, one).sequence === first.sequence && one.steps === first.steps,
  );
  if (!fits || inputs.length < 2) {
    throw new SluiceError(
      'bad-shape',
      `${label}: concatenate needs at least two values, all [features] or all [timesteps, ` +
        `features] of the same time steps, but got ${inputs.map(portText).join(' and ')}`,
    );
  }
  const features = inputs.reduce((sum, one) => sum + one.features, 0);
  return port([...first.shape.slice(0, -1), features]);
}

class ConcatenateNode extends LayerNode {
  readonly className = 'Concatenate';
  readonly #mask: MergedMask;

  constructor(inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    this.outputs[0].stride = padded(this.kernels, outputs[0].features);
    this.#mask = new MergedMask(this.kernels, `${this.name}: concatenate`, inputs, outputs[0]);
  }

  demands(extent: Extent): Demands {
    return {
      regions: [
        { name: 'y', floats: this.#rows(extent) * this.outputs[0].stride, keeps: 'output' },
        this.#mask.demand(extent.B),
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  #rows({ B, steps }: Extent): number {
    return rowsOf(this.outputPorts[0], B, steps[0]);
  }

  forward(extent: Extent, { from }: Pass): void {
    const [output] = this.outputs;
    output.pointer = this.buffers.regions[0];
    const rows = this.#rows(extent);
    const stretch = { B: extent.B, steps: extent.steps[0], from };
    output.lengths = this.#mask.merge(this.inputs, stretch, this.buffers.regions[1]);
    const last = this.inputs.length - 1;
    let to = output.pointer;
    for (let k = 0; k <= last; k++) {
      const { pointer, stride } = this.inputs[k];
      const { features } = this.inputPorts[k];
      const zeros = k === last ? output.stride - this.outputPorts[0].features : 0;
      this.kernels.copyColumns(rows, features, zeros, pointer, stride, to, output.stride);
      to += 4 * features;
    }
  }

  backward(extent: Extent): void {
    const [gradient] = this.outputGradients;
    const rows = this.#rows(extent);
    let from = gradient.pointer;
    for (let k = 0; k < this.inputs.length; k++) {
      const { pointer, stride } = this.inputGradients[k];
      const { features } = this.inputPorts[k];
      const zeros = padded(this.kernels, features) - features;
      if (pointer !== 0) {
        this.kernels.copyColumns(rows, features, zeros, from, gradient.stride, pointer, stride);
      }
      from += 4 * features;
    }
  }
}
