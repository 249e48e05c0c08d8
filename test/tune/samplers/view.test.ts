// What a sampler is shown of its study, and what becomes of one that misbehaves.
import { describe, expect, it } from 'vitest';
import { RandomSampler } from '../../../src/tune/samplers/random.js';
import type { SamplerView } from '../../../src/tune/samplers/sampler.js';
import { studyFactory } from '../../../src/tune/study.js';
import { expectError } from '../../support/errors.js';

const createStudy = studyFactory();
const space = (t: { suggestFloat(name: string, low: number, high: number): number }) => ({
  x: t.suggestFloat('x', 0, 1),
});

describe('a sampler', () => {
  it('sees what is finished, and of the trials since then their parameters alone', async () => {
    const views: SamplerView[] = [];
    const base = new RandomSampler();
    const sampler = {
      propose(view: SamplerView) {
        views.push(view);
        return base.propose(view);
      },
    };
    const study = await createStudy({ sampler, direction: 'maximize', lookback: 4 });
    await study.optimize({ space, objective: ({ x }) => x, trials: 9 });
    expect(views.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const { history, pending, directions } = views[7];
    expect(directions).toEqual(['maximize']);
    expect(history.map(({ number }) => number)).toEqual([0, 1, 2, 3]);
    expect(pending.map(({ number }) => number)).toEqual([4, 5, 6]);
    for (const one of pending) {
      const { params, distributions } = study.trials[one.number];
      expect(one).toEqual({ number: one.number, params, distributions });
    }
    expect(views[2].pending).toHaveLength(2);
    expect(Object.isFrozen(pending) && Object.isFrozen(history)).toBe(true);
  });

  it('is asked once a trial, whatever its space asks for', async () => {
    let asked = 0;
    const sampler = {
      propose() {
        asked++;
        return { draw: () => 0.5 };
      },
    };
    const study = await createStudy({ sampler });
    await study.optimize({
      space: (t) => ({ a: t.suggestFloat('a', 0, 1), b: t.suggestFloat('b', 0, 1), c: 1 }),
      objective: ({ a, b }) => a + b,
      trials: 3,
    });
    expect(asked).toBe(3);
    expect(study.bestValue).toBe(1);
  });

  it.each([undefined, {}, { draw: 3 }])(
    'must propose something to draw with, not %j',
    async (bad) => {
      const study = await createStudy({ sampler: { propose: () => bad as never } });
      await expectError(
        () => study.optimize({ space, objective: () => 1, trials: 1 }),
        'bad-option',
        /the sampler must propose an object with draw\(name, distribution\), but proposed/,
      );
    },
  );

  it('that never answers does not hold up an abort', async () => {
    const study = await createStudy({ sampler: { propose: () => new Promise<never>(() => {}) } });
    const signal = AbortSignal.timeout(20);
    await expectError(
      () => study.optimize({ space, objective: () => 1, trials: 1, signal }),
      'aborted',
    );
    expect(study.trials).toEqual([]);
  });
});
