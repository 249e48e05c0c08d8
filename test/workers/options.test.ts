// Every option of studies, pools, pruners and samplers, through every door that takes it, seen to act.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as browser from '../../src/index.js';
import * as node from '../../src/node.js';
import type { ObjectiveTrial } from '../../src/tune/objective.js';
import type { OptimizeOptions } from '../../src/tune/optimize-options.js';
import { optimizeRules } from '../../src/tune/optimize-options.js';
import { type PoolOptions, poolRules } from '../../src/tune/pool-options.js';
import type { Storage } from '../../src/tune/storage/storage.js';
import { studyRules } from '../../src/tune/study-options.js';
import type { FrozenTrial } from '../../src/tune/trial.js';
import { type Bundled, bundleWorker } from '../support/bundle.js';

let script: Bundled;
let idle: string;
const folder = mkdtempSync(join(tmpdir(), 'sluice-options-'));
beforeAll(async () => {
  script = await bundleWorker(new URL('./behaviours.worker.ts', import.meta.url));
  idle = join(folder, 'idle.mjs');
  writeFileSync(idle, 'setInterval(() => {}, 1000);');
});
afterAll(() => {
  script.remove();
  rmSync(folder, { recursive: true });
});

type Sluice = typeof browser;
const entries: [string, Sluice][] = [
  ['sluice', browser],
  ['sluice/node', node],
];

/** Runs a study of one trial of that kind with these options of the pool; its trial, or the error. */
type Door = (
  sluice: Sluice,
  kind: string,
  options: Omit<PoolOptions, 'worker'> & { worker?: PoolOptions['worker'] },
) => Promise<{ trial?: FrozenTrial; error?: unknown }>;

const run = async (sluice: Sluice, options: Omit<OptimizeOptions, 'space'>, kind: string) => {
  const study = await sluice.createStudy();
  const error = await study.optimize({ space: () => ({ kind }), trials: 1, ...options }).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return { trial: study.trials[0], error };
};

const doors: Record<string, Door> = {
  'optimize({ worker })': (sluice, kind, options) =>
    run(sluice, { worker: script.url, workers: 1, ...options }, kind),
  'createPool and optimize({ executor })': async (sluice, kind, options) => {
    const executor = sluice.createPool({ worker: script.url, workers: 1, ...options });
    try {
      return await run(sluice, { executor }, kind);
    } finally {
      await executor.close();
    }
  },
};

/** What shows that an option of a pool acts; a key for every option there is. */
const poolActs: {
  [Name in keyof Required<PoolOptions>]: (sluice: Sluice, door: Door) => Promise<void>;
} = {
  async worker(sluice, door) {
    let made = 0;
    const worker = () => {
      made += 1;
      return new Worker(script.url);
    };
    const { trial } = await door(sluice, 'value', { worker });
    expect([made, trial?.state]).toEqual([1, 'COMPLETE']);
  },
  async data(sluice, door) {
    const { trial } = await door(sluice, 'sum', { data: Float64Array.of(1, 2, 3.5) });
    expect(trial?.value).toBe(6.5);
  },
  async workers(sluice) {
    // How many jobs run at once: as many workers are made.
    let made = 0;
    const worker = () => {
      made += 1;
      return new Worker(script.url);
    };
    const options = { worker, workers: 3 };
    const study = await sluice.createStudy();
    await study.optimize({ space: () => ({ kind: 'slow' }), trials: 6, ...options });
    expect(made).toBe(3);
    const pool = sluice.createPool(options);
    expect(pool.size).toBe(3);
    await pool.close();
  },
  async silenceTimeout(sluice, door) {
    const { trial } = await door(sluice, 'loop', { silenceTimeout: 300 });
    expect(trial?.failReason).toBe('the worker gave no sign of life for 0.3 s');
  },
  async stallTimeout(sluice, door) {
    const { trial } = await door(sluice, 'deaf', { stallTimeout: 200 });
    expect(trial?.failReason).toMatch(/^the objective neither reported nor returned for 0.2 s/);
  },
  async startTimeout(sluice, door) {
    const { trial, error } = await door(sluice, 'value', { worker: idle, startTimeout: 200 });
    expect(trial?.failReason).toMatch(/did not call exposeObjective within 0.2 s$/);
    expect(error).toMatchObject({ code: 'worker-died' });
  },
  async onWarning(sluice, door) {
    const heard: string[] = [];
    let made = 0;
    const worker = () => {
      made += 1;
      if (made > 1) throw new Error('one is enough');
      return new Worker(script.url);
    };
    const onWarning = (message: string) => void heard.push(message);
    const study = await sluice.createStudy();
    const pool = sluice.createPool({ worker, workers: 2, onWarning });
    const executor = { size: 2, run: pool.run.bind(pool), close: async () => {} };
    const options =
      door === doors['optimize({ worker })'] ? { worker, workers: 2, onWarning } : { executor };
    const space = () => ({ kind: 'slow', milliseconds: 150 });
    await study.optimize({ space, trials: 12, ...options });
    await pool.close();
    expect(heard).toEqual([expect.stringContaining('one is enough; the study goes on')]);
  },
};

