// The states of a recurrent layer on their way through a graph: those that a call is given (initialState), those that
// it gives (returnState), and their gradients backwards.
import { type Kernels, padded } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import type { Carrier, Carrying, LayerNode, StateSpec, View } from './node.js';
import { type Port, port, portText, sequencePort } from './port.js';

/** What comes out of a recurrent layer, settled. */
interface Output {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  /** Columns of the output, and of the first state. Default: `units`. */
  readonly columns?: number | undefined;
}

/**
 * What comes out of a recurrent layer: its output, and with returnState its states.
 * @param inputs the sequence, and the initial states where some are given.
 * @param what reads before "needs [timesteps, features]"
 * @param states names of its states
 * @throws SluiceError 'bad-shape'
 */
export function recurrentOutputs(
  { units, returnSequences, returnState, columns = units }: Output,
  what: string,
  states: readonly string[],
  [input, ...given]: readonly Port[],
  label: string,
): Port[] {
  sequencePort(label, what, input);
  const sizes = states.map((_, i) => (i === 0 ? columns : units));
  const wrong = given.findIndex(
    ({ sequence, dtype, features }, i) => sequence || dtype !== 'float32' || features !== sizes[i],
  );
  if (wrong >= 0) {
    throw new SluiceError(
      'bad-shape',
      `${label}: initialState[${wrong}] (${states[wrong]}) must be [${sizes[wrong]}], its units, but is ` +
        `${portText(given[wrong])}`,
    );
  }
  const output = port(returnSequences ? [input.steps, columns] : [columns]);
  return [output, ...(returnState ? sizes.map((size) => port([size])) : [])];
}

/** What a backward kernel is handed beside what the layer itself has; 0: nothing. */
interface Gradients {
  out: number;
  outStride: number;
  outLast: number;
  hLast: number;
  cLast: number;
  hFirst: number;
  cFirst: number;
}

/** Floats of the rows in which a kernel keeps its states and their gradients, padding included. */
export interface StateRows {
  /** Of h. */
  readonly h: number;
  /** Of one other state. */
  readonly one: number;
  /** Of all others beside each other, and what else stands there. */
  readonly others: number;
}

/**
 * Inputs from the second on are initial states, outputs from the second on final ones. Kernels keep h in a row [x | h],
 * and all other states of a sample beside each other in one row; gradients likewise, h apart.
 */
