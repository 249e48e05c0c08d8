import { describe, expect, it } from 'vitest';
import { philox, streamWords } from '../reference/philox.js';
import { Arena, builds } from '../support/kernels.js';

/** philox4x32-10 in kat_vectors of Random123 1.14: counter, key, words. */
const known = [
  [
    '00000000 00000000 00000000 00000000',
    '00000000 00000000',
    '6627e8d5 e169c58d bc57ac4c 9b00dbd8',
  ],
  [
    'ffffffff ffffffff ffffffff ffffffff',
    'ffffffff ffffffff',
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  ],
  [
    '243f6a88 85a308d3 13198a2e 03707344',
    'a4093822 299f31d0',
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
] as const;
const words = (text: string) => text.split(' ').map((word) => Number.parseInt(word, 16));

const SEED = [0x12345678, 0x9abcdef0] as const;
const COUNTER = [7, 0xfffffff9] as const;

describe('the twin of Philox', () => {
  it.each(known)('gives the known answer for counter %s, key %s', (counter, key, answer) => {
    const [k0, k1] = words(key);
    const [c0, c1, c2, c3] = words(counter);
    expect(philox([k0, k1], [c0, c1, c2, c3])).toEqual(words(answer));
  });
});

describe.each(builds)('random, %s build', (build) => {
  const uniform = (n: number, low: number, high: number, seed = SEED, counter = COUNTER) => {
    const arena = new Arena(build);
    const at = arena.alloc('values', n);
    arena.kernels.randomUniform(n, at, low, high, ...seed, ...counter);
    expect(arena.damaged()).toEqual([]);
    return arena.floats(at, n).slice();
  };
  const normal = (n: number, mean: number, std: number, seed = SEED, counter = COUNTER) => {
    const arena = new Arena(build);
    const at = arena.alloc('values', n);
    arena.kernels.randomNormal(n, at, mean, std, ...seed, ...counter);
    expect(arena.damaged()).toEqual([]);
    return arena.floats(at, n).slice();
  };
  const moment = (values: Float32Array, k: number, about = 0) =>
    values.reduce((sum, v) => sum + (v - about) ** k, 0) / values.length;

  it.each(known)('philox gives the known answer for counter %s, key %s', (counter, key, answer) => {
    const arena = new Arena(build);
    const at = arena.alloc('words', 4);
    arena.kernels.philox(...words(key), ...words(counter), at);
    expect([...new Uint32Array(arena.kernels.memory.buffer, at, 4)]).toEqual(words(answer));
    expect(arena.damaged()).toEqual([]);
  });

  it.each([0, 1, 2, 3, 4, 5, 13, 16, 17, 33, 100])(
    'randomUniform is the stream of the twin to the bit: n %i',
    (n) => {
      const expected = streamWords(n, SEED, COUNTER).map((word) => (word >>> 8) / 2 ** 24);
      expect([...uniform(n, 0, 1)]).toEqual(expected);
      expect([...uniform(n, -0.25, 0.25)]).toEqual(expected.map((u) => Math.fround(-0.25 + u / 2)));
    },
  );

  it.each([0, 1, 2, 3, 5, 7, 16, 17, 33, 101])(
    'randomNormal is Box-Muller on the stream: n %i',
    (n) => {
      const stream = streamWords(n + 3, SEED, COUNTER);
      const expected = Array.from({ length: n }, (_, e) => {
        const radius = Math.sqrt(-2 * Math.log((stream[e & ~1] + 0.5) / 2 ** 32));
        const angle = (2 * Math.PI * stream[e | 1]) / 2 ** 32;
        return Math.fround(1 + 2 * radius * (e & 1 ? Math.sin(angle) : Math.cos(angle)));
      });
      const found = normal(n, 1, 2);
      // All in f64 until one rounding at the end, which another last bit of f64 may tip.
      for (let e = 0; e < n; e++) {
        expect(Math.abs(found[e] - expected[e])).toBeLessThanOrEqual(2 ** -23 * Math.abs(found[e]));
      }
    },
  );

  it('gives other values for another seed or counter, high words included', () => {
    const base = uniform(8, 0, 1).join();
    for (const place of [0, 1]) {
      const seed = SEED.map((v, n) => (n === place ? v + 1 : v)) as unknown as typeof SEED;
      const counter = COUNTER.map((v, n) => (n === place ? v + 1 : v)) as unknown as typeof COUNTER;
      expect(uniform(8, 0, 1, seed).join()).not.toBe(base);
      expect(uniform(8, 0, 1, SEED, counter).join()).not.toBe(base);
    }
  });

  it('randomUniform is uniform: moments, bins, neighbours', () => {
    const n = 200_000;
    const values = uniform(n, 0, 1);
    // Five standard errors each. Var(u) = 1/12, Var((u - 1/2)^2) = 1/180.
    expect(Math.abs(moment(values, 1) - 1 / 2)).toBeLessThan(5 / Math.sqrt(12 * n));
    expect(Math.abs(moment(values, 2, 0.5) - 1 / 12)).toBeLessThan(5 / Math.sqrt(180 * n));
    expect(values.every((v) => v >= 0 && v < 1)).toBe(true);
    const bins = new Array<number>(64).fill(0);
    for (const v of values) bins[Math.floor(v * 64)]++;
    const chiSquare = bins.reduce((sum, b) => sum + (b - n / 64) ** 2 / (n / 64), 0);
    // 63 degrees of freedom: mean 63, variance 126.
    expect(Math.abs(chiSquare - 63)).toBeLessThan(5 * Math.sqrt(126));
    for (const lag of [1, 2, 4, 16]) {
      let sum = 0;
      for (let e = lag; e < n; e++) sum += (values[e] - 0.5) * (values[e - lag] - 0.5);
      expect(Math.abs((sum / n) * 12)).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it('randomNormal is normal: moments, tails, independence of the pair', () => {
    const n = 200_000;
    const values = normal(n, 0, 1);
    // Five standard errors: Var(z) = 1, Var(z^2) = 2, Var(z^3) = 15, Var(z^4) = 96.
    const five = 5 / Math.sqrt(n);
    expect(Math.abs(moment(values, 1))).toBeLessThan(five);
    expect(Math.abs(moment(values, 2) - 1)).toBeLessThan(five * Math.sqrt(2));
    expect(Math.abs(moment(values, 3))).toBeLessThan(five * Math.sqrt(15));
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(five * Math.sqrt(96));
    const tails = [
      [1, 0.317311],
      [2, 0.0455],
      [3, 0.0026998],
      [4, 6.3342e-5],
    ];
    for (const [limit, share] of tails) {
      const found = values.filter((v) => Math.abs(v) > limit).length / n;
      expect(Math.abs(found - share)).toBeLessThan(five * Math.sqrt(share));
    }
    let product = 0;
    for (let e = 0; e < n; e += 2) product += values[e] * values[e + 1];
    expect(Math.abs(product / (n / 2))).toBeLessThan(5 / Math.sqrt(n / 2));
    const scaled = normal(n, 3, 0.5);
    expect(moment(scaled, 1)).toBeCloseTo(3, 2);
    expect(Math.sqrt(moment(scaled, 2, 3))).toBeCloseTo(0.5, 2);
  });
});
