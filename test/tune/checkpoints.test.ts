// What a trial saves to go on from: kept in an artifact store, named by the journal, handed back to
// the run that takes an interrupted trial up again.
import {
  type ArtifactStore,
  memoryArtifactStore,
  memoryStorage,
  type ObjectiveTrial,
  TrialPruned,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { latestByPlace } from '../../src/tune/lineage.js';
import { studyFactory } from '../../src/tune/study.js';
import type { FrozenTrial } from '../../src/tune/trial.js';
import { expectError } from '../support/errors.js';

const createStudy = studyFactory();
const space = (t: { suggestFloat(name: string, low: number, high: number): number }) => ({
  x: t.suggestFloat('x', 0, 1),
});
const EPOCHS = 10;

/** Ten epochs, each of which adds to a sum; the sum so far is what it goes on from. */
function objectiveOf(log: string[], interrupt?: (trial: ObjectiveTrial, epoch: number) => void) {
  return async ({ x }: { x: number }, trial: ObjectiveTrial<{ x: number }>) => {
    let [first, sum] = [0, 0];
    if (trial.checkpoint) {
      first = trial.checkpoint.step + 1;
      sum = new Float64Array(trial.checkpoint.bytes.slice().buffer)[0];
    }
    for (let epoch = first; epoch < EPOCHS; epoch++) {
      log.push(`${trial.place}.${epoch}`);
      interrupt?.(trial as never, epoch);
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (trial.signal.aborted) throw trial.signal.reason;
      sum += Math.fround(x * epoch + sum / 3);
      await trial.report(sum, epoch);
      await trial.save(new Uint8Array(Float64Array.of(sum).buffer), epoch);
    }
    return sum;
  };
}

const record = (trials: readonly FrozenTrial[]) =>
  latestByPlace(trials).map(
    ({ number, systemAttrs, datetimeStart, datetimeComplete, ...rest }) => rest,
  );

describe('an interrupted trial', () => {
  it('goes on in the epoch in which it was, as if nothing had happened', async () => {
    const calm = await createStudy();
    await calm.optimize({ space, objective: objectiveOf([]), trials: 3 });
    const control = new AbortController();
    const store = memoryArtifactStore();
    const study = await createStudy({ artifactStore: store });
    const log: string[] = [];
    const objective = objectiveOf(log, (trial, epoch) => {
      if (trial.number === 1 && epoch === 7) control.abort();
    });
    await expectError(
      () => study.optimize({ space, objective, trials: 3, signal: control.signal }),
      'aborted',
    );
    expect(await store.list()).toHaveLength(2);
    log.length = 0;
    await study.optimize({ space, objective: objectiveOf(log), totalTrials: 3 });
    expect(log[0]).toBe('1.7');
    expect(log.filter((line) => line.startsWith('1.'))).toEqual(['1.7', '1.8', '1.9']);
    expect(record(study.trials)).toEqual(record(calm.trials));
    expect(await store.list()).toEqual([]);
  });

  it('has the number of its new record, as in Optuna, and the place and the seed of its first run', async () => {
    const seen: [number: number, place: number, seed: number][] = [];
    const study = await createStudy();
    const run = (interrupt: boolean) => {
      const control = new AbortController();
      return study.optimize({
        space,
        totalTrials: 3,
        signal: control.signal,
        objective: async (_, { number, place, seed, signal }) => {
          seen.push([number, place, seed]);
          if (interrupt && number === 1) {
            control.abort();
            await new Promise<void>((_r, reject) => {
              if (signal.aborted) reject(signal.reason);
              signal.addEventListener('abort', () => reject(signal.reason));
            });
          }
          return number;
        },
      });
    };
    await expectError(() => run(true), 'aborted');
    await run(false);
    const seed = (place: number) => seen.find((one) => one[1] === place)?.[2];
    expect(seen.map(([number, place]) => [number, place])).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
      [3, 2],
    ]);
    for (const [, place, own] of seen) expect(own).toBe(seed(place));
    expect(study.trials.map(({ number, value }) => value ?? number)).toEqual([0, 1, 2, 3]);
  });

  it('begins afresh where its bytes are gone', async () => {
    const control = new AbortController();
    const store = memoryArtifactStore();
    const study = await createStudy({ artifactStore: store });
    const objective = objectiveOf([], (_, epoch) => {
      if (epoch === 7) control.abort();
    });
    await expectError(
      () => study.optimize({ space, objective, trials: 1, signal: control.signal }),
      'aborted',
    );
    for (const id of await store.list()) await store.remove(id);
    const log: string[] = [];
    await study.optimize({ space, objective: objectiveOf(log), totalTrials: 1 });
    expect(log).toHaveLength(EPOCHS);
    expect(Object.keys(study.trials[1].intermediateValues)).toHaveLength(EPOCHS);
  });

  it.each([
    ['the last', 1, '0.6', /trial 0 saved a checkpoint after step 6, .* goes on after step 5$/],
    ['both', 2, '0.0', /trial 0 saved a checkpoint after step 5, .* goes on at its start$/],
  ])(
    'goes on from what is whole, and says so, where one bit of %s has flipped',
    async (_, bad, first, said) => {
      const calm = await createStudy();
      await calm.optimize({ space, objective: objectiveOf([]), trials: 1 });
      const control = new AbortController();
      const store = memoryArtifactStore();
      const storage = memoryStorage();
      const study = await createStudy({ artifactStore: store, storage });
      const objective = objectiveOf([], (_trial, epoch) => epoch === 7 && control.abort());
      await expectError(
        () => study.optimize({ space, objective, trials: 1, signal: control.signal }),
        'aborted',
      );
      const { artifact } = study.trials[0].systemAttrs.checkpoint as { artifact: string };
      const [ids, others] = [[artifact], (await store.list()).filter((id) => id !== artifact)];
      expect(others).toHaveLength(1);
      for (const id of [...ids, ...others].slice(0, bad)) {
        const bytes = (await store.read(id))!;
        bytes[3] ^= 4;
        await store.write(id, bytes);
      }
      const log: string[] = [];
      const warnings: string[] = [];
      await study.optimize({
        space,
        objective: objectiveOf(log),
        totalTrials: 1,
        onWarning: (message) => warnings.push(message),
      });
      expect(log[0]).toBe(first);
      expect(warnings).toHaveLength(bad);
      expect(warnings.at(-1)).toMatch(said);
      expect(record(study.trials)).toEqual(record(calm.trials));
      expect(await store.list()).toEqual([]);
    },
  );

  it('goes on from a checkpoint of an earlier version, which noted no checksum', async () => {
    const storage = memoryStorage();
    const artifactStore = memoryArtifactStore();
    const study = await createStudy({ storage, artifactStore });
    const { id } = storage.study('study')!;
    const systemAttrs = { checkpoint: { artifact: 'study-0-0', step: 8 } };
    await artifactStore.write('study-0-0', new Uint8Array(8));
    const empty = { params: {}, distributions: {}, userAttrs: {} };
    await storage.createTrial(id, { ...empty, systemAttrs });
    const end = { fail_reason: 'interrupted', fail_code: 'interrupted' };
    await storage.finishTrial(id, 0, { state: 'FAIL', systemAttrs: end });
    const log: string[] = [];
    await study.optimize({ space, objective: objectiveOf(log), totalTrials: 1 });
    expect(log).toEqual(['0.9']);
  });

  it('takes nothing that a journal says for granted', async () => {
    const storage = memoryStorage();
    const wrong: unknown[] = [
      3,
      {},
      { artifact: 1, step: 2 },
      { artifact: 'a', step: -1 },
      null,
      { artifact: '../a', step: 1 },
      { artifact: 'a.tmp', step: 1 },
      { artifact: 'a', step: 1, crc: 3 },
      { previous: { artifact: 'a', step: 1, crc: null } },
      { artifact: 'a', step: 1, crc: 'no checksum', previous: 'a' },
    ];
    for (const [i, checkpoint] of wrong.entries()) {
      const name = `study${i}`;
      const study = await createStudy({ name, storage });
      const { id } = storage.study(name)!;
      const empty = { params: {}, distributions: {}, userAttrs: {} };
      const { number } = await storage.createTrial(id, { ...empty, systemAttrs: { checkpoint } });
      const systemAttrs = { fail_reason: 'interrupted', fail_code: 'interrupted' };
      await storage.finishTrial(id, number, { state: 'FAIL', systemAttrs });
      const log: string[] = [];
      await study.optimize({ space, objective: objectiveOf(log), totalTrials: 1 });
      expect(log).toHaveLength(EPOCHS);
    }
  });
});

