/**
 * `npm run bench [-- --record]`: names the machine, then runs the benchmarks one after
 * another, each in a process of its own so that none inherits another's heap or code cache.
 * With --record the output also goes to bench/results.
 */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machineLine } from './measure.mjs';

/** One file a question; each prints its own title and table and checks before it times. */
const BENCHMARKS = [
  'lstm-kernel.mjs',
  'cell-kernel.mjs',
  'conv-kernel.mjs',
  'workloads.mjs',
  'two-workers.mjs',
  'reports.mjs',
  'journal.mjs',
];

const { values: flags } = parseArgs({
  options: { record: { type: 'boolean' }, only: { type: 'string' } },
});
const version = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
).version;
const chosen = BENCHMARKS.filter((file) => flags.only?.split(',').includes(file) ?? true);
if (chosen.length === 0)
  throw new Error(`no benchmark ${flags.only}; there are ${BENCHMARKS.join(', ')}`);
let record = '';
let failed = false;

say(`sluice ${version}; ${machineLine()}; ${new Date().toISOString().slice(0, 10)}\n`);
for (const file of chosen) {
  say(`## ${file}\n`);
  const path = fileURLToPath(new URL(file, import.meta.url));
  const status = await runBenchmark(path);
  if (status !== 0) {
    failed = true;
    say(`${file} failed with exit code ${status}\n`);
  }
}
if (flags.record) {
  const file = new URL(
    `results/bench-${new Date().toISOString().slice(0, 10)}.md`,
    import.meta.url,
  );
  writeFileSync(file, `${record.replaceAll(/\n{3,}/g, '\n\n').trimEnd()}\n`);
  console.log(`recorded in ${fileURLToPath(file)}`);
}
if (failed) process.exitCode = 1;

/** Passes the output on as it comes and resolves to the exit code. */
function runBenchmark(path) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      record += text;
      process.stdout.write(text);
    });
    child.on('error', reject).on('close', (code, signal) => resolve(code ?? signal));
  });
}

function say(text) {
  record += `${text}\n`;
  console.log(text);
}
