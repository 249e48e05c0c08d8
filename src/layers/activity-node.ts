// activityRegularizer: a node around that of a layer, which adds a penalty on what comes out to the loss, and its gradient to what is
// asked of it.
import { padded } from '../engine/kernels.js';
import { AroundNode } from './around-node.js';
import {
  type Context,
  type Demands,
  type Extent,
  type LayerNode,
  type Pass,
  type View,
  view,
} from './node.js';
import { rowsOf } from './port.js';
import type { Penalty } from './regularizer.js';

/** Rows of an output that count, and the step of the first one. */
interface Rows {
  readonly count: number;
  /** Rows before them. */
  readonly before: number;
  readonly first: number;
  /** See zeroMasked of Context; else 0. */
  readonly lengths: number;
}

export class ActivityNode extends AroundNode {
  override readonly penalizes = true;
  readonly #penalty: Penalty;
  readonly #zeroMasked: boolean;
  readonly #columns: readonly number[];
  /** What is asked of each output, with the gradient of the penalty. */
  readonly #asked: readonly View[];

  constructor(penalty: Penalty, inner: LayerNode, context: Context) {
    super(inner, context);
    this.#penalty = penalty;
    this.#zeroMasked = context.zeroMasked === true;
    this.#columns = inner.outputPorts.map(({ features }) => padded(this.kernels, features));
    this.#asked = inner.outputPorts.map(() => view());
  }

  /** Room for the gradients of outputs that nobody reads. */
  protected regions(extent: Extent, training: boolean): Demands['regions'] {
    return this.#columns.map((columns, k) => ({
      name: 'gradient',
      floats: training ? this.#all(k, extent) * columns : 0,
      keeps: 'step',
    }));
  }

  #all(k: number, { B, steps }: Extent): number {
    return rowsOf(this.outputPorts[k], B, this.outputSteps(k, steps));
  }

  #rows(k: number, extent: Extent, { from, counted }: Pass): Rows {
    const { sequence } = this.outputPorts[k];
    const all = this.#all(k, extent);
    if (!sequence) return { count: counted.ends ? all : 0, before: 0, first: 0, lengths: 0 };
    const before = counted.before * extent.B;
    const lengths = this.#zeroMasked ? this.outputs[k].lengths : 0;
    return { count: all - before, before, first: from + counted.before, lengths };
  }

  forward(extent: Extent, pass: Pass): void {
    this.runForward(extent, pass);
  }

  override penalty(extent: Extent, pass: Pass): number {
    const { l1, l2 } = this.#penalty;
    const { B } = extent;
    let sum = super.penalty(extent, pass);
    this.outputs.forEach(({ pointer, stride }, k) => {
      const { count, before, first, lengths } = this.#rows(k, extent, pass);
      const at = pointer + 4 * before * stride;
      const factor = pass.counted.factor / B;
      sum += this.kernels.activityPenalty(
        ...([count, this.outputPorts[k].features, at, stride, B, lengths, first] as const),
        ...([l1 * factor, l2 * factor] as const),
      );
    });
    return sum;
  }

  backward(extent: Extent, pass: Pass): void {
    this.outputs.forEach((_, k) => {
      this.#ask(k, extent, pass);
    });
    this.runBackward(extent, pass, this.inputGradients[0], this.#asked);
  }

  #ask(k: number, extent: Extent, pass: Pass): void {
    const { kernels } = this;
    const { B } = extent;
    const { l1, l2 } = this.#penalty;
    const columns = this.#columns[k];
    const asked = this.#asked[k];
    const { count, before, first, lengths } = this.#rows(k, extent, pass);
    const given = this.outputGradients[k];
    asked.pointer = given.pointer;
    asked.stride = given.stride;
    if (given.pointer === 0) {
      if (count === 0) return;
      asked.pointer = this.own[k];
      asked.stride = columns;
      kernels.fill(this.#all(k, extent) * columns, asked.pointer, 0);
    }
    const { pointer, stride } = this.outputs[k];
    const { features } = this.outputPorts[k];
    const factor = pass.counted.factor / B;
    kernels.addActivityGradient(
      ...([count, features, pointer + 4 * before * stride, stride, B, lengths, first] as const),
      ...([l1 * factor, l2 * factor] as const),
      ...([asked.pointer + 4 * before * asked.stride, asked.stride] as const),
    );
  }
}
