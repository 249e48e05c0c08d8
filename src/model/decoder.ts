// A model that says one token after the other. Encoders run once over some sources; then each step takes a token for every
// row (a source has `width` of them) and gives scores of the next one. States stay in memory, and rows change places.
import type { EngineMemory } from '../engine/memory.js';
import type { View } from '../layers/node.js';
import type { Batches } from './batches.js';
import type { Network, Stepping } from './network.js';
import { type Plan, planPass } from './plan.js';
import type { Lodger, Workspace } from './workspace.js';

export class Decoder implements Lodger {
  readonly bytes: number;
  /** Numbers of the distribution that each row is given. */
  readonly vocabulary: number;
  readonly #network: Network;
  readonly #stepping: Stepping;
  readonly #workspace: Workspace;
  readonly #memory: EngineMemory;
  readonly #plan: Plan;
  readonly #input: number;
  readonly #width: number;
  readonly #scores: Float32Array;
  /** Values that are computed once and read at each step. */
  readonly #kept: readonly number[];
  #rows = 0;
  /** Steps that were taken. */
  #steps = 0;
  #address = 0;

  /**
   * @param network its own: nobody else binds it
   * @param most sources at once
   * @param width rows of a source
   * @param maxLength steps at most
   */
  constructor(
    network: Network,
    stepping: Stepping,
    workspace: Workspace,
    memory: EngineMemory,
    input: number,
    most: number,
    width: number,
    maxLength: number,
  ) {
    this.#network = network;
    this.#stepping = stepping;
    this.#workspace = workspace;
    this.#memory = memory;
    this.#input = input;
    this.#width = width;
    this.vocabulary = network.heads[0].port.features;
    network.step(stepping, maxLength);
    const { calls } = network.graph;
    const read = calls.flatMap(({ inputs }, i) => (stepping.inSteps[i] ? inputs : []));
    this.#kept = [...new Set(read)].filter((value) => !stepping.stepped[value]);
    this.#plan = planPass(network.request(most * width, false, 1));
    this.bytes = this.#plan.bytes;
    workspace.lodge(this, `decoding ${most} sequences with ${width} beams each`);
    this.#scores = new Float32Array(most * width * this.vocabulary);
  }

  moveTo(address: number): void {
    this.#address = address;
    this.#network.bind(this.#plan, address, this.#workspace.parameters, 0);
  }

  end(): void {
    this.#workspace.leave(this);
  }

