import type { Kernels } from '../engine/kernels.js';
import type { EngineMemory } from '../engine/memory.js';
import { type Span, stretch } from '../engine/span.js';
import type { TableSpan } from './gradients.js';
import type { Workspace } from './workspace.js';

/**
 * Weights that are tables, of which a step touches some rows alone: these are gathered side by side in a part of
 * each store that stands there for them, `chunk` at once, and taken as any other weight. So a step's cost
 * does not grow with the table, whatever the optimizer is.
 */
export class TableUpdates {
  readonly #kernels: Kernels;
  readonly #memory: EngineMemory;
  readonly #workspace: Workspace;

  constructor(kernels: Kernels, memory: EngineMemory, workspace: Workspace) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#workspace = workspace;
  }

  /** The sum of the squares of its gradients; those beyond clipValue, where it is given, are set to it before. */
  squares(table: TableSpan, clipValue: number | undefined): number {
    const { width, offset, record, room } = table;
    const store = this.#workspace.gradients;
    const rows = store + 4 * room;
    let sum = 0;
    this.#each(table, (from, n) => {
      this.#gather(table, store, from, n);
      if (clipValue !== undefined) {
        this.#kernels.clampValues(n * width, rows, clipValue);
        this.#kernels.scatterRows(n, width, from, store + 4 * record, rows, store + 4 * offset);
      }
      sum += this.#kernels.sumOfSquares(1, n * width, n * width, rows);
    });
    return sum;
  }

  /** The largest magnitude among the rows that were touched. */
  largest(table: TableSpan): number {
    const { parameters } = this.#workspace;
    let largest = 0;
    this.#each(table, (from, n) => {
      this.#gather(table, parameters, from, n);
      const rows = parameters + 4 * table.room;
      // Math.max lets NaN through
      largest = Math.max(largest, this.#kernels.largestMagnitude(n * table.width, rows));
    });
    return largest;
  }

  /** Moves the rows that were touched. @param move runs the optimizer over a span of all stores */
  update(table: TableSpan, move: (span: Span) => void): void {
    const { name, decay, width, offset, record, room } = table;
    const { parameters, gradients, slots } = this.#workspace;
    this.#each(table, (from, n) => {
      for (const store of [parameters, gradients, ...slots]) this.#gather(table, store, from, n);
      move(stretch(name, room, n * width, decay));
      for (const store of [parameters, ...slots]) {
        const rows = store + 4 * room;
        this.#kernels.scatterRows(n, width, from, gradients + 4 * record, rows, store + 4 * offset);
      }
    });
  }

  #gather(
    { width, offset, record, room }: TableSpan,
    store: number,
    from: number,
    n: number,
  ): void {
    const list = this.#workspace.gradients + 4 * record;
    this.#kernels.gatherRows(n, width, from, list, store + 4 * offset, store + 4 * room);
  }

  #each({ record, chunk }: TableSpan, visit: (from: number, n: number) => void): void {
    const count = this.#memory.integers[this.#workspace.gradients / 4 + record];
    for (let from = 0; from < count; from += chunk) visit(from, Math.min(chunk, count - from));
  }
}
