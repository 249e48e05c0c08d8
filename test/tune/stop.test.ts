import { describe, expect, it } from 'vitest';
import type { SluiceError } from '../../src/errors.js';
import type { Outcome } from '../../src/tune/executor.js';
import { inThreadExecutor } from '../../src/tune/in-thread.js';
import type { OptimizeOptions } from '../../src/tune/optimize-options.js';
import { RandomSampler } from '../../src/tune/samplers/random.js';
import { studyFactory } from '../../src/tune/study.js';
import type { Space } from '../../src/tune/suggest.js';
import { scripted } from './executors.js';

const createStudy = studyFactory();
const space: Space = (t) => ({ x: t.suggestFloat('x', -1, 1) });
const square = ({ x }: { x: number }) => x * x;

describe('what stops a study', () => {
  const endless = () => new Promise<number>(() => {});

  it.each<[string, Partial<OptimizeOptions>]>([
    [
      'space',
      {
        space: (t) => {
          if (t.place === 3) throw new Error('on purpose');
          return space(t);
        },
      },
    ],
    [
      'a callback',
      {
        callbacks: [
          (_, t) => {
            if (t.number === 2) throw new Error('on purpose');
          },
        ],
      },
    ],
    [
      'onEvent',
      {
        onEvent: (e) => {
          if (e.type === 'trialStarted' && e.number === 3) throw new Error('on purpose');
        },
      },
    ],
  ])('an error in %s comes out of optimize, what ran is recorded', async (_, wrong) => {
    const study = await createStudy();
    const objective = async (_p: unknown, t: { number: number }) =>
      t.number === 1 ? endless() : 1;
    const executor = inThreadExecutor(objective, { size: 2 });
    const began = performance.now();
    await expect(study.optimize({ space, trials: 9, executor, ...wrong })).rejects.toThrow(
      'on purpose',
    );
    expect(performance.now() - began).toBeLessThan(1000);
    expect(study.trials[1]).toMatchObject({ state: 'FAIL', failReason: 'aborted' });
    expect(study.trials.filter((t) => t.state === 'RUNNING')).toEqual([]);
  });

  it('a pruner or sampler that throws comes out too', async () => {
    const wrong = () => {
      throw new Error('on purpose');
    };
    const objective = async (_p: unknown, trial: { report(v: number, s: number): unknown }) => {
      await trial.report(1, 0);
      return 1;
    };
    const pruned = await createStudy({ pruner: { prune: wrong } });
    await expect(pruned.optimize({ space, trials: 3, objective })).rejects.toThrow('on purpose');
    const late = await createStudy({ pruner: { prune: async () => true } as never });
    await expect(late.optimize({ space, trials: 3, objective })).rejects.toThrow(
      'the pruner must answer true or false, at once, but answered an object of type Promise',
    );
    const sampled = await createStudy({ sampler: { propose: wrong } });
    await expect(sampled.optimize({ space, trials: 3, objective })).rejects.toThrow('on purpose');
    const outside = await createStudy({ sampler: { propose: () => ({ draw: () => 2 }) } });
    await expect(outside.optimize({ space, trials: 3, objective })).rejects.toThrow(
      "the sampler drew 2 for parameter 'x', which is not in float [-1, 1]",
    );
  });

  it.each<[unknown, string]>([
    [Promise.resolve({}), 'at once and not as a promise'],
    [[1], 'must return an object'],
    [7, 'must return an object'],
  ])('space must return an object: %o', async (returned, message) => {
    const study = await createStudy();
    const wrong = () => returned as object;
    await expect(study.optimize({ space: wrong, trials: 1, objective: () => 1 })).rejects.toThrow(
      message,
    );
  });

  it('space must not promise, and what it promised is not left to end the process', async () => {
    const study = await createStudy();
    const wrong = async () => {
      throw new Error('unheard');
    };
    await expect(study.optimize({ space: wrong, trials: 1, objective: () => 1 })).rejects.toThrow(
      'at once and not as a promise, but returned a promise',
    );
  });

  it.each([
    ['that listens', true],
    ['that is deaf', false],
  ])('the signal does, within a second, with an executor %s', async (_, listens) => {
    const study = await createStudy();
    const control = new AbortController();
    const executor = scripted(3, (job) =>
      job.trial < 2
        ? { state: 'complete', value: job.trial }
        : new Promise((resolve) => {
            const aborted: Outcome = { state: 'failed', reason: 'aborted', code: 'aborted' };
            if (listens) job.signal?.addEventListener('abort', () => resolve(aborted));
          }),
    );
    setTimeout(() => control.abort(), 50);
    const began = performance.now();
    const error = await study
      .optimize({ space, trials: 20, executor, signal: control.signal })
      .catch((e: SluiceError) => e);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(error).toMatchObject({
      code: 'aborted',
      message: expect.stringContaining('3 that were running are run again by the next optimize()'),
    });
    expect(study.trials.map((t) => [t.state, t.failReason])).toEqual([
      ['COMPLETE', undefined],
      ['COMPLETE', undefined],
      ...[2, 3, 4].map(() => ['FAIL', 'aborted']),
    ]);
  });

  it.each<Outcome>([
    { state: 'complete', value: 1 },
    { state: 'pruned' },
    { state: 'failed', code: 'threw', reason: 'AbortError' },
  ])('what an executor says of a job after the abort does not count: %o', async (outcome) => {
    const study = await createStudy();
    const control = new AbortController();
    const executor = scripted(2, (job) => {
      if (job.trial === 1) control.abort();
      return new Promise((resolve) => setTimeout(resolve, 30, outcome));
    });
    const run = study.optimize({ space, trials: 9, executor, signal: control.signal });
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
    expect(study.trials.map((t) => t.failReason)).toEqual(['aborted', 'aborted']);
  });

  it('the signal does before anything began', async () => {
    const study = await createStudy();
    const signal = AbortSignal.abort();
    await expect(
      study.optimize({ space, trials: 1, objective: square, signal }),
    ).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(study.trials).toEqual([]);
  });

  it('the signal does not, once all is done', async () => {
    const study = await createStudy();
    const control = new AbortController();
    await study.optimize({
      space,
      trials: 1,
      objective: square,
      signal: control.signal,
      callbacks: [() => control.abort()],
    });
    expect(study.trials).toHaveLength(1);
  });

  it.each<[string, () => Promise<void>]>([
    ['never comes back', () => new Promise(() => {})],
    ['comes back too late', () => new Promise((resolve) => setTimeout(resolve, 3000))],
  ])('the signal does, while a callback %s', async (_, callback) => {
    const study = await createStudy();
    const control = new AbortController();
    let others = 0;
    const count = () => {
      others += 1;
    };
    let began = 0;
    const stopThen = () => {
      began = performance.now();
      setTimeout(() => control.abort());
      return callback();
    };
    const stopped = study.optimize({
      space,
      trials: 3,
      executor: inThreadExecutor(square),
      signal: control.signal,
      callbacks: [stopThen, count],
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(performance.now() - began).toBeLessThan(1000);
    expect(study.trials.map((t) => t.state)).toEqual(['COMPLETE']);
    expect(others).toBe(0);
    await study.optimize({ space, totalTrials: 3, objective: square });
    expect(study.trials).toHaveLength(3);
  });

  it('another error does, while a callback never comes back', async () => {
    const study = await createStudy();
    const executor = scripted(2, async (job) => {
      if (job.trial === 1) await new Promise((resolve) => setTimeout(resolve, 50));
      return { state: 'complete', value: 1 };
    });
    const stopped = study.optimize({
      space,
      trials: 2,
      executor,
      callbacks: [(_, t) => (t.number === 0 ? new Promise<void>(() => {}) : undefined)],
      onEvent: (event) => {
        if (event.type === 'trialFinished' && event.number === 1) throw new Error('on purpose');
      },
    });
    await expect(stopped).rejects.toThrow('on purpose');
  });

  it('an onEvent that promises, and rejects, does', async () => {
    const study = await createStudy();
    const onEvent = async () => {
      throw new Error('on purpose');
    };
    await expect(study.optimize({ space, trials: 3, objective: square, onEvent })).rejects.toThrow(
      'on purpose',
    );
  });

  it('the signal does, though the objective does nothing but report', async () => {
    const study = await createStudy({ pruner: { prune: () => false } });
    const control = new AbortController();
    setTimeout(() => control.abort(), 50);
    const began = performance.now();
    const stopped = study.optimize({
      space,
      trials: 1,
      signal: control.signal,
      objective: async (_, trial) => {
        for (let step = 0; ; step++) await trial.report(1, step);
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it('an executor that is closed under way does', async () => {
    const study = await createStudy();
    const executor = inThreadExecutor((_, t) => {
      if (t.number < 2) return 1;
      setTimeout(() => executor.close());
      return endless();
    });
    await expect(study.optimize({ space, trials: 9, executor })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(study.trials.map((t) => t.state)).toEqual(['COMPLETE', 'COMPLETE', 'FAIL']);
  });
});

describe('a study that was aborted', () => {
  const objective = async (
    { x }: { x: number },
    trial: { report(v: number, s: number): Promise<void>; seed: number },
  ) => {
    for (let step = 0; step < 3; step++)
      await trial.report(x + step + (trial.seed % 7) / 100, step);
    return x * x;
  };
  const sampler = new RandomSampler({ seed: 4 });

  it('ends as one that was not', async () => {
    const twin = await createStudy({ sampler, lookback: 4 });
    await twin.optimize({ space, totalTrials: 20, objective });

    const study = await createStudy({ sampler, lookback: 4 });
    for (const stopAt of [3, 4, 9, 15]) {
      const control = new AbortController();
      await study
        .optimize({
          space,
          totalTrials: 20,
          signal: control.signal,
          executor: inThreadExecutor(objective, { size: 3 }),
          onEvent: (e) => {
            if (e.type === 'report' && e.number === stopAt) control.abort();
          },
        })
        .catch((error: SluiceError) => expect(error.code).toBe('aborted'));
    }
    await study.optimize({ space, totalTrials: 20, objective });
    const kept = study.trials.filter((t) => t.failReason !== 'aborted');
    expect(kept).toHaveLength(20);
    expect(study.trials.length).toBeGreaterThan(20);
    const place = (x: unknown) => twin.trials.findIndex((t) => t.params.x === x);
    const sorted = [...kept].sort((a, b) => place(a.params.x) - place(b.params.x));
    const core = ({ params, state, value, intermediateValues }: (typeof kept)[0]) => ({
      params,
      state,
      value,
      intermediateValues,
    });
    expect(sorted.map(core)).toEqual(twin.trials.map(core));
    const again = study.trials.filter((t) => 'failed_trial' in t.systemAttrs);
    for (const trial of again) {
      const first = study.trials[trial.systemAttrs.failed_trial as number];
      expect(first).toMatchObject({ state: 'FAIL', params: trial.params });
      expect(trial.systemAttrs.retry_history).toContain(first.number);
    }
  });
});
