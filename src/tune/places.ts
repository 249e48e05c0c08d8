import { asHistory, isPending } from './lineage.js';
import { type FrozenTrial, isFinished } from './trial.js';

/** A place in the study that is to be run next, and the trial that has stood there so far. */
export interface NextPlace {
  readonly place: number;
  readonly earlier?: FrozenTrial | undefined;
}

/** Which places of a study are settled, which are open, and what comes next. */
export class Places {
  /** Finished trials by place; a hole where one runs or waits. */
  readonly #settled: (FrozenTrial | undefined)[];
  /** Places that were begun earlier, to be run first, in order. */
  readonly #open: NextPlace[] = [];
  /** All places below this one are settled. */
  #solid = 0;

  /** @param latest the latest trial of each place; none RUNNING */
  constructor(latest: readonly FrozenTrial[]) {
    this.#settled = latest.map((trial, place) =>
      isFinished(trial) && !isPending(trial) ? asHistory(trial, place) : undefined,
    );
    latest.forEach((trial, place) => {
      if (isPending(trial)) this.#open.push({ place, earlier: trial });
    });
  }

  next(): NextPlace {
    return this.#open[0] ?? { place: this.#settled.length };
  }

  /** Whether every place up to next - lookback is settled. */
  mayStart(lookback: number): boolean {
    while (this.#settled[this.#solid] !== undefined) this.#solid += 1;
    return this.next().place - lookback < this.#solid;
  }

  /** The trials of the places up to `last`, which must be settled. */
  history(last: number): readonly FrozenTrial[] {
    return Object.freeze(this.#settled.slice(0, Math.max(0, last + 1)) as FrozenTrial[]);
  }

  /** Takes the next place out of the line. */
  start(): void {
    if (this.#open.length > 0) this.#open.shift();
    else this.#settled.push(undefined);
  }

  settle(place: number, trial: FrozenTrial): void {
    this.#settled[place] = asHistory(trial, place);
  }
}
