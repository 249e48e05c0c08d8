import type { Logs } from '../callbacks/callback.js';
import type { Compiled } from './compile-options.js';
import type { Passes } from './passes.js';

/** Running means of loss and metrics over samples, summed in double precision. */
export class Means {
  readonly #figures: readonly string[];
  /** Of the loss, then of each figure. */
  readonly #sums: Float64Array;
  /** What each sum is divided by. */
  readonly #counts: Float64Array;

  constructor({ figures }: Compiled) {
    this.#figures = figures;
    this.#sums = new Float64Array(1 + figures.length);
    this.#counts = new Float64Array(1 + figures.length);
  }

  add(loss: number, { figures, weights }: Passes, B: number): void {
    this.#sums[0] += loss * B;
    this.#counts[0] += B;
    for (let i = 0; i < figures.length; i++) {
      this.#sums[i + 1] += figures[i] * weights[i];
      this.#counts[i + 1] += weights[i];
    }
  }

  /** The means so far. */
  report(): Logs {
    const logs: Logs = { loss: this.#sums[0] / this.#counts[0] };
    this.#figures.forEach((name, i) => {
      logs[name] = this.#sums[i + 1] / (this.#counts[i + 1] || 1);
    });
    return logs;
  }

  /** Adds them to `logs` as val_loss and so on. */
  reportValidation(logs: Logs): void {
    for (const [name, value] of Object.entries(this.report())) logs[`val_${name}`] = value;
  }
}