export class PassingStates implements Carrier {
  readonly stateful: boolean;
  carrying: Carrying | undefined;
  /** Whether the call begins in states that it is given. */
  readonly given: boolean;
  readonly #node: LayerNode;
  readonly #kernels: Kernels;
  readonly #rows: StateRows;
  readonly #returned: boolean;
  readonly #gradients: Gradients = {
    out: 0,
    outStride: 0,
    outLast: 0,
    hLast: 0,
    cLast: 0,
    hFirst: 0,
    cFirst: 0,
  };
  /** Where the states stand at the first step. */
  #views: readonly View[] = [];
  #region = 0;

  constructor(node: LayerNode, kernels: Kernels, rows: StateRows, stateful: boolean) {
    this.stateful = stateful;
    this.#node = node;
    this.#kernels = kernels;
    this.#rows = rows;
    this.given = node.inputPorts.length > 1;
    this.#returned = node.outputPorts.length > 1;
  }

  get name(): string {
    return this.#node.name;
  }

  get state(): readonly StateSpec[] {
    return this.#node.state;
  }

  /** Whether a pass begins in other states than zeros. */
  get begins(): boolean {
    return this.given || this.carrying?.begin !== undefined;
  }

  /** @param region of so many `floats`, where there are any */
  bind(views: readonly View[], region: number): void {
    this.#views = views;
    this.#region = region;
  }

  /** Gradients of the last states, of the first ones, zeros for an output that nobody reads, and the last states to be read. */
  floats(B: number): number {
    if (!this.given && !this.#returned) return 0;
    return (this.#returned ? 3 : 2) * this.#block(B) + B * this.#rows.h;
  }

  /** Floats of the gradients of all states. */
  #block(B: number): number {
    const { h, others } = this.#rows;
    return B * (h + others);
  }

  /** Columns of a state, and the zeros behind them in a row of the kernel. */
  #columns(i: number): [number, number] {
    const { features } = this.#node.state[i];
    const { h, one } = this.#rows;
    return [features, (i === 0 ? h : one) - features];
  }

  /** Before the first step: the states in which it begins, at their places. */
  begin(B: number): void {
    const carried = this.given ? undefined : this.carrying?.begin;
    if (carried) {
      const floats = new Float32Array(this.#kernels.memory.buffer);
      this.#views.forEach(({ pointer, stride }, i) => {
        const [columns, zeros] = this.#columns(i);
        for (let b = 0; b < B; b++) {
          const at = pointer / 4 + b * stride;
          floats.set(carried[i].subarray(b * columns, (b + 1) * columns), at);
          floats.fill(0, at + columns, at + columns + zeros);
        }
      });
      return;
    }
    this.#views.forEach(({ pointer, stride }, i) => {
      const from = this.#node.inputs[i + 1];
      const [columns, zeros] = this.#columns(i);
      this.#kernels.copyColumns(B, columns, zeros, from.pointer, from.stride, pointer, stride);
    });
  }

  /** After the last step. @param steps so many lie between the first states and the last ones */
  end(B: number, steps: number): void {
    if (this.carrying) this.#leave(B, Math.min(steps, this.carrying.steps), this.carrying.end);
    if (!this.#returned) return;
    this.#views.forEach(({ pointer, stride }, i) => {
      const to = this.#node.outputs[i + 1];
      to.pointer = pointer + 4 * steps * B * stride;
      to.stride = stride;
      to.lengths = 0;
      if (i > 0) this.#clean(B, i, to, steps > 0);
    });
  }

  /**
   * Behind the columns of a state stands what gates make of no unit; whoever reads it is to find zeros there. In training
   * the way back needs them as they are: n of slstm divides.
   */
  #clean(B: number, i: number, last: View, training: boolean): void {
    const [columns, zeros] = this.#columns(i);
    if (zeros === 0) return;
    const { pointer, stride } = last;
    if (training) {
      const block = this.#region + 4 * (2 * this.#block(B) + B * this.#rows.h);
      [last.pointer, last.stride] = this.#place(block, i, B);
    }
    this.#kernels.copyColumns(B, columns, zeros, pointer, stride, last.pointer, last.stride);
  }

  #leave(B: number, steps: number, to: readonly Float32Array[]): void {
    const floats = new Float32Array(this.#kernels.memory.buffer);
    this.#views.forEach(({ pointer, stride }, i) => {
      const [columns] = this.#columns(i);
      const first = pointer / 4 + steps * B * stride;
      for (let b = 0; b < B; b++) {
        const at = first + b * stride;
        to[i].set(floats.subarray(at, at + columns), b * columns);
      }
    });
  }

  /** Before the backward kernel: what it is handed. */
  gradients(B: number, sequences: boolean): Gradients {
    const gradients = this.#gradients;
    const { outputGradients, inputGradients, state } = this.#node;
    const [output] = outputGradients;
    gradients.out = output.pointer;
    gradients.outStride = output.stride;
    gradients.outLast = sequences ? 0 : 1;
    if (!this.given && !this.#returned) return gradients;
    const { h } = this.#rows;
    const others = this.#region + 4 * B * h;
    const firsts = this.#region + 4 * this.#block(B);
    if (output.pointer === 0) {
      const zeros = firsts + 4 * this.#block(B);
      this.#kernels.fill(B * h, zeros, 0);
      gradients.out = zeros;
      gradients.outStride = h;
      gradients.outLast = 1;
    }
    const wanted = (views: readonly View[]) => views.slice(1).some(({ pointer }) => pointer !== 0);
    const asked = wanted(outputGradients);
    if (asked) this.#takeIn(B);
    const wants = wanted(inputGradients);
    const has = state.length > 1;
    gradients.hLast = asked ? this.#region : 0;
    gradients.cLast = asked && has ? others : 0;
    gradients.hFirst = wants ? firsts : 0;
    gradients.cFirst = wants && has ? firsts + 4 * B * h : 0;
    return gradients;
  }

  /** What the readers of the last states ask for, 0 of those that nobody reads. */
  #takeIn(B: number): void {
    const { outputGradients, state } = this.#node;
    this.#kernels.fill(this.#block(B), this.#region, 0);
    for (let i = 0; i < state.length; i++) {
      const { pointer, stride } = outputGradients[i + 1];
      if (pointer === 0) continue;
      const [columns, zeros] = this.#columns(i);
      const [to, toStride] = this.#place(this.#region, i, B);
      this.#kernels.copyColumns(B, columns, zeros, pointer, stride, to, toStride);
    }
  }

  /** After the backward kernel: the gradients of the states that were given. */
  handBack(B: number): void {
    if (!this.given) return;
    const { inputGradients, state } = this.#node;
    const firsts = this.#region + 4 * this.#block(B);
    for (let i = 0; i < state.length; i++) {
      const { pointer, stride } = inputGradients[i + 1];
      if (pointer === 0) continue;
      const { features } = state[i];
      const zeros = padded(this.#kernels, features) - features;
      const [from, fromStride] = this.#place(firsts, i, B);
      this.#kernels.copyColumns(B, features, zeros, from, fromStride, pointer, stride);
    }
  }

  /** Of a state, or its gradient, in a block of all: its address, and floats from row to row. */
  #place(block: number, i: number, B: number): [number, number] {
    const { h, one, others } = this.#rows;
    if (i === 0) return [block, h];
    return [block + 4 * (B * h + (i - 1) * one), others];
  }
}
