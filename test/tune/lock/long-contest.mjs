// The long contest, with real Optuna among the contenders; by hand:
//   node test/tune/lock/long-contest.mjs ROUNDS PYTHON
// where PYTHON is a Python that has Optuna 5.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [rounds = '1000', python = 'python3', seed = '1'] = process.argv.slice(2);
const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'sluice-contest-'));
const outdir = join(folder, 'build');
await build({
  entryPoints: [
    join(here, 'contender.ts'),
    join(here, 'contest.ts'),
    join(here, '../../../src/tune/storage/journal-file-leftovers.ts'),
  ],
  outbase: join(here, '../../..'),
  entryNames: '[name]',
  bundle: true,
  platform: 'node',
  format: 'esm',
  outExtension: { '.js': '.mjs' },
  outdir,
});
const { contest } = await import(pathToFileURL(join(outdir, 'contest.mjs')).href);
const path = join(folder, 'study.log.lock');
const ours = [process.execPath, join(outdir, 'contender.mjs'), path];
const optuna = (kind) => [python, join(here, 'contender.py'), path, kind];
const began = performance.now();
const result = await contest({
  path,
  contenders: [ours, ours, ours, ours, ours, ours, optuna('link'), optuna('open')],
  mortal: 6,
  rounds: Number(rounds),
  seed: Number(seed),
});
const seconds = Math.round((performance.now() - began) / 1000);
console.log(JSON.stringify({ rounds, seconds, ...result }));
console.log(
  'left behind:',
  readdirSync(folder).filter((name) => name !== 'build'),
);
rmSync(folder, { recursive: true });
process.exitCode = result.together.length > 0 ? 1 : 0;
