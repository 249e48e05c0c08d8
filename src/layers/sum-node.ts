import { MergeNode, type Stretch } from './merge-node.js';
import type { View } from './node.js';

/** Kinds of mergeRows. */
const [PLUS, MINUS] = [0, 4];

/** Add, Subtract and Average: y = x0 + x1 + ..., x0 - x1, (x0 + x1 + ...) / K. */
export class SumNode extends MergeNode {
  protected begin({ rows }: Stretch): void {
    this.copy(rows, this.wide[0], this.outputs[0]);
  }

  protected put(k: number, _before: number, { rows }: Stretch): void {
    const kind = this.className === 'Subtract' ? MINUS : PLUS;
    this.mergeInto(this.outputs[0], kind, rows, this.wide[k]);
  }

  protected override end({ rows }: Stretch): void {
    const [y] = this.outputs;
    if (this.className === 'Average') this.#divide(rows, y, this.inputs.length, y);
  }

  protected take(k: number, to: View, { rows }: Stretch): void {
    if (to.pointer === 0) return;
    const [dY] = this.outputGradients;
    if (this.className === 'Average') this.#divide(rows, dY, this.inputs.length, to);
    else if (this.className === 'Subtract' && k === 1) this.#divide(rows, dY, -1, to);
    else this.copy(rows, dY, to);
  }

  #divide(rows: number, x: View, by: number, to: View): void {
    const columns = this.outputs[0].stride;
    const { pointer, stride } = x;
    this.kernels.divideRows(rows, columns, by, pointer, stride, to.pointer, to.stride);
  }
}
