// Contenders in processes of their own, some killed or stopped: nobody is ever inside the lock
// together with another who lives. long-contest.mjs does the same with real Optuna among them.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { removeLeftovers } from '../../../src/tune/storage/journal-file-leftovers.js';
import { contest } from './contest.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
const path = join(folder, 'study.log.lock');
const script = (name: string) => join(folder, 'build', `${name}.mjs`);

beforeAll(() =>
  build({
    entryPoints: ['contender', 'foreign-contender'].map((name) =>
      join(import.meta.dirname, `${name}.ts`),
    ),
    bundle: true,
    platform: 'node',
    format: 'esm',
    outdir: join(folder, 'build'),
    outExtension: { '.js': '.mjs' },
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

it('lets one in at a time, whoever is killed or stopped, and leaves nothing behind', async () => {
  const ours = [process.execPath, script('contender'), path];
  const foreign = [process.execPath, script('foreign-contender'), path];
  const rounds = 30;
  const result = await contest({
    path,
    contenders: [ours, ours, ours, ours, foreign],
    mortal: 4,
    rounds,
    seed: 4,
  });
  expect(result.together).toEqual([]);
  for (const count of [result.killed, result.stopped, result.dead]) {
    expect(count).toBeGreaterThan(3);
  }
  expect(result.alone).toBeGreaterThanOrEqual(rounds * 5 - result.killed);
  removeLeftovers(path);
  expect(readdirSync(folder).filter((name) => name.startsWith('study.log.lock.'))).toEqual([]);
});
