/**
 * A storage made of a journal: every change is an operation, the present is their replay. Where
 * the operations are kept (a file, nowhere) is the backend's business.
 */
import { SluiceError } from '../../errors.js';
import type { Direction, FrozenTrial } from '../trial.js';
import { distributionToJson, toInternal } from './journal-distribution.js';
import { formatDatetime, type JournalOp, OpCode, stateCode } from './journal-op.js';
import { type Applied, JournalState } from './journal-state.js';
import type { JournalTrial } from './journal-trial.js';
import type { ForeignTrial, Storage, StudyRecord, TrialEnd, TrialStart } from './storage.js';

/** Begins the worker id of every operation that any sluice writes; Optuna begins with a UUID. */
export const OWN_PREFIX = 'sluice-';

export interface JournalBackend {
  /** For messages, as in "journal 'study.log'". */
  readonly subject: string;
  /** Written with every operation; one for each process, beginning with OWN_PREFIX. */
  readonly workerId: string;
  /**
   * Hands every operation that is new since the last time to `read`, with where it stands, for messages
   * ("line 12"), then, alone among all processes, appends what `prepare` returns and hands that
   * to `read` in its turn, as the same objects. Resolves when all is safe. Where its place
   * among the processes is lost before it has written, it begins again.
   * @param signal stops the reading: rejects with what it was aborted with
   */
  transact(
    read: (op: JournalOp, where: string) => void,
    prepare: () => readonly JournalOp[],
    signal?: AbortSignal,
  ): Promise<void>;
  /** @throws SluiceError where an operation cannot be kept */
  check?(op: JournalOp): void;
  /** Reserves a study, see Storage.claim. */
  claim(study: string, signal?: AbortSignal): Promise<() => Promise<void>>;
}

type Fields = { op_code: number } & Record<string, unknown>;

/** A change on its way to the backend. */
interface Change {
  /** The operations, from the state as it is at that moment. May throw: the change is refused. */
  make(state: JournalState): Fields[];
  /** Takes what the last operation did, at that moment. */
  done(applied: Applied): void;
  reject(error: unknown): void;
  readonly signal?: AbortSignal;
  ops: JournalOp[];
  refused?: boolean;
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

  async refresh(signal?: AbortSignal): Promise<void> {
    await this.#change(() => [], nothing, signal);
  }

  study(name: string): StudyRecord | undefined {
    return this.#state.study(name);
  }

  trials(study: number, from = 0): readonly FrozenTrial[] {
    return this.#state.trials(study, from);
  }

  trial(study: number, number: number): FrozenTrial | undefined {
    return this.#state.trial(study, number)?.frozen;
  }

