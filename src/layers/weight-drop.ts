// DropConnect on the recurrent kernel (Merity et al. 2017): a node that has its cell train with a copy of the weights of
// which some are 0.
import { AroundNode } from './around-node.js';
import type { DropCounter } from './drop-options.js';
import type { Context, Demands, Extent, LayerNode, Pass } from './node.js';

export class WeightDropNode extends AroundNode {
  readonly #rate: number;
  readonly #counter: DropCounter;

  constructor(rate: number, counter: DropCounter, cell: LayerNode, context: Context) {
    super(cell, context);
    this.#rate = rate;
    this.#counter = counter;
  }

  protected regions(_extent: Extent, training: boolean): Demands['regions'] {
    return [{ name: 'weights', floats: training ? this.blockFloats[0] : 0, keeps: 'step' }];
  }

  forward(extent: Extent, pass: Pass): void {
    const { kernels, buffers } = this;
    // the cell has all regions but the last
    const bound = { ...buffers, regions: buffers.regions.slice(0, -1) };
    if (pass.training) {
      const [whole, ...others] = buffers.blocks;
      const [copy] = this.own;
      const [floats] = this.blockFloats;
      kernels.copyColumns(1, floats, 0, whole, floats, copy, floats);
      this.#drop(copy, pass);
      this.inner.bind({ ...bound, blocks: [copy, ...others] });
    } else this.inner.bind(bound);
    this.runForward(extent, pass);
  }

  backward(extent: Extent, pass: Pass): void {
    this.runBackward(extent, pass);
    const [gradient] = this.buffers.gradients;
    if (gradient) this.#drop(gradient, pass);
  }

  /** Multiplies recurrent weights, or their gradients, with the mask of this step. */
  #drop(block: number, { step }: Pass): void {
    const { kernels } = this;
    const counter = this.#counter('weights', step);
    for (const { name, offset, length, runs, stride } of this.spans) {
      if (name !== 'recurrentKernel') continue;
      const at = block + 4 * offset;
      kernels.dropout(runs, length, at, stride, at, stride, this.#rate, ...counter);
    }
  }
}
