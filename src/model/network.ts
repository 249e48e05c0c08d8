import { type Kernels, padded } from '../engine/kernels.js';
import type { Span } from '../engine/span.js';
import { SluiceError } from '../errors.js';
import { DenseNode } from '../layers/dense.js';
import {
  featuresOf,
  type Layer,
  type LayerNode,
  type Pass,
  rowsOf,
  type Shape,
  stepsOf,
  type View,
} from '../layers/layer.js';
import type { SeedWords } from '../random.js';
import type { Plan, PlanRequest } from './plan.js';
import { layerStream } from './streams.js';

/** Rows of a sequence that inference stages at once: enough for the kernels, few for the cache. */
const INFERENCE_ROWS = 1024;

/** The layers of a model connected to an input shape: sizes, passes, and where bytes lie. */
export class Network {
  readonly nodes: readonly LayerNode[];
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Floats of all parameter blocks, which stand one after the other. */
  readonly parameterFloats: number;
  /** Where every weight, by its full name, stands in the store, in the order of getWeights. */
  readonly spans: readonly Span[];
  /** The staged batch; padding columns hold 0. */
  readonly input: View = { pointer: 0, stride: 0 };
  readonly target: View = { pointer: 0, stride: 0 };
  readonly inputGradient: View = { pointer: 0, stride: 0 };
  readonly #kernels: Kernels;
  /** The first node with weights: below it nobody wants gradients. */
  readonly #firstTrainable: number;
  #lowest = 0;

  constructor(
    layers: readonly Layer[],
    names: readonly string[],
    inputShape: Shape,
    kernels: Kernels,
    seed: SeedWords,
  ) {
    this.#kernels = kernels;
    this.inputShape = Object.freeze([...inputShape]);
    const nodes: LayerNode[] = [];
    let shape = inputShape;
    layers.forEach((layer, i) => {
      checkDeclaredShape(layer, names[i], shape);
      const stream = layerStream(i);
      const node = layer.connect(shape, { name: names[i], kernels, seed, stream });
      nodes.push(node);
      shape = node.outputShape;
    });
    this.nodes = nodes;
    this.outputShape = Object.freeze([...shape]);
    this.parameterFloats = nodes.reduce((sum, node) => sum + total(node.blockFloats), 0);
    this.spans = spansOf(nodes);
    this.#firstTrainable = nodes.findIndex((node) => node.weights.length > 0);
    this.input.stride = padded(kernels, featuresOf(inputShape));
    this.inputGradient.stride = this.input.stride;
    this.target.stride = padded(kernels, featuresOf(shape));
  }

  get last(): LayerNode {
    return this.nodes[this.nodes.length - 1];
  }

  /** Addresses of each node's parameter blocks, when the store begins at `base`. */
  blocks(base: number): number[][] {
    let next = base;
    return this.nodes.map((node) =>
      node.blockFloats.map((floats) => {
        const address = next;
        next += 4 * floats;
        return address;
      }),
    );
  }

  /** Time steps that a pass over B samples covers at once. */
  steps(B: number, training: boolean): number {
    const all = stepsOf(this.inputShape);
    return training ? all : Math.min(all, Math.max(1, Math.floor(INFERENCE_ROWS / B)));
  }

  /** What a pass over at most B samples needs, for the planner. */
  request(B: number, training: boolean, wantInputGradient = false): PlanRequest {
    const steps = this.steps(B, training);
    const wide = (shape: Shape) =>
      rowsOf(shape, B, steps) * padded(this.#kernels, featuresOf(shape));
    return {
      training,
      wantInputGradient,
      inputFloats: wide(this.inputShape),
      targetFloats: wide(this.outputShape),
      nodes: this.nodes.map((node, i) => ({
        name: node.name,
        inputs: [i - 1],
        passesThrough: node.passesThrough,
        demands: node.demands(B, steps, training),
        outputFloats: wide(node.outputShape),
      })),
    };
  }

  /** Points every node at its bytes. */
  bind(
    plan: Plan,
    workspace: number,
    parameters: number,
    gradients: number,
    wantInputGradient: boolean,
  ): void {
    this.#lowest = wantInputGradient ? 0 : Math.max(0, this.#firstTrainable);
    this.input.pointer = workspace + plan.input;
    this.target.pointer = workspace + plan.target;
    this.inputGradient.pointer = wantInputGradient ? workspace + plan.inputGradient : 0;
    const blocks = this.blocks(parameters);
    const gradientBlocks = this.blocks(gradients);
    this.nodes.forEach((node, i) => {
      const places = plan.nodes[i];
      node.bind({
        blocks: blocks[i],
        gradients: gradientBlocks[i],
        regions: places.regions.map((offset) => workspace + offset),
        forwardScratch: workspace + places.forwardScratch,
        backwardScratch: workspace + places.backwardScratch,
      });
      node.outputGradient.pointer = workspace + places.outputGradient;
      node.outputGradient.stride = padded(this.#kernels, featuresOf(node.outputShape));
      const below = i === 0 ? this.inputGradient : this.nodes[i - 1].outputGradient;
      node.inputGradient.pointer = i > this.#lowest || i === 0 ? below.pointer : 0;
      node.inputGradient.stride = below.stride;
    });
  }

  /**
   * Forward over the staged extent of B samples; `logits` leaves a softmax at the end to the
   * loss. Returns whether the last node has given output: one without time waits for the last
   * extent, and so does every node above a node without time.
   */
  forward(B: number, pass: Pass, logits: boolean): boolean {
    const ends = pass.from + pass.steps === stepsOf(this.inputShape);
    const last = this.last;
    if (last instanceof DenseNode) last.emitsLogits = logits;
    let from = this.input;
    for (const node of this.nodes) {
      node.input.pointer = from.pointer;
      node.input.stride = from.stride;
      node.forward(B, pass);
      if (!ends && node.outputShape.length === 1) return false;
      from = node.output;
    }
    return true;
  }

  /** Backward from the last node's output gradient, which the loss has written. */
  backward(B: number, pass: Pass): void {
    for (let i = this.nodes.length - 1; i >= this.#lowest; i--) this.nodes[i].backward(B, pass);
  }
}

function spansOf(nodes: readonly LayerNode[]): Span[] {
  let start = 0;
  return nodes.flatMap(({ name, spans, blockFloats }) => {
    const from = start;
    start += total(blockFloats);
    return spans.map((span) => ({
      ...span,
      name: `${name}/${span.name}`,
      offset: from + span.offset,
    }));
  });
}

const total = (floats: readonly number[]): number => floats.reduce((a, b) => a + b, 0);

function checkDeclaredShape(layer: Layer, name: string, found: Shape): void {
  const declared = layer.inputShape;
  if (!declared || declared.join() === found.join()) return;
  throw new SluiceError(
    'bad-shape',
    `layer ${name} declares inputShape [${declared.join(', ')}], but gets [${found.join(', ')}]; ` +
      'only the first layer needs an inputShape',
  );
}
