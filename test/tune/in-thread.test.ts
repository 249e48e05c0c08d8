import { describe, expect, it } from 'vitest';
import type { Job, Outcome } from '../../src/tune/executor.js';
import { type AnyObjective, inThreadExecutor } from '../../src/tune/in-thread.js';
import { TrialPruned } from '../../src/tune/objective.js';

function job(parts: Partial<Job> = {}): Job {
  return { trial: 3, params: { x: 1 }, report: () => false, ...parts };
}

const run = (objective: AnyObjective, parts?: Partial<Job>): Promise<Outcome> =>
  inThreadExecutor(objective).run(job(parts));

describe('inThreadExecutor', () => {
  it('resolves with what the objective returns or throws', async () => {
    expect(await run(({ x }) => x + 1)).toEqual({ state: 'complete', value: 2 });
    expect(await run(async () => 5)).toEqual({ state: 'complete', value: 5 });
    const threw = (value: unknown) =>
      run(() => {
        throw value;
      });
    expect(await threw(new TypeError('no'))).toEqual({
      state: 'failed',
      code: 'threw',
      reason: 'TypeError: no',
    });
    expect(await threw(undefined)).toMatchObject({
      code: 'threw',
      reason: 'the objective threw undefined',
    });
    expect(await threw(new TrialPruned())).toEqual({ state: 'pruned' });
    expect(await threw(Object.assign(new Error('other copy'), { name: 'TrialPruned' }))).toEqual({
      state: 'pruned',
    });
  });

  it('tells an objective that its trial is pruned, awaited or not', async () => {
    const steps: number[] = [];
    const report = (_: number, step: number) => step >= 1;
    const awaited = await run(
      async (_, trial) => {
        for (let step = 0; step < 9; step++) {
          steps.push(step);
          await trial.report(0, step);
        }
        return 0;
      },
      { report },
    );
    expect([awaited, steps]).toEqual([{ state: 'pruned' }, [0, 1]]);
    const loose = await run(
      async (_, trial) => {
        for (let step = 0; step < 4; step++) trial.report(0, step);
        expect(await trial.shouldPrune()).toBe(true);
        expect(trial.signal.aborted).toBe(true);
        expect(trial.signal.reason).toBeInstanceOf(TrialPruned);
        return 0;
      },
      { report },
    );
    expect(loose).toEqual({ state: 'pruned' });
  });

  it('leaves an objective behind when it is aborted or closed', async () => {
    let signal: AbortSignal | undefined;
    const endless: AnyObjective = (_, trial) => {
      signal = trial.signal;
      return new Promise(() => {});
    };
    const control = new AbortController();
    setTimeout(() => control.abort(), 20);
    expect(await run(endless, { signal: control.signal })).toMatchObject({
      state: 'failed',
      code: 'aborted',
    });
    expect(signal?.aborted).toBe(true);
    expect(await run(endless, { signal: control.signal })).toMatchObject({ code: 'aborted' });
    const executor = inThreadExecutor(endless, { size: 2 });
    setTimeout(() => executor.close(), 20);
    expect(await executor.run(job())).toMatchObject({ state: 'failed', code: 'closed' });
    expect(await executor.run(job())).toMatchObject({ code: 'closed' });
  });

  it('gives signals a turn between objectives that never yield', async () => {
    const control = new AbortController();
    setTimeout(() => control.abort(), 5);
    const executor = inThreadExecutor(() => 1);
    let runs = 0;
    while (!control.signal.aborted && runs < 10_000) {
      await executor.run(job());
      runs += 1;
    }
    expect(runs).toBeLessThan(10_000);
  });

  it('seeds trials apart', async () => {
    const seeds = await Promise.all(
      [0, 1, 2, 3].map((trial) => inThreadExecutor((_, t) => t.seed).run(job({ trial }))),
    );
    const values = seeds.map((s) => (s.state === 'complete' ? Number(s.value) : -1));
    expect(new Set(values).size).toBe(4);
    expect(values.every((v) => Number.isInteger(v) && v >= 0 && v < 2 ** 32)).toBe(true);
  });

  it.each([0, 1.5])('refuses size %s', (size) => {
    expect(() => inThreadExecutor(() => 1, { size })).toThrow('size must be a positive integer');
  });
});
