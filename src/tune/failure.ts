/** From what went wrong in an objective to the failure of its trial, the same here and in workers. */
import type { SluiceErrorCode } from '../errors.js';
import { shown } from '../options.js';
import { isBytes } from './artifacts/artifact-store.js';
import type { Completion, Failure } from './executor.js';
import { isTrialPruned } from './objective.js';

/** A reason is kept with its trial, in one line of a journal: no longer than this, in characters. */
const LONGEST_REASON = 2000;

export function shortReason(reason: string): string {
  if (reason.length <= LONGEST_REASON) return reason;
  return `${reason.slice(0, LONGEST_REASON)} ... (${reason.length} characters in all)`;
}

/** What an objective's throw makes of its trial; undefined where the objective pruned itself. */
export function thrownFailure(error: unknown, where = ''): Failure | undefined {
  if (isTrialPruned(error)) return undefined;
  const errorCode = codeOf(error);
  const reason = shortReason(describeThrown(error)) + where;
  return {
    state: 'failed',
    reason,
    code: errorCode === 'storage' ? 'storage' : 'threw',
    ...(errorCode === undefined ? {} : { errorCode }),
  };
}

/** By name, too: a bundler may have given the objective a copy of the class. */
function codeOf(error: unknown): SluiceErrorCode | undefined {
  if (!(error instanceof Error) || error.name !== 'SluiceError') return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? (code as SluiceErrorCode) : undefined;
}

function describeThrown(error: unknown): string {
  if (error instanceof Error) return `${shownText(error.name)}: ${shownText(error.message)}`;
  return `the objective threw ${describeValue(error)}`;
}

const shownText = (text: unknown) => (typeof text === 'string' ? text : shown(text));

/** What an objective returned or threw, for messages. */
export function describeValue(value: unknown): string {
  if (typeof value === 'string') return `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return shown(value);
  return `an object of type ${value.constructor?.name ?? 'Object'}`;
}

/** What an objective's return makes of its trial. @param objectives how many values it is to return */
export function returned(value: unknown, objectives: number): Completion | Failure {
  if (valuesOf(value, objectives) !== undefined) {
    return { state: 'complete', value: value as Completion['value'] };
  }
  const expected = objectives === 1 ? 'a number' : `an array of ${objectives} numbers`;
  const reason = `the objective must return ${expected}, but returned ${describeValue(value)}`;
  return { state: 'failed', code: 'bad-value', reason };
}

/** One number for each objective, as Optuna reads them; undefined where these are none. */
export function valuesOf(value: unknown, objectives: number): readonly number[] | undefined {
  const values: unknown[] = Array.isArray(value) ? [...value] : [value];
  const fit = (one: unknown) => typeof one === 'number' && !Number.isNaN(one);
  return values.length === objectives && values.every(fit) ? (values as number[]) : undefined;
}

/** What is wrong with the arguments of trial.save; undefined where they are right. */
export function badSave(bytes: unknown, step: unknown): string | undefined {
  const fits = isBytes(bytes);
  if (fits && Number.isSafeInteger(step) && (step as number) >= 0) return undefined;
  return (
    `trial.save(bytes, step) takes a Uint8Array and an integer from 0, but got ` +
    `${fits ? 'bytes' : describeValue(bytes)} and ${describeValue(step)}`
  );
}

/** Reports are for pruning, which compares one value. */
export const noReports = (objectives: number, what: string): string =>
  `trial.${what} has no meaning in a study of ${objectives} objectives, whose trials are not pruned`;
