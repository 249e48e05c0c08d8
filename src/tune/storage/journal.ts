/**
 * A storage made of a journal: every change is an operation, the present is their replay. Where
 * the operations are kept (a file, nowhere) is the backend's business.
 */
import { SluiceError } from '../../errors.js';
import type { Direction, FrozenTrial } from '../trial.js';
import { distributionToJson, toInternal } from './journal-distribution.js';
import { formatDatetime, type JournalOp, OpCode, stateCode } from './journal-op.js';
import { type Applied, JournalState } from './journal-state.js';
import type { Storage, StudyRecord, TrialEnd, TrialStart } from './storage.js';

/** An operation that stands in the journal already, with its place for messages ("line 12"). */
export interface JournalLine {
  readonly place: string;
  readonly op: JournalOp;
}

export interface JournalBackend {
  /** For messages, as in "journal 'study.log'". */
  readonly subject: string;
  /** Written with every operation; one for each process. */
  readonly workerId: string;
  /**
   * Alone among all processes: hands over the lines that are new since the last time, then
   * appends what `prepare` returns. Resolves when that is safe.
   */
  transact(prepare: (lines: readonly JournalLine[]) => readonly JournalOp[]): Promise<void>;
  /** Reserves a study, see Storage.claim. */
  claim(study: string): Promise<() => Promise<void>>;
}

type Fields = { op_code: number } & Record<string, unknown>;

/** A change on its way to the backend. */
interface Change {
  /** The operations, from the state as it is at that moment. May throw: the change is refused. */
  make(state: JournalState): Fields[];
  resolve(applied: Applied): void;
  reject(error: unknown): void;
  ops: JournalOp[];
}

export class JournalStorage implements Storage {
  readonly #backend: JournalBackend;
  readonly #state = new JournalState();
  #waiting: Change[] = [];
  #pumping = false;
  /** Set once state and journal may differ: nothing is written after that. */
  #broken: unknown;

  constructor(backend: JournalBackend) {
    this.#backend = backend;
  }

  async refresh(): Promise<void> {
    await this.#change(() => []);
  }

  study(name: string): StudyRecord | undefined {
    return this.#state.study(name);
  }

  trials(study: number): readonly FrozenTrial[] {
    return this.#state.trials(study);
  }

