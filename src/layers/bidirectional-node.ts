import { padded } from '../engine/kernels.js';
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
  type View,
  type WeightSpec,
} from './node.js';
import { type Port, rowsOf } from './port.js';

/** How the outputs of both directions become one; null: they stay two. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave' | null;

/** Kinds of mergeRows (assembly/recurrent/reversed.ts). */
const KINDS = { sum: 0, ave: 1, mul: 2 } as const;
const HALF = 3;

/** Two recurrent nodes over one sequence, the second from its end, whose outputs are aligned in time and merged. */
export class BidirectionalNode extends LayerNode {
  readonly className = 'Bidirectional';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  override readonly wholeSequences = true;
  override readonly penalizes: boolean;
  readonly #nodes: readonly LayerNode[];
  readonly #mode: MergeMode;
  readonly #sequences: boolean;
  /** Units, and floats of their rows, of both directions. */
  readonly #units: readonly number[];
  readonly #widths: readonly number[];
  readonly #columns: number;
  /** Regions of each of them. */
  readonly #counts: readonly number[];
  #own: readonly number[] = [];

  /** @param names of both, before the names of their weights */
  constructor(
    nodes: readonly [LayerNode, LayerNode],
    names: readonly string[],
    mode: MergeMode,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#nodes = nodes;
    this.#counts = nodes.map(regionsOf);
    this.#mode = mode;
    const ports = nodes.map(({ outputPorts }) => outputPorts[0]);
    this.#sequences = ports[0].sequence;
    this.#units = ports.map(({ features }) => features);
    this.#widths = this.#units.map((units) => padded(this.kernels, units));
    this.#columns = padded(this.kernels, inputs[0].features);
    this.weights = nodes.flatMap(({ weights }, i) =>
      weights.map(({ name, shape }) => ({ name: `${names[i]}/${name}`, shape })),
    );
    this.blockFloats = nodes.flatMap(({ blockFloats }) => blockFloats);
    const before = nodes[0].blockFloats.reduce((a, b) => a + b, 0);
    this.spans = nodes.flatMap(({ spans }, i) =>
      spans.map((span) => ({
        ...span,
        name: `${names[i]}/${span.name}`,
        offset: span.offset + i * before,
      })),
    );
    this.penalizes = nodes.some(({ penalizes }) => penalizes);
    this.initializerFloats = Math.max(...nodes.map((node) => node.initializerFloats));
    if (mode !== null) this.outputs[0].stride = padded(this.kernels, outputs[0].features);
  }

  override penalty(extent: Extent, pass: Pass): number {
    return this.#nodes.reduce((sum, node) => sum + node.penalty(extent, pass), 0);
  }

  override get carriers(): readonly Carrier[] {
    return this.#nodes.flatMap(({ carriers }) => carriers);
  }

  demands(extent: Extent, training: boolean): Demands {
    const inner = this.#nodes.map((node, i) => demandsOf(node, this.#counts[i], extent, training));
    const rows = this.#rows(extent);
    const later = training ? rows : 0;
    const [first, second] = this.#widths;
    const stride = this.#mode === null ? first : this.outputs[0].stride;
    const x = training ? extent.B * extent.steps[0] * this.#columns : 0;
    return demandsOfAll(inner, [
      { name: 'y', floats: rows * stride, keeps: 'output' },
      { name: 'aligned', floats: rows * second, keeps: 'output' },
      { name: 'first gradient', floats: later * first, keeps: 'step' },
      { name: 'second gradient', floats: later * second, keeps: 'step' },
      { name: 'reversed gradient', floats: later * second, keeps: 'step' },
      { name: 'input gradient', floats: x, keeps: 'step' },
    ]);
  }

  #rows({ B, steps }: Extent): number {
    return rowsOf(this.#nodes[0].outputPorts[0], B, steps[0]);
  }

  override bind(buffers: Buffers): void {
    super.bind(buffers);
    this.#own = bindInner(this.#nodes, buffers, this.#counts);
  }

