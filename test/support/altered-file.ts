/** Model files changed in one place, for tests of their readers. */
import { fromBytes, readModelFile, SluiceError } from 'sluice';
import { expect } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors.js';

interface Change {
  metadata?: (metadata: Map<string, string>) => void;
  tensors?: (tensors: { name: string; shape: number[]; data: Float32Array }[]) => void;
}

/** The file after its metadata or its tensors were changed. */
export function altered(bytes: Uint8Array, change: Change): Uint8Array {
  const tensors = [...readModelFile(bytes).tensors].map(([name, tensor]) => ({ name, ...tensor }));
  const metadata = new Map(readSafetensors(bytes).metadata);
  change.metadata?.(metadata);
  change.tensors?.(tensors);
  return writeSafetensors(tensors, metadata);
}

/** The file after the JSON of one field of its metadata was changed. */
// biome-ignore lint/suspicious/noExplicitAny: the tests put anything into a file.
export function alteredJson(bytes: Uint8Array, field: string, edit: (json: any) => unknown) {
  return altered(bytes, {
    metadata: (fields) => {
      const value = JSON.parse(fields.get(field) as string);
      fields.set(field, JSON.stringify(edit(value) ?? value));
    },
  });
}

/** The paths of all values in a JSON tree, the root with them. */
export function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]];
  const below = Object.entries(value).flatMap(([key, child]) =>
    pathsOf(child).map((path) => [key, ...path]),
  );
  return [[], ...below];
}

/** The tree with another value at the path; undefined removes what stands there. */
export function replaced(tree: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy = structuredClone(tree) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, value);
  return copy;
}

/** What the reader says against the file. */
export function refusal(bytes: Uint8Array): string {
  try {
    fromBytes(bytes).dispose();
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError);
    expect((error as SluiceError).code, (error as Error).message).toBe('bad-file');
    return (error as Error).message;
  }
  throw new Error('the file was accepted');
}