  async createStudy(name: string, direction: Direction): Promise<StudyRecord> {
    const directions = [direction === 'maximize' ? 2 : 1];
    await this.#change((state) =>
      state.study(name) ? [] : [{ op_code: OpCode.createStudy, study_name: name, directions }],
    );
    return this.#state.study(name) as StudyRecord;
  }

  createTrial(study: number, start: TrialStart): Promise<FrozenTrial> {
    return this.#create(study, start, 'RUNNING', formatDatetime(new Date()));
  }

  enqueueTrial(study: number, start: TrialStart): Promise<FrozenTrial> {
    return this.#create(study, start, 'WAITING', null);
  }

  startTrial(study: number, number: number, start: TrialStart): Promise<FrozenTrial> {
    return this.#changeTrial(study, number, (trial_id, trial, state) => {
      this.#checkParams(state, study, start);
      const names = Object.keys(start.params).filter((name) => !(name in trial.params));
      return [
        {
          op_code: OpCode.setTrialState,
          trial_id,
          state: stateCode('RUNNING'),
          values: null,
          datetime_start: formatDatetime(new Date()),
        },
        ...names.map((name) => ({
          op_code: OpCode.setTrialParam,
          trial_id,
          param_name: name,
          param_value_internal: toInternal(start.distributions[name], start.params[name]),
          distribution: distributionToJson(start.distributions[name]),
        })),
        ...attrOps(OpCode.setTrialUserAttr, trial_id, 'user_attr', start.userAttrs),
        ...attrOps(OpCode.setTrialSystemAttr, trial_id, 'system_attr', start.systemAttrs),
      ];
    });
  }

  async report(study: number, number: number, step: number, value: number): Promise<void> {
    await this.#changeTrial(study, number, (trial_id) => [
      { op_code: OpCode.setTrialIntermediateValue, trial_id, step, intermediate_value: value },
    ]);
  }

  finishTrial(study: number, number: number, end: TrialEnd): Promise<FrozenTrial> {
    return this.#changeTrial(study, number, (trial_id) => [
      ...attrOps(OpCode.setTrialSystemAttr, trial_id, 'system_attr', end.systemAttrs ?? {}),
      {
        op_code: OpCode.setTrialState,
        trial_id,
        state: stateCode(end.state),
        values: end.value === undefined ? null : [end.value],
        datetime_complete: formatDatetime(new Date()),
      },
    ]);
  }

  async claim(study: number): Promise<() => Promise<void>> {
    const name = this.#studyName(study);
    return this.#backend.claim(name);
  }

  #studyName(study: number): string {
    const name = this.#state.studyName(study);
    if (name === undefined) {
      throw new SluiceError('storage', `${this.#backend.subject} has no study with id ${study}`);
    }
    return name;
  }

  async #create(
    study: number,
    start: TrialStart,
    state: 'RUNNING' | 'WAITING',
    datetime: string | null,
  ): Promise<FrozenTrial> {
    const { params, distributions, userAttrs, systemAttrs } = start;
    const each = <T>(make: (name: string) => T) =>
      Object.fromEntries(Object.keys(params).map((name) => [name, make(name)]));
    const applied = await this.#change((current) => {
      this.#studyName(study);
      this.#checkParams(current, study, start);
      return [
        {
          op_code: OpCode.createTrial,
          study_id: study,
          datetime_start: datetime,
          state: stateCode(state),
          distributions: each((name) => distributionToJson(distributions[name])),
          params: each((name) => toInternal(distributions[name], params[name])),
          user_attrs: userAttrs,
          system_attrs: systemAttrs,
          intermediate_values: {},
        },
      ];
    });
    return applied as FrozenTrial;
  }

  #checkParams(state: JournalState, study: number, start: TrialStart): void {
    for (const [name, distribution] of Object.entries(start.distributions)) {
      const conflict = state.conflict(study, name, distribution);
      if (conflict) {
        throw new SluiceError(
          'study-mismatch',
          `${this.#backend.subject}: ${conflict}; give it another name, or start another study`,
        );
      }
    }
  }

  async #changeTrial(
    study: number,
    number: number,
    make: (id: number, trial: FrozenTrial, state: JournalState) => Fields[],
  ): Promise<FrozenTrial> {
    const applied = await this.#change((state) => {
      const id = state.trialId(study, number);
      const trial = state.trial(study, number);
      if (id === undefined || trial === undefined) {
        throw this.#refusal(`trial ${number} does not exist`);
      }
      return make(id, trial, state);
    });
    if (applied === undefined) {
      throw this.#refusal(
        `trial ${number} is finished already and cannot be changed; ` +
          'does another process run trials of this study?',
      );
    }
    return applied as FrozenTrial;
  }

  #refusal(message: string): SluiceError {
    return new SluiceError('storage', `${this.#backend.subject}: ${message}`);
  }

  /** Resolves with what the last operation did. Changes made at one time share one write. */
  #change(make: Change['make']): Promise<Applied> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ make, resolve, reject, ops: [] });
      if (!this.#pumping) void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(batch);
      } catch (error) {
        for (const change of batch) change.reject(error);
      }
    }
    this.#pumping = false;
  }

  async #write(batch: readonly Change[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const accepted: Change[] = [];
    let entered = false;
    const transaction = this.#backend.transact((lines) => {
      entered = true;
      for (const { op, place } of lines) this.#replay(op, place);
      for (const change of batch) {
        try {
          change.ops = change.make(this.#state).map((fields) => this.#stamp(fields));
          accepted.push(change);
        } catch (error) {
          change.reject(error);
        }
      }
      return accepted.flatMap((change) => change.ops);
    });
    await transaction.catch((error) => {
      if (entered) this.#broken = error;
      throw error;
    });
    for (const change of accepted) {
      change.resolve(change.ops.map((op) => this.#replay(op, 'a new line')).at(-1));
    }
  }

  #stamp({ op_code, ...fields }: Fields): JournalOp {
    return { op_code, worker_id: this.#backend.workerId, ...fields };
  }

  #replay(op: JournalOp, place: string): Applied {
    try {
      return this.#state.apply(op);
    } catch (error) {
      throw this.#refusal(`${place}: ${(error as Error).message}`);
    }
  }
}

function attrOps(
  op_code: number,
  trial_id: number,
  field: string,
  attrs: Readonly<Record<string, unknown>>,
): Fields[] {
  return Object.entries(attrs).map(([key, value]) => ({
    op_code,
    trial_id,
    [field]: { [key]: value },
  }));
}
