/**
 * A trial while a journal is replayed. Lines change it in place; the frozen copy that users see
 * is made when somebody asks, so that a trial of 20,000 lines is copied once and not 20,000 times.
 */
import type { Distribution } from '../distributions.js';
import type { ParamValue } from '../executor.js';
import { type FrozenTrial, isFinishedState, type TrialState } from '../trial.js';
import { type Fields, put, putAttrs } from './journal-attributes.js';

export interface TrialParts {
  readonly number: number;
  readonly state: TrialState;
  readonly values?: readonly number[];
  readonly params: Fields<ParamValue>;
  readonly distributions: Fields<Distribution>;
  readonly intermediateValues: Fields<number>;
  readonly userAttrs: Fields<unknown>;
  readonly systemAttrs: Fields<unknown>;
  readonly datetimeStart?: Date;
  readonly datetimeComplete?: Date;
}

/** What changes at once when a trial starts or ends. */
export type StateChange = Pick<
  TrialParts,
  'state' | 'values' | 'datetimeStart' | 'datetimeComplete'
>;

export class JournalTrial {
  readonly number: number;
  /** Who made it RUNNING, as the journal names its writers; undefined where nobody has yet. */
  startedBy: string | undefined;
  #state: StateChange;
  readonly #params: Fields<ParamValue>;
  readonly #distributions: Fields<Distribution>;
  readonly #values: Fields<number>;
  readonly #userAttrs: Fields<unknown> = {};
  readonly #systemAttrs: Fields<unknown> = {};
  #frozen: FrozenTrial | undefined;
  /** When a line last told of it, on this process' own clock. */
  #touched = performance.now();

  constructor(parts: TrialParts) {
    const { number, params, distributions, intermediateValues, userAttrs, systemAttrs } = parts;
    this.number = number;
    this.#state = parts;
    this.#params = { ...params };
    this.#distributions = { ...distributions };
    this.#values = { ...intermediateValues };
    putAttrs(this.#userAttrs, userAttrs);
    putAttrs(this.#systemAttrs, systemAttrs);
  }

  get state(): TrialState {
    return this.#state.state;
  }

  get isFinished(): boolean {
    return isFinishedState(this.#state.state);
  }

  /** Milliseconds since this process last read a line about it. */
  get silence(): number {
    return performance.now() - this.#touched;
  }

  /** The trial as it is now; the same object until something changes. */
  get frozen(): FrozenTrial {
    this.#frozen ??= this.#freeze();
    return this.#frozen;
  }

  hasParam(name: string): boolean {
    return Object.hasOwn(this.#params, name);
  }

  setParam(name: string, value: ParamValue, distribution: Distribution): void {
    this.#change();
    put(this.#params, name, value);
    put(this.#distributions, name, distribution);
  }

  setState(change: StateChange): void {
    this.#change();
    this.#state = { ...this.#state, ...change };
  }

  setValue(step: number, value: number): void {
    this.#change();
    this.#values[step] = value;
  }

  setAttrs(kind: 'userAttrs' | 'systemAttrs', attrs: Fields<unknown>): void {
    this.#change();
    putAttrs(kind === 'userAttrs' ? this.#userAttrs : this.#systemAttrs, attrs);
  }

  #change(): void {
    this.#frozen = undefined;
    this.#touched = performance.now();
  }

  #freeze(): FrozenTrial {
    const { state, values, datetimeStart, datetimeComplete } = this.#state;
    const reason = this.#systemAttrs.fail_reason;
    // A finished trial never changes again: its fields need no copy.
    const kept = <T extends object>(fields: T): T =>
      Object.freeze(this.isFinished ? fields : { ...fields });
    const trial: FrozenTrial = {
      number: this.number,
      state,
      ...(values ? { values: Object.freeze([...values]) } : {}),
      ...(values?.length === 1 ? { value: values[0] } : {}),
      params: kept(this.#params),
      distributions: kept(this.#distributions),
      intermediateValues: kept(this.#values),
      userAttrs: kept(this.#userAttrs),
      systemAttrs: kept(this.#systemAttrs),
      ...(state === 'FAIL' && typeof reason === 'string' ? { failReason: reason } : {}),
    };
    addDate(trial, 'datetimeStart', datetimeStart);
    addDate(trial, 'datetimeComplete', datetimeComplete);
    return Object.freeze(trial);
  }
}

/** No freezing holds a Date still: each reader gets one of its own. */
function addDate(
  trial: FrozenTrial,
  name: 'datetimeStart' | 'datetimeComplete',
  date: Date | undefined,
): void {
  if (!date) return;
  Object.defineProperty(trial, name, { get: () => new Date(date), enumerable: true });
}