describe('bytes of trials', () => {
  const one = (objective: (trial: ObjectiveTrial) => Promise<number>, store?: ArtifactStore) =>
    createStudy({ artifactStore: store }).then(async (study) => {
      const run = (_: object, trial: ObjectiveTrial) => objective(trial);
      await study.optimize({ space, objective: run as never, trials: 1 });
      return study.trials[0];
    });

  it.each(['returns', 'throws', 'is pruned'])('are removed once it %s', async (how) => {
    const store = memoryArtifactStore();
    const trial = await one(async (t) => {
      await t.save(Uint8Array.of(1), 0);
      await t.save(Uint8Array.of(2), 1);
      expect(await store.list()).toHaveLength(2);
      if (how === 'throws') throw new Error('on purpose');
      if (how === 'is pruned') throw new TrialPruned();
      return 1;
    }, store);
    expect(await store.list()).toEqual([]);
    expect(trial.systemAttrs.checkpoint).toBeNull();
  });

  it('that nobody asks for any more are removed at the next start, those of others are left', async () => {
    const store = memoryArtifactStore();
    const ids = ['study-0-0', 'study-0123456789abcdef-0-0', 'other-0-0'];
    for (const id of ids) await store.write(id, Uint8Array.of(1));
    const study = await createStudy({ artifactStore: store });
    const control = new AbortController();
    const objective = objectiveOf([], (_, epoch) => epoch === 7 && control.abort());
    const running = study.optimize({ space, objective, trials: 1, signal: control.signal });
    await expectError(() => running, 'aborted');
    const [left] = (await store.list()).filter((id) => !ids.includes(id));
    const stale = left.replace(/\d+-[01]$/, '9-0');
    await store.write(stale, Uint8Array.of(1));
    await study.optimize({ space, objective: objectiveOf([]), totalTrials: 1 });
    expect(await store.list()).toEqual(ids);
  });

  it('are those of their study alone, whoever else of that name shares the store', async () => {
    const store = memoryArtifactStore();
    const interrupted = async () => {
      const study = await createStudy({ artifactStore: store });
      const control = new AbortController();
      const objective = objectiveOf([], (_, epoch) => epoch === 7 && control.abort());
      const running = study.optimize({ space, objective, trials: 1, signal: control.signal });
      await expectError(() => running, 'aborted');
      return study;
    };
    const studies = [await interrupted(), await interrupted()];
    expect(await store.list()).toHaveLength(4);
    for (const study of studies) {
      const log: string[] = [];
      await study.optimize({ space, objective: objectiveOf(log), totalTrials: 1 });
      expect(log[0]).toBe('0.7');
    }
    expect(await store.list()).toEqual([]);
  });

  it('are refused where the store gives back something else', async () => {
    const store = memoryArtifactStore();
    const study = await createStudy({
      artifactStore: { ...store, read: async () => 'text' as never },
    });
    const control = new AbortController();
    const objective = objectiveOf([], (_, epoch) => epoch === 7 && control.abort());
    const running = study.optimize({ space, objective, trials: 1, signal: control.signal });
    await expectError(() => running, 'aborted');
    await expect(
      study.optimize({ space, objective: objectiveOf([]), totalTrials: 1 }),
    ).rejects.toThrow(/artifactStore: read\('study-.*'\) must give a Uint8Array.*'text'/);
  });

  it('are copied when they are handed over', async () => {
    const store = memoryArtifactStore();
    let kept: Uint8Array | undefined;
    await one(async (t) => {
      const bytes = Uint8Array.of(1, 2, 3);
      const saved = t.save(bytes, 0);
      bytes.fill(9);
      await saved;
      const [id] = await store.list();
      kept = await store.read(id);
      return 1;
    }, store);
    expect(kept).toEqual(Uint8Array.of(1, 2, 3));
  });

  it.each([
    [[1, 2], 0],
    ['text', 0],
    [new Uint8Array(1), -1],
    [new Uint8Array(1), 0.5],
    [new Float32Array(1), 0],
  ])('must be bytes at a step: %s, %s', async (bytes, step) => {
    const trial = await one(async (t) => {
      await t.save(bytes as never, step);
      return 1;
    });
    expect(trial.failReason).toMatch(/trial.save\(bytes, step\) takes a Uint8Array and an integer/);
  });

  it('that are none fail the trial, waited for or not', async () => {
    const trial = await one(async (t) => {
      void t.save('text' as never, 0);
      return 1;
    });
    expect(trial.state).toBe('FAIL');
    expect(trial.failReason).toMatch(/trial.save\(bytes, step\) takes a Uint8Array/);
  });

  it.each(['list', 'read', 'remove'] as const)(
    'are not waited for once the study stops: %s',
    async (what) => {
      const store = memoryArtifactStore();
      const interrupt = new AbortController();
      const storage = memoryStorage();
      const study = await createStudy({ artifactStore: store, storage });
      const objective = objectiveOf([], (_, epoch) => epoch === 7 && interrupt.abort());
      const options = { space, objective, trials: 1, signal: interrupt.signal };
      await expectError(() => study.optimize(options), 'aborted');
      const control = new AbortController();
      // it is asked, and never answers
      const silent = () => {
        setTimeout(() => control.abort(), 10);
        return new Promise<never>(() => {});
      };
      const again = await createStudy({ artifactStore: { ...store, [what]: silent }, storage });
      const running = again.optimize({
        space,
        objective: objectiveOf([]),
        totalTrials: 2,
        signal: control.signal,
      });
      await expectError(() => running, 'aborted');
    },
  );

  it('that cannot be kept stop the study, which says why', async () => {
    const store = {
      ...memoryArtifactStore(),
      write: async () => {
        throw new Error('the disk is full');
      },
    };
    const study = await createStudy({ artifactStore: store });
    const objective = objectiveOf([]);
    await expect(study.optimize({ space, objective, trials: 2 })).rejects.toThrow(
      'the disk is full',
    );
  });

  it('know the name of their study', async () => {
    let name = '';
    await one(async (t) => {
      name = t.study;
      return 1;
    });
    expect(name).toBe('study');
  });
});

it('have ids that every store takes, whatever the name of the study', async () => {
  for (const name of ['_b', '.b', 'births', 'größe', '~', '-']) {
    const artifactStore = memoryArtifactStore();
    const study = await createStudy({ name, artifactStore });
    const ids: string[] = [];
    const objective = async (_: { x: number }, trial: ObjectiveTrial<{ x: number }>) => {
      await trial.save(new Uint8Array(1), 0);
      ids.push(...(await artifactStore.list()));
      return 1;
    };
    await study.optimize({ space, objective, trials: 1 });
    expect(ids[0]).toMatch(/^[A-Za-z0-9~][A-Za-z0-9._~-]{0,199}$/);
  }
});
