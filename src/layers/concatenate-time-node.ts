import { padded } from '../engine/kernels.js';
import { type Context, type Demands, type Extent, LayerNode } from './node.js';
import type { Port } from './port.js';

/** Sequences one after the other in time: rows of time-major sequences are stretches of memory. */
export class ConcatenateTimeNode extends LayerNode {
  readonly className = 'Concatenate';
  override readonly wholeSequences = true;
  readonly #columns: number;

  constructor(inputs: readonly Port[], outputs: readonly Port[], context: Context) {
    super(inputs, outputs, context);
    this.#columns = padded(this.kernels, outputs[0].features);
    this.outputs[0].stride = this.#columns;
  }

  override outputSteps(): number {
    return this.outputPorts[0].steps;
  }

  demands({ B }: Extent): Demands {
    const { steps } = this.outputPorts[0];
    return {
      regions: [
        { name: 'y', floats: B * steps * this.#columns, keeps: 'output' },
        // layers that pass it on have readers of their own
        { name: 'mask', floats: this.kernels.maskFloats(B, steps), keeps: 'state' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  forward({ B }: Extent): void {
    const { kernels } = this;
    const [y, mask] = this.buffers.regions;
    const [output] = this.outputs;
    const columns = this.#columns;
    output.pointer = y;
    // unlike features beside each other, no part can lose its mask to another one
    output.lengths = this.inputs.some(({ lengths }) => lengths !== 0) ? mask : 0;
    this.#parts((k, steps, first) => {
      const { pointer, stride, lengths } = this.inputs[k];
      const to = y + 4 * first * B * columns;
      kernels.copyColumns(B * steps, columns, 0, pointer, stride, to, columns);
      if (output.lengths === 0) return;
      kernels.joinMask(B, steps, first, this.outputPorts[0].steps, lengths, mask);
    });
  }

  backward({ B }: Extent): void {
    const [{ pointer, stride }] = this.outputGradients;
    this.#parts((k, steps, first) => {
      const to = this.inputGradients[k];
      if (to.pointer === 0) return;
      const from = pointer + 4 * first * B * stride;
      this.kernels.copyColumns(
        ...([B * steps, this.#columns, 0, from, stride, to.pointer, to.stride] as const),
      );
    });
  }

  #parts(each: (k: number, steps: number, first: number) => void): void {
    let first = 0;
    this.inputPorts.forEach(({ steps }, k) => {
      each(k, steps, first);
      first += steps;
    });
  }
}
