/** What a running study shows, as a plain record; pure but for the clock that is handed in. */

import type { TrialProgress } from '../forecast/objective.js';
import type { StudyEvent } from '../tune/events.js';
import { isPending } from '../tune/lineage.js';
import type { FrozenTrial } from '../tune/trial.js';

/** One place where a trial runs. */
export interface Lane {
  trial?: FrozenTrial;
  progress?: TrialProgress;
  /** Last reported value. */
  value?: number;
}

export class StudyProgress {
  readonly total: number;
  readonly lanes: Lane[];
  readonly counts = { complete: 0, pruned: 0, failed: 0 };
  best: FrozenTrial | undefined;
  /** Finished before this run. */
  readonly #before: number;
  readonly #startedAt: number;

  constructor(total: number, workers: number, earlier: readonly FrozenTrial[], now: number) {
    this.total = total;
    this.lanes = Array.from({ length: workers }, () => ({}));
    for (const trial of earlier) this.#count(trial);
    this.#before = this.finished;
    this.#startedAt = now;
  }

  get finished(): number {
    return this.counts.complete + this.counts.pruned + this.counts.failed;
  }

  /** Takes an event in; returns the trial that it ended. */
  take(event: StudyEvent): FrozenTrial | undefined {
    const lane = this.lanes.find((one) => one.trial?.number === event.number);
    if (event.type === 'trialStarted') {
      const free = this.lanes.find((one) => one.trial === undefined);
      if (free) free.trial = event.trial;
    } else if (event.type === 'progress') {
      if (lane) lane.progress = event.message as TrialProgress;
    } else if (event.type === 'report') {
      if (lane) lane.value = event.value;
    } else {
      if (lane) {
        lane.trial = undefined;
        lane.progress = undefined;
        lane.value = undefined;
      }
      this.#count(event.trial);
      return event.trial;
    }
    return undefined;
  }

  /** Share of all trials that is done, running ones in part. */
  share(): number {
    return Math.min(1, (this.finished + this.#running()) / this.total);
  }

  /** Seconds until the end, guessed from this run; undefined while too little is known. */
  secondsLeft(now: number): number | undefined {
    const done = this.finished - this.#before + this.#running();
    const elapsed = (now - this.#startedAt) / 1000;
    if (this.finished === this.#before || elapsed < 2) return undefined;
    return (elapsed / done) * Math.max(0, this.total - this.finished - this.#running());
  }

  seconds(now: number): number {
    return (now - this.#startedAt) / 1000;
  }

  #running(): number {
    let sum = 0;
    for (const { progress } of this.lanes) if (progress) sum += shareOf(progress);
    return sum;
  }

  #count(trial: FrozenTrial): void {
    if (trial.state === 'COMPLETE') {
      this.counts.complete++;
      if (this.best === undefined || trial.value! < this.best.value!) this.best = trial;
    } else if (trial.state === 'PRUNED') this.counts.pruned++;
    // an interrupted trial is run again: it does not count
    else if (trial.state === 'FAIL' && !isPending(trial)) this.counts.failed++;
  }
}

/** Share of a trial that is done. */
export const shareOf = ({ epoch, epochs, share }: TrialProgress): number =>
  Math.min(1, (epoch + share) / epochs);
