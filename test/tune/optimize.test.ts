import { describe, expect, it, vi } from 'vitest';
import type { StudyEvent } from '../../src/tune/events.js';
import type { Outcome } from '../../src/tune/executor.js';
import type { OptimizeOptions } from '../../src/tune/optimize-options.js';
import { NopPruner } from '../../src/tune/pruners/nop.js';
import { studyFactory } from '../../src/tune/study.js';
import type { Space } from '../../src/tune/suggest.js';
import { scripted } from './executors.js';

const createStudy = studyFactory();
const space: Space = (t) => ({ x: t.suggestFloat('x', -1, 1) });
const square = ({ x }: { x: number }) => x * x;

describe('optimize', () => {
  it.each<[Partial<OptimizeOptions>, string]>([
    [{ trials: 0 }, 'trials must be a positive integer, but got 0'],
    [{ trials: -2 }, 'trials must be a positive integer, but got -2'],
    [{ trials: Number.NaN }, 'trials must be a positive integer, but got NaN'],
    [{ trials: undefined, totalTrials: 1.5 }, 'totalTrials must be a positive integer'],
    [{ totalTrials: 3 }, 'only one of trials (more) and totalTrials may be given'],
    [{ trials: undefined }, 'one of trials, totalTrials and timeout must be given'],
    [{ timeout: 0 }, 'timeout must be a number of seconds above 0'],
    [{ space: {} as Space }, 'space must be a function (t) => parameters'],
    [{ objective: undefined }, 'exactly one of worker, objective and executor'],
    [{ worker: 'x.js' }, 'must be given, but got objective and worker'],
    [{ workers: 2 }, 'workers has no meaning with objective'],
    [{ callbacks: [1 as never] }, 'callbacks must be an array of functions'],
    [{ signal: new AbortController() as never }, 'signal must be an AbortSignal'],
    [{ onEvent: 1 as never }, 'onEvent must be a function'],
    [{ nTrials: 1 } as never, "no option 'nTrials'; it knows space, objective"],
    [
      { objective: undefined, executor: scripted(0, () => ({ state: 'pruned' })) },
      'executor must be an object with run() and a size, an integer of at least 1',
    ],
    [{ objective: undefined, worker: 'x.js' }, 'this build of createStudy has no workers'],
    [{ executor: null, objective: undefined } as never, 'executor must be an object with run()'],
    [{ executor: { size: 1 }, objective: undefined } as never, 'executor must be an object with'],
    [
      { objective: null } as never,
      'objective must be a function (params, trial, data), but got null',
    ],
    [{ signal: null } as never, 'signal must be an AbortSignal, but got null'],
    [{ callbacks: null } as never, 'callbacks must be an array of functions'],
    [{ space: null } as never, 'space must be a function (t) => parameters, but got null'],
    [{ continueOnFailure: 'yes' } as never, 'continueOnFailure must be true or false'],
    [{ onWarning: 'loud' } as never, 'onWarning must be a function (message)'],
    [{ stallTimeout: 500 } as never, 'stallTimeout has no meaning with objective'],
  ])('refuses %o', async (options, message) => {
    const study = await createStudy();
    const all = { space, trials: 1, objective: square, ...options };
    await expect(study.optimize(all)).rejects.toThrow(message);
    expect(study.trials).toEqual([]);
  });

  it.each<[unknown, string]>([
    [undefined, 'optimize expects an object of options (space, '],
    [null, 'but got null'],
    [[], 'but got []'],
    ['fast', "but got 'fast'"],
    [() => 1, 'but got a function'],
  ])('refuses %o in the place of its options', async (options, message) => {
    const study = await createStudy();
    await expect(study.optimize(options as never)).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(message),
    });
    await expect(createStudy(options ?? (null as never))).rejects.toMatchObject({
      code: 'bad-option',
    });
  });

  it('says so where the lookback keeps workers idle', async () => {
    const warned = async (lookback: number, size: number) => {
      const study = await createStudy({ lookback });
      const warnings: string[] = [];
      const executor = scripted(size, () => ({ state: 'complete', value: 1 }));
      const onWarning = (message: string) => void warnings.push(message);
      await study.optimize({ space, trials: 2, executor, onWarning });
      return warnings;
    };
    expect(await warned(8, 8)).toEqual([]);
    expect(await warned(8, 16)).toEqual([
      'optimize: executor.size is 16, but only 8 trials run at once: each waits for those 8 numbers ' +
        "before it (createStudy's lookback is 8; a study of its own may have a longer one)",
    ]);
  });

  it('warns on the console where nobody listens', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const study = await studyFactory(() => scripted(1, () => ({ state: 'complete', value: 1 })))();
    await study.optimize({ space, trials: 1, worker: 'x.js', workers: 16 });
    expect(warn.mock.calls).toEqual([
      [expect.stringContaining('optimize: workers is 16, but only 8')],
    ]);
    warn.mockRestore();
  });

  it('gives the objective what space returned, and records what was suggested', async () => {
    const study = await createStudy();
    const got: unknown[] = [];
    await study.optimize({
      space: (t) => {
        t.setUserAttr('double', t.place * 2);
        return { ...t.params, half: t.suggestInt('n', 4, 4) / 2, fixed: 'f' };
      },
      trials: 2,
      objective: (params, trial, data) => {
        got.push([params, trial.params, trial.number, data]);
        return 0;
      },
      data: { big: true },
    });
    const params = { half: 2, fixed: 'f' };
    expect(got).toEqual([0, 1].map((n) => [params, params, n, { big: true }]));
    expect(study.trials.map((t) => [t.params, t.userAttrs])).toEqual(
      [0, 1].map((n) => [{ n: 4 }, { double: n * 2 }]),
    );
  });

  it('gives the suggestions themselves where space returns nothing', async () => {
    const study = await createStudy();
    await study.optimize({
      space: (t) => void t.suggestInt('n', 4, 4),
      trials: 1,
      objective: ({ n }) => n,
    });
    expect(study.bestValue).toBe(4);
  });

  it('runs more with trials, up to a count with totalTrials', async () => {
    const study = await createStudy();
    await study.optimize({ space, totalTrials: 3, objective: square });
    await study.optimize({ space, totalTrials: 3, objective: square });
    expect(study.trials).toHaveLength(3);
    await study.optimize({ space, trials: 3, objective: square });
    expect(study.trials).toHaveLength(6);
  });

  it('starts nothing after timeout seconds', async () => {
    const study = await createStudy();
    const slow = () => new Promise<number>((resolve) => setTimeout(resolve, 40, 1));
    await study.optimize({ space, timeout: 0.1, objective: slow });
    expect(study.trials.length).toBeGreaterThanOrEqual(1);
    expect(study.trials.length).toBeLessThanOrEqual(4);
    expect(study.trials.every((t) => t.state === 'COMPLETE')).toBe(true);
  });

  it('lets one call at a time run the study', async () => {
    const study = await createStudy();
    const run = study.optimize({ space, trials: 2, objective: square });
    await expect(study.optimize({ space, trials: 1, objective: square })).rejects.toThrow(
      "study 'study' is being optimized already",
    );
    await run;
    await study.optimize({ space, trials: 1, objective: square });
    expect(study.trials).toHaveLength(3);
  });

  it('tells what happens, in order', async () => {
    const study = await createStudy({ pruner: { prune: (_, t) => 2 in t.intermediateValues } });
    const events: unknown[] = [];
    const finished: number[] = [];
    await study.optimize({
      space,
      trials: 2,
      objective: async (_, trial) => {
        trial.progress({ epoch: 1 });
        for (let step = 0; step < 5; step++) await trial.report(step / 2, step);
        return 1;
      },
      onEvent: ({ type, number, ...event }: StudyEvent) => {
        const { trial, ...rest } = event as { trial?: { state: string } };
        events.push([number, type, trial ? trial.state : rest]);
      },
      callbacks: [
        (_, trial) => {
          finished.push(trial.number);
        },
      ],
    });
    expect(events).toEqual(
      [0, 1].flatMap((n) => [
        [n, 'trialStarted', 'RUNNING'],
        [n, 'progress', { message: { epoch: 1 } }],
        [n, 'report', { step: 0, value: 0, pruned: false }],
        [n, 'report', { step: 1, value: 0.5, pruned: false }],
        [n, 'report', { step: 2, value: 1, pruned: true }],
        [n, 'trialFinished', 'PRUNED'],
      ]),
    );
    expect(finished).toEqual([0, 1]);
    expect(study.trials[0]).toMatchObject({ value: 1, intermediateValues: { 0: 0, 1: 0.5, 2: 1 } });
  });

  it('closes the executors that it makes, and leaves others open', async () => {
    const close = vi.fn(async () => {});
    const executor = { ...scripted(1, () => ({ state: 'complete', value: 1 })), close };
    const study = await studyFactory(() => executor)();
    await study.optimize({ space, trials: 1, executor });
    expect(close).not.toHaveBeenCalled();
    await study.optimize({ space, trials: 1, worker: 'x.js' });
    expect(close).toHaveBeenCalledOnce();
  });
});

