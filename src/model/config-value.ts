// Parts of a configuration that may come from anywhere.
import { SluiceError } from '../errors.js';
import { shown } from '../options.js';

export function asRecord(subject: string, value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse(subject, 'an object', value);
  }
  return value as Record<string, unknown>;
}

/** @throws SluiceError 'bad-option' that names a key that nobody reads. */
export function checkKnown(
  subject: string,
  record: Readonly<Record<string, unknown>>,
  known: readonly string[],
): void {
  const unknown = Object.keys(record).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new SluiceError(
    'bad-option',
    `model configuration: ${subject} has the unknown key ${shown(unknown)}; it knows ${known.join(', ')}`,
  );
}

export function asList(subject: string, value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) refuse(subject, 'an array', value);
  // spread, so that a hole is seen
  return [...(value as unknown[])];
}

/** @throws SluiceError 'bad-option' */
export function refuse(subject: string, expected: string, found: unknown): never {
  throw new SluiceError(
    'bad-option',
    `model configuration: ${subject} must be ${expected}, but is ${shown(found)}`,
  );
}
