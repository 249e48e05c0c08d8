/** Attributes while a journal is replayed: lines change them in place, users get frozen values. */
import { deepFreeze } from '../../frozen.js';

export type Fields<T> = Record<string, T>;

/** Names come from files: one that every object has must not be set on its prototype. */
export function put<T>(fields: Fields<T>, name: string, value: T): void {
  if (name !== '__proto__') fields[name] = value;
  else Object.defineProperty(fields, name, { value, ...ordinary });
}

const ordinary = { enumerable: true, configurable: true, writable: true };

/** Adds to those that are there, or replaces them. */
export function putAttrs(present: Fields<unknown>, attrs: Fields<unknown>): void {
  for (const [name, value] of Object.entries(attrs)) put(present, name, deepFreeze(value));
}