describe.each(entries)('the options of a pool, from %s', (_entry, sluice) => {
  describe.each(Object.entries(doors))('through %s', (_door, door) => {
    it.each(Object.keys(poolRules))('%s acts', (name) =>
      poolActs[name as keyof PoolOptions](sluice, door),
    );
  });

  it('data reaches an objective in this thread', async () => {
    const data = { big: true };
    let got: unknown;
    const study = await sluice.createStudy();
    const objective = (_p: unknown, _t: unknown, given: unknown) => {
      got = given;
      return 1;
    };
    await study.optimize({ space: () => ({}), objective, data, trials: 1 });
    expect(got).toBe(data);
  });
});

/** The same storage with some methods of one's own. */
function overridden(storage: Storage, methods: Partial<Storage>): Storage {
  return new Proxy(storage, {
    get(target, name: keyof Storage) {
      const method = methods[name] ?? target[name];
      return typeof method === 'function' ? (method as () => unknown).bind(target) : method;
    },
  });
}

const rate: OptimizeOptions['space'] = (t) => ({ x: t.suggestFloat('x', 0, 1) });

/** The options of optimize that are its own. */
type Own = Exclude<keyof OptimizeOptions, keyof PoolOptions>;
const optimizeActs: { [Name in Own]-?: (sluice: Sluice) => Promise<void> } = {
  async space(sluice) {
    const study = await sluice.createStudy();
    await study.optimize({ space: () => ({ five: 5 }), objective: ({ five }) => five, trials: 1 });
    expect(study.bestValue).toBe(5);
  },
  async objective(sluice) {
    const study = await sluice.createStudy();
    await study.optimize({ space: rate, objective: () => 3, trials: 1 });
    expect(study.bestValue).toBe(3);
  },
  async executor(sluice) {
    const study = await sluice.createStudy();
    const executor = {
      size: 1,
      run: async () => ({ state: 'complete', value: 4 }) as const,
      close: async () => {},
    };
    await study.optimize({ space: rate, executor, trials: 1 });
    expect(study.bestValue).toBe(4);
  },
  async trials(sluice) {
    const study = await sluice.createStudy();
    for (let i = 0; i < 2; i++)
      await study.optimize({ space: rate, objective: () => 1, trials: 2 });
    expect(study.trials).toHaveLength(4);
  },
  async totalTrials(sluice) {
    const study = await sluice.createStudy();
    for (let i = 0; i < 2; i++) {
      await study.optimize({ space: rate, objective: () => 1, totalTrials: 3 });
    }
    expect(study.trials).toHaveLength(3);
  },
  async timeout(sluice) {
    const study = await sluice.createStudy();
    const objective = () => new Promise<number>((resolve) => setTimeout(resolve, 30, 1));
    await study.optimize({ space: rate, objective, timeout: 0.05 });
    expect(study.trials.length).toBeGreaterThan(0);
  },
  async failStale(sluice) {
    const states = async (failStale?: number) => {
      const storage = sluice.memoryStorage();
      // Another program's trial, silent for a minute.
      const foreignTrials = (study: number) =>
        storage
          .trials(study)
          .filter(({ state, number }) => state === 'RUNNING' && number === 0)
          .map(({ number }) => ({ number, silence: 60_000 }));
      const shared = overridden(storage, { foreignTrials });
      const study = await sluice.createStudy({ storage: shared });
      const start = { params: {}, distributions: {}, userAttrs: {}, systemAttrs: {} };
      await storage.createTrial(storage.study('study')!.id, start);
      await study.optimize({ space: rate, objective: () => 1, trials: 2, failStale });
      return study.trials.map((trial) => trial.state);
    };
    expect(await states()).toEqual(['RUNNING', 'COMPLETE', 'COMPLETE']);
    expect(await states(61)).toEqual(['RUNNING', 'COMPLETE', 'COMPLETE']);
    expect(await states(59)).toEqual(['FAIL', 'COMPLETE', 'COMPLETE']);
  },
  async signal(sluice) {
    const study = await sluice.createStudy();
    const signal = AbortSignal.abort();
    const run = study.optimize({ space: rate, objective: () => 1, trials: 1, signal });
    await expect(run).rejects.toMatchObject({ code: 'aborted' });
  },
  async continueOnFailure(sluice) {
    for (const [continueOnFailure, count] of [
      [false, 3],
      [true, 5],
    ] as const) {
      const study = await sluice.createStudy();
      const options = { space: rate, objective: () => Number.NaN, trials: 5, continueOnFailure };
      await study.optimize(options).catch(() => {});
      expect(study.trials).toHaveLength(count);
    }
  },
  async callbacks(sluice) {
    const study = await sluice.createStudy();
    const seen: unknown[] = [];
    const callbacks = [
      (of: unknown, trial: FrozenTrial) => void seen.push([of === study, trial.number]),
    ];
    await study.optimize({ space: rate, objective: () => 1, trials: 2, callbacks });
    expect(seen).toEqual([
      [true, 0],
      [true, 1],
    ]);
  },
  async onEvent(sluice) {
    const study = await sluice.createStudy();
    const types: string[] = [];
    const onEvent = ({ type }: { type: string }) => void types.push(type);
    await study.optimize({ space: rate, objective: () => 1, trials: 1, onEvent });
    expect(types).toEqual(['trialStarted', 'trialFinished']);
  },
};

