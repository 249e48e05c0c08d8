/**
 * What does a report of a trial cost, and does it cost more the more there were before? One trial
 * reports and awaits N values under a MedianPruner that looks at each of them, in this thread
 * and in a worker. Mark: with sixteen times as many reports, one takes at most twice as long.
 *
 *     node bench/reports.mjs [--rounds 3]
 */
import { parseArgs } from 'node:util';
import { createStudy, MedianPruner } from '../build/node.js';
import { formatMs, table } from './measure.mjs';
import { reporting } from './reports.objective.mjs';

const MARK = 2;
const COUNTS = [5_000, 20_000, 80_000];
const { values: flags } = parseArgs({ options: { rounds: { type: 'string', default: '3' } } });
const worker = new URL('./reports.objective.mjs', import.meta.url);

/** Milliseconds for the second of two trials that report `count` values each. */
async function timeReports(way, count) {
  const study = await createStudy({ pruner: new MedianPruner({ nStartupTrials: 1 }), lookback: 1 });
  let start = 0;
  await study.optimize({
    space: () => ({ count }),
    trials: 2,
    ...way,
    callbacks: [
      (_, { number }) => {
        if (number === 0) start = performance.now();
      },
    ],
  });
  const ms = performance.now() - start;
  const reported = study.trials.map((t) => Object.keys(t.intermediateValues).length);
  if (reported.some((n) => n !== count)) throw new Error(`${reported} reports instead of ${count}`);
  return ms;
}

const ways = {
  'in this thread': { objective: reporting },
  'in a worker': { worker, workers: 1 },
};
const rows = [];
let failed = false;
for (const [name, way] of Object.entries(ways)) {
  const best = COUNTS.map(() => Infinity);
  for (let round = 0; round < Number(flags.rounds); round += 1) {
    for (const [i, count] of COUNTS.entries()) {
      best[i] = Math.min(best[i], await timeReports(way, count));
    }
  }
  const each = best.map((ms, i) => (1000 * ms) / COUNTS[i]);
  const ratio = each.at(-1) / each[0];
  failed ||= ratio > MARK;
  rows.push([
    name,
    ...best.map((ms, i) => `${formatMs(ms)} (${each[i].toFixed(1)} µs each)`),
    ratio.toFixed(2),
  ]);
}
console.log(table(['ms', ...COUNTS.map((n) => `${n} reports`), 'growth'], rows));
console.log(`\nmark: a growth of at most ${MARK}\n`);
if (failed) process.exitCode = 1;
