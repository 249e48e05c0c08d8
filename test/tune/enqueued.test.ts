// Values that Optuna's enqueue_trial asked for: kept, kept with a warning, or refused, as Optuna 5
// does (test/fixtures/optuna/enqueue.py).
import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../src/tune/distributions.js';
import { fixedValue, Unfit } from '../../src/tune/enqueued.js';
import { memoryStorage } from '../../src/tune/storage/memory.js';
import { studyFactory } from '../../src/tune/study.js';
import cases from '../fixtures/optuna/enqueued.json' with { type: 'json' };

const createStudy = studyFactory();

type Case = [Distribution, unknown, { value: unknown } | null, boolean];

describe('an enqueued value', () => {
  it.each((cases as Case[]).map((c) => [JSON.stringify(c[1]), JSON.stringify(c[0]), c] as const))(
    '%s for %s is what Optuna makes of it',
    (_value, _distribution, [distribution, value, kept, warned]) => {
      const warnings: string[] = [];
      const take = () => fixedValue('p', distribution, value, (text) => void warnings.push(text));
      if (kept === null) expect(take).toThrow(Unfit);
      else expect(take()).toBe(kept.value);
      expect(warnings.length).toBe(warned ? 1 : 0);
    },
  );

  it('is run and recorded though it is out of range, and the study says so', async () => {
    const storage = memoryStorage();
    const study = await createStudy({ storage });
    const fixed_params = { rate: 5, units: 2.5 };
    const start = { params: {}, distributions: {}, userAttrs: {}, systemAttrs: { fixed_params } };
    await storage.enqueueTrial(storage.study('study')!.id, start);
    const warnings: string[] = [];
    const got: unknown[] = [];
    await study.optimize({
      space: (t) => ({ rate: t.suggestFloat('rate', 0, 1), units: t.suggestInt('units', 1, 8) }),
      objective: (params) => got.push(params),
      trials: 2,
      onWarning: (message) => void warnings.push(message),
    });
    expect(got[0]).toEqual({ rate: 5, units: 2 });
    expect(study.trials[0]).toMatchObject({ state: 'COMPLETE', params: { rate: 5, units: 2 } });
    expect(warnings).toEqual([
      "the value 5 that is enqueued for parameter 'rate' is out of range, float [0, 1]; it is kept, as in Optuna",
      "the value 2.5 that is enqueued for parameter 'units' is out of range, int [1, 8]; 2 is taken, as in Optuna",
    ]);
  });

  it('that cannot be one of the parameter fails its trial alone', async () => {
    const storage = memoryStorage();
    const study = await createStudy({ storage });
    const fixed_params = { kind: 'rnn' };
    const start = { params: {}, distributions: {}, userAttrs: {}, systemAttrs: { fixed_params } };
    await storage.enqueueTrial(storage.study('study')!.id, start);
    await study.optimize({
      space: (t) => ({
        rate: t.suggestFloat('rate', 0, 1),
        kind: t.suggestCategorical('kind', ['lstm', 'gru']),
      }),
      objective: () => 1,
      trials: 3,
    });
    expect(study.trials.map((t) => t.state)).toEqual(['FAIL', 'COMPLETE', 'COMPLETE']);
    expect(study.trials[0].failReason).toBe(
      "the value 'rnn' that is enqueued for parameter 'kind' cannot be a value of " +
        'one of ["lstm","gru"]; enqueue another one',
    );
  });
});
