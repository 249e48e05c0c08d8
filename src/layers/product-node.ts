import { MergeNode, type Stretch } from './merge-node.js';
import type { View } from './node.js';

/** The kind of mergeRows. */
const TIMES = 2;

/** Multiply: y = x0 x1 ... As in Keras a masked step counts as 1, and is 0 where all are masked. */
export class ProductNode extends MergeNode {
  protected begin(stretch: Stretch): void {
    const { rows } = stretch;
    const [y] = this.outputs;
    if (this.wide[0].lengths === 0) this.copy(rows, this.wide[0], y);
    else {
      this.kernels.fill(rows * y.stride, y.pointer, 1);
      this.#times(this.wide[0], y, stretch);
    }
  }

  protected put(k: number, _before: number, stretch: Stretch): void {
    this.#times(this.wide[k], this.outputs[0], stretch);
  }

  protected override end(stretch: Stretch): void {
    const [y] = this.outputs;
    if (y.lengths !== 0) this.#clear(y, y.lengths, y, stretch);
  }

  /** dY times all others. */
  protected take(k: number, to: View, stretch: Stretch): void {
    if (to.pointer === 0) return;
    const [dY] = this.outputGradients;
    const { lengths } = this.wide[k];
    if (lengths === 0) this.copy(stretch.rows, dY, to);
    else this.#clear(dY, lengths, to, stretch);
    this.wide.forEach((other, i) => {
      if (i !== k) this.#times(other, to, stretch);
    });
  }

  /** y = y x. */
  #times(x: View, y: View, { B, steps, from, rows }: Stretch): void {
    if (x.lengths === 0) {
      this.mergeInto(y, TIMES, rows, x);
      return;
    }
    this.kernels.multiplyCounted(
      ...([B, steps, this.outputs[0].stride, from, x.pointer, x.stride, x.lengths] as const),
      ...([y.pointer, y.stride] as const),
    );
  }

  /** to = x, and 0 in masked rows. */
  #clear(x: View, lengths: number, to: View, { B, steps, from }: Stretch): void {
    this.kernels.clearMasked(
      ...([B, steps, this.outputs[0].stride, from, x.pointer, x.stride, lengths] as const),
      ...([to.pointer, to.stride] as const),
    );
  }
}
