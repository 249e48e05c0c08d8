import { expect, it } from 'vitest';
import { threadsAlone, threadsOfTrial } from '../../src/cli/share-cores.js';

it.each([
  [2, 2, 2],
  // one worker was asked for: one core
  [1, 8, 1],
  // more workers than cores are no cores
  [64, 2, 2],
  [64, 64, 16],
])('%i workers, %i cores: a trial may use %i threads', (workers, cores, threads) => {
  expect(threadsOfTrial(workers, cores)).toBe(threads);
});

it('gives a training alone every core, up to 16', () => {
  expect([1, 2, 64].map((cores) => threadsAlone(cores))).toEqual([1, 2, 16]);
});
