import type { Callback, CallbackModel, Logs } from '../callbacks/callback.js';
import { isThenable, orAborted } from './interruption.js';

/** The callbacks of one fit: calls a hook of each in turn and waits for it, unless aborted. */
export class Hooks {
  readonly #callbacks: readonly Callback[];
  readonly #signal: AbortSignal | undefined;
  /** How many have been told that training begins: these must hear of its end. */
  #begun = 0;

  constructor(callbacks: readonly Callback[], signal: AbortSignal | undefined) {
    this.#callbacks = callbacks;
    this.#signal = signal;
  }

  /** Whether any callback has it: what nobody hears need not be told. */
  has(hook: keyof Callback): boolean {
    return this.#callbacks.some((callback) => callback[hook] !== undefined);
  }

  async begin(model: CallbackModel): Promise<void> {
    await this.each((callback) => callback.setModel?.(model));
    await this.each((callback) => {
      this.#begun++;
      return callback.onTrainBegin?.();
    });
  }

  async each(call: (callback: Callback) => unknown): Promise<void> {
    for (const callback of this.#callbacks) {
      const result = call(callback);
      if (isThenable(result)) await orAborted(result, this.#signal);
    }
  }

  async epochEnd(epoch: number, logs: Logs): Promise<void> {
    // each a copy of its own: the record must not change
    await this.each((callback) => callback.onEpochEnd?.(epoch, { ...logs }));
  }

  /**
   * Waits for nobody: one of them may be the reason for the abort. Each is told, whatever those
   * before it throw.
   * @returns what they threw; rejections of promises are added later.
   */
  abort(): unknown[] {
    const errors: unknown[] = [];
    for (const callback of this.#callbacks.slice(0, this.#begun)) {
      try {
        const result: unknown = callback.onTrainAbort?.();
        if (isThenable(result)) result.then(undefined, (error: unknown) => errors.push(error));
      } catch (error) {
        errors.push(error);
      }
    }
    return errors;
  }
}
