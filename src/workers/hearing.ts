/**
 * Tells when a worker talks but no longer listens: an objective has removed its listeners, and
 * would wait for answers, and the pool for results, for ever. Whoever beats has a turning event
 * loop; so a worker that beats on and on after a question without answering it is deaf. Counted
 * are beats that lie apart in time: those that waited for a busy main thread come all at once,
 * and were sent before the worker could know of the question.
 */
export interface HearingOptions {
  /** Milliseconds by which beats must lie apart to count. */
  readonly spacing: number;
  /** Resolves when the worker answers. */
  ask(): Promise<void>;
  onDeaf(): void;
}

const MOST_BEATS = 5;

export class Hearing {
  private readonly options: HearingOptions;
  /** Counts the questions; the answer to an old one says nothing. */
  private question = 0;
  private waiting = false;
  private beats = 0;
  private countedAt = 0;

  constructor(options: HearingOptions) {
    this.options = options;
  }

  start(): void {
    this.waiting = false;
  }

  /** The worker has given a sign of life. */
  beat(): void {
    if (!this.waiting) {
      this.ask();
      return;
    }
    const now = performance.now();
    if (now - this.countedAt < this.options.spacing) return;
    this.countedAt = now;
    this.beats += 1;
    if (this.beats >= MOST_BEATS) this.options.onDeaf();
  }

  private ask(): void {
    this.question += 1;
    const { question } = this;
    this.waiting = true;
    this.beats = 0;
    this.countedAt = performance.now();
    this.options.ask().then(
      () => {
        if (question === this.question) this.waiting = false;
      },
      () => {},
    );
  }
}
