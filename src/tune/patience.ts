/** Waits for what other people's functions promise, as long as there is time. */
export class Patience {
  #over = false;
  #end!: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ended: Promise<void>;

  constructor() {
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** Nothing is waited for any more; what is under way is left behind. */
  get over(): boolean {
    return this.#over;
  }

  /** Ends so many milliseconds after the first call. */
  endAfter(milliseconds: number): void {
    this.#timer ??= setTimeout(() => {
      this.#over = true;
      this.#end();
    }, milliseconds);
  }

  /** Settles as `promise` does, or resolves when the time is over. */
  async waitFor(promise: unknown): Promise<void> {
    await Promise.race([promise, this.#ended]);
  }

  /** Leaves no timer behind. */
  dispose(): void {
    clearTimeout(this.#timer);
  }
}
