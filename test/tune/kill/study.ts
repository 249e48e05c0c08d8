/** The study that is killed, and its uninterrupted twin. */
import { Random } from '../../../src/random.js';
import type { AnyObjective } from '../../../src/tune/in-thread.js';
import { MedianPruner } from '../../../src/tune/pruners/median.js';
import { RandomSampler } from '../../../src/tune/samplers/random.js';
import type { Storage } from '../../../src/tune/storage/storage.js';
import { studyFactory } from '../../../src/tune/study.js';
import type { Space } from '../../../src/tune/suggest.js';

export const totalTrials = 40;

const space: Space = (t) => ({
  rate: t.suggestFloat('rate', 1e-4, 1, { log: true }),
  units: t.suggestInt('units', 1, 64, { log: true }),
});

const objective: AnyObjective = async ({ rate, units }, trial) => {
  const random = new Random(trial.seed);
  let value = rate;
  for (let step = 0; step < 4; step++) {
    await new Promise((resolve) => setTimeout(resolve, random.integer(1, 12)));
    value = rate + random.uniform() / units;
    await trial.report(value, step);
  }
  if (random.uniform() < 0.1) throw new Error(`seed ${trial.seed}`);
  return value;
};

export const killStudy = Object.assign(
  (storage?: Storage) =>
    studyFactory()({
      name: 'killed',
      storage,
      sampler: new RandomSampler({ seed: 2 }),
      pruner: new MedianPruner({ nStartupTrials: 2 }),
      lookback: 5,
    }),
  { plan: { space }, objective },
);
