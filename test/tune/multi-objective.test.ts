// Studies of several objectives: what Optuna 5 makes of the same ones (test/fixtures/optuna/multi.py).
import { memoryStorage } from 'sluice';
import { describe, expect, it } from 'vitest';
import { paretoFront } from '../../src/tune/pareto.js';
import { JournalStorage } from '../../src/tune/storage/journal.js';
import { decodeJson } from '../../src/tune/storage/journal-codec.js';
import { type Study, studyFactory } from '../../src/tune/study.js';
import type { Direction, FrozenTrial } from '../../src/tune/trial.js';
import { finishedTrial } from '../contracts/pruner.js';
import fixtureText from '../fixtures/optuna/multi.json?raw';
import continuedLog from '../fixtures/optuna/multi-continued.log?raw';
import sluiceLog from '../fixtures/optuna/multi-sluice.log?raw';
import writtenLog from '../fixtures/optuna/multi-written.log?raw';
import { expectError } from '../support/errors.js';
import { TextBackend } from './storage/text-backend.js';
import { writeTwoObjectives } from './two-objectives.js';

const createStudy = studyFactory();

interface View {
  name: string;
  directions: Direction[];
  trials: { number: number; state: string; values: number[] | null; params: object }[];
  bestTrials: number[];
}
const fixture = decodeJson(fixtureText) as {
  written: View;
  sluice: View;
  continued: View;
  fronts: { directions: Direction[]; values: (string[] | null)[]; best: number[] }[];
};

const numbers = (trials: readonly FrozenTrial[]) => trials.map(({ number }) => number);

const viewOf = (study: Study): View => ({
  name: study.name,
  directions: [...study.directions],
  trials: study.trials.map(({ number, state, values, params }) => ({
    number,
    state,
    values: values ? [...values] : null,
    params,
  })),
  bestTrials: numbers(study.bestTrials),
});

describe('a study of two objectives', () => {
  it.each([
    ['Optuna', writtenLog, fixture.written],
    ['sluice', sluiceLog, fixture.sluice],
    ['both', continuedLog, fixture.continued],
  ])('reads as Optuna reads it, written by %s', async (_, log, expected) => {
    const storage = new JournalStorage(new TextBackend(log));
    expect(viewOf(await createStudy({ name: expected.name, storage }))).toEqual(expected);
  });

  it('is written as the fixture that Optuna has read', async () => {
    expect(viewOf(await writeTwoObjectives(memoryStorage()))).toEqual(fixture.sluice);
  });

  it('goes on where Optuna has stopped', async () => {
    const storage = new JournalStorage(new TextBackend(writtenLog));
    const directions = ['minimize', 'maximize'] as const;
    const study = await createStudy({ name: 'two', storage, directions });
    await study.optimize({
      space: (t) => ({ x: t.suggestFloat('x', 0, 1), n: t.suggestInt('n', 1, 4) }),
      objective: ({ x, n }) => [x - 1, n + 1],
      trials: 3,
    });
    expect(study.trials).toHaveLength(17);
    expect(numbers(study.bestTrials).every((number) => number > 13)).toBe(true);
    expect(study.trials[15].value).toBeUndefined();
  });

  it('refuses questions that only one objective answers, and directions that are not its own', async () => {
    const storage = memoryStorage();
    const study = await writeTwoObjectives(storage);
    for (const property of ['direction', 'bestTrial', 'bestValue', 'bestParams'] as const) {
      await expectError(
        () => study[property],
        'bad-option',
        /has 2 objectives, so (direction|best)/,
      );
    }
    const open = (options: object) => () => createStudy({ name: 'ours', storage, ...options });
    await expectError(
      open({ direction: 'minimize' }),
      'study-mismatch',
      /created with directions 'minimize', 'maximize', but is opened with direction 'minimize'/,
    );
    await expectError(
      open({ direction: 'minimize', directions: ['minimize'] }),
      'bad-option',
      /direction and directions are both given/,
    );
    for (const directions of [[], ['up'], 'minimize', [undefined]]) {
      await expectError(open({ directions }), 'bad-option', /directions must be an array of/);
    }
  });

  it('fails trials that report, ask to be pruned, or return something else', async () => {
    const study = await createStudy({ directions: ['minimize', 'maximize'] });
    const returns: unknown[] = [1, [1], [1, 2, 3], [1, 'a'], { x: 1 }, undefined];
    await study.optimize({
      space: (t) => ({ x: t.suggestFloat('x', 0, 1) }),
      objective: async (_, trial) => {
        if (trial.number === 0) await trial.report(1, 0);
        if (trial.number === 1) await trial.shouldPrune();
        return returns[trial.number - 2] as number;
      },
      trials: 8,
      continueOnFailure: true,
    });
    const reasons = study.trials.map(({ failReason }) => failReason);
    expect(reasons[0]).toMatch(/trial.report has no meaning in a study of 2 objectives/);
    expect(reasons[1]).toMatch(/trial.shouldPrune has no meaning in a study of 2 objectives/);
    for (const reason of reasons.slice(2)) {
      expect(reason).toMatch(/the objective must return an array of 2 numbers, but returned/);
    }
    expect(study.bestTrials).toEqual([]);
  });

  it('takes a list of one number where there is one objective', async () => {
    const study = await createStudy();
    await study.optimize({
      space: () => ({}),
      objective: ((_: unknown) => [3]) as never,
      trials: 1,
    });
    expect(study.bestValue).toBe(3);
    expect(study.bestTrial.values).toEqual([3]);
    expect(numbers(study.bestTrials)).toEqual([0]);
  });
});

describe('the best trials', () => {
  it.each(fixture.fronts)('are those of Optuna: $directions', ({ directions, values, best }) => {
    const trials = values.map((row, number) => {
      if (!row) return finishedTrial({ number, state: 'FAIL' });
      const read = row.map((text) => Number(text.replace('inf', 'Infinity')));
      return finishedTrial({ number, state: 'COMPLETE', values: read });
    });
    expect(numbers(paretoFront(trials, directions))).toEqual(best);
  });
});
