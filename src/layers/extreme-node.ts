import { MergeNode, type Stretch } from './merge-node.js';
import type { View } from './node.js';

/** Maximum and Minimum. As in Keras a step that is masked in some values is that of the others. */
export class ExtremeNode extends MergeNode {
  protected begin({ rows }: Stretch): void {
    this.copy(rows, this.wide[0], this.outputs[0]);
  }

  protected put(k: number, before: number, { B, steps, from }: Stretch): void {
    const x = this.wide[k];
    const { pointer, stride } = this.outputs[0];
    this.kernels.extremeRows(
      ...([this.className === 'Minimum', B, steps, stride, from] as const),
      ...([x.pointer, x.stride, x.lengths, before, pointer, stride] as const),
    );
  }

  /** The first of those that tie has the gradient, so each takes its part away, wanted or not. */
  protected take(k: number, to: View, { B, steps, from }: Stretch): void {
    const [dY] = this.outputGradients;
    const [y] = this.outputs;
    const x = this.wide[k];
    // where all are masked the first one came through
    const all = k === 0 ? y.lengths : 0;
    this.kernels.extremeGradient(
      ...([B, steps, y.stride, from, x.pointer, x.stride, x.lengths, all] as const),
      ...([y.pointer, y.stride, dY.pointer, dY.stride, to.pointer, to.stride] as const),
    );
  }
}