describe.each(entries)('the options of optimize, from %s', (_entry, sluice) => {
  const own = Object.keys(optimizeRules).filter((name) => !(name in poolRules));
  it.each(own)('%s acts', (name) => optimizeActs[name as Own](sluice));

  it('onWarning hears of workers without work', async () => {
    const heard: string[] = [];
    const study = await sluice.createStudy({ lookback: 1 });
    await study.optimize({
      space: () => ({ kind: 'value' }),
      worker: script.url,
      workers: 2,
      trials: 1,
      onWarning: (message) => void heard.push(message),
    });
    expect(heard).toEqual([expect.stringMatching(/^optimize: workers is 2, but only 1 /)]);
  });
});

const studyActs: { [Name in keyof typeof studyRules]: (sluice: Sluice) => Promise<void> } = {
  async name(sluice) {
    expect((await sluice.createStudy({ name: 'waves' })).name).toBe('waves');
  },
  async direction(sluice) {
    const study = await sluice.createStudy({ direction: 'maximize' });
    await study.optimize({ space: rate, objective: (_, t) => t.number, trials: 3 });
    expect(study.bestValue).toBe(2);
  },
  async directions(sluice) {
    const study = await sluice.createStudy({ directions: ['maximize', 'minimize'] });
    const objective = (_: unknown, t: { number: number }) => [t.number % 3, t.number];
    await study.optimize({ space: rate, objective, trials: 6 });
    expect(study.bestTrials.map(({ number }) => number)).toEqual([0, 1, 2]);
  },
  async artifactStore(sluice) {
    const written: string[] = [];
    const memory = sluice.memoryArtifactStore();
    const artifactStore = {
      ...memory,
      async write(id: string, bytes: Uint8Array) {
        written.push(id);
        await memory.write(id, bytes);
      },
    };
    const study = await sluice.createStudy({ artifactStore });
    const objective = async (_: unknown, t: ObjectiveTrial) => {
      await t.save(Uint8Array.of(1), 0);
      return 1;
    };
    await study.optimize({ space: rate, objective, trials: 1 });
    expect(written).toEqual([expect.stringMatching(/^study-[0-9a-f]{16}-0-0$/)]);
    expect(await memory.list()).toEqual([]);
  },
  async sampler(sluice) {
    const study = await sluice.createStudy({ sampler: { propose: () => ({ draw: () => 0.25 }) } });
    await study.optimize({ space: rate, objective: ({ x }) => x, trials: 1 });
    expect(study.bestValue).toBe(0.25);
  },
  async pruner(sluice) {
    const study = await sluice.createStudy({ pruner: { prune: () => true } });
    await study.optimize({
      space: rate,
      objective: async (_, t) => {
        await t.report(1, 0);
        return 1;
      },
      trials: 1,
    });
    expect(study.trials[0].state).toBe('PRUNED');
  },
  async storage(sluice) {
    const storage = sluice.memoryStorage();
    const study = await sluice.createStudy({ storage });
    await study.optimize({ space: rate, objective: () => 1, trials: 1 });
    expect((await sluice.createStudy({ storage })).trials).toHaveLength(1);
  },
  async loadIfExists(sluice) {
    const storage = sluice.memoryStorage();
    await sluice.createStudy({ storage });
    const again = sluice.createStudy({ storage, loadIfExists: false });
    await expect(again).rejects.toMatchObject({ code: 'study-mismatch' });
  },
  async signal(sluice) {
    const signal = AbortSignal.abort(new Error('no time'));
    const refresh = async (given?: AbortSignal) => given?.throwIfAborted();
    const storage = overridden(sluice.memoryStorage(), { refresh });
    await expect(sluice.createStudy({ storage, signal })).rejects.toThrow('no time');
  },
  async lookback(sluice) {
    const study = await sluice.createStudy({ lookback: 2 });
    let running = 0;
    let most = 0;
    const executor = {
      size: 6,
      run: async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running -= 1;
        return { state: 'complete', value: 1 } as const;
      },
      close: async () => {},
    };
    await study.optimize({ space: rate, executor, trials: 6, onWarning: () => {} });
    expect(most).toBe(2);
  },
};

