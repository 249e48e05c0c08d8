/**
 * What a journal says once replayed, by the rules of Optuna's JournalStorageReplayResult:
 * ids count up from 0 in the order of the lines, a trial's id over all studies; an operation
 * on a study or trial that is gone or finished is passed over, as another process lost a race.
 */
import type { Distribution } from '../distributions.js';
import type { FrozenTrial } from '../trial.js';
import { DistributionReader, toExternal } from './journal-distribution.js';
import {
  dates,
  directionsIn,
  integer,
  record,
  reportIn,
  reportsIn,
  text,
  trialState,
  valuesIn,
} from './journal-fields.js';
import { type JournalOp, OpCode } from './journal-op.js';
import { JournalStudy } from './journal-study.js';
import { JournalTrial } from './journal-trial.js';
import type { StudyRecord } from './storage.js';

interface TrialEntry {
  readonly study: JournalStudy;
  readonly trial: JournalTrial;
}

/** What an operation changed, or undefined where it was passed over. */
export type Applied = JournalStudy | JournalTrial | undefined;

export class JournalState {
  readonly #studies = new Map<number, JournalStudy>();
  readonly #ids = new Map<string, number>();
  readonly #trials: TrialEntry[] = [];
  readonly #distributions = new DistributionReader();
  #nextStudy = 0;

  study(name: string): StudyRecord | undefined {
    const id = this.#ids.get(name);
    return id === undefined ? undefined : this.#studies.get(id)?.record;
  }

  studyName(study: number): string | undefined {
    return this.#studies.get(study)?.name;
  }

  trials(study: number, from: number): readonly FrozenTrial[] {
    return (
      this.#studies
        .get(study)
        ?.trials.slice(from)
        .map((trial) => trial.frozen) ?? []
    );
  }

  trial(study: number, number: number): JournalTrial | undefined {
    return this.#studies.get(study)?.trials[number];
  }

  trialCount(study: number): number {
    return this.#studies.get(study)?.trials.length ?? 0;
  }

  /** Those that are RUNNING, in number order. */
  running(study: number): readonly JournalTrial[] {
    return [...(this.#studies.get(study)?.running ?? [])];
  }

  /** The id of a trial, undefined where there is none. */
  trialId(study: number, number: number): number | undefined {
    return this.#studies.get(study)?.ids[number];
  }

  /** Why a parameter may not be recorded so in this study, or undefined. */
  conflict(study: number, name: string, distribution: Distribution): string | undefined {
    return this.#studies.get(study)?.conflict(name, distribution);
  }

  /** @throws Error that says what is wrong with the operation */
  apply(op: JournalOp): Applied {
    switch (op.op_code) {
      case OpCode.createStudy:
        return this.#createStudy(op);
      case OpCode.deleteStudy:
        return this.#deleteStudy(integer(op, 'study_id'));
      case OpCode.setStudyUserAttr:
        return this.#setStudyAttr(op, 'userAttrs', record(op, 'user_attr'));
      case OpCode.setStudySystemAttr:
        return this.#setStudyAttr(op, 'systemAttrs', record(op, 'system_attr'));
      case OpCode.createTrial:
        return this.#createTrial(op);
      case OpCode.setTrialParam:
        return this.#setParam(op);
      case OpCode.setTrialState:
        return this.#setState(op);
      case OpCode.setTrialIntermediateValue:
        return this.#setIntermediateValue(op);
      case OpCode.setTrialUserAttr:
        return this.#setTrialAttr(op, 'userAttrs', record(op, 'user_attr'));
      case OpCode.setTrialSystemAttr:
        return this.#setTrialAttr(op, 'systemAttrs', record(op, 'system_attr'));
      case OpCode.discardTrials:
        return undefined;
      default:
        throw new Error(
          `unknown operation (op_code ${JSON.stringify(op.op_code)}; known are 0 to 10). ` +
            'It may come from a newer version of Optuna or sluice: open the file with that one, ' +
            'or update sluice',
        );
    }
  }

  #createStudy(op: JournalOp): Applied {
    const name = text(op, 'study_name');
    if (this.#ids.has(name)) return undefined;
    const id = this.#nextStudy++;
    const study = new JournalStudy(id, name, directionsIn(op));
    this.#studies.set(id, study);
    this.#ids.set(name, id);
    return study;
  }

  #deleteStudy(id: number): undefined {
    const name = this.studyName(id);
    if (name === undefined) return;
    this.#studies.delete(id);
    this.#ids.delete(name);
  }

  #setStudyAttr(
    op: JournalOp,
    kind: 'userAttrs' | 'systemAttrs',
    attrs: Record<string, unknown>,
  ): Applied {
    const study = this.#studies.get(integer(op, 'study_id'));
    if (study === undefined) return undefined;
    study.setAttrs(kind, attrs);
    return study;
  }

