import { describe, expect, it } from 'vitest';
import { createPool } from '../../src/workers/pool.js';
import { failed, job, withPool } from './jobs.js';
import { poolContract } from './pool-contract.js';

const spawn = () =>
  new Worker(new URL('./behaviours.worker.ts', import.meta.url), { type: 'module' });

poolContract('Web Workers', { spawn, terminate: (worker) => void worker.terminate() });

/** Where a script with this source can be loaded from. */
function script(source: string): URL {
  return new URL(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
}

describe('a pool of Web Workers: what the browser alone has', () => {
  it('gives up a worker that closes itself', () =>
    withPool({ worker: spawn, workers: 1, silenceTimeout: 400 }, async (pool) => {
      expect(failed(await pool.run(job('closeSelf'))).code).toBe('silent');
      expect((await pool.run(job('value'))).state).toBe('complete');
    }));

  it.each([
    ['a syntax error', script('const = 1;'), 'with a syntax error'],
    ['an error', script('throw new RangeError("too far");'), 'failed with RangeError: too far'],
    ['a missing import', script('import "./not-there.mjs";'), 'could not load blob:'],
    [
      'nothing behind its URL',
      new URL('./no-such.worker.js', location.href),
      'could not load http',
    ],
  ])('says why a script with %s does not start', (_, worker, reason) =>
    withPool({ worker, workers: 2 }, async (pool) => {
      const outcomes = await Promise.all(Array.from({ length: 9 }, () => pool.run(job('value'))));
      for (const outcome of outcomes) {
        expect(failed(outcome).reason).toMatch(/^the worker could not be started: it /);
        expect(failed(outcome).reason).toContain(reason);
      }
    }),
  );

  it('gives up a script that never calls exposeObjective', () =>
    withPool({ worker: script('1'), workers: 1, startTimeout: 300 }, async (pool) => {
      expect(failed(await pool.run(job('value'))).reason).toContain('did not call exposeObjective');
    }));

  it('takes a URL', () =>
    withPool(
      {
        worker: new URL('./behaviours.worker.ts?worker_file&type=module', import.meta.url),
        workers: 1,
      },
      async (pool) => {
        expect((await pool.run(job('value'))).state).toBe('complete');
      },
    ));

  it('refuses what is no source', () => {
    expect(() => createPool({ worker: 7 as never })).toThrow('worker must be a URL');
  });
});
