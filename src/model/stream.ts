import type { EngineMemory } from '../engine/memory.js';
import { SluiceError } from '../errors.js';
import type { View } from '../layers/node.js';
import type { Port } from '../layers/port.js';
import { shown } from '../options.js';
import { seedWords } from '../random.js';
import { integerRule, type Rules, settle } from '../rules.js';
import { rangeText } from './arrays.js';
import { Network } from './network.js';
import { type Plan, planPass } from './plan.js';
import type { Stages } from './stages.js';
import { streamGraph } from './stream-graph.js';
import { checkedStates, type StatePlace } from './stream-states.js';
import type { Tensor, TensorLike } from './tensor.js';
import type { Lodger, Workspace } from './workspace.js';

/** Options of model.stream. */
export interface StreamOptions {
  /** Sequences that advance side by side: an integer from 1. Default 1. */
  batchSize?: number | undefined;
  /**
   * States in which it begins, as getStates gives them: [batchSize, features] each, in the order of stateNames. Default:
   * those of resetStates.
   */
  states?: readonly TensorLike[] | undefined;
}

const rules = {
  batchSize: { ...integerRule(1), otherwise: () => 1 },
  states: { expected: 'an array of states', holds: Array.isArray },
} satisfies Rules<StreamOptions>;

/** What a model does to data that come one time step after the other; made by model.stream. */
export interface ModelStream {
  /** Sequences that advance side by side. */
  readonly batchSize: number;
  /**
   * The next time step: x [batchSize, features], row by row, is copied in. Returns the output [batchSize, features] of this step: the same
   * array each time, overwritten by the next step. Nothing is
   * allocated. What looks at a whole sequence (an LSTM without returnSequences) looks at all steps so far.
   * @throws SluiceError 'bad-shape' or 'bad-data' for an x that does not fit or is not finite: the state
   *   is as it was; 'not-finite' where an output left float32; 'disposed'
   */
  step(x: ArrayLike<number>): Float32Array;
  /**
   * The same of a model of several inputs, or outputs: arrays of them, in their order. An input that is the initialState of
   * layers and nothing else is none of them: the stream has these states itself.
   */
  step(x: readonly ArrayLike<number>[]): Float32Array[];
  /**
   * Begins a new sequence: the next step has no past, as Keras has it, and all states are 0, but for that of
   * globalMaxPooling1D, the lowest number of float32.
   */
  resetStates(): void;
  /** Names ('layer/h') of what getStates gives. */
  readonly stateNames: readonly string[];
  /** Copies of the state that the next step goes on from, [batchSize, units] each. */
  getStates(): Tensor[];
  /**
   * Goes on from there: states of getStates, of this stream or another one of a model like this.
   * @throws SluiceError 'bad-shape', 'bad-data'; then nothing is changed
   */
  setStates(states: readonly TensorLike[]): void;
  /**
   * Gives its memory back, which the model holds until then, or until it is disposed of itself: a stream that is
   * merely forgotten keeps it. Every later use throws SluiceError 'disposed'.
   */
  dispose(): void;
}

/** @throws SluiceError 'bad-option', 'bad-shape', 'bad-data', 'memory-limit', 'disposed' */
export function openStream(stages: Stages, options: StreamOptions): ModelStream {
  const { batchSize, states } = settle('stream', options, rules);
  const { network, solo, workspace, memory } = stages.open();
  const whole = network.nodes.find(({ wholeSequences }) => wholeSequences);
  if (whole) {
    throw new SluiceError(
      'bad-option',
      `stream: model '${stages.design.name}' cannot be run step by step, for layer ${whole.name} (${whole.className}) ` +
        'decides over whole sequences; call predict with the whole sequence',
    );
  }
  const own = new Network(streamGraph(network.graph), solo, seedWords(stages.design.seed));
  if (!own.streams) {
    throw new SluiceError(
      'bad-option',
      `stream: model '${stages.design.name}' cannot be run step by step: that takes inputs with a time ` +
        'axis, all of the same number of steps, and no layer that mixes them with values without one, but for inputs that are ' +
        'the initialState of layers and nothing else',
    );
  }
  const stream = new Stream(stages, own, workspace, memory, batchSize);
  if (states === undefined) return stream;
  try {
    stream.begin('stream: states', states);
    return stream;
  } catch (error) {
    stream.dispose();
    throw error;
  }
}

