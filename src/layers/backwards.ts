// A recurrent layer with goBackwards: a node that hands the cell its sequence from the end.
import { padded } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { type DropConfig, dropCounter } from './drop-options.js';
import { DroppedInputNode } from './dropped-input.js';
import {
  bindInner,
  convertInner,
  demandsOf,
  demandsOfAll,
  initializeInner,
  point,
} from './inner-node.js';
import {
  type Buffers,
  type Carrier,
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type StateSpec,
  type View,
  type WeightSpec,
} from './node.js';
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

class BackwardsNode extends LayerNode {
  readonly className: string;
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  override readonly state: readonly StateSpec[];
  override readonly wholeSequences = true;
  readonly #cell: LayerNode;
  readonly #columns: number;
  #regions = 0;
  /** The input and its mask in the order of the cell, and the gradient that it gives. */
  #own: readonly number[] = [];

  constructor(cell: LayerNode, context: Context) {
    super(cell.inputPorts, cell.outputPorts, context);
    this.#cell = cell;
    this.className = cell.className;
    this.weights = cell.weights;
    this.blockFloats = cell.blockFloats;
    this.spans = cell.spans;
    this.initializerFloats = cell.initializerFloats;
    this.state = cell.state;
    this.#columns = padded(this.kernels, cell.inputPorts[0].features);
  }

  override get carriers(): readonly Carrier[] {
    return this.#cell.carriers;
  }

  demands(extent: Extent, training: boolean): Demands {
    const inner = demandsOf(this.#cell, extent, training);
    this.#regions = inner.regions.length;
    const { B, steps } = extent;
    const floats = steps[0] * B * this.#columns;
    const mask = this.kernels.maskFloats(B, steps[0]);
    return demandsOfAll(
      [inner],
      [
        { name: 'reversed', floats, keeps: 'step' },
        // layers that pass it on have readers of their own
        { name: 'mask', floats: mask, keeps: 'state' },
        { name: 'gradient', floats: training ? floats : 0, keeps: 'step' },
      ],
    );
  }

  override bind(buffers: Buffers): void {
    super.bind(buffers);
    this.#own = bindInner([this.#cell], buffers, [this.#regions]);
  }

  forward(extent: Extent, pass: Pass): void {
    const { B, steps } = extent;
    const [input] = this.inputs;
    const [x, mask] = this.#own;
    const columns = this.#columns;
    this.#cell.inputs.forEach((view, k) => {
      point(view, this.inputs[k]);
    });
    this.kernels.reverseSteps(B, steps[0], columns, input.pointer, input.stride, x, columns);
    if (input.lengths !== 0) this.kernels.reverseMask(B, steps[0], input.lengths, mask);
    point(this.#cell.inputs[0], {
      pointer: x,
      stride: columns,
      lengths: input.lengths === 0 ? 0 : mask,
    });
    this.#cell.forward(extent, pass);
    this.outputs.forEach((view, k) => {
      point(view, this.#cell.outputs[k]);
    });
  }

  backward(extent: Extent, pass: Pass): void {
    const { B, steps } = extent;
    const [asked] = this.inputGradients;
    const gradient = this.#own[2];
    const columns = this.#columns;
    this.#cell.outputGradients.forEach((view, k) => {
      point(view, this.outputGradients[k]);
    });
    this.#cell.inputGradients.forEach((view, k) => {
      point(view, this.inputGradients[k]);
    });
    if (asked.pointer !== 0) {
      point(this.#cell.inputGradients[0], { pointer: gradient, stride: columns, lengths: 0 });
    }
    this.#cell.backward(extent, pass);
    if (asked.pointer === 0) return;
    this.kernels.reverseSteps(B, steps[0], columns, gradient, columns, asked.pointer, asked.stride);
  }

  override stateViews(): readonly View[] {
    return this.#cell.stateViews();
  }

  override initialize(...[weights, ...rest]: Parameters<LayerNode['initialize']>): void {
    initializeInner([this.#cell], weights, ...rest);
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    convertInner([this.#cell], 'pack', weights, blocks);
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    convertInner([this.#cell], 'unpack', weights, blocks);
  }
}
