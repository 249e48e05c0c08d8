// What failures mean for the study: which ones stop it, and which trials are run again.
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/errors.js';
import type { Outcome } from '../../src/tune/executor.js';
import { settledCount } from '../../src/tune/lineage.js';
import { studyFactory } from '../../src/tune/study.js';
import type { Space } from '../../src/tune/suggest.js';
import { scripted } from './executors.js';

const createStudy = studyFactory();
const space: Space = (t) => ({ x: t.suggestFloat('x', -1, 1) });
const complete: Outcome = { state: 'complete', value: 1 };
const threw = (reason: string): Outcome => ({ state: 'failed', code: 'threw', reason });

describe('a study whose first three trials fail for one reason', () => {
  it.each([1, 2, 8])('stops with that reason, with %i at once', async (size) => {
    const study = await createStudy({ name: 'doomed' });
    const executor = scripted(size, async (job) => {
      // The first trials end last.
      await new Promise((resolve) => setTimeout(resolve, job.trial < 3 ? 20 - 5 * job.trial : 1));
      return job.trial < 3 ? threw('Error: no file births.csv') : complete;
    });
    await expect(study.optimize({ space, trials: 30, executor })).rejects.toMatchObject({
      code: 'objective',
      message:
        "study 'doomed' was stopped: its first three trials failed for the same reason: " +
        'Error: no file births.csv. Mend that and call optimize() again, or let it go on with ' +
        'continueOnFailure: true',
    });
    const states = study.trials.map((t) => t.state);
    expect(states.slice(0, 3)).toEqual(['FAIL', 'FAIL', 'FAIL']);
    // What runs beside the third one is bounded by the lookback.
    expect(states.length).toBeLessThanOrEqual(2 + 8);
    // Mended, it goes on, and does not count the old failures again.
    await study.optimize({ space, totalTrials: 30, executor: scripted(size, () => complete) });
    expect(settledCount(study.trials)).toBe(30);
  });

  it('throws with the code of what the objective threw', async () => {
    const study = await createStudy();
    const objective = () => {
      throw new SluiceError('memory-limit', 'too large');
    };
    await expect(study.optimize({ space, trials: 9, objective })).rejects.toMatchObject({
      code: 'memory-limit',
      message: expect.stringContaining('SluiceError: too large'),
    });
    expect(study.trials).toHaveLength(3);
  });

  it('goes on with continueOnFailure', async () => {
    const study = await createStudy();
    const executor = scripted(1, () => threw('no'));
    await study.optimize({ space, trials: 9, executor, continueOnFailure: true });
    expect(study.trials).toHaveLength(9);
  });

  it.each<[string, (trial: number) => Outcome]>([
    ['two fail alike', (trial) => (trial < 2 ? threw('no') : complete)],
    ['the second one completes', (trial) => (trial === 1 ? complete : threw('no'))],
    ['reasons differ', (trial) => threw(`no ${trial}`)],
    [
      'codes differ',
      (trial) => ({ state: 'failed', code: trial === 2 ? 'died' : 'threw', reason: 'no' }),
    ],
    ['the next three fail', (trial) => (trial > 0 ? threw('no') : complete)],
  ])('goes on where %s', async (_, end) => {
    const study = await createStudy();
    const executor = scripted(1, (job) => end(job.trial));
    await study.optimize({ space, trials: 6, executor });
    expect(study.trials).toHaveLength(6);
  });

  it('goes on where an earlier call had success', async () => {
    const study = await createStudy();
    await study.optimize({ space, trials: 1, executor: scripted(1, () => complete) });
    await study.optimize({ space, trials: 5, executor: scripted(1, () => threw('no')) });
    expect(study.trials).toHaveLength(6);
  });
});

describe('a trial whose failure says nothing of its parameters', () => {
  it('is run again when what it made could not be written, and the study stops', async () => {
    const study = await createStudy({ name: 'full' });
    let full = true;
    const objective = (_: unknown, trial: { number: number }) => {
      if (trial.number === 2 && full) throw new SluiceError('storage', 'model not saved: ENOSPC');
      return trial.number;
    };
    await expect(study.optimize({ space, totalTrials: 5, objective })).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringMatching(
        /^study 'full' was stopped: trial 2 could not write: .*ENOSPC/,
      ),
    });
    expect(study.trials.map((t) => t.state)).toEqual(['COMPLETE', 'COMPLETE', 'FAIL']);
    full = false;
    await study.optimize({ space, totalTrials: 5, objective });
    expect(settledCount(study.trials)).toBe(5);
    expect(study.trials[3]).toMatchObject({
      state: 'COMPLETE',
      value: 3,
      params: study.trials[2].params,
      systemAttrs: { failed_trial: 2 },
    });
  });

  it('is run again when its worker could not be started', async () => {
    const study = await createStudy();
    const executor = scripted(1, (job) =>
      job.trial === 1 ? { state: 'failed', code: 'not-started', reason: 'no thread' } : complete,
    );
    await expect(study.optimize({ space, totalTrials: 4, executor })).rejects.toMatchObject({
      code: 'worker-died',
      message: expect.stringContaining('no thread. Mend that and call optimize() again'),
    });
    await study.optimize({ space, totalTrials: 4, executor: scripted(1, () => complete) });
    expect(study.trials.map((t) => t.state)).toEqual([
      'COMPLETE',
      'FAIL',
      ...Array(3).fill('COMPLETE'),
    ]);
  });
});

describe('an executor that breaks its contract', () => {
  it.each<[unknown, string]>([
    [null, 'but gave null'],
    [undefined, 'but gave undefined'],
    [7, 'but gave 7'],
    [{}, 'but gave an object'],
    [{ state: 'done' }, "but gave an object with state 'done'"],
    [{ state: 'failed' }, "but gave an object with state 'failed'"],
    [{ state: 'failed', code: 'threw', reason: null }, "with state 'failed'"],
    [Symbol('x'), 'but gave Symbol(x)'],
  ])('fails the trial: %o', async (outcome, reason) => {
    const study = await createStudy();
    const executor = scripted(1, (job) => (job.trial === 1 ? (outcome as Outcome) : complete));
    await study.optimize({ space, trials: 3, executor });
    expect(study.trials.map((t) => t.state)).toEqual(['COMPLETE', 'FAIL', 'COMPLETE']);
    expect(study.trials[1].failReason).toMatch(/^the executor's run\(\) must resolve with/);
    expect(study.trials[1].failReason).toContain(reason);
  });

  it('fails the trial where it throws or rejects with anything', async () => {
    const study = await createStudy();
    const wrongs = [
      () => {
        throw new RangeError('no');
      },
      () => Promise.reject(Object.create(null)),
      () => Promise.reject(),
    ];
    const executor = scripted(1, (job) => wrongs[job.trial]());
    await study.optimize({ space, trials: 3, executor });
    expect(study.trials.map((t) => t.failReason)).toEqual([
      'RangeError: no',
      'an object',
      'undefined',
    ]);
  });

  it('has a reason of ten million characters cut', async () => {
    const study = await createStudy();
    const executor = scripted(1, () => threw('x'.repeat(1e7)));
    await study.optimize({ space, trials: 1, executor });
    expect(study.trials[0].failReason).toMatch(/^x{2000} \.\.\. \(10000000 characters in all\)$/);
  });
});
