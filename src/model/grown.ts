// What a decoder keeps of the steps that it has taken: a causal attention looks at all of them. Keys and values of the
// steps before stand in memory, and no step is computed twice.
import { type Kernels, padded } from '../engine/kernels.js';
import type { Demand, LayerNode, View } from '../layers/node.js';
import type { Port } from '../layers/port.js';
import type { GraphCall } from './graph.js';

/** Rows [steps][B][stride] of one input of a node that grows: its history. */
interface History {
  /** Which input of the node. */
  readonly input: number;
  readonly features: number;
  readonly stride: number;
}

/** The inputs of one node that grow. */
export class Grown {
  /** Steps that have come, with the one of this pass. */
  steps: number;
  readonly #most: number;
  readonly #kernels: Kernels;
  readonly #node: LayerNode;
  readonly #inputs: readonly number[];
  readonly #histories: readonly History[];
  #addresses: readonly number[] = [];

  /** @param most steps at most */
  constructor(
    kernels: Kernels,
    node: LayerNode,
    { inputs }: GraphCall,
    values: readonly Port[],
    grows: readonly boolean[],
    most: number,
  ) {
    this.steps = most;
    this.#most = most;
    this.#kernels = kernels;
    this.#node = node;
    this.#inputs = inputs;
    node.grows = most;
    const own = node.keepsGrown ? [] : inputs.flatMap((_, k) => (grows[k] ? [k] : []));
    // a key that is the value has one history
    const distinct = own.filter((k) => inputs.indexOf(inputs[k], 1) === k);
    this.#histories = distinct.map((input) => {
      const { features } = values[inputs[input]];
      return { input, features, stride: padded(kernels, features) };
    });
  }

  /** Room for the histories, behind what the node wants itself. */
  demands(B: number): Demand[] {
    return this.#histories.map(({ input, stride }) => ({
      name: `history of input ${input}`,
      floats: this.#most * B * stride,
      keeps: 'state',
    }));
  }

  /** @param regions those of the node, and the histories behind them */
  bind(regions: readonly number[]): void {
    this.#addresses = regions.slice(regions.length - this.#histories.length);
  }

  /** Once the inputs of the node are set to the step of this pass: takes it in, and sets them to all steps. */
  take(B: number): void {
    const { inputs } = this.#node;
    this.#histories.forEach(({ input, features, stride }, i) => {
      const from = inputs[input];
      const to = this.#addresses[i] + 4 * (this.steps - 1) * B * stride;
      this.#kernels.copyColumns(
        B,
        features,
        stride - features,
        from.pointer,
        from.stride,
        to,
        stride,
      );
      for (let k = 1; k < inputs.length; k++) {
        if (this.#inputs[k] !== this.#inputs[input]) continue;
        inputs[k].pointer = this.#addresses[i];
        inputs[k].stride = stride;
      }
    });
  }

  /** All that is kept of each step: [steps][B][stride]. */
  views(): readonly View[] {
    const own = this.#histories.map(({ stride }, i) => ({
      pointer: this.#addresses[i],
      stride,
      lengths: 0,
    }));
    return [...own, ...this.#node.grownViews()];
  }
}
