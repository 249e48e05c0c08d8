/**
 * The lines of an Optuna JournalStorage (optuna/storages/journal/_storage.py, version 3.1 and
 * later): eleven operations, each one JSON object. No others may ever be written, Optuna stops
 * at an operation that it does not know. Fields that it does not know it passes over.
 */

export const OpCode = {
  createStudy: 0,
  deleteStudy: 1,
  setStudyUserAttr: 2,
  setStudySystemAttr: 3,
  createTrial: 4,
  setTrialParam: 5,
  setTrialState: 6,
  setTrialIntermediateValue: 7,
  setTrialUserAttr: 8,
  setTrialSystemAttr: 9,
  /** Written by other implementations since Optuna 5, which passes it over. */
  discardTrials: 10,
} as const;

/** One line, parsed; fields by operation as in the table of Optuna's source. */
export interface JournalOp {
  readonly op_code: number;
  readonly worker_id: string;
  readonly [field: string]: unknown;
}

const states = ['RUNNING', 'COMPLETE', 'PRUNED', 'FAIL', 'WAITING'] as const;

/** Optuna's numbers of the states, in both directions. */
export function stateName(code: unknown): (typeof states)[number] | undefined {
  return states[code as number];
}

export function stateCode(name: (typeof states)[number]): number {
  return states.indexOf(name);
}

/**
 * Local time without a zone, in microseconds, as Python's datetime.isoformat writes it; that
 * is what Optuna reads.
 */
export function formatDatetime(date: Date): string {
  const pad = (value: number, width = 2) => String(value).padStart(width, '0');
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const time = `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
  return `${day}T${time}.${pad(date.getMilliseconds(), 3)}000`;
}

/** undefined for what is no date. Microseconds are cut to milliseconds. */
export function parseDatetime(text: unknown): Date | undefined {
  if (typeof text !== 'string') return undefined;
  const date = new Date(text.replace(/(\.\d{3})\d+/, '$1'));
  return Number.isNaN(date.getTime()) ? undefined : date;
}
