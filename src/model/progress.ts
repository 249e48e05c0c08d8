import type { Logs } from '../callbacks/callback.js';
import { liveLine, progressLine } from './progress-line.js';

/** How much fit prints: nothing, a line an epoch and on a terminal the steps too, a line an epoch. */
export type Verbosity = 0 | 1 | 2;

/** The part of Node's process.stdout that is needed; elsewhere there is none. */
interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Milliseconds between two pictures of a running epoch. */
const INTERVAL = 100;
const BACK = '\r\u001b[K';

/** What fit prints on standard output. */
export class Progress {
  readonly #verbosity: Verbosity;
  readonly #epochs: number;
  readonly #batches: number | undefined;
  readonly #terminal: Terminal | undefined;
  #epochBegin = 0;
  #shown = 0;
  #onLine = false;

  constructor(verbosity: Verbosity, epochs: number, batches: number | undefined) {
    this.#verbosity = verbosity;
    this.#epochs = epochs;
    this.#batches = batches;
    if (verbosity === 1) this.#terminal = findTerminal();
  }

  beginEpoch(): void {
    this.#epochBegin = performance.now();
    this.#shown = this.#epochBegin;
  }

  /** @param logs asked for only when a picture is due. */
  step(epoch: number, batch: number, logs: () => Logs): void {
    if (!this.#terminal) return;
    const now = performance.now();
    if (now - this.#shown < INTERVAL) return;
    this.#shown = now;
    const line = liveLine(epoch, this.#epochs, batch + 1, this.#batches, logs());
    this.#terminal.write(BACK + line.slice(0, (this.#terminal.columns ?? 80) - 1));
    this.#onLine = true;
  }

  endEpoch(epoch: number, logs: Logs): void {
    this.clear();
    if (this.#verbosity === 0) return;
    const seconds = (performance.now() - this.#epochBegin) / 1000;
    console.log(progressLine(epoch, this.#epochs, seconds, logs));
  }

  /** Leaves an empty line behind, whatever ended the epoch. */
  clear(): void {
    if (this.#onLine) this.#terminal?.write(BACK);
    this.#onLine = false;
  }
}

function findTerminal(): Terminal | undefined {
  const { process } = globalThis as { process?: { stdout?: Partial<Terminal> } };
  const stdout = process?.stdout;
  return stdout?.isTTY === true && typeof stdout.write === 'function'
    ? (stdout as Terminal)
    : undefined;
}
