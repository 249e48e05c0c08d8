import { describe, expect, it } from 'vitest';
import type { Distribution } from '../../../src/tune/distributions.js';
import { RandomSampler } from '../../../src/tune/samplers/random.js';
import { distributions, samplerContract } from '../../contracts/sampler.js';

const draws = (name: string, count: number, distribution: Distribution = distributions[name]) => {
  const sampler = new RandomSampler({ seed: 11 });
  return Array.from({ length: count }, (_, number) =>
    sampler.propose({ number }).draw(name, distribution),
  );
};

const shares = (values: unknown[]) => {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1 / values.length);
  return counts;
};

describe('RandomSampler', () => {
  samplerContract((seed) => new RandomSampler({ seed }));

  it('is uniform over ranges, grids and choices', () => {
    const plain = draws('plain', 4000) as number[];
    const fifth = (v: number) => Math.floor((v + 2.5) / 1.9);
    for (const share of shares(plain.map(fifth)).values()) expect(share).toBeCloseTo(0.2, 1);
    for (const [name, size] of [
      ['int', 7],
      ['even', 5],
      ['step', 11],
      ['ragged', 4],
      ['kind', 4],
      ['flag', 2],
    ] as const) {
      const found = shares(draws(name, 4000));
      expect(found.size).toBe(size);
      for (const share of found.values()) expect(Math.abs(share * size - 1)).toBeLessThan(0.2);
    }
  });

  it('is uniform in the logarithm with log, and gives both ends of integers their share', () => {
    const rate = draws('rate', 4000) as number[];
    const decades = shares(rate.map((v) => Math.floor(Math.log10(v))));
    expect(decades.size).toBe(3);
    for (const share of decades.values()) expect(share).toBeCloseTo(1 / 3, 1);
    // As in Optuna: uniform over [log 0.5, log 2.5], split at log 1.5.
    expect(shares(draws('one', 8000)).get(1)).toBeCloseTo(Math.log(3) / Math.log(5), 1);
  });

  it('draws decimal steps without binary noise', () => {
    const values = [...new Set(draws('step', 400) as number[])].sort((a, b) => a - b);
    expect(values).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
  });

  it('gives these values for ever, on every engine', () => {
    const known = Object.fromEntries(
      Object.keys(distributions).map((name) => [name, draws(name, 3)]),
    );
    expect(known).toMatchInlineSnapshot(`
      {
        "even": [
          6,
          4,
          4,
        ],
        "flag": [
          false,
          false,
          true,
        ],
        "huge": [
          -2.180512453673071e+306,
          8.595260897367526e+307,
          7.823831769041649e+307,
        ],
        "int": [
          -1,
          -3,
          -3,
        ],
        "kind": [
          1,
          1,
          null,
        ],
        "log": [
          2.1902420700502674e+173,
          6.983455227219926e-197,
          3.287057666228157e-111,
        ],
        "one": [
          2,
          1,
          1,
        ],
        "plain": [
          2.8788781388294624,
          -1.0177562944005312,
          5.0022185995291935,
        ],
        "ragged": [
          0.65,
          0.95,
          0.65,
        ],
        "rate": [
          0.0001599785665501026,
          0.09441244973586843,
          0.009534372178670345,
        ],
        "step": [
          0.4,
          0.5,
          0.8,
        ],
        "tiny": [
          1.0000000000000002,
          1.0000000000000002,
          1.0000000000000002,
        ],
        "units": [
          199,
          41,
          83,
        ],
        "wide": [
          3398679803072162,
          1621695666943431,
          3131585727340851,
        ],
      }
    `);
  });

  it.each([-1, 0.5, Number.NaN, '1' as unknown as number])('refuses seed %s', (seed) => {
    expect(() => new RandomSampler({ seed })).toThrow(
      'RandomSampler: seed must be an integer of at least 0, but got',
    );
  });
});
