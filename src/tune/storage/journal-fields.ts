/** Reads the fields of an operation, and says which one is at fault. */
import type { Direction, TrialState } from '../trial.js';
import { type JournalOp, parseDatetime, stateName } from './journal-op.js';

function wrong(op: JournalOp, field: string, expected: string): never {
  const found = JSON.stringify(op[field]) ?? 'nothing';
  const shown = found.length > 60 ? `${found.slice(0, 60)}...` : found;
  throw new Error(`\`${field}\` must be ${expected}, but is ${shown}`);
}

export function integer(op: JournalOp, field: string): number {
  const value = op[field];
  return Number.isSafeInteger(value) ? (value as number) : wrong(op, field, 'an integer');
}

export function text(op: JournalOp, field: string): string {
  const value = op[field];
  return typeof value === 'string' ? value : wrong(op, field, 'a string');
}

export function list(op: JournalOp, field: string): unknown[] {
  const value = op[field];
  return Array.isArray(value) ? value : wrong(op, field, 'an array');
}

export function record(
  op: JournalOp,
  field: string,
  otherwise?: Record<string, unknown>,
): Record<string, unknown> {
  const value = op[field] ?? otherwise;
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  return fits ? (value as Record<string, unknown>) : wrong(op, field, 'an object');
}

export function trialState(op: JournalOp): TrialState {
  const name = stateName(op.state);
  if (name === undefined) throw new Error(`unknown state ${JSON.stringify(op.state)}`);
  return name;
}

/**
 * One value for each objective; nothing where there is none, which a COMPLETE trial cannot do.
 * @throws Error where a COMPLETE trial has not as many numbers as there are objectives
 */
export function valuesIn(
  values: unknown,
  state: TrialState,
  objectives: number,
): { values?: readonly number[] } {
  const list = Array.isArray(values) ? values : [];
  const numbers = list.length > 0 && list.every((value) => typeof value === 'number');
  const judged = numbers && list.length === objectives && !list.some(Number.isNaN);
  if (state === 'COMPLETE' && !judged) {
    throw new Error(
      `\`values\` of a COMPLETE trial must be ${objectives} number${objectives === 1 ? '' : 's'}, ` +
        `but are ${numbers ? `[${list.join(',')}]` : (JSON.stringify(values)?.slice(0, 60) ?? 'nothing')}`,
    );
  }
  return numbers ? { values: list } : {};
}

/** A report; NaN too, which Optuna records. @throws Error for what is no number */
export function reportIn(op: JournalOp): number {
  const value = op.intermediate_value;
  return typeof value === 'number' ? value : wrong(op, 'intermediate_value', 'a number');
}

/** Reports by their steps. @throws Error where one is no number */
export function reportsIn(op: JournalOp): Record<string, number> {
  const reports = record(op, 'intermediate_values', {});
  const numbers = Object.values(reports).every((value) => typeof value === 'number');
  if (!numbers) wrong(op, 'intermediate_values', 'an object of numbers');
  return reports as Record<string, number>;
}

export function dates(op: JournalOp): { datetimeStart?: Date; datetimeComplete?: Date } {
  const datetimeStart = parseDatetime(op.datetime_start);
  const datetimeComplete = parseDatetime(op.datetime_complete);
  return {
    ...(datetimeStart ? { datetimeStart } : {}),
    ...(datetimeComplete ? { datetimeComplete } : {}),
  };
}

/** @throws Error for what is none, or not set */
export function directionsIn(op: JournalOp): Direction[] {
  const codes = list(op, 'directions');
  if (codes.length === 0 || !codes.every((code) => code === 1 || code === 2)) {
    wrong(op, 'directions', 'an array of 1 (minimize) and 2 (maximize)');
  }
  return codes.map((code) => (code === 2 ? 'maximize' : 'minimize'));
}
