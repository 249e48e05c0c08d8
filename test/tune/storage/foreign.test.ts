// Trials that another program runs in the same study: they are its own, and hold nobody up. The
// other program is played here by a backend that writes under a name like Optuna's.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { latestByPlace } from '../../../src/tune/lineage.js';
import { NopPruner } from '../../../src/tune/pruners/nop.js';
import { JournalStorage } from '../../../src/tune/storage/journal.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { FileBackend } from '../../../src/tune/storage/journal-file-backend.js';
import type { Storage } from '../../../src/tune/storage/storage.js';
import { studyFactory } from '../../../src/tune/study.js';
import type { Space } from '../../../src/tune/suggest.js';

class OtherProgram extends FileBackend {
  override readonly workerId = 'b3b7a6d0-aa11-4b22-8c33-444455556666-139';
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));
let path: string;
let count = 0;
let other: Storage;
beforeEach(async () => {
  path = join(folder, `${count++}.log`);
  other = new JournalStorage(new OtherProgram(path, () => {}));
  await other.createStudy('study', ['minimize']);
});

const bare = { params: {}, distributions: {}, userAttrs: {}, systemAttrs: {} };
const space: Space = (t) => ({ x: t.suggestFloat('x', 0, 1) });
const open = (lookback = 2) =>
  studyFactory()({ storage: journalFile(path), pruner: new NopPruner(), lookback });

describe("another program's RUNNING trial", () => {
  it('stays, holds nobody up, and enters history once it has ended', async () => {
    await other.createTrial(0, bare);
    const study = await open();
    await study.optimize({ space, trials: 6, objective: ({ x }) => x });
    expect(study.trials.map((t) => t.state)).toEqual(['RUNNING', ...Array(6).fill('COMPLETE')]);
    await other.report(0, 0, 0, 1);
    expect(await other.finishTrial(0, 0, { state: 'COMPLETE', values: [-1] })).toMatchObject({
      state: 'COMPLETE',
      intermediateValues: { 0: 1 },
    });
    await study.optimize({ space, totalTrials: 8, objective: ({ x }) => x });
    expect(study.trials).toHaveLength(8);
    expect(study.bestTrial.number).toBe(0);
  });

  it('may begin and end while a study runs here, which counts it', async () => {
    const study = await open();
    let theirs = -1;
    await study.optimize({
      space,
      totalTrials: 6,
      objective: async ({ x }, { number }) => {
        if (number === 0) theirs = (await other.createTrial(0, bare)).number;
        if (number === 3) await other.finishTrial(0, theirs, { state: 'COMPLETE', values: [9] });
        return x;
      },
    });
    expect(theirs).toBe(1);
    expect(study.trials.map((t) => t.state)).toEqual(Array(6).fill('COMPLETE'));
    expect(study.trials[1].value).toBe(9);
  });

  it('leaves ours what they are without it, whichever number they get', async () => {
    const twin = await studyFactory()({ pruner: new NopPruner(), lookback: 2 });
    await twin.optimize({ space, trials: 6, objective: ({ x }) => x });
    const study = await open();
    await study.optimize({
      space,
      trials: 5,
      objective: async ({ x }, { number }) => {
        if (number === 1) await other.createTrial(0, bare);
        return x;
      },
    });
    const drawn = study.trials.map((t) => t.params.x);
    expect(drawn).toEqual(twin.trials.map((t, i) => (i === 2 ? undefined : t.params.x)));
    // Read again, every trial has the place that it was drawn for.
    expect(latestByPlace(study.trials).map((t) => t.number)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('of its own that died is run again, the other is not', async () => {
    const dead = journalFile(path);
    await dead.refresh();
    await dead.createTrial(0, bare);
    await other.createTrial(0, bare);
    const study = await open();
    await study.optimize({ space, trials: 2, objective: ({ x }) => x });
    expect(study.trials.map((t) => [t.state, t.failReason])).toEqual([
      ['FAIL', 'interrupted'],
      ['RUNNING', undefined],
      ['COMPLETE', undefined],
      ['COMPLETE', undefined],
    ]);
    expect(study.trials[2].systemAttrs).toMatchObject({ failed_trial: 0 });
  });

  it('is run again once it has been silent for so long as `failStale` says, and not before', async () => {
    await other.createTrial(0, bare);
    await other.createTrial(0, bare);
    const study = await open();
    await study.optimize({
      space,
      trials: 8,
      failStale: 0.4,
      objective: async ({ x }) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await other.report(0, 1, Date.now() % 1e6, 1);
        return x;
      },
    });
    const [silent, lively] = study.trials;
    expect([silent.state, silent.failReason, lively.state]).toEqual([
      'FAIL',
      'interrupted',
      'RUNNING',
    ]);
    expect(study.trials.filter((t) => t.systemAttrs.failed_trial === 0)).toHaveLength(1);
    await expect(other.finishTrial(0, 0, { state: 'COMPLETE', values: [1] })).rejects.toThrow(
      'finished already',
    );
  });

  it.each([-1, Number.NaN, '1'])('%o seconds are refused', async (failStale) => {
    const study = await open();
    const options = { space, trials: 1, objective: () => 1, failStale: failStale as number };
    await expect(study.optimize(options)).rejects.toThrow(
      'optimize: failStale must be a number of seconds from 0 up, but got',
    );
  });
});

describe("another program's WAITING trial", () => {
  it('is run here, also when it is queued under way, unless the other is first', async () => {
    const study = await open();
    const systemAttrs = { fixed_params: { x: 0.5 } };
    await study.optimize({
      space,
      trials: 4,
      objective: async ({ x }, { number }) => {
        if (number === 0) {
          await other.enqueueTrial(0, { ...bare, systemAttrs });
          await other.enqueueTrial(0, bare);
          await other.startTrial(0, 2, bare);
        }
        return x;
      },
    });
    expect(study.trials.map((t) => t.state)).toEqual([
      'COMPLETE',
      'COMPLETE',
      'RUNNING',
      'COMPLETE',
      'COMPLETE',
    ]);
    expect(study.trials[1].value).toBe(0.5);
  });

  it('is left to the other where that starts it at the same moment', async () => {
    await other.enqueueTrial(0, bare);
    const storage = journalFile(path);
    const study = await studyFactory()({ storage, pruner: new NopPruner() });
    const start = storage.startTrial.bind(storage);
    storage.startTrial = async (...args) => {
      await other.startTrial(0, 0, bare);
      return start(...args);
    };
    await study.optimize({ space, trials: 2, objective: ({ x }) => x });
    expect(study.trials.map((t) => t.state)).toEqual(['RUNNING', 'COMPLETE', 'COMPLETE']);
  });
});
