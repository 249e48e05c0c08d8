// The states of a recurrent layer on their way through a graph: those that a call is given (initialState), those that
// it gives (returnState), and their gradients backwards.
import { type Kernels, padded } from '../engine/kernels.js';
import { SluiceError } from '../errors.js';
import type { LayerNode, View } from './node.js';
import { type Port, port, portText, sequencePort } from './port.js';

/** What comes out of a recurrent layer, settled. */
interface Output {
  readonly units: number;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
}

/**
 * What comes out of a recurrent layer: its output, and with returnState its states.
 * @param inputs the sequence, and the initial states where some are given.
 * @param what reads before "needs [timesteps, features]"
 * @param states names of its states
 * @throws SluiceError 'bad-shape'
 */
export function recurrentOutputs(
  { units, returnSequences, returnState }: Output,
  what: string,
  states: readonly string[],
  [input, ...given]: readonly Port[],
  label: string,
): Port[] {
  sequencePort(label, what, input);
  const wrong = given.findIndex(
    ({ sequence, dtype, features }) => sequence || dtype !== 'float32' || features !== units,
  );
  if (wrong >= 0) {
    throw new SluiceError(
      'bad-shape',
      `${label}: initialState[${wrong}] (${states[wrong]}) must be [${units}], its units, but is ` +
        `${portText(given[wrong])}`,
    );
  }
  const output = port(returnSequences ? [input.steps, units] : [units]);
  return [output, ...(returnState ? states.map(() => port([units])) : [])];
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

/**
 * Inputs from the second on are initial states, outputs from the second on final ones. Kernels keep h in a row [x | h],
 * and all other states of a sample beside each other in one row; gradients likewise, h apart.
 */
export class PassingStates {
  /** Whether the call begins in states that it is given. */
  readonly given: boolean;
  readonly #node: LayerNode;
  readonly #kernels: Kernels;
  readonly #H: number;
  /** Floats of a state, padding included. */
  readonly #width: number;
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

  constructor(node: LayerNode, kernels: Kernels, H: number, width: number) {
    this.#node = node;
    this.#kernels = kernels;
    this.#H = H;
    this.#width = width;
    this.given = node.inputPorts.length > 1;
    this.#returned = node.outputPorts.length > 1;
  }

  /** @param region of so many `floats`, where there are any */
  bind(views: readonly View[], region: number): void {
    this.#views = views;
    this.#region = region;
  }

  /** Gradients of the last states, of the first ones, and zeros for an output that nobody reads. */
  floats(B: number): number {
    if (!this.given && !this.#returned) return 0;
    return B * this.#width * (2 * this.#node.state.length + 1);
  }

  /** Before the first step: the states that are given, at their places. */
  begin(B: number): void {
    this.#views.forEach(({ pointer, stride }, i) => {
      const from = this.#node.inputs[i + 1];
      const zeros = this.#width - this.#H;
      this.#kernels.copyColumns(B, this.#H, zeros, from.pointer, from.stride, pointer, stride);
    });
  }

  /** After the last step. @param steps so many lie between the first states and the last ones */
  end(B: number, steps: number): void {
    if (!this.#returned) return;
    this.#views.forEach(({ pointer, stride }, i) => {
      const to = this.#node.outputs[i + 1];
      to.pointer = pointer + 4 * steps * B * stride;
      to.stride = stride;
      to.lengths = 0;
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
    const floats = B * this.#width;
    const others = this.#region + 4 * floats;
    const firsts = this.#region + 4 * floats * state.length;
    if (output.pointer === 0) {
      const zeros = firsts + 4 * floats * state.length;
      this.#kernels.fill(floats, zeros, 0);
      gradients.out = zeros;
      gradients.outStride = this.#width;
      gradients.outLast = 1;
    }
    const wanted = (views: readonly View[]) => views.slice(1).some(({ pointer }) => pointer !== 0);
    const asked = wanted(outputGradients);
    if (asked) this.#takeIn(B, floats);
    const wants = wanted(inputGradients);
    const has = state.length > 1;
    gradients.hLast = asked ? this.#region : 0;
    gradients.cLast = asked && has ? others : 0;
    gradients.hFirst = wants ? firsts : 0;
    gradients.cFirst = wants && has ? firsts + 4 * floats : 0;
    return gradients;
  }

  /** What the readers of the last states ask for, 0 of those that nobody reads. */
  #takeIn(B: number, floats: number): void {
    const { outputGradients, state } = this.#node;
    this.#kernels.fill(floats * state.length, this.#region, 0);
    for (let i = 0; i < state.length; i++) {
      const { pointer, stride } = outputGradients[i + 1];
      if (pointer === 0) continue;
      const zeros = this.#width - this.#H;
      const [to, toStride] = this.#place(this.#region, i, floats);
      this.#kernels.copyColumns(B, this.#H, zeros, pointer, stride, to, toStride);
    }
  }

  /** After the backward kernel: the gradients of the states that were given. */
  handBack(B: number): void {
    if (!this.given) return;
    const { inputGradients, state } = this.#node;
    const floats = B * this.#width;
    const firsts = this.#region + 4 * floats * state.length;
    const zeros = padded(this.#kernels, this.#H) - this.#H;
    for (let i = 0; i < state.length; i++) {
      const { pointer, stride } = inputGradients[i + 1];
      if (pointer === 0) continue;
      const [from, fromStride] = this.#place(firsts, i, floats);
      this.#kernels.copyColumns(B, this.#H, zeros, from, fromStride, pointer, stride);
    }
  }

  /** Of the gradient of a state in a block of all: its address, and floats from row to row. */
  #place(block: number, i: number, floats: number): [number, number] {
    if (i === 0) return [block, this.#width];
    const row = this.#width * (this.#node.state.length - 1);
    return [block + 4 * (floats + (i - 1) * this.#width), row];
  }
}
