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

/** One value for each objective; nothing where there is none. */
export function valuesIn(values: unknown): { values?: readonly number[] } {
  if (!Array.isArray(values) || values.length === 0) return {};
  return values.every((value) => typeof value === 'number') ? { values } : {};
}

export function dates(op: JournalOp): { datetimeStart?: Date; datetimeComplete?: Date } {
  const datetimeStart = parseDatetime(op.datetime_start);
  const datetimeComplete = parseDatetime(op.datetime_complete);
  return {
    ...(datetimeStart ? { datetimeStart } : {}),
    ...(datetimeComplete ? { datetimeComplete } : {}),
  };
}

export function direction(code: unknown): Direction {
  return code === 2 ? 'maximize' : 'minimize';
}
