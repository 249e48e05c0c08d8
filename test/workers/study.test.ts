import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import expected from '../fixtures/study-digest.json' with { type: 'json' };
import { type Bundled, bundleWorker } from '../support/bundle.js';
import { runTinyStudy } from './tiny-study.js';

let script: Bundled;
beforeAll(async () => {
  script = await bundleWorker(new URL('./tiny-lstm.worker.ts', import.meta.url));
});
afterAll(() => script.remove());

describe('a study in worker threads', () => {
  it.each([1, 2, 8])('gives the same bits with %i workers', async (workers) => {
    const trials = await runTinyStudy(script.url, workers);
    expect(trials).toEqual(expected.trials);
  });
});
