/**
 * What a journal says once replayed, by the rules of Optuna's JournalStorageReplayResult:
 * ids count up from 0 in the order of the lines, a trial's id over all studies; an operation
 * on a study or trial that is gone or finished is passed over, as another process lost a race.
 */
import { type Distribution, describeDistribution, isCompatible } from '../distributions.js';
import type { ParamValue } from '../executor.js';
import { type Direction, deepFreeze, type FrozenTrial, isFinished } from '../trial.js';
import { decodeJson } from './journal-codec.js';
import { distributionFromJson, toExternal } from './journal-distribution.js';
import { type JournalOp, OpCode, parseDatetime, stateName } from './journal-op.js';
import type { StudyRecord } from './storage.js';

interface StudyEntry {
  record: StudyRecord;
  /** Trial ids by number. */
  readonly trials: number[];
  /** The first distribution under each name, which all later ones must be compatible with. */
  readonly distributions: Map<string, Distribution>;
}

interface TrialEntry {
  readonly study: StudyEntry;
  frozen: FrozenTrial;
}

/** What an operation did: the study or trial as it is now, or undefined where it was passed over. */
export type Applied = StudyRecord | FrozenTrial | undefined;

export class JournalState {
  readonly #studies = new Map<number, StudyEntry>();
  readonly #trials: TrialEntry[] = [];
  #nextStudy = 0;

  study(name: string): StudyRecord | undefined {
    for (const { record } of this.#studies.values()) if (record.name === name) return record;
    return undefined;
  }

  studyName(study: number): string | undefined {
    return this.#studies.get(study)?.record.name;
  }

  trials(study: number): readonly FrozenTrial[] {
    return this.#studies.get(study)?.trials.map((id) => this.#trials[id].frozen) ?? [];
  }

  trial(study: number, number: number): FrozenTrial | undefined {
    const id = this.trialId(study, number);
    return id === undefined ? undefined : this.#trials[id].frozen;
  }

  /** The id of a trial, undefined where there is none. */
  trialId(study: number, number: number): number | undefined {
    return this.#studies.get(study)?.trials[number];
  }

  /** Why a parameter may not be recorded so in this study, or undefined. */
  conflict(study: number, name: string, distribution: Distribution): string | undefined {
    const first = this.#studies.get(study)?.distributions.get(name);
    if (first === undefined || isCompatible(first, distribution)) return undefined;
    return (
      `parameter '${name}' is ${describeDistribution(first)} in earlier trials, ` +
      `but now ${describeDistribution(distribution)}`
    );
  }

  /** @throws Error that says what is wrong with the operation */
  apply(op: JournalOp): Applied {
    switch (op.op_code) {
      case OpCode.createStudy:
        return this.#createStudy(op);
      case OpCode.deleteStudy:
        this.#studies.delete(integer(op, 'study_id'));
        return undefined;
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
      default:
        throw new Error(
          `unknown operation (op_code ${JSON.stringify(op.op_code)}; known are 0 to 9). ` +
            'It may come from a newer version of Optuna or sluice: open the file with that one, ' +
            'or update sluice',
        );
    }
  }

  #createStudy(op: JournalOp): Applied {
    const name = text(op, 'study_name');
    if (this.study(name) !== undefined) return undefined;
    const id = this.#nextStudy++;
    const record: StudyRecord = deepFreeze({
      id,
      name,
      directions: list(op, 'directions').map(direction),
      userAttrs: {},
      systemAttrs: {},
    });
    this.#studies.set(id, { record, trials: [], distributions: new Map() });
    return record;
  }