  /** Takes sources from .. from + count in, and runs what reads them. Between it and the last step nothing may move. */
  begin(data: Batches | undefined, from: number, count: number): void {
    const network = this.#network;
    // padding is 0 from the start, and stays so
    this.#memory.floats.fill(0, this.#address / 4, (this.#address + this.bytes) / 4);
    const pick = { order: undefined, from, B: count };
    let staged = 0;
    network.inputs.forEach(({ view, whole }, i) => {
      if (i !== this.#input) data?.stageInput(staged++, this.#memory, view, pick, whole);
    });
    network.cover(false, 0, count, 0, 1);
    network.run(true, 0);
    this.#rows = count * this.#width;
    if (this.#width > 1) this.#repeat(count);
  }

  /** Rows of one a source become `width` a source, in place: from the last one on nothing is overwritten that is to be read. */
  #repeat(count: number): void {
    const { floats, integers } = this.#memory;
    const { values } = this.#network.graph;
    const width = this.#width;
    const done = new Set<number>();
    const sources = Array.from({ length: this.#rows }, (_, row) => Math.floor(row / width));
    for (const value of this.#kept) {
      const { pointer, stride, lengths } = this.#network.valueView(value);
      const { features, sequence, steps } = values[value];
      const numbers = values[value].dtype === 'int32' ? integers : floats;
      if (!done.has(pointer)) {
        const start = pointer / 4;
        for (let row = (sequence ? steps : 1) * count - 1; row >= 0; row--) {
          const at = start + row * stride;
          for (let w = width - 1; w >= 0; w--) {
            numbers.copyWithin(start + (row * width + w) * stride, at, at + features);
          }
        }
        done.add(pointer);
      }
      if (lengths === 0 || done.has(lengths)) continue;
      done.add(lengths);
      this.#writeMask(lengths, steps, sources);
    }
  }

  /** A record of assembly/recurrent/masks.ts: row i gets the mask of what was row from[i]. */
  #writeMask(pointer: number, steps: number, from: ArrayLike<number>): void {
    const { integers } = this.#memory;
    const bytes = new Uint8Array(integers.buffer);
    const start = pointer / 4;
    const size = steps + 1;
    const masks = Array.from({ length: this.#rows }, (_, row) => {
      const length = integers[start + from[row]];
      return length >= 0 ? length : bytes.slice(pointer - length, pointer - length + size);
    });
    masks.forEach((mask, row) => {
      const offset = 4 * this.#rows + row * size;
      integers[start + row] = typeof mask === 'number' ? mask : -offset;
      if (typeof mask !== 'number') bytes.set(mask, pointer + offset);
    });
  }

  /**
   * Step `t`: a token for each row goes in. Returns what each row says of the next one, [rows][vocabulary]: logits where
   * `logits`, else probabilities. The same array each time.
   */
  step(tokens: ArrayLike<number>, t: number): Float32Array {
    const network = this.#network;
    const { view, port } = network.inputs[this.#input];
    const rows = this.#rows;
    for (let row = 0; row < rows; row++) {
      this.#memory.integers[view.pointer / 4 + row * view.stride] = tokens[row];
    }
    for (const grown of network.grown) if (grown) grown.steps = t + 1;
    // masks have a byte for each step that the input declares: further ones are read as the last of them
    network.cover(false, 0, rows, Math.min(t, port.steps - 1), 1);
    network.run(false, t);
    this.#steps = t + 1;
    const { output } = network.heads[0];
    const { floats } = this.#memory;
    const V = this.vocabulary;
    for (let row = 0; row < rows; row++) {
      const at = output.pointer / 4 + row * output.stride;
      this.#scores.set(floats.subarray(at, at + V), row * V);
    }
    return this.#scores;
  }

  /** Whether step gives logits. */
  get logits(): boolean {
    return this.#network.heads[0].fusesSoftmax;
  }

  /** Row i goes on from where row parents[i] is. */
  reorder(parents: ArrayLike<number>): void {
    let moved = false;
    for (let row = 0; row < this.#rows; row++) if (parents[row] !== row) moved = true;
    if (!moved) return;
    const { floats } = this.#memory;
    this.#network.nodes.forEach((node, i) => {
      if (!this.#stepping.inSteps[i]) return;
      const views = node.stateViews();
      node.state.forEach(({ features }, k) => {
        this.#gather(floats, views[k], features, parents);
      });
    });
    this.#reorderGrown(parents);
  }

  /** What causal attentions keep of each step, and which steps are masked. */
  #reorderGrown(parents: ArrayLike<number>): void {
    const { floats } = this.#memory;
    const masks = new Map<number, number>();
    this.#network.grown.forEach((grown, i) => {
      if (!grown) return;
      for (const { pointer, stride } of grown.views()) {
        for (let t = 0; t < this.#steps; t++) {
          const at = pointer + 4 * t * this.#rows * stride;
          this.#gather(floats, { pointer: at, stride, lengths: 0 }, stride, parents);
        }
      }
      const { values, calls } = this.#network.graph;
      for (const value of calls[i].inputs) {
        const { lengths } = this.#network.valueView(value);
        if (lengths !== 0) masks.set(lengths, values[value].steps);
      }
    });
    for (const [pointer, steps] of masks) this.#writeMask(pointer, steps, parents);
  }

  #gather(floats: Float32Array, view: View, features: number, parents: ArrayLike<number>): void {
    const start = view.pointer / 4;
    const rows = this.#rows;
    const before = new Float32Array(rows * features);
    for (let row = 0; row < rows; row++) {
      const at = start + row * view.stride;
      before.set(floats.subarray(at, at + features), row * features);
    }
    for (let row = 0; row < rows; row++) {
      const from = parents[row] * features;
      floats.set(before.subarray(from, from + features), start + row * view.stride);
    }
  }
}
