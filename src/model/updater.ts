import type { Kernels } from '../engine/kernels.js';
import type { EngineMemory } from '../engine/memory.js';
import type { Span } from '../engine/span.js';
import { clippedMagnitude } from '../optimizers/clipping.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import type { Constraints } from './constraints.js';
import type { Stretch } from './gradients.js';
import type { Rates } from './learning-rates.js';
import type { Network } from './network.js';
import { TableUpdates } from './table-updates.js';
import type { Workspace } from './workspace.js';

/** Bounds are exact numbers for what is rounded to float32 (up to 3.4e38): so much is left over. */
const SAFE = 1e38;

/**
 * What follows a backward pass: measures the gradients, clips them, and moves the weights by the
 * optimizer, never out of float32. It carries bounds on the magnitudes of weights and state from
 * step to step, so an ordinary step costs no look at them; only a step that might leave float32
 * is tried on a copy.
 */
export class Updater {
  /** The norm of all gradients of the last step; after clipValue, before the other bounds. */
  gradientNorm = 0;
  readonly #kernels: Kernels;
  readonly #memory: EngineMemory;
  readonly #network: Network;
  readonly #workspace: Workspace;
  readonly #optimizer: Optimizer;
  /** What weights keep to after a step. */
  readonly #constraints: Constraints;
  /** Factors on the learning rate; undefined: all are 1. */
  readonly #rates: Rates | undefined;
  /** Norms of the gradient of each weight that is trained, where clipNorm asks for them. */
  readonly #norms: Float64Array;
  /** The same of tables. */
  readonly #tableNorms: Float64Array;
  readonly #tables: TableUpdates;
  readonly #factors = { learningRate: 0, gradientScale: 1 };
  /** Of the weights, then of each slot. */
  readonly #bounds: Float64Array;
  #bounded = false;

