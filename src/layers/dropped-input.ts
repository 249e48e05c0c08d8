// Dropout of a recurrent layer's inputs: a node that hands its cell the sequence times one mask.
import { padded } from '../engine/kernels.js';
import { AroundNode } from './around-node.js';
import type { DropCounter } from './drop-options.js';
import type { Context, Demands, Extent, LayerNode, Pass } from './node.js';

export class DroppedInputNode extends AroundNode {
  readonly #rate: number;
  readonly #counter: DropCounter;
  readonly #columns: number;

  constructor(rate: number, counter: DropCounter, cell: LayerNode, context: Context) {
    super(cell, context);
    this.#rate = rate;
    this.#counter = counter;
    this.#columns = padded(this.kernels, cell.inputPorts[0].features);
  }

  protected regions({ B, steps: [T] }: Extent, training: boolean): Demands['regions'] {
    const floats = training ? B * this.#columns : 0;
    return [
      { name: 'dropped', floats: T * floats, keeps: 'step' },
      { name: 'mask', floats, keeps: 'step' },
    ];
  }

  forward(extent: Extent, pass: Pass): void {
    if (!pass.training) {
      this.runForward(extent, pass);
      return;
    }
    const { kernels } = this;
    const { B, steps } = extent;
    const [{ pointer, stride, lengths }] = this.inputs;
    const [x, mask] = this.own;
    const columns = this.#columns;
    kernels.fill(B * columns, mask, 1);
    const counter = this.#counter('input', pass.step);
    kernels.dropout(B, columns, mask, columns, mask, columns, this.#rate, ...counter);
    kernels.maskSteps(B, steps[0], columns, pointer, stride, mask, columns, x, columns);
    this.runForward(extent, pass, { pointer: x, stride: columns, lengths });
  }

  backward(extent: Extent, pass: Pass): void {
    const { B, steps } = extent;
    const [{ pointer, stride }] = this.inputGradients;
    this.runBackward(extent, pass);
    if (pointer === 0) return;
    const columns = this.#columns;
    const mask = this.own[1];
    this.kernels.maskSteps(B, steps[0], columns, pointer, stride, mask, columns, pointer, stride);
  }
}
