import { asHistory, isPending, PlaceIndex } from './lineage.js';
import type { PendingTrial } from './samplers/sampler.js';
import { type FrozenTrial, isFinished } from './trial.js';

/** A place in the study that is to be run next, and the trial that has stood there so far. */
export interface NextPlace {
  readonly place: number;
  readonly earlier?: FrozenTrial | undefined;
}

/** Which places of a study are settled, which are open, and what comes next. */
export class Places {
  readonly #index = new PlaceIndex();
  /** Finished trials by place; a hole where one runs or waits. */
  readonly #settled: (FrozenTrial | undefined)[] = [];
  /** Trials that run here, by place. */
  readonly #begun = new Map<number, FrozenTrial>();
  /** Places that were begun earlier, to be run first, in order. */
  readonly #open: NextPlace[] = [];
  /**
   * Trials that another program runs, by number. Nobody waits for them: when they end, and
   * whether, is not ours to say.
   */
  readonly #foreign = new Set<number>();
  /** All places below this one are settled, or another program's. */
  #solid = 0;

  /** How many trials have been added, which is the number of the next. */
  get length(): number {
    return this.#index.length;
  }

  /** Numbers of the trials that another program runs, as far as told here. */
  get foreign(): readonly number[] {
    return [...this.#foreign];
  }

  /**
   * Takes in the trial with the next number, which others have made: RUNNING it is theirs.
   * @returns whether it settles its place
   */
  add(trial: FrozenTrial): boolean {
    return this.#place(trial, this.#index.add(trial));
  }

  /** Takes in what others have made of a trial. @returns whether that settles its place */
  update(trial: FrozenTrial): boolean {
    return this.#place(trial, this.#index.of(trial.number)!);
  }

  #place(trial: FrozenTrial, place: number): boolean {
    const isSettled = isFinished(trial) && !isPending(trial);
    const at = this.#openFrom(place);
    this.#foreign.delete(trial.number);
    if (trial.state === 'RUNNING') this.#foreign.add(trial.number);
    const known = this.#open[at]?.place === place ? 1 : 0;
    if (isPending(trial)) {
      const open = { place, earlier: trial };
      if (known) this.#open[at] = open;
      else this.#open.splice(at, 0, open);
    } else if (known) this.#open.splice(at, 1);
    this.#settled[place] = isSettled ? asHistory(trial, place) : undefined;
    return isSettled;
  }

  /** Index of the first open place that is not below this one: halved, for 100,000 may be queued. */
  #openFrom(place: number): number {
    let low = 0;
    let high = this.#open.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#open[middle].place < place) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  next(): NextPlace {
    return this.#open[0] ?? { place: this.#index.count };
  }

  /** Whether every place up to next - lookback is settled, or another program's. */
  mayStart(lookback: number): boolean {
    const others = new Set([...this.#foreign].map((number) => this.#index.of(number)!));
    while (this.#settled[this.#solid] !== undefined || others.has(this.#solid)) this.#solid += 1;
    return this.next().place - lookback < this.#solid;
  }

  /** The trials of the places up to `last`, as far as they are settled. */
  history(last: number): readonly FrozenTrial[] {
    const seen = this.#settled.slice(0, Math.max(0, last + 1));
    return Object.freeze(seen.filter((trial) => trial !== undefined));
  }

  /** The trials of the places above `last` and below `place`, as they began. */
  pending(last: number, place: number): readonly PendingTrial[] {
    const pending: PendingTrial[] = [];
    for (let number = Math.max(0, last + 1); number < place; number++) {
      const trial = this.#settled[number] ?? this.#begun.get(number);
      if (!trial) continue;
      const { params, distributions } = trial;
      pending.push(Object.freeze({ number, params, distributions }));
    }
    return Object.freeze(pending);
  }

  /** The next place has been taken by this trial, which runs now: ours. */
  start(trial: FrozenTrial): void {
    const { place } = this.next();
    if (this.#open[0]?.place === place) this.#open.shift();
    if (trial.number === this.length) this.#index.add(trial);
    this.#settled[place] = undefined;
    this.#begun.set(place, trial);
  }

  settle(place: number, trial: FrozenTrial): void {
    this.#settled[place] = asHistory(trial, place);
    this.#begun.delete(place);
  }
}
