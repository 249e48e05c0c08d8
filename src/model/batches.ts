// Where fit, evaluate and predict read from, and how samples get into Wasm memory and outputs out
// of it. Outside, samples stand one after the other [n, T, F]; inside, sequences are time-major
// (row t * B + b) with rows padded to whole vectors. What has no time axis is a sequence of one
// step.
import type { EngineMemory } from '../engine/memory.js';
import type { View } from '../layers/node.js';
import type { Port } from '../layers/port.js';

/** Which samples: order[from .. from + B), or from .. from + B without an order. */
export interface Pick {
  order: Uint32Array | undefined;
  from: number;
  B: number;
}

/** A stretch of time, whose first step is row 0 inside; what has no time axis pays no heed. */
export interface Stretch {
  readonly from: number;
  readonly steps: number;
}

/**
 * Samples with their targets, of which a model takes a batch at a time: whole arrays, or windows
 * cut out of a series while they are staged. Everything in it is checked already.
 */
export interface Batches {
  /** Samples. */
  readonly count: number;
  /** Whether rows have weights. */
  readonly weighted: boolean;
  /** Writes the samples of one of the model's inputs, padding columns too. */
  stageInput(input: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void;
  /** The targets of one of its outputs, likewise. */
  stageTarget(output: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void;
  /** The weight of each row of an output; where `weighted`. */
  stageWeights(output: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void;
  /**
   * The same data in memory that nobody else can change: for passes that give the thread away.
   */
  held(): Batches;
  /** Samples from .. to, without a copy. */
  slice(from: number, to: number): Batches;
}

/** A stretch of the time of a batch: one training step. */
export interface Window {
  /** The time step at which it begins, in the states that were left there. */
  readonly from: number;
  readonly steps: number;
  /** The last so many of its steps have a loss; those before were trained on, and gradients go back through them. */
  readonly scored: number;
  /** After so many of its steps the next one begins. */
  readonly advance: number;
  /** The part of the sequence that is scored. */
  readonly share: number;
}

/** A pick of some batches: what one step takes. */
export interface Batch extends Pick {
  data: Batches;
  /** Of truncated backpropagation; undefined: all of the time at once. */
  window?: Window | undefined;
}

const firstOf = ({ sequence }: Port, { from }: Stretch): number => (sequence ? from : 0);
const lengthOf = ({ sequence }: Port, { steps }: Stretch): number => (sequence ? steps : 1);

export const sampleOf = ({ order, from }: Pick, b: number): number =>
  order === undefined ? from + b : order[from + b];

/**
 * Copies samples of `data` [n, ...shape]. Padding columns are written too, so nothing depends on
 * what stood there before.
 */
export function stage(
  { floats, integers }: EngineMemory,
  to: View,
  data: Float32Array,
  port: Port,
  pick: Pick,
  stretch: Stretch,
): void {
  const { steps: T, features: F } = port;
  const first = firstOf(port, stretch);
  const steps = lengthOf(port, stretch);
  const { stride } = to;
  const start = to.pointer >>> 2;
  const numbers = port.dtype === 'int32' ? integers : floats;
  for (let b = 0; b < pick.B; b++) {
    let read = (sampleOf(pick, b) * T + first) * F;
    for (let t = 0; t < steps; t++) {
      const row = start + (t * pick.B + b) * stride;
      for (let c = 0; c < F; c++) numbers[row + c] = data[read++];
      for (let c = F; c < stride; c++) numbers[row + c] = 0;
    }
  }
}

/** Like `stage`, from class numbers to one-hot rows. */
export function stageClasses(
  { floats }: EngineMemory,
  to: View,
  data: Float32Array,
  port: Port,
  pick: Pick,
  stretch: Stretch,
): void {
  const first = firstOf(port, stretch);
  const steps = lengthOf(port, stretch);
  const { B } = pick;
  const { stride } = to;
  const start = to.pointer >>> 2;
  floats.fill(0, start, start + steps * B * stride);
  for (let b = 0; b < B; b++) {
    const read = sampleOf(pick, b) * port.steps + first;
    for (let t = 0; t < steps; t++) floats[start + (t * B + b) * stride + data[read + t]] = 1;
  }
}

/** Copies B samples of `port` from `view` to `out` [n, ...shape], beginning at sample `to`. */
export function unstage(
  { floats }: EngineMemory,
  view: View,
  out: Float32Array,
  port: Port,
  to: number,
  B: number,
  stretch: Stretch,
): void {
  const { steps: T, features: F } = port;
  const first = firstOf(port, stretch);
  const steps = lengthOf(port, stretch);
  const start = view.pointer >>> 2;
  for (let b = 0; b < B; b++) {
    let write = ((to + b) * T + first) * F;
    for (let t = 0; t < steps; t++) {
      const row = start + (t * B + b) * view.stride;
      for (let c = 0; c < F; c++) out[write++] = floats[row + c];
    }
  }
}
