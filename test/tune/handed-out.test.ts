// What a study tells of itself and of its trials: nobody can change it.
import {
  createPool,
  createStudy,
  type FrozenTrial,
  memoryStorage,
  NopPruner,
  RandomSampler,
  type Trial,
} from 'sluice';
import { expect, it } from 'vitest';

// biome-ignore lint/suspicious/noExplicitAny: what types forbid is the subject here
type Loose = any;

async function made() {
  const study = await createStudy({ storage: memoryStorage(), sampler: new RandomSampler() });
  await study.optimize({
    trials: 3,
    space: (trial: Trial) => {
      trial.setUserAttr('note', { of: ['a', 'b'] });
      return {
        kind: trial.suggestCategorical('kind', ['a', 'b']),
        x: trial.suggestFloat('x', 0, 1),
      };
    },
    objective: async ({ x }, trial) => {
      await trial.report(x, 0);
      return x;
    },
  });
  return study;
}

const edits: Record<string, (study: Loose) => void> = {
  name: (study) => (study.name = 'other'),
  direction: (study) => (study.direction = 'maximize'),
  trials: (study) => (study.trials = []),
  'trials.pop': (study) => study.trials.pop(),
  bestValue: (study) => (study.bestValue = 0),
  'bestParams.x': (study) => (study.bestParams.x = 7),
  'bestTrial.value': (study) => (study.bestTrial.value = 7),
  'trials[0].number': (study) => (study.trials[0].number = 7),
  'trials[0].state': (study) => (study.trials[0].state = 'FAIL'),
  'trials[0].params.x': (study) => (study.trials[0].params.x = 7),
  'trials[0].distributions.x.low': (study) => (study.trials[0].distributions.x.low = -1),
  'trials[0].distributions.kind.choices': (study) =>
    study.trials[0].distributions.kind.choices.push('c'),
  'trials[0].intermediateValues': (study) => (study.trials[0].intermediateValues[0] = 7),
  'trials[0].userAttrs.note.of': (study) => study.trials[0].userAttrs.note.of.push('c'),
  'trials[0].systemAttrs': (study) => (study.trials[0].systemAttrs.other = 1),
  'trials[0].datetimeStart': (study) => (study.trials[0].datetimeStart = new Date(0)),
};

it.each(Object.keys(edits))('a study refuses an edit of %s', async (edit) => {
  const study = await made();
  const before = structuredClone(study.trials);
  expect(() => edits[edit](study)).toThrow(TypeError);
  expect(structuredClone(study.trials)).toEqual(before);
});

it('a date belongs to who asked for it', async () => {
  const study = await made();
  const [trial] = study.trials as [FrozenTrial];
  const { datetimeStart, datetimeComplete } = structuredClone(trial);
  trial.datetimeStart?.setTime(0);
  trial.datetimeComplete?.setTime(0);
  expect(datetimeStart).toBeInstanceOf(Date);
  expect(study.trials[0]).toMatchObject({ datetimeStart, datetimeComplete });
});

it('the trial that space and objective see keeps its place and number, the sampler its seed', async () => {
  const seen: number[] = [];
  const refused: unknown[] = [];
  const attempt = (edit: () => void) => {
    try {
      edit();
    } catch (error) {
      refused.push(error);
    }
  };
  const study = await createStudy({ pruner: new NopPruner() });
  await study.optimize({
    trials: 2,
    space: (trial: Loose) => {
      attempt(() => (trial.place = 9));
      trial.params.x = 9;
      return { x: trial.suggestFloat('x', 0, 1) };
    },
    objective: (_, trial: Loose) => {
      attempt(() => (trial.number = 9));
      seen.push(trial.number);
      return 1;
    },
  });
  const sampler = new RandomSampler({ seed: 3 }) as Loose;
  attempt(() => (sampler.seed = 4));
  expect(sampler.seed).toBe(3);
  expect(seen).toEqual([0, 1]);
  expect(refused).toHaveLength(5);
  for (const error of refused) expect(error).toBeInstanceOf(TypeError);
});

it('a pool keeps its size', async () => {
  const worker = () => {
    throw new Error('no worker is wanted here');
  };
  const pool = createPool({ workers: 2, worker: worker as Loose }) as Loose;
  expect(() => (pool.size = 9)).toThrow(TypeError);
  expect(pool.size).toBe(2);
  await pool.close();
});
