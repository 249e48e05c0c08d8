// Who may use a model's weights when. A pass over many samples gives the thread away in between;
// a training step in such a pause would leave one answer made of several sets of weights.

/** Steps wait for the passes under way; passes wait for the steps that wait. */
export class WeightGate {
  /** Counts how often the weights were replaced from outside. */
  version = 0;
  #readers = 0;
  #streams = 0;
  #steps: (() => void)[] = [];
  #queued: (() => void)[] = [];

  /** Whether a pass is under way. */
  get busy(): boolean {
    return this.#readers > 0;
  }

  /** Whether steps wait for a pass to end. */
  get stepsWait(): boolean {
    return this.#steps.length > 0;
  }

  /**
   * Whether a pass over a stream is under way: it ends when the stream does, so nothing that the stream
   * may wait for can wait for it.
   */
  get streaming(): boolean {
    return this.#streams > 0;
  }

  /** read for a pass over a stream. */
  async readStream<T>(pass: () => Promise<T>): Promise<T> {
    return await this.read(async () => {
      this.#streams++;
      try {
        return await pass();
      } finally {
        this.#streams--;
      }
    });
  }

  /** Runs a pass that wants the weights to stand still. */
  async read<T>(pass: () => Promise<T>): Promise<T> {
    // behind a step that waits, or passes one after the other would hold it off for ever
    if (this.#steps.length > 0 && !this.streaming)
      await new Promise<void>((resolve) => this.#queued.push(resolve));
    else this.#readers++;
    try {
      return await pass();
    } finally {
      this.#readers--;
      if (this.#readers === 0) this.#open();
    }
  }

  /** Runs a synchronous step: at once, or as soon as no pass is under way. */
  write<T>(step: () => T): T | Promise<T> {
    if (!this.busy) return step();
    return new Promise((resolve, reject) => {
      this.#steps.push(() => {
        try {
          resolve(step());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #open(): void {
    for (const step of this.#steps.splice(0)) step();
    for (const admit of this.#queued.splice(0)) {
      this.#readers++;
      admit();
    }
  }
}
