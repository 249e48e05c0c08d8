/**
 * Hands the slots of a pool to the jobs that wait for one. A slot whose worker runs goes first.
 * After a start that failed, the others rest for a while: a job then takes whichever comes first,
 * a running worker that is done with its job, or a slot that is to try again.
 */
import { onAbort } from './abort.js';
import type { LiveWorker } from './live-worker.js';

/** Milliseconds of rest after a failed start, doubled with each further one. */
const FIRST_REST = 100;
const LONGEST_REST = 5000;

export interface Slot {
  worker?: LiveWorker | undefined;
}

type Taker = (slot: Slot | undefined) => void;

export class Slots {
  readonly all: readonly Slot[];
  private readonly free: Slot[];
  private readonly queue: Taker[] = [];
  private resting: ReturnType<typeof setTimeout> | undefined;
  private over = false;

  constructor(count: number) {
    this.all = Array.from({ length: count }, () => ({}));
    this.free = [...this.all];
  }

  get someRun(): boolean {
    return this.all.some((slot) => slot.worker?.running);
  }

  get someStart(): boolean {
    return this.all.some(({ worker }) => worker?.alive && !worker.running);
  }

  /** Resolves with a slot; with undefined once the signal is aborted or the pool has ended. */
  take(signal: AbortSignal | undefined, urgent: boolean): Promise<Slot | undefined> {
    return new Promise((resolve) => {
      if (signal?.aborted || this.over) {
        resolve(undefined);
        return;
      }
      const taker: Taker = (slot) => {
        ignore();
        resolve(slot);
      };
      const ignore = onAbort(signal, () => {
        this.queue.splice(this.queue.indexOf(taker), 1);
        resolve(undefined);
      });
      if (urgent) this.queue.unshift(taker);
      else this.queue.push(taker);
      this.deal();
    });
  }

  release(slot: Slot): void {
    this.free.push(slot);
    this.deal();
  }

  /** @param failures how many starts have failed one after the other */
  rest(failures: number): void {
    this.wake();
    const milliseconds = Math.min(FIRST_REST * 2 ** (failures - 1), LONGEST_REST);
    this.resting = setTimeout(() => {
      this.wake();
      this.deal();
    }, milliseconds);
  }

  /** A worker has started: the others may try as well. */
  refresh(): void {
    this.wake();
    this.deal();
  }

  /** Nobody gets a slot any more. */
  end(): void {
    this.over = true;
    this.wake();
    for (const taker of this.queue.splice(0)) taker(undefined);
  }

  private wake(): void {
    clearTimeout(this.resting);
    this.resting = undefined;
  }

  private deal(): void {
    while (this.queue.length > 0) {
      const running = this.free.findIndex((slot) => slot.worker?.running);
      if (running < 0 && (this.resting !== undefined || this.free.length === 0)) return;
      const [slot] = this.free.splice(Math.max(running, 0), 1);
      this.queue.shift()?.(slot);
    }
  }
}
