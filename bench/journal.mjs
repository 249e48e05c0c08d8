/** How long does it take to open a journal, and how much of that is the parsing of its JSON alone? */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createStudy, journalFile } from '../build/node.js';
import { attrs, reports, trials, writeJournal } from './journal-lines.mjs';
import { formatMs, table } from './measure.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
const path = join(folder, 'study.log');

const cases = [
  ['one trial, 20,000 reports', reports(20_000), 1],
  ['one trial, 80,000 reports', reports(80_000), 1],
  ['one trial, 20,000 attributes', attrs(20_000), 1],
  ['one trial, 80,000 attributes', attrs(80_000), 1],
  ['28,000 trials', trials(28_000), 28_000],
];

const rows = [];
for (const [name, lines, count] of cases) {
  writeJournal(path, lines);
  const began = performance.now();
  const study = await createStudy({ storage: journalFile(path) });
  const found = study.trials.length;
  const opened = performance.now() - began;
  if (found !== count) throw new Error(`${name}: found ${found} trials instead of ${count}`);
  rows.push([
    name,
    `${(statSync(path).size / 1e6).toFixed(1)} MB`,
    formatMs(opened),
    formatMs(parsing()),
  ]);
}
console.log('Opening a journal, trials frozen, milliseconds\n');
console.log(table(['journal', 'size', 'open', 'JSON.parse of each line alone'], rows));
rmSync(folder, { recursive: true });

function parsing() {
  const lines = readFileSync(path, 'latin1').split('\n').slice(0, -1);
  const began = performance.now();
  for (const line of lines) JSON.parse(line);
  return performance.now() - began;
}
