import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import expected from '../fixtures/study-digest.json' with { type: 'json' };
import { type Bundled, bundleWorker } from '../support/bundle.js';
import { runTinyStudy, type TrialRecord } from './tiny-study.js';

let script: Bundled;
let alone: TrialRecord[];
beforeAll(async () => {
  script = await bundleWorker(new URL('./tiny-lstm.worker.ts', import.meta.url));
  alone = await runTinyStudy(script.url, 1);
});
afterAll(() => script.remove());

describe('a study in worker threads', () => {
  it('completes and prunes', () => {
    const states = alone.map((trial) => trial.state);
    expect(new Set(states)).toEqual(new Set(['COMPLETE', 'PRUNED']));
  });

  it.each([2, 8])('gives the same bits with %i workers as with one', async (workers) => {
    expect(await runTinyStudy(script.url, workers)).toEqual(alone);
  });

  it('gives the bits of the fixture, or make-study-digest.mjs must be run', () => {
    expect(alone).toEqual(expected.trials);
  });
});
