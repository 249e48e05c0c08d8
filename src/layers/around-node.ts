// A node around another one, which does its work: what it does not say itself is the other's.
import type { Span } from '../engine/span.js';
import {
  bindInner,
  convertInner,
  demandsOf,
  demandsOfAll,
  initializeInner,
  point,
  regionsOf,
} from './inner-node.js';
import {
  type Buffers,
  type Carrier,
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type RowTable,
  type StateSpec,
  type View,
  type WeightSpec,
} from './node.js';

export abstract class AroundNode extends LayerNode {
  readonly className: string;
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  override readonly state: readonly StateSpec[];
  override readonly wholeSequences: boolean;
  override readonly wholeInputs: readonly number[] | undefined;
  override readonly statistics: number;
  override readonly table: RowTable | undefined;
  override readonly numbersBelow: number | undefined;
  override readonly passesThrough: boolean;
  override readonly penalizes: boolean;
  protected readonly inner: LayerNode;
  /** Its own regions. */
  protected own: readonly number[] = [];
  /** Those of the other node. */
  readonly #regions: number;

  constructor(inner: LayerNode, context: Context) {
    super(inner.inputPorts, inner.outputPorts, context);
    this.inner = inner;
    this.#regions = regionsOf(inner);
    this.className = inner.className;
    this.weights = inner.weights;
    this.blockFloats = inner.blockFloats;
    this.spans = inner.spans;
    this.initializerFloats = inner.initializerFloats;
    this.state = inner.state;
    this.wholeSequences = inner.wholeSequences;
    this.wholeInputs = inner.wholeInputs;
    this.statistics = inner.statistics;
    this.table = inner.table;
    this.numbersBelow = inner.numbersBelow;
    this.passesThrough = inner.passesThrough;
    this.penalizes = inner.penalizes;
  }

  /** The regions that it wants beside those of the other one. */
  protected abstract regions(extent: Extent, training: boolean): Demands['regions'];

  demands(extent: Extent, training: boolean): Demands {
    const inner = demandsOf(this.inner, this.#regions, extent, training);
    return demandsOfAll([inner], this.regions(extent, training));
  }

  override bind(buffers: Buffers): void {
    super.bind(buffers);
    this.own = bindInner([this.inner], buffers, [this.#regions]);
  }

  /** The other's forward pass. @param x stands for the first input */
  protected runForward(extent: Extent, pass: Pass, x: View = this.inputs[0]): void {
    const { inner } = this;
    inner.inputs.forEach((view, k) => {
      point(view, k === 0 ? x : this.inputs[k]);
    });
    inner.emitsLogits = this.emitsLogits;
    inner.forward(extent, pass);
    this.outputs.forEach((view, k) => {
      point(view, inner.outputs[k]);
    });
  }

  /** Its backward pass. @param dX stands for the gradient of the first input @param dY for those of the outputs */
  protected runBackward(
    extent: Extent,
    pass: Pass,
    dX: View = this.inputGradients[0],
    dY: readonly View[] = this.outputGradients,
  ): void {
    const { inner } = this;
    inner.outputGradients.forEach((view, k) => {
      point(view, dY[k]);
    });
    inner.inputGradients.forEach((view, k) => {
      point(view, k === 0 ? dX : this.inputGradients[k]);
    });
    inner.backward(extent, pass);
  }

  override penalty(extent: Extent, pass: Pass): number {
    return this.inner.penalty(extent, pass);
  }

  override statisticsAreFinite(): boolean {
    return this.inner.statisticsAreFinite();
  }

  override moveStatistics(): void {
    this.inner.moveStatistics();
  }

  override get carriers(): readonly Carrier[] {
    return this.inner.carriers;
  }

  override outputSteps(output: number, steps: readonly number[]): number {
    return this.inner.outputSteps(output, steps);
  }

  override stateViews(): readonly View[] {
    return this.inner.stateViews();
  }

  override initialize(...[weights, ...rest]: Parameters<LayerNode['initialize']>): void {
    initializeInner([this.inner], weights, ...rest);
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    convertInner([this.inner], 'pack', weights, blocks);
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    convertInner([this.inner], 'unpack', weights, blocks);
  }
}