describe('a trial that goes wrong', () => {
  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new RangeError('no');
      },
      'RangeError: no',
    ],
    [
      'throws a string',
      () => {
        throw 'no';
      },
      'the objective threw the string "no"',
    ],
    ['returns NaN', () => Number.NaN, 'must return a number, but returned NaN'],
    ['returns nothing', () => undefined, 'must return a number, but returned undefined'],
    ['returns text', () => '1', 'must return a number, but returned the string "1"'],
    ['returns an object', () => ({}), 'must return a number, but returned an object'],
  ])('%s fails, and the study goes on', async (_, wrong, reason) => {
    const study = await createStudy();
    const objective = (_p: unknown, t: { number: number }) =>
      (t.number === 1 ? wrong() : 1) as number;
    await study.optimize({ space, trials: 3, objective });
    expect(study.trials.map((t) => t.state)).toEqual(['COMPLETE', 'FAIL', 'COMPLETE']);
    expect(study.trials[1].failReason).toContain(reason);
    expect(study.trials[1].value).toBeUndefined();
  });

  it.each<[unknown, unknown, string]>([
    [undefined, 0, 'report: the value must be a number, but is undefined'],
    ['1', 0, 'report: the value must be a number, but is the string "1"'],
    [1, -1, 'report: the step must be an integer >= 0, but is -1'],
    [1, 0.5, 'report: the step must be an integer >= 0, but is 0.5'],
    [1, undefined, 'report: the step must be an integer >= 0, but is undefined'],
  ])('fails when it reports %o at step %o', async (value, step, reason) => {
    const study = await createStudy();
    await study.optimize({
      space,
      trials: 1,
      objective: async (_, trial) => {
        trial.report(value as number, step as number);
        return 1;
      },
    });
    expect(study.trials[0]).toMatchObject({ state: 'FAIL', failReason: reason });
  });

  it('may report NaN and infinities, and a step twice: the first counts', async () => {
    const study = await createStudy({ pruner: new NopPruner() });
    await study.optimize({
      space,
      trials: 1,
      objective: async (_, trial) => {
        for (const [step, value] of [Number.NaN, Infinity, -Infinity].entries()) {
          await trial.report(value, step);
          await trial.report(5, step);
        }
        return Infinity;
      },
    });
    expect(study.trials[0]).toMatchObject({
      state: 'COMPLETE',
      value: Infinity,
      intermediateValues: { 0: Number.NaN, 1: Infinity, 2: -Infinity },
    });
  });

  it('leaves no best trial where all do, and says why', async () => {
    const study = await createStudy({ name: 'doomed' });
    expect(() => study.bestTrial).toThrow("study 'doomed' has no completed trial (0 trials");
    await study.optimize({
      space,
      trials: 4,
      continueOnFailure: true,
      objective: () => {
        throw new Error('no such file');
      },
    });
    expect(study.trials).toHaveLength(4);
    expect(() => study.bestParams).toThrow(
      "study 'doomed' has no completed trial (4 trials, 4 of them failed; trial 3: Error: no such file)",
    );
  });

  it('is kept from ending otherwise than by the pruner once that has spoken', async () => {
    const ends: Outcome[] = [
      { state: 'complete', value: -5 },
      { state: 'failed', reason: 'late', code: 'threw' },
      { state: 'failed', reason: 'late', code: 'died' },
      { state: 'pruned' },
    ];
    const study = await createStudy({ pruner: { prune: (_, t) => 1 in t.intermediateValues } });
    await study.optimize({
      space,
      trials: ends.length,
      executor: scripted(1, (job) => {
        expect([0, 1, 2].map((step) => job.report(step, step))).toEqual([false, true, true]);
        return ends[job.trial];
      }),
    });
    for (const trial of study.trials) {
      expect(trial).toMatchObject({
        state: 'PRUNED',
        value: 1,
        intermediateValues: { 0: 0, 1: 1 },
      });
    }
  });
});
