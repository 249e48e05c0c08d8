import { expect, it } from 'vitest';
import { threadsAlone, threadsOfTrial } from '../../src/cli/share-cores.js';

it.each([
  [2, 30, 2, 1],
  [8, 30, 8, 1],
  [8, 8, 8, 1],
  [8, 3, 8, 2],
  [8, 1, 8, 8],
  // one worker was asked for: one core
  [1, 1, 8, 1],
  // more workers than cores are no cores
  [64, 1, 2, 2],
  // no more than 8 trials run at once
  [32, 100, 32, 4],
  [64, 1, 64, 16],
])('%i workers, %i trials, %i cores: %i threads a trial', (workers, trials, cores, threads) => {
  expect(threadsOfTrial(workers, trials, cores)).toBe(threads);
});

it('gives a training alone every core, up to 16', () => {
  expect([1, 2, 64].map((cores) => threadsAlone(cores))).toEqual([1, 2, 16]);
});