describe.each(entries)('the options of createStudy, from %s', (_entry, sluice) => {
  it.each(Object.keys(studyRules))('%s acts', (name) =>
    studyActs[name as keyof typeof studyRules](sluice),
  );
});

describe.each(entries)('the options of pruner and sampler, from %s', (_entry, sluice) => {
  const history = [3, 4].map(
    (value, number) =>
      ({
        number,
        state: 'COMPLETE',
        intermediateValues: { 0: value, 1: value, 2: value },
      }) as unknown as FrozenTrial,
  );
  const worse = (steps: number) => ({
    number: 2,
    intermediateValues: Object.fromEntries(Array.from({ length: steps }, (_, i) => [i, 9])),
  });
  it.each([
    ['nStartupTrials', { nStartupTrials: 2 }, { nStartupTrials: 3 }, 1],
    ['nWarmupSteps', { nWarmupSteps: 0 }, { nWarmupSteps: 1 }, 1],
    ['intervalSteps', { intervalSteps: 1 }, { intervalSteps: 2 }, 2],
    ['nMinTrials', { nMinTrials: 2 }, { nMinTrials: 3 }, 1],
  ])('%s acts', (_name, prunes, keeps, steps) => {
    const ask = (options: object) =>
      new sluice.MedianPruner({ nStartupTrials: 0, ...options }).prune(
        history,
        worse(steps),
        'minimize',
      );
    expect([ask(prunes), ask(keeps)]).toEqual([true, false]);
  });

  it('seed acts', () => {
    const distribution = { kind: 'float', low: 0, high: 1, log: false, step: null } as const;
    const draw = (seed?: number) =>
      new sluice.RandomSampler({ seed }).propose({ number: 0 }).draw('x', distribution);
    expect(draw(1)).not.toBe(draw(2));
    expect(draw()).toBe(draw(0));
  });
});

describe('what is no set of options', () => {
  it.each([undefined, null, 7, 'text', [], () => 1, Symbol('x'), 1n])(
    'is refused: %s',
    async (wrong) => {
      const refuses = { code: 'bad-option', message: expect.stringMatching(/option|expects/) };
      expect(() => browser.createPool(wrong as never)).toThrow(expect.objectContaining(refuses));
      const study = await browser.createStudy();
      await expect(study.optimize(wrong as never)).rejects.toMatchObject(refuses);
      if (wrong === undefined) return; // these have defaults for everything
      await expect(browser.createStudy(wrong as never)).rejects.toMatchObject(refuses);
      expect(() => new browser.MedianPruner(wrong as never)).toThrow(
        expect.objectContaining(refuses),
      );
      expect(() => new browser.RandomSampler(wrong as never)).toThrow(
        expect.objectContaining(refuses),
      );
    },
  );

  it.each([null, 7, {}, 1n, Symbol('x')])('nor a worker: %s', async (worker) => {
    const pool = () => browser.createPool({ worker: worker as never });
    expect(pool).toThrow(/worker must be a URL, a path or a function/);
    const made = browser.createPool({ worker: () => worker as never, workers: 1 });
    const job = { trial: 0, params: {}, report: () => false };
    expect(await made.run(job)).toMatchObject({
      code: 'not-started',
      reason: expect.stringContaining('the function must return a new Worker, but returned'),
    });
    await made.close();
  });

  it.each([undefined, null, 7, {}, { trial: 0, params: {} }])('nor a job: %o', async (job) => {
    const pool = browser.createPool({ worker: script.url });
    await expect(pool.run(job as never)).rejects.toMatchObject({ code: 'bad-option' });
    await pool.close();
  });

  it.each([undefined, null, {}, 1n, Symbol('x'), Object.create(null)])(
    'nor an objective',
    async (objective) => {
      const { exposeObjective } = await import('../../src/worker.js');
      expect(() => exposeObjective(objective as never)).toThrow(
        expect.objectContaining({
          code: 'objective',
          message: expect.stringMatching(/takes a function/),
        }),
      );
    },
  );
});
