import type { Logs } from '../callbacks/callback.js';
import type { Compiled, Runner } from './runner.js';

/** Running means of loss and metrics over samples, summed in double precision. */
export class Means {
  readonly #metrics: readonly string[];
  /** Of the loss, then of each metric. */
  readonly #sums: Float64Array;
  #count = 0;

  constructor({ metrics }: Compiled) {
    this.#metrics = metrics.map(({ name }) => name);
    this.#sums = new Float64Array(1 + metrics.length);
  }

  add(loss: number, { metricValues }: Runner, B: number): void {
    this.#sums[0] += loss * B;
    for (let i = 0; i < metricValues.length; i++) this.#sums[i + 1] += metricValues[i] * B;
    this.#count += B;
  }

  /** The means so far. */
  report(): Logs {
    const logs: Logs = { loss: this.#sums[0] / this.#count };
    this.#metrics.forEach((name, i) => {
      logs[name] = this.#sums[i + 1] / this.#count;
    });
    return logs;
  }

  /** Adds them to `logs` as val_loss and so on. */
  reportValidation(logs: Logs): void {
    for (const [name, value] of Object.entries(this.report())) logs[`val_${name}`] = value;
  }
}
