import type { Kernels } from '../engine/kernels.js';
import { type View, view } from '../layers/node.js';
import type { Head } from './ends.js';
import type { LossPass } from './losses/loss.js';
import type { Measure } from './metrics.js';

/** What of an output a stretch of time covers. */
export interface Share {
  readonly B: number;
  readonly rows: number;
  /** Its first time step. */
  readonly from: number;
  readonly training: boolean;
  /** Whether rows have weights, which are staged. */
  readonly weighted: boolean;
  /** Whether the sequences end with it. */
  readonly ends: boolean;
}

/**
 * Losses and metrics of outputs some of whose steps are masked: means over the steps that count, of all samples
 * together, as Keras 3 takes them (its masks times the number of all steps over that of those that count).
 */
export class MaskedScore {
  /** Of each output: the steps that count, in the stretches so far. */
  readonly counted: Float64Array;
  readonly #kernels: Kernels;
  readonly #losses: Float64Array;
  readonly #output: View = view();
  readonly #target: View = view();

  constructor(kernels: Kernels, heads: number) {
    this.#kernels = kernels;
    this.counted = new Float64Array(heads);
    this.#losses = new Float64Array(heads);
  }

  /** To be called before each batch. */
  begin(): void {
    this.counted.fill(0);
    this.#losses.fill(0);
  }

  /** Adds a stretch; returns the loss so far. In training, where there is one stretch, with its gradient. */
  add(i: number, head: Head, pass: LossPass, { B, rows, from, training, weighted }: Share): number {
    const kernels = this.#kernels;
    const { port, output, target, gradient, rowWeights } = head;
    const steps = rows / B;
    const count = kernels.countSteps(B, steps, from, output.lengths);
    // as float32, for the kernels multiply by it
    const factor = training ? Math.fround(rows / Math.max(1, count)) : 1;
    const weights = rowWeights.pointer;
    kernels.maskWeights(B, steps, from, output.lengths, weighted ? 1 : 0, factor, weights);
    const asked = training ? gradient : undefined;
    const mean = pass.compute(kernels, rows, port.features, output, target, asked, weights);
    this.counted[i] += count;
    this.#losses[i] += (mean * rows) / factor;
    return this.#losses[i] / Math.max(1, this.counted[i]);
  }

  /** Takes the loss that a layer computes of whole sequences. */
  take(i: number, { output }: Head, { B, rows, from }: Share, loss: number): number {
    this.counted[i] += this.#kernels.countSteps(B, rows / B, from, output.lengths);
    return loss;
  }

  /** The sum of a metric over the steps that count. */
  measure(measure: Measure, floats: Float32Array, head: Head, { B, rows, from }: Share): number {
    const { port, output, target } = head;
    const bytes = new Uint8Array(floats.buffer);
    const integers = new Int32Array(floats.buffer);
    const y = Object.assign(this.#output, output);
    const t = Object.assign(this.#target, target);
    let sum = 0;
    for (let r = 0; r < rows; r++) {
      y.pointer = output.pointer + 4 * r * output.stride;
      t.pointer = target.pointer + 4 * r * target.stride;
      if (isMasked(integers, bytes, output.lengths, r % B, from + Math.floor(r / B))) continue;
      sum += measure(floats, 1, port.features, y, t);
    }
    return sum;
  }
}

/** As isMasked of assembly/recurrent/lengths.ts. */
function isMasked(
  integers: Int32Array,
  bytes: Uint8Array,
  lengths: number,
  b: number,
  step: number,
): boolean {
  const length = integers[lengths / 4 + b];
  return length >= 0 ? step >= length : bytes[lengths - length + step] === 0;
}
