/** A trial between its start and its end: takes reports, decides on pruning, becomes a TrialEnd. */
import { SluiceError } from '../errors.js';
import { Curve } from './curve.js';
import type { Failure, Outcome } from './executor.js';
import { describeValue, noReports, returned, shortReason, valuesOf } from './failure.js';
import type { Pruner } from './pruners/pruner.js';
import type { TrialEnd } from './storage/storage.js';
import type { Direction, FrozenTrial } from './trial.js';

export type ReportResult = 'kept' | 'pruned' | 'ignored' | 'refused';

export class JudgedTrial {
  readonly #place: number;
  readonly #history: readonly FrozenTrial[];
  readonly #pruner: Pruner;
  readonly #directions: readonly Direction[];
  readonly #values: Record<number, number> = {};
  readonly #curve = new Curve();
  #pruned = false;
  #ended = false;
  #refused: string | undefined;

  constructor(
    place: number,
    history: readonly FrozenTrial[],
    pruner: Pruner,
    directions: readonly Direction[],
    reported: Readonly<Record<number, number>> = {},
  ) {
    this.#place = place;
    this.#history = history;
    this.#pruner = pruner;
    this.#directions = directions;
    // none of them pruned it, or it would have ended there
    for (const [step, value] of Object.entries(reported)) {
      this.#values[Number(step)] = value;
      this.#curve.add(Number(step), value);
    }
  }

  /** True when nothing that the objective may still do can change the trial. */
  get decided(): boolean {
    return this.#pruned || this.#ended || this.#refused !== undefined;
  }

  /** Takes a reported value in; a step that was reported before is ignored, as in Optuna. */
  report(value: unknown, step: unknown): ReportResult {
    if (this.decided) return 'ignored';
    const { length: objectives } = this.#directions;
    if (objectives > 1) return this.#refuse(noReports(objectives, 'report'));
    if (typeof value !== 'number') {
      return this.#refuse(`report: the value must be a number, but is ${describeValue(value)}`);
    }
    if (typeof step !== 'number' || !Number.isSafeInteger(step) || step < 0) {
      return this.#refuse(
        `report: the step must be an integer >= 0, but is ${describeValue(step)}`,
      );
    }
    if (Object.hasOwn(this.#values, step)) return 'ignored';
    this.#values[step] = value;
    this.#curve.add(step, value);
    const candidate = {
      number: this.#place,
      intermediateValues: this.#values,
      curve: this.#curve,
    };
    const answer: unknown = this.#pruner.prune(this.#history, candidate, this.#directions[0]);
    if (typeof answer !== 'boolean') {
      throw new SluiceError(
        'bad-option',
        `the pruner must answer true or false, at once, but answered ${describeValue(answer)}`,
      );
    }
    this.#pruned = answer;
    return this.#pruned ? 'pruned' : 'kept';
  }

  /** The pruning decision stands above the outcome: a worker may end anyhow after it. */
  end(outcome: Outcome): TrialEnd {
    this.#ended = true;
    if (this.#refused !== undefined) return failed(this.#refused, 'bad-value');
    if (this.#pruned || outcome.state === 'pruned') {
      return { state: 'PRUNED', ...this.#lastValue() };
    }
    if (outcome.state === 'failed') return failed(outcome.reason, outcome.code);
    const { length: objectives } = this.#directions;
    const values = valuesOf(outcome.value, objectives);
    if (values) return { state: 'COMPLETE', values };
    const failure = returned(outcome.value, objectives) as Failure;
    return failed(failure.reason, failure.code);
  }

  #refuse(reason: string): ReportResult {
    this.#refused = reason;
    return 'refused';
  }

  /** The value at the last step; none where that is NaN, as in Optuna. */
  #lastValue(): { values?: readonly number[] } {
    const value: number | undefined = this.#values[this.#curve.lastStep];
    return value === undefined || Number.isNaN(value) ? {} : { values: [value] };
  }
}

function failed(reason: string, code: string): TrialEnd {
  return { state: 'FAIL', systemAttrs: { fail_reason: shortReason(reason), fail_code: code } };
}
