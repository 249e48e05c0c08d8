/**
 * How much faster do two workers finish a set of trials than one? The same study, seed and
 * data both times, in turns, best of the rounds; the trials are compared before the times.
 * Mark on two free cores: at least 1.8 times.
 *
 *     node bench/two-workers.mjs [--trials 24] [--rounds 3]
 */
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { createStudy, NopPruner, RandomSampler } from '../build/node.js';
import { allowRelaxedSimd, formatMs, table } from './measure.mjs';

const MARK = 1.8;
const { values: flags } = parseArgs({
  options: {
    trials: { type: 'string', default: '24' },
    rounds: { type: 'string', default: '3' },
  },
});

/** Sums of waves of several lengths: rows of `steps` values with `features` each, and what comes next. */
function makeData(rows, steps, features) {
  const wave = (t, k) => Math.abs(((t * (k + 2)) % 32) - 16) / 16 - 0.5;
  const x = new Float32Array(rows * steps * features).map((_, i) =>
    wave(Math.floor(i / features / steps) + (Math.floor(i / features) % steps), i % features),
  );
  const y = new Float32Array(rows).map((_, row) => wave(row + steps, 0));
  return { x, y, rows, steps, features };
}

async function runStudy(workers, data) {
  const study = await createStudy({
    sampler: new RandomSampler({ seed: 3 }),
    pruner: new NopPruner(),
  });
  const start = performance.now();
  await study.optimize({
    space: (t) => ({ rate: t.suggestFloat('rate', 1e-4, 1e-2, { log: true }) }),
    worker: new URL('./two-workers.objective.mjs', import.meta.url),
    data,
    trials: Number(flags.trials),
    workers,
  });
  const ms = performance.now() - start;
  return { ms, trials: study.trials.map(({ state, params, value }) => [state, params, value]) };
}

allowRelaxedSimd();
const data = makeData(512, 28, 9);
const best = { 1: Infinity, 2: Infinity };
let expected;
for (let round = 0; round < Number(flags.rounds); round += 1) {
  for (const workers of [1, 2]) {
    const { ms, trials } = await runStudy(workers, data);
    expected ??= trials;
    if (!isDeepStrictEqual(trials, expected) || trials.some(([state]) => state !== 'COMPLETE')) {
      throw new Error(`the trials with ${workers} workers differ from those with 1, or failed`);
    }
    best[workers] = Math.min(best[workers], ms);
  }
}

const ratio = best[1] / best[2];
const row = (workers) => [
  workers,
  (best[workers] / 1000).toFixed(2),
  formatMs(best[workers] / Number(flags.trials)),
  (best[1] / best[workers]).toFixed(2),
];
console.log(`${flags.trials} trials of LSTM(64), T 28, I 9, 512 rows, 6 epochs, batch 32\n`);
console.log(table(['workers', 'seconds', 'ms a trial', 'times as fast'], [row(1), row(2)]));
console.log(
  `\nmark: at least ${MARK}; ${ratio >= MARK ? 'met' : 'not met (both cores must be idle)'}`,
);
