import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../../src/tune/storage/memory.js';
import { studyFactory } from '../../src/tune/study.js';
import type { StudyOptions } from '../../src/tune/study-options.js';
import type { Space } from '../../src/tune/suggest.js';

const createStudy = studyFactory();
const space: Space = (t) => ({ x: t.suggestFloat('x', -1, 1) });
const square = ({ x }: { x: number }) => x * x;

describe('createStudy', () => {
  it('has its defaults', async () => {
    const study = await createStudy();
    expect([study.name, study.direction, study.trials]).toEqual(['study', 'minimize', []]);
  });

  it('goes on with the study of that name in the storage', async () => {
    const storage = memoryStorage();
    const first = await createStudy({ name: 'a', direction: 'maximize', storage });
    await first.optimize({ space, trials: 3, objective: square });
    const second = await createStudy({ name: 'a', storage });
    expect(second.direction).toBe('maximize');
    expect(second.trials).toEqual(first.trials);
    await second.optimize({ space, trials: 2, objective: square });
    expect(first.trials).toHaveLength(5);
    await expect(createStudy({ name: 'a', storage, loadIfExists: false })).rejects.toMatchObject({
      code: 'study-mismatch',
      message: expect.stringContaining("study 'a' exists already"),
    });
  });

  it('refuses another direction, and names both', async () => {
    const storage = memoryStorage();
    await createStudy({ name: 'a', direction: 'maximize', storage });
    await expect(createStudy({ name: 'a', direction: 'minimize', storage })).rejects.toMatchObject({
      code: 'study-mismatch',
      message: expect.stringMatching(/direction 'maximize'.*with direction 'minimize'/),
    });
  });

  it.each<[unknown, string]>([
    [{ name: '' }, 'name must be a non-empty string'],
    [{ direction: 'down' }, "direction must be 'minimize' or 'maximize', but got 'down'"],
    [{ lookback: 0 }, 'lookback must be a positive integer, but got 0'],
    [{ lookback: Number.NaN }, 'lookback must be a positive integer, but got NaN'],
    [{ sampler: {} }, 'sampler must be an object with propose(), such as new RandomSampler()'],
    [
      { artifactStore: { write: async () => {} } },
      'artifactStore must be an object with write(), read(), remove(), list(), such as',
    ],
    [{ pruner: 'median' }, 'pruner must be an object with prune()'],
    [{ storage: './study.log' }, 'such as memoryStorage() or journalFile(path)'],
    [{ loadIfExists: 1 }, 'loadIfExists must be true or false'],
    [{ seed: 1 }, "no option 'seed'; it knows name, direction"],
  ])('refuses %o', async (options, message) => {
    await expect(createStudy(options as StudyOptions)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(message),
    });
  });
});

describe('bestTrial', () => {
  it.each([
    ['minimize', -4, 2],
    ['maximize', 7, 1],
  ] as const)('is the first best complete one (%s)', async (direction, value, number) => {
    const study = await createStudy({ direction });
    const values = [0, 7, -4, 7, -4, Number.NaN];
    await study.optimize({
      space,
      trials: values.length,
      objective: (_, trial) => values[trial.number],
    });
    expect([study.bestValue, study.bestTrial.number]).toEqual([value, number]);
    expect(study.bestParams).toEqual(study.trials[number].params);
  });
});
