import type { Logs } from '../callbacks/callback.js';
import type { Compiled, Runner } from './runner.js';

/** Means of loss and metrics over samples, summed in double precision. */
export class Means {
  readonly #names: readonly string[];
  readonly #sums: Float64Array;
  #count = 0;

  constructor({ metrics }: Compiled) {
    this.#names = ['loss', ...metrics.map(({ name }) => name)];
    this.#sums = new Float64Array(this.#names.length);
  }

  add(loss: number, { metricValues }: Runner, B: number): void {
    this.#sums[0] += loss * B;
    for (let i = 0; i < metricValues.length; i++) this.#sums[i + 1] += metricValues[i] * B;
    this.#count += B;
  }

  /** Writes the means to `logs`, names with `prefix` before them. */
  report(logs: Logs, prefix = ''): Logs {
    this.#names.forEach((name, i) => {
      logs[prefix + name] = this.#sums[i] / this.#count;
    });
    return logs;
  }
}
