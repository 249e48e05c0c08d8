import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../../src/workers/pool.js';
import { type Bundled, bundleWorker } from '../support/bundle.js';
import { failed, job, until, withPool } from './jobs.js';
import { poolContract } from './pool-contract.js';

let script: Bundled;
beforeAll(async () => {
  script = await bundleWorker(new URL('./behaviours.worker.ts', import.meta.url));
});
afterAll(() => script.remove());

poolContract('worker threads', {
  spawn: () => new Worker(script.url),
  terminate: (worker) => void worker.terminate(),
});

describe('a pool of worker threads: what Node alone has', () => {
  it('takes a URL, a file URL as text and a path', async () => {
    for (const worker of [script.url, script.url.href, fileURLToPath(script.url)]) {
      await withPool({ worker, workers: 1 }, async (pool) => {
        expect((await pool.run(job('value'))).state).toBe('complete');
      });
    }
  });

  it('lends the cores of trials that have ended to those that still run', async () => {
    const cores = availableParallelism();
    await withPool({ worker: script.url, workers: 2 }, async (pool) => {
      const share = Math.max(1, Math.floor(cores / 2));
      expect(await pool.run(job('threads', { steps: cores }))).toEqual({
        state: 'complete',
        value: cores,
      });
      const abort = new AbortController();
      const busy = job('reportThenHang', { steps: 1, signal: abort.signal });
      const other = pool.run(busy);
      await until(() => busy.reports.length === 1);
      const outcome = await pool.run(job('threads', { steps: share }));
      expect(outcome).toEqual({ state: 'complete', value: share });
      abort.abort();
      await other;
      const last = await pool.run(job('threads', { steps: cores }));
      expect(last).toEqual({ state: 'complete', value: cores });
    });
  });

  it('refuses a file that does not exist, and names it', () => {
    const missing = new URL('./no-such.worker.js', script.url);
    expect(() => createPool({ worker: missing })).toThrow(
      `worker: there is no file ${fileURLToPath(missing)}`,
    );
    expect(() => createPool({ worker: 'no-such.worker.js' })).toThrow(
      `there is no file ${process.cwd()}/no-such.worker.js`,
    );
  });

  it('survives process.exit', async () => {
    await withPool({ worker: script.url, workers: 1 }, async (pool) => {
      const outcome = failed(await pool.run(job('exit')));
      expect(outcome.code).toBe('died');
      expect(outcome.reason).toContain('the worker exited with code 3');
      expect((await pool.run(job('value'))).state).toBe('complete');
    });
  });

  it('gives up a worker whose objective has removed its listeners', async () => {
    const options = { worker: script.url, workers: 1, silenceTimeout: 500 };
    await withPool(options, async (pool) => {
      const outcome = failed(await pool.run(job('removeListenersThenReport')));
      expect(outcome.code).toBe('died');
      expect(outcome.reason).toBe(
        'the worker no longer hears what it is told: were its listeners removed?',
      );
      // Of an earlier trial, it says nothing about the next one.
      await pool.run(job('removeListeners'));
      expect(await pool.run(job('value', { trial: 4 }))).toEqual({ state: 'complete', value: 8 });
    });
  });

  it.each([
    ['closed its port', 'leaveClosedPort', { silenceTimeout: 500 }],
    [
      'removed its listeners, however soon a trial counts as stalled',
      'removeListeners',
      { stallTimeout: 400 },
    ],
  ])('blames no trial for an earlier one that %s', async (_, kind, limit) => {
    await withPool({ worker: script.url, workers: 1, ...limit }, async (pool) => {
      await pool.run(job(kind));
      const innocent = job('reportSlowly', { steps: 4, milliseconds: 50 });
      expect(await pool.run(innocent)).toEqual({ state: 'complete', value: 7 });
    });
  });

  it('names memory when a worker runs out of it', async () => {
    const worker = () => new Worker(script.url, { resourceLimits: { maxOldGenerationSizeMb: 24 } });
    await withPool({ worker, workers: 1 }, async (pool) => {
      const outcome = failed(await pool.run(job('fill')));
      expect(outcome.code).toBe('died');
      expect(outcome.reason).toMatch(/^the worker ran out of memory/);
      expect((await pool.run(job('value'))).state).toBe('complete');
    });
  });

  it.each([
    ['a syntax error', 'const = 1;', 'SyntaxError'],
    ['a missing import', 'import "./not-there.mjs";', 'not-there.mjs'],
    ['no exposeObjective', 'setTimeout(() => {}, 1);', 'exited with code 0'],
    ['an error', 'throw new RangeError("too far");', 'RangeError: too far'],
  ])('says why a script with %s does not start', async (_, source, reason) => {
    const file = new URL('./broken.mjs', script.url);
    writeFileSync(file, source);
    await withPool({ worker: file, workers: 2 }, async (pool) => {
      const outcomes = await Promise.all(Array.from({ length: 9 }, () => pool.run(job('value'))));
      for (const outcome of outcomes) {
        expect(failed(outcome).reason).toMatch(/^the worker could not be started: it /);
        expect(failed(outcome).reason).toContain(reason);
      }
    });
  });

  it('gives up a script that never calls exposeObjective', async () => {
    const file = new URL('./idle.mjs', script.url);
    writeFileSync(file, 'setInterval(() => {}, 1000);');
    await withPool({ worker: file, workers: 1, startTimeout: 300 }, async (pool) => {
      expect(failed(await pool.run(job('value'))).reason).toBe(
        'the worker could not be started: it did not call exposeObjective within 0.3 s',
      );
    });
  });

  it('refuses exposeObjective in the main thread', async () => {
    const { exposeObjective } = await import('../../src/worker.js');
    expect(() => exposeObjective(() => 1)).toThrow('must be called in a worker');
  });

  it.each([
    [{ workers: 0 }, 'workers must be an integer from 1 to 1024, but got 0'],
    [{ workers: 1.5 }, 'but got 1.5'],
    [{ silence: 5 }, "createPool has no option 'silence'; it knows worker, data"],
    [{ silenceTimeout: 0 }, 'silenceTimeout must be a number of milliseconds from 100'],
    [{ silenceTimeout: Number.NaN }, 'but got NaN'],
    [{ stallTimeout: 50 }, 'stallTimeout must be a number of milliseconds from 100'],
    [{ worker: 7 as never }, 'worker must be a URL, a path or a function'],
    [{ worker: '' }, "but got ''"],
  ])('refuses %o', (options, message) => {
    expect(() => createPool({ worker: script.url, ...options })).toThrow(message);
  });
});

describe('a process with a pool', () => {
  it('runs 200 trials without a warning of a leak, and ends when the pool is closed', async () => {
    const program = await bundleWorker(new URL('./many-trials.ts', import.meta.url));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--trace-warnings', fileURLToPath(program.url), script.url.href],
      { encoding: 'utf8', timeout: 30_000 },
    );
    program.remove();
    expect(stderr).toBe('');
    expect(stdout).toBe('200 complete\n');
    expect(status).toBe(0);
  });
});
