import type { EngineMemory } from '../engine/memory.js';
import type { View } from '../layers/node.js';
import type { Port } from '../layers/port.js';
import { type Batches, type Pick, type Stretch, sampleOf, stage, stageClasses } from './batches.js';

/** An array of samples, checked against what it is for. */
export interface Column {
  /** [count, ...shape], or one class number a row where `classes` is true. */
  readonly data: Float32Array;
  readonly port: Port;
  readonly classes: boolean;
  /** Whether it is the caller's, who may change or transfer it at any time. */
  readonly borrowed: boolean;
}

/** A weight for each sample, or for each of its time steps. */
export interface WeightColumn {
  readonly data: Float32Array;
  readonly borrowed: boolean;
  /** Weights of a sample: 1, or one a time step. */
  readonly steps: number;
}

/** Batches out of arrays that are there as a whole. */
export class ArrayBatches implements Batches {
  readonly count: number;
  readonly #inputs: readonly Column[];
  readonly #targets: readonly Column[];
  readonly #weights: readonly WeightColumn[];

  /** @param weights one an output, or none at all. */
  constructor(
    count: number,
    inputs: readonly Column[],
    targets: readonly Column[] = [],
    weights: readonly WeightColumn[] = [],
  ) {
    this.count = count;
    this.#inputs = inputs;
    this.#targets = targets;
    this.#weights = weights;
  }

  get weighted(): boolean {
    return this.#weights.length > 0;
  }

  stageInput(input: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void {
    const { data, port } = this.#inputs[input];
    stage(memory, to, data, port, pick, stretch);
  }

  stageTarget(output: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void {
    const { data, port, classes } = this.#targets[output];
    const copy = classes ? stageClasses : stage;
    copy(memory, to, data, port, pick, stretch);
  }

  stageWeights(output: number, memory: EngineMemory, to: View, pick: Pick, stretch: Stretch): void {
    const { data, steps: each } = this.#weights[output];
    const { sequence } = this.#targets[output].port;
    const steps = sequence ? stretch.steps : 1;
    const start = to.pointer >>> 2;
    for (let b = 0; b < pick.B; b++) {
      const read = sampleOf(pick, b) * each + (each > 1 ? stretch.from : 0);
      for (let t = 0; t < steps; t++) {
        memory.floats[start + t * pick.B + b] = data[each > 1 ? read + t : read];
      }
    }
  }

  /** Only a caller's own Float32Array is copied; all else was copied when it was converted. */
  held(): Batches {
    const own = <C extends { data: Float32Array; borrowed: boolean }>(column: C): C =>
      column.borrowed ? { ...column, data: column.data.slice(), borrowed: false } : column;
    const columns = [this.#inputs, this.#targets, this.#weights].flat();
    if (!columns.some(({ borrowed }) => borrowed)) return this;
    return new ArrayBatches(
      this.count,
      this.#inputs.map(own),
      this.#targets.map(own),
      this.#weights.map(own),
    );
  }

  slice(from: number, to: number): Batches {
    const part = <C extends { data: Float32Array }>(column: C): C => {
      const each = column.data.length / this.count;
      return { ...column, data: column.data.subarray(from * each, to * each) };
    };
    return new ArrayBatches(
      to - from,
      this.#inputs.map(part),
      this.#targets.map(part),
      this.#weights.map(part),
    );
  }
}
