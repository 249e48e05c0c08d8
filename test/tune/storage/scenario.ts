/** A small history with everything in it that a journal can hold; the same on every run. */
import { RandomSampler } from '../../../src/tune/samplers/random.js';
import type { Storage } from '../../../src/tune/storage/storage.js';
import { studyFactory } from '../../../src/tune/study.js';
import type { Space } from '../../../src/tune/suggest.js';

const space: Space = (t) => {
  t.setUserAttr('note', { text: 'ü "NaN" \\', list: [1, 1.5, null, Number.NaN], place: t.place });
  const kind = t.suggestCategorical('kind', ['smooth', null, true, 2]);
  const whole = t.suggestFloat('whole', 2, 2);
  if (kind === 'smooth')
    return { kind, whole, units: t.suggestInt('units', 4, 256, { log: true }) };
  return {
    kind,
    rate: t.suggestFloat('rate', 1e-6, 1, { log: true }),
    grid: t.suggestFloat('grid', 0, 1, { step: 0.1 }),
    even: t.suggestInt('even', 0, 9, { step: 2 }),
  };
};

export async function writeScenario(storage: Storage): Promise<void> {
  const createStudy = studyFactory();
  const sampler = new RandomSampler({ seed: 3 });
  const study = await createStudy({ name: 'größte "study"', storage, sampler });
  const other = await createStudy({ name: 'other', direction: 'maximize', storage, sampler });
  const abort = new AbortController();
  const run = study.optimize({
    space,
    totalTrials: 18,
    signal: abort.signal,
    objective: async (params, trial) => {
      await trial.report(trial.place === 1 ? Number.NaN : trial.place, 0);
      if (trial.place === 5 && !abort.signal.aborted) {
        abort.abort();
        await new Promise(() => {});
      }
      await trial.report(trial.place === 2 ? Number.POSITIVE_INFINITY : 10 - trial.place, 1);
      if (trial.place === 3) throw new RangeError('on purpose: "3"');
      if (trial.place === 4) return undefined;
      return params.units ?? 0.5;
    },
  });
  await run.catch((error) => {
    if (error.code !== 'aborted') throw error;
  });
  const one: Space = (t) => ({ x: t.suggestFloat('x', -1, 1) });
  await other.optimize({ space: one, trials: 3, objective: ({ x }) => x });
  await study.optimize({
    space,
    totalTrials: 18,
    objective: async (params, trial) => {
      await trial.report(trial.place, 0);
      return trial.place === 6 ? Number.NEGATIVE_INFINITY : (params.units ?? 0.5);
    },
  });
}
