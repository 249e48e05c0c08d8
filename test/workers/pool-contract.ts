// What a pool of workers promises, on every platform. The suites beside this file run it with
// their own workers.
import { describe, expect, it } from 'vitest';
import { trialSeed } from '../../src/tune/objective.js';
import type { PoolOptions } from '../../src/tune/pool-options.js';
import type { NodeWorkerLike, WebWorkerLike } from '../../src/workers/channel.js';
import { failed, job, timed, until, withPool } from './jobs.js';

type AnyWorker = WebWorkerLike | NodeWorkerLike;

export interface Platform {
  /** Starts a worker with the script of behaviours.worker.ts. */
  spawn(): AnyWorker;
  /** Terminates a worker behind the pool's back. */
  terminate(worker: AnyWorker): void;
}

export function poolContract(name: string, platform: Platform): void {
  const options = (more: Partial<PoolOptions> = {}): PoolOptions => ({
    worker: () => platform.spawn(),
    workers: 1,
    ...more,
  });
  /** Runs one job, and then another one that shows that the pool is still well. */
  const runThenValue = (first: ReturnType<typeof job>, more?: Partial<PoolOptions>) =>
    withPool(options(more), async (pool) => {
      const outcome = await pool.run(first);
      expect(await pool.run(job('value', { trial: 21 }))).toEqual({ state: 'complete', value: 42 });
      return outcome;
    });

  describe(`a pool of ${name}: objectives`, () => {
    it('runs jobs on as many workers as it has, and keeps them', () =>
      withPool(options({ workers: 3 }), async (pool) => {
        expect(pool.size).toBe(3);
        const jobs = Array.from({ length: 12 }, () => pool.run(job('identity')));
        const values = (await Promise.all(jobs)).map((o) => o.state === 'complete' && o.value);
        expect(new Set(values).size).toBe(3);
        expect(values).not.toContain(false);
      }));

    it('runs as many jobs at one time as it has workers, and no more', () =>
      withPool(options({ workers: 3 }), async (pool) => {
        const abort = new AbortController();
        const { signal } = abort;
        const waiting = Array.from({ length: 4 }, () =>
          job('reportThenHang', { steps: 1, signal }),
        );
        const outcomes = Promise.all(waiting.map((one) => pool.run(one)));
        const begun = () => waiting.filter((one) => one.reports.length === 1).length;
        await until(() => begun() === 3);
        await new Promise((resolve) => setTimeout(resolve, 100));
        expect(begun()).toBe(3);
        abort.abort();
        await outcomes;
      }));

    it('tells a trial its place beside its number, and makes its seed of it', () =>
      withPool(options(), async (pool) => {
        const again = (kind: string) => pool.run({ ...job(kind, { trial: 9 }), place: 4 });
        expect(await again('place')).toEqual({ state: 'complete', value: 4 });
        expect(await again('value')).toEqual({ state: 'complete', value: 18 });
        expect(await again('seed')).toEqual({ state: 'complete', value: trialSeed(4) });
      }));

    it('gives each trial a seed made from its number', () =>
      withPool(options(), async (pool) => {
        const outcome = await pool.run(job('seed', { trial: 5 }));
        expect(outcome).toEqual({ state: 'complete', value: trialSeed(5) });
      }));

    it('fails a trial whose objective throws, with the message and the place', async () => {
      const outcome = failed(await runThenValue(job('throw')));
      expect(outcome.code).toBe('threw');
      expect(outcome.reason).toMatch(
        /^TypeError: the kettle is cold \(.*behaviours.*:\d+:\d+\)?\)$/,
      );
      expect(failed(await runThenValue(job('throwString')))).toEqual({
        state: 'failed',
        code: 'threw',
        reason: 'the objective threw the string "a string"',
      });
    });

    it.each([
      ['nan', 'NaN'],
      ['undefined', 'undefined'],
      ['text', 'the string "0.5"'],
      ['object', 'an object of type Object'],
    ])('fails a trial whose objective returns %s', async (kind, what) => {
      expect(await runThenValue(job(kind))).toEqual({
        state: 'failed',
        code: 'bad-value',
        reason: `the objective must return a number, but returned ${what}`,
      });
    });

    it('forwards progress in order and in batches', () => {
      let received = 0;
      const counted = () => {
        const worker = platform.spawn();
        const count = () => {
          received += 1;
        };
        if ('on' in worker) worker.on('message', count);
        else worker.addEventListener('message', count);
        return worker;
      };
      return withPool(options({ worker: counted }), async (pool) => {
        const chatter = job('chatter', { steps: 1000 });
        await pool.run(chatter);
        const numbered = Array.from({ length: 1000 }, (_, i) => ({ i }));
        expect(chatter.messages).toEqual([...numbered, 'end']);
        expect(received).toBeLessThan(50);
      });
    });

    it('fails a trial whose progress cannot be sent', async () => {
      const outcome = failed(await runThenValue(job('progressFunction')));
      expect(outcome.reason).toMatch(/^trial\.progress takes what structured clone takes/);
    });
  });

  describe(`a pool of ${name}: pruning`, () => {
    const upTo = (step: number) => Array.from({ length: step + 1 }, (_, i) => [100 - i, i]);

    it('hands over reports in order', () =>
      withPool(options(), async (pool) => {
        for (const kind of ['report', 'reportUnawaited']) {
          const reporting = job(kind, { steps: 50 });
          expect(await pool.run(reporting)).toEqual({ state: 'complete', value: 7 });
          expect(reporting.reports).toEqual(upTo(49));
        }
      }));

    it.each(['report', 'reportUnawaited', 'reportThenThrow', 'askPruned'])(
      'prunes at the step that the study says, whatever comes after: %s',
      async (kind) => {
        const pruned = job(kind, { steps: 10, pruneAt: 3 });
        expect(await runThenValue(pruned)).toEqual({ state: 'pruned' });
        expect(pruned.reports).toEqual(upTo(3));
      },
    );

    it('prunes at the last step, though the objective returned a value', async () => {
      const pruned = job('reportUnawaited', { steps: 4, pruneAt: 3 });
      expect(await runThenValue(pruned)).toEqual({ state: 'pruned' });
    });

    it('terminates a worker that goes on after its trial was pruned', async () => {
      const task = runThenValue(job('reportThenHang', { pruneAt: 1 }));
      expect(await timed(task)).toBeLessThan(5000);
      expect(await task).toEqual({ state: 'pruned' });
    });

    it('lets an objective prune itself', async () => {
      expect(await runThenValue(job('pruneSelf'))).toEqual({ state: 'pruned' });
    });

    it('fails a trial that reports no number, awaited or not', async () => {
      const outcome = failed(await runThenValue(job('reportNothing')));
      expect(outcome.code).toBe('threw');
      expect(outcome.reason).toContain('but got undefined and 0');
    });

    it('waits with reports for the main thread, however many nobody awaits', () =>
      withPool(options(), async (pool) => {
        const count = 50_000;
        let turns = 0;
        const turn = setInterval(() => {
          turns += 1;
        });
        const many = job('reportUnawaited', { steps: count });
        expect(await pool.run(many)).toEqual({ state: 'complete', value: 7 });
        clearInterval(turn);
        expect(many.reports).toEqual(upTo(count - 1));
        // The main thread had its turns, and was not handed everything at one time.
        expect(turns).toBeGreaterThan(5);
      }));

    it('prunes within a batch at the very step', async () => {
      const pruned = job('reportUnawaited', { steps: 3000, pruneAt: 1717 });
      expect(await runThenValue(pruned)).toEqual({ state: 'pruned' });
      expect(pruned.reports).toEqual(upTo(1717));
    });

    it('keeps a late report from the next trial', () =>
      withPool(options(), async (pool) => {
        expect(await pool.run(job('reportLate'))).toEqual({ state: 'complete', value: 1 });
        const next = job('slow', { milliseconds: 100 });
        expect(await pool.run(next)).toEqual({ state: 'complete', value: 1 });
        expect(next.reports).toEqual([]);
      }));
  });

  describe(`a pool of ${name}: data`, () => {
    it('sends data once to each worker, and again to a replacement alone', async () => {
      let copies = 0;
      const data = Float64Array.of(1, 2, 3.5);
      const counted = () => {
        const worker = platform.spawn();
        const post = worker.postMessage.bind(worker);
        worker.postMessage = (message: unknown, transfer: Transferable[]) => {
          if (holds(message, data)) copies += 1;
          post(message, transfer);
        };
        return worker;
      };
      await withPool(options({ worker: counted, workers: 2, data }), async (pool) => {
        const sums = await Promise.all(Array.from({ length: 20 }, () => pool.run(job('sum'))));
        expect(sums.every((o) => o.state === 'complete' && o.value === 6.5)).toBe(true);
        expect(copies).toBe(2);
        // Dies twice: in a worker that had run others before, and in a fresh one.
        await pool.run(job('uncaught'));
        await Promise.all(Array.from({ length: 4 }, () => pool.run(job('sum'))));
        expect(copies).toBe(4);
      });
    });

    it('fails trials at once when the data cannot be cloned', () =>
      withPool(options({ data: { f: () => 1 } }), async (pool) => {
        const outcome = failed(await pool.run(job('value')));
        expect(outcome.reason).toMatch(/^the worker could not be started: data cannot be sent/);
      }));
  });

  describe(`a pool of ${name}: death`, () => {
    it.each([
      ['uncaught', 'thrown beside the objective'],
      ['unhandled', 'rejected beside the objective'],
    ])('fails the trial and replaces the worker: %s', async (kind, reason) => {
      const outcome = failed(await runThenValue(job(kind)));
      expect(outcome.code).toBe('died');
      expect(outcome.reason).toContain(reason);
    });

    it('runs a job again whose worker died of what an earlier one left behind', () =>
      withPool(options(), async (pool) => {
        await pool.run(job('leaveTimer'));
        const innocent = job('reportSlowly', { steps: 4, milliseconds: 100 });
        expect(await pool.run(innocent)).toEqual({ state: 'complete', value: 7 });
      }));

    it('runs a job again whose worker fell silent of what an earlier one left behind', () =>
      withPool(options({ silenceTimeout: 500 }), async (pool) => {
        await pool.run(job('leaveLoop'));
        const innocent = job('reportSlowly', { steps: 4, milliseconds: 100 });
        expect(await pool.run(innocent)).toEqual({ state: 'complete', value: 7 });
      }));

    it.each([
      ['loop', { silenceTimeout: 400 }],
      ['deaf', { stallTimeout: 400 }],
    ])('gives a job that falls silent of itself one more worker, no more: %s', (kind, limit) => {
      let started = 0;
      const counted = () => {
        started += 1;
        return platform.spawn();
      };
      return withPool(options({ worker: counted, ...limit }), async (pool) => {
        expect(failed(await pool.run(job(kind))).code).toBe('silent');
        expect(started).toBe(1);
        await pool.run(job('value'));
        expect(failed(await pool.run(job(kind))).code).toBe('silent');
        expect(started).toBe(3);
      });
    });

    it('runs a job again once, in a fresh worker, and then believes it', () => {
      let started = 0;
      const counted = () => {
        started += 1;
        return platform.spawn();
      };
      return withPool(options({ worker: counted }), async (pool) => {
        expect(failed(await pool.run(job('uncaught'))).code).toBe('died');
        expect(started).toBe(1);
        await pool.run(job('value'));
        expect(failed(await pool.run(job('uncaught'))).code).toBe('died');
        expect(started).toBe(3);
      });
    });

    it.each([
      ['unwritten', 'storage', 'storage', 'model not saved: no space left on device'],
      ['tooLarge', 'threw', 'memory-limit', 'too large'],
    ])('tells the code of a SluiceError: %s', async (kind, code, errorCode, message) => {
      const outcome = failed(await runThenValue(job(kind)));
      expect(outcome).toMatchObject({ code, errorCode });
      expect(outcome.reason).toContain(`SluiceError: ${message}`);
    });

    it('gives up a worker in an endless loop', async () => {
      const outcome = failed(await runThenValue(job('loop'), { silenceTimeout: 400 }));
      expect(outcome.code).toBe('silent');
      expect(outcome.reason).toMatch(/^the worker gave no sign of life for [\d.]+ s$/);
    });

    it('gives up an objective that waits for ever in a worker that lives', async () => {
      const outcome = failed(await runThenValue(job('deaf'), { stallTimeout: 300 }));
      expect(outcome.code).toBe('silent');
      expect(outcome.reason).toMatch(
        /^the objective neither reported nor returned for [\d.]+ s; .* raise stallTimeout$/,
      );
    });

    it('lets an objective take its time as long as it tells of itself', async () => {
      const slow = job('reportSlowly', { steps: 6, milliseconds: 250 });
      const outcome = await runThenValue(slow, { stallTimeout: 900 });
      expect(outcome).toEqual({ state: 'complete', value: 7 });
    });

    it('lets a busy worker live as long as it beats', () =>
      withPool(options({ silenceTimeout: 400 }), async (pool) => {
        const outcome = await pool.run(job('slow', { milliseconds: 1500 }));
        expect(outcome).toEqual({ state: 'complete', value: 1 });
      }));

    it('does not blame the worker when the main thread was busy', () =>
      withPool(options({ silenceTimeout: 300 }), async (pool) => {
        const run = pool.run(job('slow', { milliseconds: 1500 }));
        await new Promise((resolve) => setTimeout(resolve, 300));
        const end = performance.now() + 1000;
        while (performance.now() < end);
        expect(await run).toEqual({ state: 'complete', value: 1 });
      }));

    it('survives being terminated from outside', async () => {
      let worker: AnyWorker | undefined;
      const spawn = () => {
        worker = platform.spawn();
        return worker;
      };
      await withPool(options({ worker: spawn, silenceTimeout: 400 }), async (pool) => {
        const deaf = job('reportThenHang', { steps: 1 });
        const run = pool.run(deaf);
        await until(() => deaf.reports.length === 1);
        platform.terminate(worker!);
        expect(['died', 'silent']).toContain(failed(await run).code);
        expect((await pool.run(job('value'))).state).toBe('complete');
      });
    });

    it('fails trials quickly when no worker can be started', () =>
      withPool(
        options({
          workers: 2,
          worker: () => {
            throw new Error('no workers today');
          },
        }),
        async (pool) => {
          const start = performance.now();
          const outcomes = await Promise.all(
            Array.from({ length: 40 }, () => pool.run(job('value'))),
          );
          expect(performance.now() - start).toBeLessThan(3000);
          expect(pool.broken).toBe('the worker could not be started: no workers today');
          for (const outcome of outcomes) {
            expect(failed(outcome)).toEqual({
              state: 'failed',
              code: 'not-started',
              reason: 'the worker could not be started: no workers today',
            });
          }
        },
      ));

    it('goes on with the workers that it has when no other can be started', () => {
      let started = 0;
      const once = () => {
        started += 1;
        if (started > 1) throw new Error('one is enough');
        return platform.spawn();
      };
      const warnings: string[] = [];
      const onWarning = (message: string) => void warnings.push(message);
      return withPool(options({ worker: once, workers: 3, onWarning }), async (pool) => {
        await pool.run(job('value'));
        const jobs = Array.from({ length: 30 }, () => pool.run(job('slow', { milliseconds: 30 })));
        const outcomes = await Promise.all(jobs);
        expect(outcomes).toEqual(Array(30).fill({ state: 'complete', value: 1 }));
        expect(pool.broken).toBeUndefined();
        expect(warnings).toEqual([
          'the worker could not be started: one is enough; the study goes on with the workers that it has',
        ]);
      });
    });

    it('does not give up while a slow worker is still starting', () => {
      let started = 0;
      const first = async () => {
        started += 1;
        if (started > 1) throw new Error('one is enough');
        await new Promise((resolve) => setTimeout(resolve, 800));
        return platform.spawn();
      };
      const more = { worker: first, workers: 3, onWarning: () => {} };
      return withPool(options(more), async (pool) => {
        const jobs = [job('value', { trial: 1 }), job('value', { trial: 2 })];
        const outcomes = await Promise.all(jobs.map((one) => pool.run(one)));
        expect(outcomes).toEqual([2, 4].map((value) => ({ state: 'complete', value })));
        expect(started).toBeGreaterThan(2);
      });
    });

    it('refuses what is no worker', () =>
      withPool(options({ worker: () => ({}) as AnyWorker }), async (pool) => {
        expect(failed(await pool.run(job('value'))).reason).toContain('must return a new Worker');
      }));

    it('refuses the same worker a second time', async () => {
      const worker = platform.spawn();
      await withPool(options({ worker: () => worker, workers: 2 }), async (pool) => {
        for (const outcome of await Promise.all([pool.run(job('value')), pool.run(job('value'))])) {
          expect(failed(outcome)).toMatchObject({
            code: 'not-started',
            reason: expect.stringContaining('the same Worker twice'),
          });
        }
        expect(pool.broken).toContain('the same Worker twice');
      });
    });

    it('fails a trial whose parameters cannot be cloned', async () => {
      const outcome = failed(await runThenValue(job('value', { f: () => 1 })));
      expect(outcome.code).toBe('threw');
      expect(outcome.reason).toMatch(/^the parameters cannot be sent to a worker: /);
    });
  });

  describe(`a pool of ${name}: the end`, () => {
    it('stops within a second of an abort, running, waiting and to come', async () => {
      for (const kind of ['deaf', 'loop', 'obedient']) {
        await withPool(options(), async (pool) => {
          await pool.run(job('value'));
          const abort = new AbortController();
          const { signal } = abort;
          const running = pool.run(job(kind, { signal }));
          const waiting = pool.run(job('value', { signal }));
          await new Promise((resolve) => setTimeout(resolve, 100));
          abort.abort();
          const coming = pool.run(job('value', { signal }));
          const all = Promise.all([running, waiting, coming]);
          expect(await timed(all)).toBeLessThan(1000);
          for (const outcome of await all) expect(failed(outcome).code).toBe('aborted');
          expect((await pool.run(job('value'))).state).toBe('complete');
        });
      }
    });

    it('keeps a worker whose objective stops when it is told to', () =>
      withPool(options(), async (pool) => {
        const before = await pool.run(job('identity'));
        const abort = new AbortController();
        const running = pool.run(job('obedient', { signal: abort.signal }));
        setTimeout(() => abort.abort(), 50);
        await running;
        expect(await pool.run(job('identity'))).toEqual(before);
      }));

    it('resolves every job when it is closed', async () => {
      const pool = await withPool(options(), async (p) => {
        await p.run(job('value'));
        const jobs = [p.run(job('deaf')), p.run(job('value'))];
        await new Promise((resolve) => setTimeout(resolve, 50));
        await p.close();
        for (const outcome of await Promise.all(jobs)) expect(failed(outcome).code).toBe('closed');
        return p;
      });
      expect(failed(await pool.run(job('value'))).code).toBe('closed');
    });

    it('closes while workers are starting', async () => {
      let outcome: Promise<unknown> | undefined;
      await withPool(options(), async (pool) => {
        outcome = pool.run(job('value'));
      });
      expect(await outcome).toMatchObject({ state: 'failed', code: 'closed' });
    });
  });
}

/** Whether a message contains the very object `data`, not yet cloned. */
function holds(message: unknown, data: unknown, depth = 6): boolean {
  if (message === data) return true;
  if (depth === 0 || typeof message !== 'object' || message === null) return false;
  return Object.values(message).some((value) => holds(value, data, depth - 1));
}