  constructor(
    kernels: Kernels,
    memory: EngineMemory,
    network: Network,
    workspace: Workspace,
    optimizer: Optimizer,
    constraints: Constraints,
    rates?: Rates,
  ) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#network = network;
    this.#workspace = workspace;
    this.#optimizer = optimizer;
    this.#constraints = constraints;
    this.#rates = rates;
    this.#norms = new Float64Array(network.gradients.spans.length);
    this.#tableNorms = new Float64Array(network.gradients.tables.length);
    this.#tables = new TableUpdates(kernels, memory, workspace);
    this.#bounds = new Float64Array(1 + optimizer.slots.length);
  }

  /** To be called when somebody else has written weights or the optimizer's state. */
  forgetBounds(): void {
    this.#bounded = false;
  }

  /**
   * Takes the norms of the gradients; false where they are not finite. As in Keras, clipValue
   * comes first: it makes infinite gradients finite, the other two do not.
   */
  measure(): boolean {
    const { clipNorm, clipValue } = this.#optimizer.clipping;
    const { gradients } = this.#workspace;
    if (clipValue !== undefined) {
      for (const { offset, length } of this.#stretches) {
        this.#kernels.clampValues(length, gradients + 4 * offset, clipValue);
      }
    }
    const squares = clipNorm === undefined ? this.#measureAll() : this.#measureEach();
    this.gradientNorm = Math.sqrt(squares + this.#measureTables(clipValue));
    return this.gradientNorm < Number.POSITIVE_INFINITY;
  }

  /**
   * Moves the weights; after measure.
   * @param step updates by this optimizer, this one included.
   * @returns false where weights or state would not be finite: then nothing has changed.
   */
  apply(step: number): boolean {
    if (!this.#staysFinite(step)) return this.#try(step);
    this.#update(step);
    return true;
  }

  /** Looks at every weight that is trained. */
  weightsAreFinite(): boolean {
    this.#bounds[0] = this.#largest(this.#workspace.parameters);
    return this.#bounds[0] < Number.POSITIVE_INFINITY;
  }

  /** Looks at the weights that the last step has moved: of tables, at the rows that it touched. */
  movedAreFinite(): boolean {
    const { stretches, tables } = this.#network.gradients;
    if (tables.length === 0) return this.weightsAreFinite();
    const { parameters } = this.#workspace;
    let largest = 0;
    for (const { offset, length } of stretches) {
      largest = Math.max(largest, this.#kernels.largestMagnitude(length, parameters + 4 * offset));
    }
    for (const table of tables) largest = Math.max(largest, this.#tables.largest(table));
    return largest < Number.POSITIVE_INFINITY;
  }

  get #stretches(): readonly Stretch[] {
    return this.#network.gradients.stretches;
  }

  /** Tables too. */
  get #everything(): readonly Stretch[] {
    const { stretches, tables } = this.#network.gradients;
    if (tables.length === 0) return stretches;
    const whole = tables.map(({ offset, count, width }) => ({ offset, length: count * width }));
    return [...stretches, ...whole];
  }

  #largest(store: number): number {
    let largest = 0;
    for (const { offset, length } of this.#everything) {
      // Math.max lets NaN through
      largest = Math.max(largest, this.#kernels.largestMagnitude(length, store + 4 * offset));
    }
    return largest;
  }

  #measureAll(): number {
    let sum = 0;
    for (const { offset, length } of this.#stretches) {
      sum += this.#squares(offset, 1, length, length);
    }
    return sum;
  }

  #measureEach(): number {
    let sum = 0;
    this.#network.gradients.spans.forEach((span, i) => {
      const { offset, runs, length, stride } = span;
      const squares = this.#squares(offset, runs, length, stride);
      this.#norms[i] = Math.sqrt(squares);
      sum += squares;
    });
    return sum;
  }

  #measureTables(clipValue: number | undefined): number {
    let sum = 0;
    this.#network.gradients.tables.forEach((table, i) => {
      const squares = this.#tables.squares(table, clipValue);
      this.#tableNorms[i] = Math.sqrt(squares);
      sum += squares;
    });
    return sum;
  }

  #squares(offset: number, runs: number, length: number, stride: number): number {
    const address = this.#workspace.gradients + 4 * offset;
    return this.#kernels.sumOfSquares(runs, length, stride, address);
  }

  #update(step: number): void {
    this.#move(step);
    this.#constraints.apply();
  }

  #move(step: number): void {
    const { clipNorm, globalClipNorm } = this.#optimizer.clipping;
    this.#network.gradients.tables.forEach((table, i) => {
      const norm = clipNorm === undefined ? this.gradientNorm : this.#tableNorms[i];
      const limit = clipNorm ?? globalClipNorm;
      const rate = this.#rates?.tables[i] ?? 1;
      this.#tables.update(table, (span) => this.#updateSpan(span, limit, norm, step, rate));
    });
    if (clipNorm === undefined && this.#rates === undefined) {
      for (const span of this.#network.gradients.joined) {
        this.#updateSpan(span, globalClipNorm, this.gradientNorm, step, 1);
      }
      return;
    }
    const { spans } = this.#network.gradients;
    for (let i = 0; i < spans.length; i++) {
      const rate = this.#rates?.spans[i] ?? 1;
      if (clipNorm !== undefined) this.#updateSpan(spans[i], clipNorm, this.#norms[i], step, rate);
      else this.#updateSpan(spans[i], globalClipNorm, this.gradientNorm, step, rate);
    }
  }

  #updateSpan(
    span: Span,
    limit: number | undefined,
    norm: number,
    step: number,
    rate: number,
  ): void {
    this.#factors.learningRate = this.#optimizer.learningRate * rate;
    this.#factors.gradientScale = limit !== undefined && norm > limit ? limit / norm : 1;
    this.#optimizer.update(this.#kernels, span, this.#workspace, step, this.#factors);
  }

  /** True where the bounds alone show that the step leaves everything finite. */
  #staysFinite(step: number): boolean {
    if (this.#bounded && this.#extendBounds(step)) return true;
    this.#measureBounds();
    this.#bounded = this.#extendBounds(step);
    return this.#bounded;
  }

  #extendBounds(step: number): boolean {
    const gradient = clippedMagnitude(this.#optimizer.clipping, this.gradientNorm);
    const learningRate = this.#optimizer.learningRate * (this.#rates?.largest ?? 1);
    const between = this.#optimizer.extend(this.#bounds, gradient, step, learningRate);
    this.#bounds[0] = Math.max(this.#bounds[0], this.#constraints.limit);
    return between < SAFE && this.#boundsAreBelow(SAFE);
  }

  #boundsAreBelow(limit: number): boolean {
    for (const bound of this.#bounds) if (!(bound < limit)) return false;
    return true;
  }

  #measureBounds(): void {
    this.#addresses().forEach((address, i) => {
      this.#bounds[i] = this.#largest(address);
    });
  }

  #try(step: number): boolean {
    const { floats } = this.#memory;
    const copies = this.#addresses().flatMap((address) =>
      this.#everything.map(({ offset, length }) => {
        const start = (address >>> 2) + offset;
        return { start, before: floats.slice(start, start + length) };
      }),
    );
    this.#update(step);
    this.#measureBounds();
    this.#bounded = this.#boundsAreBelow(Number.POSITIVE_INFINITY);
    if (!this.#bounded) for (const { start, before } of copies) floats.set(before, start);
    return this.#bounded;
  }

  #addresses(): number[] {
    return [this.#workspace.parameters, ...this.#workspace.slots];
  }
}
