// Studies over workers that misbehave: trials fail with their reasons, the study goes on.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStudy, NopPruner, type OptimizeOptions } from '../../src/index.js';
import { type Bundled, bundleWorker } from '../support/bundle.js';
import { timed } from './jobs.js';

let script: Bundled;
beforeAll(async () => {
  script = await bundleWorker(new URL('./behaviours.worker.ts', import.meta.url));
});
afterAll(() => script.remove());

const ways = ['value', 'throw', 'exit', 'nan', 'uncaught', 'slow', 'loop', 'report'];
const inTurn: OptimizeOptions['space'] = (t) => ({ kind: ways[t.place % ways.length] });

describe('a study in workers', () => {
  it('goes on whatever its workers do, the same with any number of them', async () => {
    for (const workers of [1, 3]) {
      const study = await createStudy({ pruner: new NopPruner() });
      await study.optimize({
        space: inTurn,
        worker: script.url,
        trials: 16,
        workers,
        silenceTimeout: 500,
      });
      const states = study.trials.map(({ state, value, failReason }) => [
        state,
        value ?? failReason?.replace(/ \(.*| for .*/, ''),
      ]);
      const round = (number: number) => [
        ['COMPLETE', number * 2],
        ['FAIL', 'TypeError: the kettle is cold'],
        ['FAIL', 'the worker exited with code 3'],
        ['FAIL', 'the objective must return a number, but returned NaN'],
        ['FAIL', 'the worker failed with Error: thrown beside the objective'],
        ['COMPLETE', 1],
        ['FAIL', 'the worker gave no sign of life'],
        ['COMPLETE', 7],
      ];
      expect(states).toEqual([...round(0), ...round(8)]);
    }
  });

  it('stops within a second, and goes on where it stopped', async () => {
    const study = await createStudy({ pruner: new NopPruner() });
    const abort = new AbortController();
    const run = (kind: string, signal?: AbortSignal) =>
      study.optimize({
        space: () => ({ kind }),
        worker: script.url,
        totalTrials: 6,
        workers: 2,
        signal,
      });
    const stopped = run('deaf', abort.signal);
    await new Promise((resolve) => setTimeout(resolve, 400));
    abort.abort();
    const caught = stopped.catch((error) => error);
    expect(await timed(caught)).toBeLessThan(1000);
    expect(await caught).toMatchObject({ name: 'SluiceError', code: 'aborted' });
    await run('value');
    expect(study.trials.filter((trial) => trial.state === 'COMPLETE')).toHaveLength(6);
  });

  it('stops, and says why, when its workers cannot be started', async () => {
    const study = await createStudy();
    const broken = new URL('./broken.worker.mjs', script.url);
    writeFileSync(broken, 'const = 1;');
    const run = study.optimize({ space: inTurn, worker: broken, totalTrials: 40, workers: 2 });
    await expect(run).rejects.toMatchObject({
      code: 'worker-died',
      message: expect.stringContaining('could not be started: it failed with SyntaxError'),
    });
    const { length } = study.trials;
    expect(length).toBeLessThan(8);
    expect(study.trials[0].failReason).toMatch(
      /^the worker could not be started: it failed with SyntaxError/,
    );

    // Once the script is mended, those trials are run: they have used up none.
    await study.optimize({ space: () => ({ kind: 'value' }), worker: script.url, totalTrials: 40 });
    expect(study.trials.filter((t) => t.state === 'COMPLETE')).toHaveLength(40);
    expect(study.trials).toHaveLength(40 + length);
  });

  it('stops, and runs the trial again, when what it made cannot be written', async () => {
    const study = await createStudy();
    const run = (kind: string) =>
      study.optimize({
        space: (t) => ({ kind: t.place === 1 ? kind : 'value' }),
        worker: script.url,
        totalTrials: 4,
        workers: 1,
      });
    await expect(run('unwritten')).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringContaining('model not saved: no space left on device'),
    });
    await run('value');
    expect(study.trials.map((t) => [t.state, t.value])).toEqual([
      ['COMPLETE', 0],
      ['FAIL', undefined],
      // twice the number of the record, which a trial that is run again has a new one of
      ['COMPLETE', 4],
      ['COMPLETE', 6],
      ['COMPLETE', 8],
    ]);
  });

  it.each([1, 2])('stops after three failures alike, with %i workers', async (workers) => {
    const study = await createStudy();
    const run = study.optimize({
      space: () => ({ kind: 'throw' }),
      worker: script.url,
      totalTrials: 40,
      workers,
    });
    await expect(run).rejects.toMatchObject({
      code: 'objective',
      message: expect.stringMatching(/failed for the same reason: TypeError: the kettle is cold/),
    });
    expect(study.trials.length).toBeLessThan(3 + 8);
  });

  it('refuses a missing script before any trial', async () => {
    const study = await createStudy();
    const missing = new URL('./no-such.worker.mjs', script.url);
    await expect(
      study.optimize({ space: () => ({}), worker: missing, trials: 3 }),
    ).rejects.toMatchObject({
      code: 'bad-option',
      message: expect.stringContaining(fileURLToPath(missing)),
    });
    expect(study.trials).toEqual([]);
  });
});