  /** Visits the states of both directions, in the order in which they are given, or in which they come out. */
  #eachState(
    of: 'inputs' | 'outputs' | 'inputGradients' | 'outputGradients',
    visit: (inner: View, outer: View) => void,
  ): void {
    let next = this.#mode === null && (of === 'outputs' || of === 'outputGradients') ? 2 : 1;
    for (const node of this.#nodes) {
      for (let k = 1; k < node[of].length; k++) visit(node[of][k], this[of][next++]);
    }
  }

  forward(extent: Extent, pass: Pass): void {
    const { steps } = extent;
    const { kernels } = this;
    this.#eachState('inputs', point);
    for (const node of this.#nodes) {
      point(node.inputs[0], this.inputs[0]);
      node.forward(extent, pass);
    }
    this.#eachState('outputs', (inner, outer) => point(outer, inner));
    const [y, aligned] = this.#own;
    const [a, raw] = this.#nodes.map(({ outputs }) => outputs[0]);
    const [width, other] = this.#widths;
    const rows = this.#rows(extent);
    const lengths = this.#sequences ? this.inputs[0].lengths : 0;
    const b: View = { pointer: aligned, stride: other, lengths };
    kernels.reverseSteps(
      rows / (this.#sequences ? steps[0] : 1),
      this.#sequences ? steps[0] : 1,
      other,
      raw.pointer,
      raw.stride,
      aligned,
      other,
    );
    const [output] = this.outputs;
    if (this.#mode === null) {
      kernels.copyColumns(rows, width, 0, a.pointer, a.stride, y, width);
      point(output, { pointer: y, stride: width, lengths });
      point(this.outputs[1], b);
      this.#clear(extent, y, width);
      this.#clear(extent, aligned, other);
      return;
    }
    const { stride } = output;
    point(output, { pointer: y, stride, lengths });
    if (this.#mode !== 'concat') {
      const kind = KINDS[this.#mode];
      kernels.mergeRows(kind, rows, width, a.pointer, a.stride, aligned, other, y, stride);
      this.#clear(extent, y, stride);
      return;
    }
    const [H, G] = this.#units;
    kernels.copyColumns(rows, H, 0, a.pointer, a.stride, y, stride);
    kernels.copyColumns(rows, G, stride - H - G, aligned, other, y + 4 * H, stride);
    this.#clear(extent, y, stride);
  }

  /** Sets rows of masked steps to 0: so Keras has it in both directions, where other layers repeat the step before. */
  #clear({ B, steps }: Extent, rows: number, stride: number): void {
    const [{ lengths }] = this.inputs;
    if (!this.#sequences || lengths === 0) return;
    this.kernels.clearMasked(B, steps[0], stride, 0, rows, stride, lengths, rows, stride);
  }

  backward(extent: Extent, pass: Pass): void {
    const { kernels } = this;
    const { B, steps } = extent;
    const [first, second] = this.#nodes;
    const [, , da, db, reversed, dX] = this.#own;
    const [width, other] = this.#widths;
    const rows = this.#rows(extent);
    this.#split(rows, da, db);
    this.#clear(extent, da, width);
    this.#clear(extent, db, other);
    const T = this.#sequences ? steps[0] : 1;
    kernels.reverseSteps(rows / T, T, other, db, other, reversed, other);
    point(first.outputGradients[0], { pointer: da, stride: width, lengths: 0 });
    point(second.outputGradients[0], { pointer: reversed, stride: other, lengths: 0 });
    const [asked] = this.inputGradients;
    point(first.inputGradients[0], asked);
    const wanted = asked.pointer !== 0;
    const columns = this.#columns;
    point(second.inputGradients[0], { pointer: wanted ? dX : 0, stride: columns, lengths: 0 });
    this.#eachState('outputGradients', point);
    this.#eachState('inputGradients', point);
    first.backward(extent, pass);
    second.backward(extent, pass);
    if (!wanted) return;
    kernels.addRows(B * steps[0], columns, dX, columns, asked.pointer, asked.stride);
  }

  /** What is asked of each direction, from what is asked of the output. */
  #split(rows: number, da: number, db: number): void {
    const { kernels } = this;
    const [width, other] = this.#widths;
    const [asked] = this.outputGradients;
    const { pointer, stride } = asked;
    if (this.#mode !== null && pointer === 0) {
      // states alone are read
      kernels.fill(rows * width, da, 0);
      kernels.fill(rows * other, db, 0);
    } else if (this.#mode === null) {
      this.#copyOrZero(rows, width, asked, da);
      this.#copyOrZero(rows, other, this.outputGradients[1], db);
    } else if (this.#mode === 'concat') {
      const [H, G] = this.#units;
      kernels.copyColumns(rows, H, width - H, pointer, stride, da, width);
      kernels.copyColumns(rows, G, other - G, pointer + 4 * H, stride, db, other);
    } else if (this.#mode === 'mul') {
      const a = this.#nodes[0].outputs[0];
      const { mul } = KINDS;
      const aligned = this.#own[1];
      kernels.mergeRows(mul, rows, width, pointer, stride, aligned, other, da, width);
      kernels.mergeRows(mul, rows, width, pointer, stride, a.pointer, a.stride, db, other);
    } else if (this.#mode === 'ave') {
      kernels.mergeRows(HALF, rows, width, pointer, stride, pointer, stride, da, width);
      kernels.copyColumns(rows, other, 0, da, width, db, other);
    } else {
      kernels.copyColumns(rows, width, 0, pointer, stride, da, width);
      kernels.copyColumns(rows, other, 0, pointer, stride, db, other);
    }
  }

  #copyOrZero(rows: number, width: number, { pointer, stride }: View, to: number): void {
    if (pointer === 0) this.kernels.fill(rows * width, to, 0);
    else this.kernels.copyColumns(rows, width, 0, pointer, stride, to, width);
  }

  override initialize(...[weights, ...rest]: Parameters<LayerNode['initialize']>): void {
    initializeInner(this.#nodes, weights, ...rest);
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    convertInner(this.#nodes, 'pack', weights, blocks);
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    convertInner(this.#nodes, 'unpack', weights, blocks);
  }
}
