/** The built command line as a process of its own. */

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';

const cli = fileURLToPath(new URL('../../build/cli.js', import.meta.url));
if (!existsSync(cli)) throw new Error(`${cli} is missing: npm run build makes it`);

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once stderr matches; rejects when the process ends before. */
  seen(pattern: RegExp): Promise<void>;
}

/** A folder for the tests of one file; removed after them. */
export function workspace(files: Record<string, string | Uint8Array> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param flags of Node itself */
export function start(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  flags: readonly string[] = [],
): Running {
  const child = spawn(process.execPath, [...flags, cli, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    for (const watch of watchers) watch();
  });
  const finished = new Promise<Finished>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const seen = (pattern: RegExp) =>
    new Promise<void>((resolve, reject) => {
      const watch = () => pattern.test(stderr) && resolve();
      watchers.add(watch);
      watch();
      void finished.then(() => reject(new Error(`ended before ${pattern} came:\n${stderr}`)));
    });
  return { process: child, finished, seen };
}

export const run = (cwd: string, ...args: string[]): Promise<Finished> => start(cwd, args).finished;

/** The JSON object in the last line of stdout. */
// biome-ignore lint/suspicious/noExplicitAny: tests look into it
export const lastLine = ({ stdout }: Finished): any =>
  JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
