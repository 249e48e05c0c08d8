// A recurrent layer with goBackwards: a node that hands the cell its sequence from the end.
import { padded } from '../engine/kernels.js';
import { AroundNode } from './around-node.js';
import { type DropConfig, dropCounter } from './drop-options.js';
import { DroppedInputNode } from './dropped-input.js';
import type { Context, Demands, Extent, LayerNode, Pass } from './node.js';
import { WeightDropNode } from './weight-drop.js';

/** The node of a layer that reads its sequence from the end, and drops inputs and weights, where it is asked to. */
export function directed(
  config: DropConfig & { readonly goBackwards: boolean },
  cell: LayerNode,
  context: Context,
): LayerNode {
  const { goBackwards, dropout, recurrentDropout = 0, weightDrop = 0, seed } = config;
  const counter = dropCounter(seed, context);
  let node = cell;
  if (weightDrop > 0) node = new WeightDropNode(weightDrop, counter, node, context);
  // with recurrentDropout each gate sees inputs of its own, which is for the kernels
  if (dropout > 0 && recurrentDropout === 0) {
    node = new DroppedInputNode(dropout, counter, node, context);
  }
  return goBackwards ? new BackwardsNode(node, context) : node;
}

class BackwardsNode extends AroundNode {
  override readonly wholeSequences = true;
  readonly #columns: number;

  constructor(cell: LayerNode, context: Context) {
    super(cell, context);
    this.#columns = padded(this.kernels, cell.inputPorts[0].features);
  }

  /** The input and its mask in the order of the cell, and the gradient that it gives. */
  protected regions({ B, steps: [T] }: Extent, training: boolean): Demands['regions'] {
    const floats = T * B * this.#columns;
    return [
      { name: 'reversed', floats, keeps: 'step' },
      // layers that pass it on have readers of their own
      { name: 'mask', floats: this.kernels.maskFloats(B, T), keeps: 'state' },
      { name: 'gradient', floats: training ? floats : 0, keeps: 'step' },
    ];
  }

  forward(extent: Extent, pass: Pass): void {
    const { kernels } = this;
    const { B, steps } = extent;
    const [{ pointer, stride, lengths }] = this.inputs;
    const [x, mask] = this.own;
    const columns = this.#columns;
    kernels.reverseSteps(B, steps[0], columns, pointer, stride, x, columns);
    if (lengths !== 0) kernels.reverseMask(B, steps[0], lengths, mask);
    this.runForward(extent, pass, { pointer: x, stride: columns, lengths: lengths && mask });
  }

  backward(extent: Extent, pass: Pass): void {
    const [asked] = this.inputGradients;
    if (asked.pointer === 0) {
      this.runBackward(extent, pass);
      return;
    }
    const { B, steps } = extent;
    const gradient = this.own[2];
    const columns = this.#columns;
    this.runBackward(extent, pass, { pointer: gradient, stride: columns, lengths: 0 });
    this.kernels.reverseSteps(B, steps[0], columns, gradient, columns, asked.pointer, asked.stride);
  }
}
