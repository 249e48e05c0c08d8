/** How long work without a pause may hold the thread, in milliseconds. */
const HOLD = 50;

/** Gives the event loop its turn now and then: promises alone keep timers and aborts waiting. */
export class Breath {
  #taken = performance.now();

  get due(): boolean {
    return performance.now() - this.#taken >= HOLD;
  }

  /** Gives the thread away for one turn. */
  async take(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    this.#taken = performance.now();
  }
}
