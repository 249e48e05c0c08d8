/**
 * Tells when a worker has been silent for too long. A main thread that was itself busy or
 * throttled hears nothing either, and finds the beats of a healthy worker in its queue after
 * the timer fires. So silence is judged only after a ping and two further turns of the event
 * loop, which deliver what is waiting.
 */
export interface WatchdogOptions {
  /** Milliseconds without a message after which the worker is suspected. */
  readonly timeout: number;
  /** Asks the worker for a sign of life. */
  ping(): void;
  /** Called once at most; the watch has ended by then. */
  onSilent(milliseconds: number): void;
}

const ROUNDS = 2;
const LONGEST_TIMER = 2 ** 31 - 1;

export class Watchdog {
  private readonly options: WatchdogOptions;
  private heardAt = 0;
  private rounds = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: WatchdogOptions) {
    this.options = options;
  }

  start(): void {
    this.stop();
    this.heard();
    this.wait(this.options.timeout);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** The worker has said something. */
  heard(): void {
    this.heardAt = performance.now();
    this.rounds = 0;
  }

  private wait(milliseconds: number): void {
    this.timer = setTimeout(() => this.check(), Math.min(Math.max(milliseconds, 1), LONGEST_TIMER));
  }

  private check(): void {
    const quiet = performance.now() - this.heardAt;
    if (quiet < this.options.timeout) {
      this.wait(this.options.timeout - quiet);
      return;
    }
    if (this.rounds < ROUNDS) {
      this.rounds += 1;
      this.options.ping();
      this.wait(Math.min(Math.max(this.options.timeout / 10, 50), 1000));
      return;
    }
    this.stop();
    this.options.onSilent(quiet);
  }
}