  #setStudyAttr(op: JournalOp, kind: 'userAttrs' | 'systemAttrs', attrs: object): Applied {
    const study = this.#studies.get(integer(op, 'study_id'));
    if (study === undefined) return undefined;
    study.record = deepFreeze({ ...study.record, [kind]: { ...study.record[kind], ...attrs } });
    return study.record;
  }

  #createTrial(op: JournalOp): Applied {
    const study = this.#studies.get(integer(op, 'study_id'));
    if (study === undefined) return undefined;
    const distributions = Object.fromEntries(
      Object.entries(record(op, 'distributions', {})).map(([k, json]) => [k, parse(json)]),
    );
    const params = Object.fromEntries(
      Object.entries(record(op, 'params', {})).map(([k, internal]) => {
        if (!Object.hasOwn(distributions, k)) throw new Error(`no distribution of param '${k}'`);
        return [k, toExternal(distributions[k], internal)];
      }),
    );
    const values = op.values === undefined || op.values === null ? [op.value] : op.values;
    const frozen = finish({
      number: study.trials.length,
      state: op.state === undefined ? 'RUNNING' : trialState(op),
      ...firstOf(values),
      params,
      distributions,
      intermediateValues: record(op, 'intermediate_values', {}) as Record<number, number>,
      userAttrs: record(op, 'user_attrs', {}),
      systemAttrs: record(op, 'system_attrs', {}),
      ...dates(op),
    });
    for (const [k, d] of Object.entries(distributions)) {
      if (!study.distributions.has(k)) study.distributions.set(k, d);
    }
    study.trials.push(this.#trials.length);
    this.#trials.push({ study, frozen });
    return frozen;
  }

  #setParam(op: JournalOp): Applied {
    const name = text(op, 'param_name');
    const distribution = parse(op.distribution);
    return this.#update(op, (trial, study) => {
      if (this.conflict(study.record.id, name, distribution) !== undefined) return undefined;
      if (!study.distributions.has(name)) study.distributions.set(name, distribution);
      const value: ParamValue = toExternal(distribution, op.param_value_internal);
      return {
        params: { ...trial.params, [name]: value },
        distributions: { ...trial.distributions, [name]: distribution },
      };
    });
  }

  #setState(op: JournalOp): Applied {
    const state = trialState(op);
    return this.#update(op, (trial) => {
      if (state === 'RUNNING' && trial.state === 'RUNNING') return undefined;
      return { state, ...(op.values === null ? {} : firstOf(op.values)), ...dates(op) };
    });
  }

  #setIntermediateValue(op: JournalOp): Applied {
    const entry = { [integer(op, 'step')]: op.intermediate_value as number };
    return this.#update(op, (trial) => ({
      intermediateValues: { ...trial.intermediateValues, ...entry },
    }));
  }

  #setTrialAttr(op: JournalOp, kind: 'userAttrs' | 'systemAttrs', attrs: object): Applied {
    return this.#update(op, (trial) => ({ [kind]: { ...trial[kind], ...attrs } }));
  }

  #update(
    op: JournalOp,
    change: (trial: FrozenTrial, study: StudyEntry) => Partial<FrozenTrial> | undefined,
  ): Applied {
    const entry = this.#trials[integer(op, 'trial_id')];
    if (entry === undefined || isFinished(entry.frozen)) return undefined;
    const changes = change(entry.frozen, entry.study);
    if (changes === undefined) return undefined;
    entry.frozen = finish({ ...entry.frozen, ...changes });
    return entry.frozen;
  }
}

/** Freezes a trial and shows the reason of a failure where there is one. */
function finish(trial: FrozenTrial): FrozenTrial {
  const reason = trial.systemAttrs.fail_reason;
  const shown = trial.state === 'FAIL' && typeof reason === 'string' ? { failReason: reason } : {};
  return deepFreeze({ ...trial, ...shown });
}

function firstOf(values: unknown): { value?: number } {
  const value = Array.isArray(values) ? values[0] : undefined;
  return typeof value === 'number' ? { value } : {};
}

function dates(op: JournalOp): Pick<FrozenTrial, 'datetimeStart' | 'datetimeComplete'> {
  const datetimeStart = parseDatetime(op.datetime_start);
  const datetimeComplete = parseDatetime(op.datetime_complete);
  return {
    ...(datetimeStart ? { datetimeStart } : {}),
    ...(datetimeComplete ? { datetimeComplete } : {}),
  };
}

function parse(json: unknown): Distribution {
  if (typeof json !== 'string') throw new Error('expected a distribution as a string of JSON');
  return distributionFromJson(decodeJson(json));
}

function direction(code: unknown): Direction {
  return code === 2 ? 'maximize' : 'minimize';
}

function trialState(op: JournalOp): FrozenTrial['state'] {
  const name = stateName(op.state);
  if (name === undefined) throw new Error(`unknown state ${JSON.stringify(op.state)}`);
  return name;
}

function wrong(op: JournalOp, field: string, expected: string): never {
  const found = JSON.stringify(op[field]) ?? 'nothing';
  throw new Error(`\`${field}\` must be ${expected}, but is ${found}`);
}

function integer(op: JournalOp, field: string): number {
  const value = op[field];
  return Number.isSafeInteger(value) ? (value as number) : wrong(op, field, 'an integer');
}

function text(op: JournalOp, field: string): string {
  const value = op[field];
  return typeof value === 'string' ? value : wrong(op, field, 'a string');
}

function list(op: JournalOp, field: string): unknown[] {
  const value = op[field];
  return Array.isArray(value) ? value : wrong(op, field, 'an array');
}

function record(
  op: JournalOp,
  field: string,
  otherwise?: Record<string, unknown>,
): Record<string, unknown> {
  const value = op[field] ?? otherwise;
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? (value as Record<string, unknown>) : wrong(op, field, 'an object');
}