  async createStudy(name: string, wanted: readonly Direction[]): Promise<StudyRecord> {
    const directions = wanted.map((direction) => (direction === 'maximize' ? 2 : 1));
    await this.#change(
      (state) =>
        state.study(name) ? [] : [{ op_code: OpCode.createStudy, study_name: name, directions }],
      nothing,
    );
    return this.#state.study(name) as StudyRecord;
  }

  async setStudySystemAttrs(
    study: number,
    attrs: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const make = (): Fields[] => {
      this.#studyName(study);
      const ids = { study_id: study };
      return attrOps(OpCode.setStudySystemAttr, ids, 'system_attr', attrs);
    };
    await this.#change(make, nothing);
  }

  async createTrial(study: number, start: TrialStart): Promise<FrozenTrial> {
    return (await this.#create(study, start, 'RUNNING')) as FrozenTrial;
  }

  createTrialAt(study: number, number: number, start: TrialStart) {
    return this.#create(study, start, 'RUNNING', number);
  }

  async enqueueTrial(study: number, start: TrialStart): Promise<FrozenTrial> {
    return (await this.#create(study, start, 'WAITING')) as FrozenTrial;
  }

  async startTrial(
    study: number,
    number: number,
    start: TrialStart,
  ): Promise<FrozenTrial | undefined> {
    const make = (trial_id: number, trial: JournalTrial, state: JournalState): Fields[] => {
      if (trial.state !== 'WAITING') return [];
      this.#checkParams(state, study, start);
      const names = Object.keys(start.params).filter((name) => !trial.hasParam(name));
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
        ...attrOps(OpCode.setTrialUserAttr, { trial_id }, 'user_attr', start.userAttrs),
        ...attrOps(OpCode.setTrialSystemAttr, { trial_id }, 'system_attr', start.systemAttrs),
      ];
    };
    // Somebody who writes in spite of the lock may have been first: the journal says who it was.
    const own = (trial: JournalTrial) =>
      trial.startedBy === this.#backend.workerId ? trial.frozen : undefined;
    return this.#changeTrial(study, number, make, own);
  }

  async report(study: number, number: number, step: number, value: number): Promise<void> {
    const make = (trial_id: number): Fields[] => [
      { op_code: OpCode.setTrialIntermediateValue, trial_id, step, intermediate_value: value },
    ];
    await this.#changeTrial(study, number, make, nothing);
  }

  async setTrialSystemAttrs(
    study: number,
    number: number,
    attrs: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const make = (trial_id: number) =>
      attrOps(OpCode.setTrialSystemAttr, { trial_id }, 'system_attr', attrs);
    await this.#changeTrial(study, number, make, nothing);
  }

  async finishTrial(study: number, number: number, end: TrialEnd): Promise<FrozenTrial> {
    const make = (trial_id: number): Fields[] => [
      ...attrOps(OpCode.setTrialSystemAttr, { trial_id }, 'system_attr', end.systemAttrs ?? {}),
      {
        op_code: OpCode.setTrialState,
        trial_id,
        state: stateCode(end.state),
        values: end.values ?? null,
        datetime_complete: formatDatetime(new Date()),
      },
    ];
    return (await this.#changeTrial(study, number, make, frozen)) as FrozenTrial;
  }

  foreignTrials(study: number): readonly ForeignTrial[] {
    return this.#state
      .running(study)
      .filter(({ startedBy }) => startedBy !== undefined && !this.#isOwn(startedBy))
      .map(({ number, silence }) => ({ number, silence }));
  }

  /** Any sluice's: whoever holds the claim on a study knows that none of them runs it any more. */
  #isOwn(workerId: string): boolean {
    return workerId.startsWith(OWN_PREFIX);
  }

  async claim(study: number, signal?: AbortSignal): Promise<() => Promise<void>> {
    const name = this.#studyName(study);
    return this.#backend.claim(name, signal);
  }

  #studyName(study: number): string {
    const name = this.#state.studyName(study);
    if (name === undefined) {
      throw new SluiceError('storage', `${this.#backend.subject} has no study with id ${study}`);
    }
    return name;
  }

  /** @param expected undefined for whatever number is next */
  #create(
    study: number,
    start: TrialStart,
    state: 'RUNNING' | 'WAITING',
    expected?: number,
  ): Promise<FrozenTrial | undefined> {
    const { params, distributions, userAttrs, systemAttrs, intermediateValues = {} } = start;
    const each = <T>(make: (name: string) => T) =>
      Object.fromEntries(Object.keys(params).map((name) => [name, make(name)]));
    const make = (current: JournalState): Fields[] => {
      this.#studyName(study);
      if (expected !== undefined && current.trialCount(study) !== expected) return [];
      this.#checkParams(current, study, start);
      return [
        {
          op_code: OpCode.createTrial,
          study_id: study,
          datetime_start: state === 'RUNNING' ? formatDatetime(new Date()) : null,
          state: stateCode(state),
          distributions: each((name) => distributionToJson(distributions[name])),
          params: each((name) => toInternal(distributions[name], params[name])),
          user_attrs: userAttrs,
          system_attrs: systemAttrs,
          intermediate_values: intermediateValues,
        },
      ];
    };
    return this.#change(make, (applied) => (applied ? frozen(applied as JournalTrial) : undefined));
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

  /** Resolves with what `view` makes of the trial once it is changed. */
  async #changeTrial<T>(
    study: number,
    number: number,
    make: (id: number, trial: JournalTrial, state: JournalState) => Fields[],
    view: (trial: JournalTrial) => T,
  ): Promise<T | undefined> {
    const makeAll = (state: JournalState): Fields[] => {
      const id = state.trialId(study, number);
      const trial = state.trial(study, number);
      if (id === undefined || trial === undefined) {
        throw this.#refusal(`trial ${number} does not exist`);
      }
      if (trial.isFinished) throw this.#finishedAlready(number);
      return make(id, trial, state);
    };
    let passedOver = false;
    const result = await this.#change(makeAll, (applied, wrote) => {
      passedOver = wrote && applied === undefined;
      return applied ? view(applied as JournalTrial) : undefined;
    });
    if (passedOver) throw this.#finishedAlready(number);
    return result;
  }

  #finishedAlready(number: number): SluiceError {
    return this.#refusal(
      `trial ${number} is finished already and cannot be changed; ` +
        'does another process run trials of this study?',
    );
  }

  #refusal(message: string): SluiceError {
    return new SluiceError('storage', `${this.#backend.subject}: ${message}`);
  }

  /**
   * Resolves with what `view` makes of what the last operation did (`wrote` tells whether there
   * was one). Changes made at one time share one write.
   */
  #change<T>(
    make: Change['make'],
    view: (applied: Applied, wrote: boolean) => T,
    signal?: AbortSignal,
  ): Promise<T> {
    return new Promise((resolve, reject) => {
      const change: Change = {
        make,
        done: (applied) => resolve(view(applied, change.ops.length > 0)),
        reject,
        signal,
        ops: [],
      };
      this.#waiting.push(change);
      if (!this.#pumping) void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#write(batch);
      } catch (error) {
        for (const change of batch) change.reject(error);
      }
    }
    this.#pumping = false;
  }

  /** One that may be aborted goes alone: it must not take others with it. */
  #nextBatch(): Change[] {
    const alone = this.#waiting.findIndex((change) => change.signal !== undefined);
    return this.#waiting.splice(0, alone < 0 ? this.#waiting.length : Math.max(1, alone));
  }

  async #write(batch: readonly Change[]): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken;
    const results = new Map<JournalOp, Applied>();
    let accepted: Change[] = [];
    let prepared = false;
    const read = (op: JournalOp, where: string) => {
      const applied = this.#replay(op, where);
      if (results.has(op)) results.set(op, applied);
    };
    const prepare = () => {
      accepted = batch.filter((change) => this.#prepare(change));
      const ops = accepted.flatMap((change) => change.ops);
      results.clear();
      for (const op of ops) results.set(op, undefined);
      prepared = ops.length > 0;
      return ops;
    };
    try {
      await this.#backend.transact(read, prepare, batch[0].signal);
    } catch (error) {
      if (prepared) this.#broken = error;
      throw error;
    }
    for (const change of accepted) {
      const last = change.ops.at(-1);
      change.done(last && results.get(last));
    }
  }

  #prepare(change: Change): boolean {
    if (change.refused) return false;
    try {
      change.ops = change.make(this.#state).map((fields) => this.#stamp(fields));
      for (const op of change.ops) this.#backend.check?.(op);
    } catch (error) {
      change.refused = true;
      change.reject(error);
    }
    return !change.refused;
  }

  #stamp({ op_code, ...fields }: Fields): JournalOp {
    return { op_code, worker_id: this.#backend.workerId, ...fields };
  }

  #replay(op: JournalOp, where: string): Applied {
    try {
      return this.#state.apply(op);
    } catch (error) {
      throw this.#refusal(`${where}: ${(error as Error).message}`);
    }
  }
}

function nothing(): void {}

function frozen(trial: JournalTrial): FrozenTrial {
  return trial.frozen;
}

function attrOps(
  op_code: number,
  owner: { readonly trial_id: number } | { readonly study_id: number },
  field: string,
  attrs: Readonly<Record<string, unknown>>,
): Fields[] {
  return Object.entries(attrs).map(([key, value]) => ({
    op_code,
    ...owner,
    [field]: { [key]: value },
  }));
}
