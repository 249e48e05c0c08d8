/**
 * Tells when it makes no sense to go on: the first trials of a study all fail, and for the same
 * reason (a misspelt path, a missing column). Which trials are looked at depends on the order in
 * which they start alone, so that any number of workers stops after the same ones.
 */
import type { FrozenTrial } from './trial.js';

const FIRST = 3;

export class FirstFailures {
  /** Places of the first trials that were started. */
  readonly #places: number[] = [];
  readonly #reasons = new Map<number, string>();

  started(place: number): void {
    if (this.#places.length < FIRST) this.#places.push(place);
  }

  /** Takes in a trial that is finished for good. True once the first ones have all failed alike. */
  settled(place: number, { state, systemAttrs, failReason }: FrozenTrial): boolean {
    if (state !== 'FAIL' || !this.#places.includes(place)) return false;
    this.#reasons.set(place, `${systemAttrs.fail_code} ${failReason}`);
    return this.#reasons.size === FIRST && new Set(this.#reasons.values()).size === 1;
  }
}