  #createTrial(op: JournalOp): Applied {
    const study = this.#studies.get(integer(op, 'study_id'));
    if (study === undefined) return undefined;
    const distributions = mapFields(record(op, 'distributions', {}), (json) =>
      this.#distributions.read(json),
    );
    const params = mapFields(record(op, 'params', {}), (internal, name) => {
      if (!Object.hasOwn(distributions, name)) {
        throw new Error(`no distribution of param '${name}'`);
      }
      return toExternal(distributions[name], internal);
    });
    const values = op.values === undefined || op.values === null ? [op.value] : op.values;
    const state = op.state === undefined ? 'RUNNING' : trialState(op);
    const trial = new JournalTrial({
      number: study.trials.length,
      state,
      ...valuesIn(values, state, study.objectives),
      params,
      distributions,
      intermediateValues: reportsIn(op),
      userAttrs: record(op, 'user_attrs', {}),
      systemAttrs: record(op, 'system_attrs', {}),
      ...dates(op),
    });
    if (trial.state === 'RUNNING') begin(trial, study, op);
    for (const [name, d] of Object.entries(distributions)) study.know(name, d);
    study.ids.push(this.#trials.length);
    study.trials.push(trial);
    this.#trials.push({ study, trial });
    return trial;
  }

  #setParam(op: JournalOp): Applied {
    const name = text(op, 'param_name');
    const distribution = this.#distributions.read(op.distribution);
    const value = toExternal(distribution, op.param_value_internal);
    return this.#update(op, (trial, study) => {
      if (study.conflict(name, distribution) !== undefined) return false;
      study.know(name, distribution);
      trial.setParam(name, value, distribution);
      return true;
    });
  }

  #setState(op: JournalOp): Applied {
    const state = trialState(op);
    return this.#update(op, (trial, study) => {
      if (state === 'RUNNING' && trial.state === 'RUNNING') return false;
      const values = valuesIn(op.values, state, study.objectives);
      trial.setState({ state, ...values, ...dates(op) });
      if (state === 'RUNNING') begin(trial, study, op);
      else study.running.delete(trial);
      return true;
    });
  }

  #setIntermediateValue(op: JournalOp): Applied {
    const step = integer(op, 'step');
    const value = reportIn(op);
    return this.#update(op, (trial) => {
      trial.setValue(step, value);
      return true;
    });
  }

  #setTrialAttr(
    op: JournalOp,
    kind: 'userAttrs' | 'systemAttrs',
    attrs: Record<string, unknown>,
  ): Applied {
    return this.#update(op, (trial) => {
      trial.setAttrs(kind, attrs);
      return true;
    });
  }

  /** @param change false where it passes the operation over */
  #update(op: JournalOp, change: (trial: JournalTrial, study: JournalStudy) => boolean): Applied {
    const entry = this.#trials[integer(op, 'trial_id')];
    if (entry === undefined || entry.trial.isFinished) return undefined;
    return change(entry.trial, entry.study) ? entry.trial : undefined;
  }
}

function begin(trial: JournalTrial, study: JournalStudy, op: JournalOp): void {
  trial.startedBy = op.worker_id;
  study.running.add(trial);
}

function mapFields<T>(
  fields: Record<string, unknown>,
  make: (value: unknown, name: string) => T,
): Record<string, T> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, make(value, name)]),
  );
}
