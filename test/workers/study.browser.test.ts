import { describe, expect, it } from 'vitest';
import expected from '../fixtures/study-digest.json' with { type: 'json' };
import { runTinyStudy } from './tiny-study.js';

const spawn = () =>
  new Worker(new URL('./tiny-lstm.worker.ts', import.meta.url), { type: 'module' });

describe('a study in Web Workers', () => {
  it.each([1, 2, 8])('gives the bits that Node gave, with %i workers', async (workers) => {
    expect(await runTinyStudy(spawn, workers)).toEqual(expected.trials);
  });
});
