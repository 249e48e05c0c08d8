// Parameters keep their types from `space` through the objective to `bestParams`. What is expected
// of types is checked by the compiler (npm run check), what they promise by running.
import { createStudy, type OptimizeOptions, type ParamsOf, type Space, type Trial } from 'sluice';
import { exposeObjective, type ParamsOf as InWorker } from 'sluice/worker';
import { describe, expect, expectTypeOf, it } from 'vitest';

const space = (t: Trial) => ({
  units: t.suggestInt('units', 4, 32),
  rate: t.suggestFloat('rate', 1e-3, 1e-1, { log: true }),
  kind: t.suggestCategorical('kind', ['adam', 'sgd']),
});

interface Expected {
  units: number;
  rate: number;
  kind: 'adam' | 'sgd';
}

describe('the types of parameters', () => {
  it('go from space to the objective and to the best parameters', async () => {
    const study = await createStudy();
    const done = await study.optimize({
      space: (t) => ({
        units: t.suggestInt('units', 4, 32),
        kind: t.suggestCategorical('kind', ['adam', 'sgd']),
      }),
      objective: (params) => {
        expectTypeOf(params).toEqualTypeOf<{ units: number; kind: 'adam' | 'sgd' }>();
        return params.units;
      },
      trials: 2,
    });
    expectTypeOf(done.bestParams).toEqualTypeOf<{
      readonly units: number;
      readonly kind: 'adam' | 'sgd';
    }>();
    expect(done).toBe(study);
    expect(typeof done.bestParams.units).toBe('number');
    expect(['adam', 'sgd']).toContain(done.bestParams.kind);
  });

  it('are told to createStudy, and to a worker, by the space', async () => {
    const study = await createStudy<ParamsOf<typeof space>>();
    await study.optimize({ space, objective: ({ rate }) => rate, trials: 1 });
    expectTypeOf(study.bestParams).toEqualTypeOf<Readonly<Expected>>();
    expectTypeOf<ParamsOf<typeof space>>().toEqualTypeOf<Expected>();
    expectTypeOf(exposeObjective<InWorker<typeof space>>)
      .parameter(0)
      .parameter(0)
      .toEqualTypeOf<Expected>();
    expect(study.bestParams).toEqual(study.bestTrial.params);
  });

  it('refuse an objective or a space that does not fit', () => {
    const wrong = async () => {
      const study = await createStudy<ParamsOf<typeof space>>();
      // @ts-expect-error there is no parameter `depth`
      await study.optimize({ space, objective: ({ depth }) => depth, trials: 1 });
      // @ts-expect-error this study has other parameters
      await study.optimize({ space: (t) => ({ x: t.suggestFloat('x', 0, 1) }), trials: 1 });
      // @ts-expect-error no such parameter
      return study.bestParams.depth;
    };
    expect(wrong).toBeTypeOf('function');
  });

  it('follow conditions', async () => {
    const study = await createStudy();
    const { bestParams } = await study.optimize({
      space: (t) => {
        const kind = t.suggestCategorical('kind', ['smooth', 'rough']);
        if (kind === 'smooth') return { kind, units: t.suggestInt('units', 1, 2) };
        return { kind, noise: t.suggestFloat('noise', 0, 1) };
      },
      objective: (params) => (params.kind === 'smooth' ? params.units : params.noise) ?? 0,
      trials: 1,
    });
    expectTypeOf(bestParams.kind).toEqualTypeOf<'smooth' | 'rough'>();
    expect(Object.keys(bestParams)).toHaveLength(2);
  });

  it('are those of any program where nothing is told', async () => {
    const study = await createStudy();
    const untyped: Space = (t) => ({ x: t.suggestFloat('x', -1, 1) });
    const square = ({ x }: { x: number }) => x * x;
    await study.optimize({ space: untyped, trials: 1, objective: square });
    const options: OptimizeOptions = {
      space: untyped,
      trials: 1,
      objective: (p) => p.anything ?? 1,
    };
    await study.optimize(options);
    await study.optimize({
      space: (t) => void t.suggestInt('n', 4, 4),
      trials: 1,
      objective: ({ n }) => n,
    });
    await study.optimize({
      space: (t) => ({ sizes: [t.suggestInt('a', 1, 2), 3], deep: { fixed: true } }),
      trials: 1,
      objective: ({ sizes, deep }) => sizes[0] + Number(deep.fixed),
      callbacks: [(owner, trial) => expect(owner.trials).toContain(trial)],
    });
    expectTypeOf(study.bestParams).toEqualTypeOf<
      Readonly<Record<string, string | number | boolean | null>>
    >();
  });
});