class Stream implements ModelStream, Lodger {
  readonly batchSize: number;
  readonly bytes: number;
  readonly #stages: Stages;
  readonly #network: Network;
  readonly #workspace: Workspace;
  readonly #memory: EngineMemory;
  readonly #plan: Plan;
  readonly #outputs: Float32Array[];
  /** Whether the next step has no past. */
  #fresh = true;
  /** What the network was told: whether the step that is covered is the first one. */
  #coversFirst: boolean | undefined;
  #ended = false;
  #address = 0;

  constructor(
    stages: Stages,
    network: Network,
    workspace: Workspace,
    memory: EngineMemory,
    batchSize: number,
  ) {
    this.#stages = stages;
    this.#network = network;
    this.#workspace = workspace;
    this.#memory = memory;
    this.batchSize = batchSize;
    this.#plan = planPass(network.request(batchSize, false, 1));
    this.bytes = this.#plan.bytes;
    workspace.lodge(this, `a stream of batches of ${batchSize}`);
    // padding is 0 from the start, and stays so
    memory.floats.fill(0, this.#address / 4, (this.#address + this.bytes) / 4);
    this.#outputs = network.heads.map(({ port }) => new Float32Array(batchSize * port.features));
  }

  moveTo(address: number): void {
    this.#address = address;
    this.#network.bind(this.#plan, address, this.#workspace.parameters, 0);
  }

  step(x: ArrayLike<number>): Float32Array;
  step(x: readonly ArrayLike<number>[]): Float32Array[];
  step(x: ArrayLike<number> | readonly ArrayLike<number>[]): Float32Array | Float32Array[] {
    this.#alive();
    const { inputs, heads } = this.#network;
    if (inputs.length === 1) this.#takeIn(0, x as ArrayLike<number>);
    else this.#takeInAll(x as readonly ArrayLike<number>[]);
    if (this.#coversFirst !== this.#fresh) {
      this.#network.cover(false, 0, this.batchSize, this.#fresh ? 0 : 1, 1);
      this.#coversFirst = this.#fresh;
    }
    this.#network.forward(false, true);
    this.#fresh = false;
    for (let i = 0; i < heads.length; i++) this.#handOut(i);
    return heads.length === 1 ? this.#outputs[0] : this.#outputs;
  }

  resetStates(): void {
    this.#alive();
    this.#fresh = true;
  }

  get stateNames(): readonly string[] {
    return this.#states().map(({ name }) => name);
  }

  getStates(): Tensor[] {
    this.#alive();
    const { floats } = this.#memory;
    return this.#states().map(({ features, begins, view }) => {
      const data = new Float32Array(this.batchSize * features).fill(begins);
      for (let b = 0; b < this.batchSize && !this.#fresh; b++) {
        const at = view.pointer / 4 + b * view.stride;
        data.set(floats.subarray(at, at + features), b * features);
      }
      return { data, shape: [this.batchSize, features] };
    });
  }

  setStates(states: readonly TensorLike[]): void {
    this.#alive();
    this.begin('setStates', states);
  }

  /** The next step goes on from there. @param subject of errors */
  begin(subject: string, states: readonly TensorLike[]): void {
    const places = this.#states();
    const given = checkedStates(subject, states, places, this.batchSize);
    const { floats } = this.#memory;
    places.forEach(({ features, view }, i) => {
      for (let b = 0; b < this.batchSize; b++) {
        const at = view.pointer / 4 + b * view.stride;
        floats.fill(0, at, at + paddedTo4(features));
        floats.set(given[i].data.subarray(b * features, (b + 1) * features), at);
      }
    });
    this.#fresh = false;
  }

  dispose(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#workspace.leave(this);
  }

  #states(): (StatePlace & { readonly begins: number; readonly view: View })[] {
    return this.#network.nodes.flatMap((node) => {
      const views = node.stateViews();
      return node.state.map(({ name, features, begins = 0 }, i) => ({
        name: `${node.name}/${name}`,
        features,
        begins,
        view: views[i],
      }));
    });
  }

  #alive(): void {
    if (this.#ended) {
      throw new SluiceError(
        'disposed',
        'this stream was disposed of and cannot be used any more; make a new one: model.stream()',
      );
    }
    this.#stages.alive();
  }

  #takeInAll(x: readonly ArrayLike<number>[]): void {
    const { length } = this.#network.inputs;
    if (!Array.isArray(x) || x.length !== length) {
      throw new SluiceError(
        'bad-shape',
        `stream.step: x must be an array of ${length} inputs (${this.#network.inputs.map(({ name }) => name).join(', ')}), but got ${Array.isArray(x) ? `${x.length} of them` : shown(x)}`,
      );
    }
    for (let i = 0; i < length; i++) this.#takeIn(i, x[i]);
  }

  /** Copies an input in, but for the padding of its rows. */
  #takeIn(index: number, x: ArrayLike<number>): void {
    const { port, view, range } = this.#network.inputs[index];
    const count = this.batchSize * port.features;
    if (x?.length !== count || typeof x === 'string') throw this.#misfit(index, x, count);
    const whole = port.dtype === 'int32';
    const to = whole ? this.#memory.integers : this.#memory.floats;
    let at = view.pointer / 4;
    for (let i = 0, column = 0; i < count; i++) {
      const value = x[i];
      // null and texts would be taken for numbers, and a symbol would throw
      if (typeof value !== 'number') throw notANumber(this.#named(index), port, i, value);
      to[at + column] = value;
      const kept = to[at + column];
      // infinite, NaN, or too large for float32
      if (!(whole ? kept === value : kept - kept === 0)) {
        throw notANumber(this.#named(index), port, i, value);
      }
      if (range && !(kept >= 0 && kept < range.below)) {
        throw new SluiceError(
          'bad-data',
          `stream.step: ${this.#named(index)} must hold ${rangeText(range)}, but sample ${i} holds ${kept}`,
        );
      }
      if (++column === port.features) {
        column = 0;
        at += view.stride;
      }
    }
  }

  #handOut(index: number): void {
    const { port, output } = this.#network.heads[index];
    const { floats } = this.#memory;
    const to = this.#outputs[index];
    let at = output.pointer / 4;
    for (let i = 0, column = 0; i < to.length; i++) {
      const value = floats[at + column];
      to[i] = value;
      if (value - value !== 0) throw this.#notFinite(index, i, value);
      if (++column === port.features) {
        column = 0;
        at += output.stride;
      }
    }
  }

  #named(input: number): string {
    const { inputs } = this.#network;
    return inputs.length === 1 ? 'x' : `input '${inputs[input].name}'`;
  }

  #misfit(input: number, x: unknown, count: number): SluiceError {
    const { features } = this.#network.inputs[input].port;
    const found = (x as ArrayLike<number> | undefined)?.length;
    return new SluiceError(
      'bad-shape',
      `stream.step: ${this.#named(input)} must hold ${count} numbers, [${this.batchSize}, ${features}] row by row, but ` +
        (typeof found === 'number' && typeof x !== 'string' ? `holds ${found}` : `is ${shown(x)}`),
    );
  }

  #notFinite(head: number, index: number, value: number): SluiceError {
    const { name, port } = this.#network.heads[head];
    return new SluiceError(
      'not-finite',
      `stream.step: output '${name}' of sequence ${Math.floor(index / port.features)} is ${value}; ` +
        'it left the range of float32. resetStates() begins anew',
    );
  }
}

function notANumber(name: string, { dtype }: Port, index: number, value: unknown): SluiceError {
  const expected = dtype === 'int32' ? 'whole numbers of 32 bits' : 'finite float32 numbers';
  return new SluiceError(
    'bad-data',
    `stream.step: ${name} must hold ${expected}, but number ${index} is ${shown(value)}`,
  );
}

const paddedTo4 = (n: number): number => (n + 3) & ~3;
