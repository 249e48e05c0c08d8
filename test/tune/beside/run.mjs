// Sluice, killed again and again, beside three real Optunas on one study, by hand:
//   node test/tune/beside/run.mjs TRIALS PYTHON [COPY]
// COPY keeps the journal: test/fixtures/optuna/shared.log is that of 24 trials, shared.json what
// check.py says of it. Neither may die of the other, and nothing that anybody has finished may be lost or changed.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const [total = '120', python = 'python3', copyTo] = process.argv.slice(2);
const here = import.meta.dirname;
const folder = mkdtempSync(join(tmpdir(), 'sluice-beside-'));
const journal = join(folder, 'study.log');
const source = join(here, '../../../src/tune/storage/journal-file.ts');
await build({
  entryPoints: [join(here, 'sluice-worker.ts'), source],
  entryNames: '[name]',
  bundle: true,
  platform: 'node',
  format: 'esm',
  outdir: folder,
  outExtension: { '.js': '.mjs' },
});
const said = [];
let errors = '';

function run(command, args, killAfter) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let timer;
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (killAfter !== undefined) timer ??= setTimeout(() => child.kill('SIGKILL'), killAfter);
    });
    child.stderr.on('data', (chunk) => {
      errors += chunk;
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      said.push(
        ...out
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line)),
      );
      resolve(code ?? signal);
    });
  });
}

const ours = [join(folder, 'sluice-worker.mjs'), journal, 'shared', total];
let finished = false;
const optunas = Promise.all(
  [1, 2, 3].map(() =>
    run(python, [join(here, 'optuna-worker.py'), journal, 'shared', String(Number(total) / 8)]),
  ),
);
let kills = 0;
while (!finished) {
  const end = await run(process.execPath, ours, kills < 6 ? 200 + 100 * kills : undefined);
  if (end === 'SIGKILL') kills += 1;
  else if (end !== 0) throw new Error(`sluice ended with ${end}: ${errors}`);
  else finished = true;
}
const codes = await optunas;
if (copyTo) copyFileSync(journal, copyTo);

const { journalFile } = await import(pathToFileURL(join(folder, 'journal-file.mjs')).href);
const storage = journalFile(journal);
await storage.refresh();
const trials = storage.trials(storage.study('shared').id);
const lost = said.filter(
  ([number, value]) => trials[number]?.state !== 'COMPLETE' || trials[number].value !== value,
);
const states = {};
for (const { state } of trials) states[state] = (states[state] ?? 0) + 1;
const by = trials.filter((trial) => trial.userAttrs.by === 'optuna');
const stolen = by.filter((trial) => trial.state !== 'COMPLETE');
const lines = readFileSync(journal, 'utf8').split('\n').length - 1;
console.log(JSON.stringify({ codes, kills, trials: trials.length, states, said: said.length }));
console.log(
  JSON.stringify({ byOptuna: by.length, lost: lost.length, stolen: stolen.length, lines }),
);
if (errors) console.log(errors);
rmSync(folder, { recursive: true });
process.exitCode = lost.length + stolen.length > 0 || codes.some((code) => code !== 0) ? 1 : 0;
