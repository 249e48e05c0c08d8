// Every option of compile, fit, evaluate, predict and earlyStopping through every door.
import * as main from 'sluice';
import * as node from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { bundleWorker } from '../support/bundle.js';
import { allActs, type Sluice } from './option-acts.js';

const entries: [string, Sluice][] = [
  ['sluice', main],
  ['sluice/node', node],
];

describe.each(entries)('through %s', (_, sluice) => {
  it.each(allActs)('%s: %s acts', async (_, __, act) => {
    await act(sluice);
  });
});

it('within an objective in a worker they act too', async () => {
  const script = await bundleWorker(new URL('./options.worker.ts', import.meta.url));
  try {
    const study = await main.createStudy();
    await study.optimize({ space: () => ({}), worker: script.url, workers: 1, trials: 1 });
    expect(study.trials[0]).toMatchObject({ state: 'COMPLETE', value: allActs.length });
  } finally {
    script.remove();
  }
});
