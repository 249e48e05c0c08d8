import type { Span } from '../engine/span.js';
import { point } from './inner-node.js';
import {
  type Buffers,
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type WeightSpec,
} from './node.js';
import type { Port } from './port.js';

/** A node that sees each time step of each sample as a sample: rows of time-major sequences are such a batch as they stand. */
export class TimeDistributedNode extends LayerNode {
  readonly className = 'TimeDistributed';
  override readonly weights: readonly WeightSpec[];
  override readonly blockFloats: readonly number[];
  override readonly spans: readonly Span[];
  override readonly initializerFloats: number;
  override readonly passesThrough: boolean;
  readonly #inner: LayerNode;
  readonly #extent = { B: 0, steps: [1] };

  /** @param name that of the inner layer, before the names of its weights */
  constructor(
    inner: LayerNode,
    name: string,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    this.#inner = inner;
    this.weights = inner.weights.map((one) => ({ ...one, name: `${name}/${one.name}` }));
    this.spans = inner.spans.map((one) => ({ ...one, name: `${name}/${one.name}` }));
    this.blockFloats = inner.blockFloats;
    this.initializerFloats = inner.initializerFloats;
    this.passesThrough = inner.passesThrough;
    point(this.outputs[0], inner.outputs[0]);
  }

  #all({ B, steps }: Extent): Extent {
    this.#extent.B = B * steps[0];
    return this.#extent;
  }

  demands(extent: Extent, training: boolean): Demands {
    return this.#inner.demands(this.#all(extent), training);
  }

  override bind(buffers: Buffers): void {
    super.bind(buffers);
    this.#inner.bind(buffers);
  }

  forward(extent: Extent, pass: Pass): void {
    const [input] = this.inputs;
    const inner = this.#inner;
    inner.emitsLogits = this.emitsLogits;
    point(inner.inputs[0], input);
    // a step knows of no others
    inner.inputs[0].lengths = 0;
    inner.forward(this.#all(extent), pass);
    point(this.outputs[0], inner.outputs[0]);
    this.outputs[0].lengths = input.lengths;
  }

  backward(extent: Extent, pass: Pass): void {
    const inner = this.#inner;
    point(inner.outputGradients[0], this.outputGradients[0]);
    point(inner.inputGradients[0], this.inputGradients[0]);
    inner.backward(this.#all(extent), pass);
  }

  override initialize(...given: Parameters<LayerNode['initialize']>): void {
    this.#inner.initialize(...given);
  }

  override pack(weights: readonly number[], blocks: readonly number[]): void {
    this.#inner.pack(weights, blocks);
  }

  override unpack(weights: readonly number[], blocks: readonly number[]): void {
    this.#inner.unpack(weights, blocks);
  }
}
