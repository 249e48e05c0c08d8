// Every option of every optimizer through the door of a study: in a worker it acts as here.
import { createStudy } from 'sluice';
import { expect, it } from 'vitest';
import { bundleWorker } from '../support/bundle.js';
import { optimizerCases, optimizerOfCase, trainedDigest } from '../support/optimizer-cases.js';

it('an objective trains by every option as the main thread does', async () => {
  const script = await bundleWorker(new URL('./optimizer.worker.ts', import.meta.url));
  try {
    const study = await createStudy({ name: 'options' });
    await study.optimize({
      space: (trial) => ({ index: trial.place }),
      worker: script.url,
      data: optimizerCases,
      trials: optimizerCases.length,
      workers: 2,
    });
    const here = await Promise.all(
      optimizerCases.map((one) => trainedDigest(optimizerOfCase(one))),
    );
    expect(study.trials.map(({ value }) => value)).toEqual(here);
    expect(new Set(here).size).toBe(optimizerCases.length);
  } finally {
    script.remove();
  }
});
