// The mask of what several sequences make together: as in Keras 3, a step counts that counts in any of them.
import type { Kernels } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import type { Demand, View } from './node.js';
import type { Port } from './port.js';

/** What of its inputs a node looks at in this pass. */
export interface MaskedStretch {
  readonly B: number;
  /** Time steps of this stretch, and the first of them. */
  readonly steps: number;
  readonly from: number;
}

export class MergedMask {
  readonly #kernels: Kernels;
  readonly #label: string;
  readonly #inputs: readonly Port[];
  readonly #output: Port;

  /** @param label names layer and kind in errors: "layer add: add" */
  constructor(kernels: Kernels, label: string, inputs: readonly Port[], output: Port) {
    this.#kernels = kernels;
    this.#label = label;
    this.#inputs = inputs;
    this.#output = output;
  }

  /** Room for the mask, where several become one. */
  demand(B: number): Demand {
    const { sequence, steps } = this.#output;
    const floats = sequence && this.#inputs.length > 1 ? this.#kernels.maskFloats(B, steps) : 0;
    return { name: 'mask', floats, keeps: 'state' };
  }

  /**
   * The lengths of the output. Between the inputs, `each` is called with the mask of those before.
   * @param room where `demand` stands
   * @throws SluiceError 'bad-option' where some values are masked and others are not: Keras drops the mask.
   */
  merge(
    inputs: readonly View[],
    { B, steps, from }: MaskedStretch,
    room: number,
    each: (k: number, before: number) => void = () => {},
  ): number {
    this.#check(inputs);
    const { steps: whole } = this.#output;
    let mask = inputs[0].lengths;
    for (let k = 1; k < inputs.length; k++) {
      const { lengths } = inputs[k];
      each(k, mask);
      if (lengths === mask) continue;
      this.#kernels.uniteMasks(B, steps, from, whole, mask, lengths, room);
      mask = room;
    }
    return mask;
  }

  #check(inputs: readonly View[]): void {
    const masked = (k: number) => inputs[k].lengths !== 0;
    const first = inputs.findIndex((_, k) => masked(k));
    if (first < 0) return;
    const bare = inputs.findIndex((_, k) => !masked(k));
    const { steps } = this.#output;
    const short = this.#inputs.findIndex((port) => !port.sequence || port.steps !== steps);
    if (bare < 0 && short < 0) return;
    const [found, why] = bare < 0 ? [short, 'stands for every time step'] : [bare, 'is not'];
    throw new SluiceError(
      'bad-option',
      `layer ${this.#label} needs values that are all masked, or none of them, for a mask of some would be lost, but input ` +
        `${first} is masked and input ${found} ${why}; leave maskZero and masking out, as Keras drops the mask here, or ` +
        'merge what comes after the layer that uses it up, such as an LSTM without returnSequences',
    );
  }
}
