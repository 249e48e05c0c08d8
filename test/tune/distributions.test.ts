import { describe, expect, it } from 'vitest';
import {
  categoricalDistribution,
  contains,
  type Distribution,
  describeDistribution,
  floatDistribution,
  intDistribution,
  isCompatible,
  isSingle,
  sameDistribution,
} from '../../src/tune/distributions.js';
import {
  distributionFromJson,
  distributionToJson,
  toExternal,
  toInternal,
} from '../../src/tune/storage/journal-distribution.js';
import { distributions } from '../contracts/sampler.js';

describe('distributions', () => {
  it.each<[() => Distribution, string]>([
    [() => floatDistribution('x', 5, 3), "'x': `low <= high` must hold, but got low=5, high=3"],
    [
      () => floatDistribution('x', Number.NaN, 3),
      '`low` and `high` must be finite numbers, but got low=NaN',
    ],
    [() => floatDistribution('x', 0, Infinity), 'must be finite numbers'],
    [() => floatDistribution('x', '1' as never, 2), 'must be finite numbers'],
    [
      () => floatDistribution('x', 0, 1, { log: true }),
      '`low > 0` must hold when `log` is true, but got low=0',
    ],
    [
      () => floatDistribution('x', 1, 2, { log: true, step: 1 }),
      '`step` is not supported when `log` is true',
    ],
    [() => floatDistribution('x', 1, 2, { step: 0 }), '`step > 0` must hold, but got step=0'],
    [
      () => floatDistribution('x', 1, 2, { step: Number.NaN }),
      '`step > 0` must hold, but got step=NaN',
    ],
    [
      () => floatDistribution('x', 1, 2, { log: 1 as never }),
      '`log` must be true or false, but got log=1',
    ],
    [
      () => floatDistribution('x', 1, 2, { q: 1 } as never),
      "parameter 'x' has no option 'q'; it knows log, step",
    ],
    [() => floatDistribution('x', 1, 2, true as never), 'expects an object of options (log, step)'],
    [() => intDistribution('n', 5, 3), '`low <= high` must hold'],
    [() => intDistribution('n', 0.5, 3), '`low` and `high` must be integers, but got low=0.5'],
    [() => intDistribution('n', 0, 2 ** 60), 'must be integers'],
    [
      () => intDistribution('n', 0, 3, { step: 1.5 }),
      '`step` must be an integer, but got step=1.5',
    ],
    [
      () => intDistribution('n', 0, 3, { log: true }),
      '`low >= 1` must hold when `log` is true, but got low=0',
    ],
    [
      () => intDistribution('n', 1, 3, { log: true, step: 2 }),
      '`step` is not supported when `log`',
    ],
    [() => categoricalDistribution('c', []), '`choices` must contain one or more elements'],
    [
      () => categoricalDistribution('c', 'abc' as never),
      "`choices` must be an array, but got 'abc'",
    ],
    [
      () => categoricalDistribution('c', [{}] as never),
      'strings, finite numbers, booleans or null, but got an object',
    ],
    [() => categoricalDistribution('c', [Number.NaN]), 'but got NaN'],
    [() => categoricalDistribution('c', [undefined] as never), 'but got undefined'],
  ])('refuse %s', (make, message) => {
    expect(make).toThrow(message);
    expect(make).toThrow(expect.objectContaining({ code: 'bad-option' }));
  });

  it('end on the last step of the grid', () => {
    expect(intDistribution('n', 1, 10, { step: 4 }).high).toBe(9);
    expect(floatDistribution('x', 0.05, 1, { step: 0.3 }).high).toBe(0.95);
    expect(floatDistribution('x', 0, 0.3, { step: 0.1 }).high).toBe(0.3);
    expect(floatDistribution('x', 0, 1, { step: 7 }).high).toBe(0);
  });

  it('know their values', () => {
    const { step, even, flag, kind, rate } = distributions;
    expect([0, 0.3, 0.1 * 3, 1].map((v) => contains(step, v))).toEqual([true, true, true, true]);
    expect([0.05, -0.1, 1.1, '0'].map((v) => contains(step, v))).toEqual(Array(4).fill(false));
    expect([2, 3, 10, 11, 12, 4.5].map((v) => contains(even, v))).toEqual([
      true,
      false,
      true,
      false,
      false,
      false,
    ]);
    expect([1, true, 'a'].map((v) => contains(flag, v))).toEqual([false, true, false]);
    expect([null, 1, true, undefined].map((v) => contains(kind, v))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect([1e-4, 0.1, Number.NaN].map((v) => contains(rate, v))).toEqual([true, true, false]);
  });

  it('say whether one value is all they have', () => {
    expect(isSingle(floatDistribution('x', 2, 2))).toBe(true);
    expect(isSingle(intDistribution('x', 2, 4, { step: 3 }))).toBe(true);
    expect(isSingle(categoricalDistribution('x', ['a']))).toBe(true);
    expect(Object.values(distributions).some(isSingle)).toBe(false);
  });

  it('are compatible where Optuna says so: same kind, same log, same choices', () => {
    const { plain, step, rate, int, units, flag } = distributions;
    expect(isCompatible(plain, step)).toBe(true);
    expect(sameDistribution(plain, step)).toBe(false);
    for (const [a, b] of [
      [plain, rate],
      [plain, int],
      [int, units],
      [flag, int],
      [int, flag],
    ]) {
      expect(isCompatible(a, b)).toBe(false);
    }
    expect(isCompatible(flag, categoricalDistribution('flag', [false, true]))).toBe(false);
    expect(sameDistribution(flag, categoricalDistribution('other', [true, false]))).toBe(true);
  });

  it('describe themselves', () => {
    const { units, step, even, kind } = distributions;
    expect([units, step, even, kind].map(describeDistribution)).toEqual([
      'int [16, 256] log',
      'float [0, 1] step 0.1',
      'int [2, 10] step 2',
      'one of ["a",null,1,1.5]',
    ]);
  });
});

describe("Optuna's JSON of distributions", () => {
  it('is written and read back', () => {
    for (const distribution of Object.values(distributions)) {
      expect(distributionFromJson(JSON.parse(distributionToJson(distribution)))).toEqual(
        distribution,
      );
    }
  });

  it.each([
    ['UniformDistribution', { low: 0, high: 1 }, floatDistribution('x', 0, 1)],
    ['LogUniformDistribution', { low: 1, high: 2 }, floatDistribution('x', 1, 2, { log: true })],
    [
      'DiscreteUniformDistribution',
      { low: 0, high: 1, q: 0.5 },
      floatDistribution('x', 0, 1, { step: 0.5 }),
    ],
    [
      'IntUniformDistribution',
      { low: 0, high: 4, step: 2 },
      intDistribution('x', 0, 4, { step: 2 }),
    ],
    [
      'IntLogUniformDistribution',
      { low: 1, high: 4, step: 1 },
      intDistribution('x', 1, 4, { log: true }),
    ],
  ])('of Optuna 2 is read: %s', (name, attributes, distribution) => {
    expect(distributionFromJson({ name, attributes })).toEqual(distribution);
  });

  it.each([
    [{ name: 'BetaDistribution', attributes: {} }, 'unknown distribution "BetaDistribution"'],
    [{ name: 'toString', attributes: {} }, 'unknown distribution "toString"'],
    [{ name: 'FloatDistribution', attributes: { low: '0' } }, 'expected a number, found 0'],
    [{ name: 'CategoricalDistribution', attributes: {} }, 'expected `choices` to be an array'],
    [null, 'unknown distribution undefined'],
  ])('%o is refused', (json, message) => {
    expect(() => distributionFromJson(json)).toThrow(message);
  });

  it('stands for values by numbers', () => {
    const { kind, int, rate } = distributions;
    expect(['a', null, 1, 1.5].map((v) => toInternal(kind, v))).toEqual([0, 1, 2, 3]);
    expect([0, 1, 2, 3].map((i) => toExternal(kind, i))).toEqual(['a', null, 1, 1.5]);
    expect([toExternal(int, -2), toExternal(rate, 0.5)]).toEqual([-2, 0.5]);
    expect(() => toExternal(kind, 4)).toThrow('choice 4 of 4');
    expect(() => toExternal(kind, -1)).toThrow('choice -1 of 4');
    expect(() => toExternal(int, null)).toThrow('expected a number, found null');
  });
});
