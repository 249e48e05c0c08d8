// trial.number and trial.place through a journal: what the objective is told, what the journal has, what a
// study has that opens it anew, and what another program would read.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { PlaceIndex } from '../../src/tune/lineage.js';
import { journalFile } from '../../src/tune/storage/journal-file.js';
import { studyFactory } from '../../src/tune/study.js';
import { expectError } from '../support/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-numbering-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'study.log');

const open = () => studyFactory()({ name: 'numbers', storage: journalFile(path), lookback: 1 });

interface Seen {
  readonly number: number;
  readonly place: number;
  readonly seed: number;
  readonly x: number;
}

/** Runs to six places, or until the trial with that number, which it interrupts. */
async function run(interrupted?: number): Promise<Seen[]> {
  const seen: Seen[] = [];
  const control = new AbortController();
  const study = await open();
  const running = study.optimize({
    space: (t) => ({ x: t.suggestFloat('x', 0, 1), place: t.place }),
    totalTrials: 6,
    signal: control.signal,
    objective: ({ x, place }, trial) => {
      expect(place).toBe(trial.place);
      seen.push({ number: trial.number, place: trial.place, seed: trial.seed, x });
      if (trial.number === interrupted) {
        control.abort();
        throw trial.signal.reason;
      }
      return trial.number;
    },
  });
  if (interrupted === undefined) await running;
  else await expectError(() => running, 'aborted');
  return seen;
}

it('a trial that is run again in a journal has a new number, and keeps its place, seed and parameters', async () => {
  // interrupted in place 2, there once more, and in place 4
  const runs = [await run(2), await run(3), await run(6), await run()];
  const seen = runs.flat();
  expect(seen.map(({ number, place }) => [number, place])).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
    [3, 2],
    [4, 2],
    [5, 3],
    [6, 4],
    [7, 4],
    [8, 5],
  ]);
  for (const { place, seed, x } of seen) {
    const first = seen.find((one) => one.place === place);
    expect([seed, x]).toEqual([first?.seed, first?.x]);
  }

  const { trials, bestTrial } = await open();
  expect(trials.map(({ number }) => number)).toEqual(seen.map(({ number }) => number));
  expect(trials.map(({ params }) => params.x)).toEqual(seen.map(({ x }) => x));
  const index = new PlaceIndex().learn(trials);
  expect(trials.map(({ number }) => index.of(number))).toEqual(seen.map(({ place }) => place));
  expect(trials.map(({ value, number }) => value ?? `again ${number}`)).toEqual([
    0,
    1,
    'again 2',
    'again 3',
    4,
    5,
    'again 6',
    7,
    8,
  ]);
  expect(bestTrial.number).toBe(0);

  // in the words of Optuna: trial ids count the records, and a trial run again names its first run
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const ops = lines.map((line) => JSON.parse(line));
  expect(ops.filter(({ op_code }) => op_code === 4)).toHaveLength(9);
  expect(trials.map(({ systemAttrs }) => systemAttrs.failed_trial)).toEqual([
    undefined,
    undefined,
    undefined,
    2,
    2,
    undefined,
    undefined,
    6,
    undefined,
  ]);
  expect(trials[4].systemAttrs.retry_history).toEqual([2, 3]);
});
