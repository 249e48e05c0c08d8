import { padded } from '../engine/kernels.js';
import { Spread } from './broadcast.js';
import { MergedMask } from './merged-mask.js';
import {
  type Context,
  type Demands,
  type Extent,
  LayerNode,
  type Pass,
  type View,
  view,
} from './node.js';
import { type Port, rowsOf } from './port.js';

/** What of time a pass covers. */
export interface Stretch {
  readonly B: number;
  readonly steps: number;
  /** The first of these steps. */
  readonly from: number;
  /** B * steps. */
  readonly rows: number;
}

/** Several values number by number, in their order; narrower ones are widened first. What is done is a subclass's. */
export abstract class MergeNode extends LayerNode {
  /** The inputs, as wide as the output; their lengths too. */
  protected readonly wide: readonly View[];
  readonly #spreads: readonly Spread[];
  readonly #mask: MergedMask;
  /** The gradient of one of `wide` that is wider than its input. */
  readonly #asked: View;

  constructor(
    readonly className: string,
    inputs: readonly Port[],
    outputs: readonly Port[],
    context: Context,
  ) {
    super(inputs, outputs, context);
    const { kernels } = this;
    const [output] = outputs;
    const stride = padded(kernels, output.features);
    this.outputs[0].stride = stride;
    this.#spreads = inputs.map((input) => new Spread(kernels, input, output));
    this.wide = inputs.map(() => view(stride));
    this.#asked = view(stride);
    const label = `${this.name}: ${className.toLowerCase()}`;
    this.#mask = new MergedMask(kernels, label, inputs, output);
  }

  /** y of the first input. */
  protected abstract begin(stretch: Stretch): void;
  /** y of one more; `before` are the lengths of y so far. */
  protected abstract put(k: number, before: number, stretch: Stretch): void;
  /** What is left to do once y and its lengths are there. */
  protected end(_stretch: Stretch): void {}
  /** The gradient of one input, one after the other. to.pointer may be 0: nobody wants it. */
  protected abstract take(k: number, to: View, stretch: Stretch): void;

  override outputSteps(_output: number, steps: readonly number[]): number {
    return Math.max(...steps);
  }

  demands(extent: Extent, training: boolean): Demands {
    const floats = this.#stretch(extent, 0).rows * this.outputs[0].stride;
    const wide = this.#spreads.map(({ needed }) => (needed ? floats : 0));
    const any = wide.some((one) => one > 0);
    return {
      regions: [
        { name: 'y', floats, keeps: 'output' },
        this.#mask.demand(extent.B),
        ...wide.map((one, k) => ({ name: `input ${k}`, floats: one, keeps: 'step' as const })),
        { name: 'gradient', floats: training && any ? floats : 0, keeps: 'step' },
      ],
      forwardScratch: 0,
      backwardScratch: 0,
    };
  }

  #stretch({ B, steps }: Extent, from: number): Stretch {
    const longest = Math.max(...steps);
    return { B, steps: longest, from, rows: rowsOf(this.outputPorts[0], B, longest) };
  }

  forward(extent: Extent, { from }: Pass): void {
    const [y] = this.outputs;
    const [pointer, room, ...wide] = this.buffers.regions;
    const stretch = this.#stretch(extent, from);
    y.pointer = pointer;
    this.inputs.forEach((input, k) => {
      const to = this.wide[k];
      const spread = this.#spreads[k];
      to.pointer = spread.needed ? wide[k] : input.pointer;
      to.stride = spread.needed ? y.stride : input.stride;
      to.lengths = input.lengths;
      if (spread.needed) spread.widen(stretch.B, stretch.steps, input, to);
    });
    this.begin(stretch);
    y.lengths = this.#mask.merge(this.inputs, stretch, room, (k, before) => {
      this.put(k, before, stretch);
    });
    this.end(stretch);
  }

  backward(extent: Extent, { from }: Pass): void {
    const stretch = this.#stretch(extent, from);
    this.#asked.pointer = this.buffers.regions.at(-1) as number;
    for (let k = 0; k < this.inputs.length; k++) {
      const wanted = this.inputGradients[k];
      const spread = this.#spreads[k];
      const to = wanted.pointer !== 0 && spread.needed ? this.#asked : wanted;
      this.take(k, to, stretch);
      if (to !== wanted) spread.narrow(stretch.B, stretch.steps, to, wanted);
    }
  }

  /** to = x. */
  protected copy(rows: number, x: View, to: View): void {
    const { stride } = this.outputs[0];
    this.kernels.copyColumns(rows, stride, 0, x.pointer, x.stride, to.pointer, to.stride);
  }

  /** y = y and x, of mergeRows (assembly/recurrent/reversed.ts). */
  protected mergeInto(y: View, kind: number, rows: number, x: View): void {
    const { pointer, stride } = y;
    const columns = this.outputs[0].stride;
    this.kernels.mergeRows(
      ...([kind, rows, columns, pointer, stride] as const),
      ...([x.pointer, x.stride, pointer, stride] as const),
    );
  }
}
