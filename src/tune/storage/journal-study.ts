/**
 * A study while a journal is replayed. Lines change it in place; the frozen record that users see
 * is made when somebody asks, so that 100,000 attributes are copied once and not 100,000 times.
 */
import { type Distribution, describeDistribution, isCompatible } from '../distributions.js';
import type { Direction } from '../trial.js';
import { type Fields, putAttrs } from './journal-attributes.js';
import type { JournalTrial } from './journal-trial.js';
import type { StudyRecord } from './storage.js';

export class JournalStudy {
  readonly id: number;
  readonly name: string;
  readonly #directions: readonly Direction[];
  readonly #userAttrs: Fields<unknown> = {};
  readonly #systemAttrs: Fields<unknown> = {};
  #record: StudyRecord | undefined;
  /** By number. */
  readonly trials: JournalTrial[] = [];
  /** Their ids. */
  readonly ids: number[] = [];
  /** Those that are RUNNING now. */
  readonly running = new Set<JournalTrial>();
  /** The first distribution under each name, which all later ones must be compatible with. */
  readonly #distributions = new Map<string, Distribution>();

  constructor(id: number, name: string, directions: readonly Direction[]) {
    this.id = id;
    this.name = name;
    this.#directions = Object.freeze([...directions]);
  }

  /** How many there are. */
  get objectives(): number {
    return this.#directions.length;
  }

  /** The study as it is now; the same object until something changes. */
  get record(): StudyRecord {
    this.#record ??= Object.freeze({
      id: this.id,
      name: this.name,
      directions: this.#directions,
      userAttrs: Object.freeze({ ...this.#userAttrs }),
      systemAttrs: Object.freeze({ ...this.#systemAttrs }),
    });
    return this.#record;
  }

  setAttrs(kind: 'userAttrs' | 'systemAttrs', attrs: Fields<unknown>): void {
    this.#record = undefined;
    putAttrs(kind === 'userAttrs' ? this.#userAttrs : this.#systemAttrs, attrs);
  }

  /** Keeps the first distribution under a name. */
  know(name: string, distribution: Distribution): void {
    if (!this.#distributions.has(name)) this.#distributions.set(name, distribution);
  }

  /** Why a parameter may not be recorded so, or undefined. */
  conflict(name: string, distribution: Distribution): string | undefined {
    const first = this.#distributions.get(name);
    if (first === undefined || isCompatible(first, distribution)) return undefined;
    return (
      `parameter '${name}' is ${describeDistribution(first)} in earlier trials, ` +
      `but now ${describeDistribution(distribution)}`
    );
  }
}
