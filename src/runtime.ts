// Builtins of Node where there are any: `process.getBuiltinModule` (Node >= 20.16, Bun, Deno) is
// invisible to bundlers, so that a file for browsers too may ask for them.
import type * as fs from 'node:fs';
import type * as os from 'node:os';
import type * as path from 'node:path';
import type * as url from 'node:url';
import type * as workerThreads from 'node:worker_threads';

interface Builtins {
  'node:fs': typeof fs;
  'node:os': typeof os;
  'node:path': typeof path;
  'node:url': typeof url;
  'node:worker_threads': typeof workerThreads;
}

export interface ProcessLike {
  readonly versions?: { readonly node?: string };
  readonly arch?: string;
  readonly execArgv?: readonly string[];
  /** Where Node was started with --permission. */
  readonly permission?: { has(scope: string): boolean };
  getBuiltinModule?(name: string): unknown;
}

/** `process`, which bundlers fake in pages too. */
export function nodeProcess(): ProcessLike | undefined {
  return (globalThis as { process?: ProcessLike }).process;
}

/** The builtin of that name, or undefined where it cannot be reached. */
export function nodeBuiltin<Name extends keyof Builtins>(name: Name): Builtins[Name] | undefined {
  return nodeProcess()?.getBuiltinModule?.(name) as Builtins[Name] | undefined;
}
