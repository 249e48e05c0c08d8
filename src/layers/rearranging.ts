// What flatten, reshape and permute have in common: the numbers of a sample stand elsewhere afterwards.
import { padded } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import { type Context, type Demands, type Extent, LayerNode } from './node.js';
import type { Port } from './port.js';

/** 'inOrder': the last axis fastest, as before; 'swapped': [T, F] becomes [F, T]. */
export type Arrangement = 'inOrder' | 'swapped';

export class RearrangingNode extends LayerNode {
  override readonly wholeSequences: boolean;
  readonly #swapped: boolean;

  constructor(
    readonly className: string,
    arrangement: Arrangement,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#swapped = arrangement === 'swapped';
    this.wholeSequences = inputs[0].sequence || outputs[0].sequence;
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
    const [input] = this.inputs;
    const [output] = this.outputs;
    this.#checkUnmasked();
    output.pointer = this.buffers.regions[0];
    output.lengths = 0;
    this.#move(B, this.inputPorts[0], input, this.outputPorts[0], output);
  }

  /** The way back is the same move. */
  backward({ B }: Extent): void {
    const [dY] = this.outputGradients;
    const [dX] = this.inputGradients;
    if (dX.pointer === 0) return;
    this.#move(B, this.outputPorts[0], dY, this.inputPorts[0], dX);
  }

  #move(B: number, from: Port, x: Rows, to: Port, y: Rows): void {
    const { steps: T, features: F } = from;
    if (this.#swapped) this.kernels.swapAxes(B, T, F, x.pointer, x.stride, y.pointer, y.stride);
    else {
      this.kernels.reshapeRows(
        ...([B, T * F, F, x.pointer, x.stride] as const),
        ...([to.features, y.pointer, y.stride] as const),
      );
    }
  }

  /** @throws SluiceError 'bad-option' for masked steps: what comes out has no step that could be masked for them. */
  #checkUnmasked(): void {
    if (this.inputs[0].lengths === 0) return;
    throw new SluiceError(
      'bad-option',
      `layer ${this.name}: ${this.className} needs steps that are not masked, for none of what comes out would be, ` +
        'but its input is masked by maskZero or masking; leave that out, as Keras drops the mask here, or bring the ' +
        'sequence down with globalAveragePooling1D or a recurrent layer, which keep to it',
    );
  }
}

interface Rows {
  readonly pointer: number;
  readonly stride: number;
}
