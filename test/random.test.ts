import { afterEach, expect, it, vi } from 'vitest';
import { instantiateKernels } from '../src/engine/kernels.js';
import { loadModule } from '../src/engine/module.js';
import { permuting, philox, Random, scalar, seedWords } from '../src/random.js';
import { expectError } from './support/errors.js';

const hex = (words: Uint32Array) => [...words].map((word) => word.toString(16).padStart(8, '0'));

// kat_vectors of the authors' Random123 library, philox4x32 with 10 rounds
it.each([
  [[0, 0], [0, 0, 0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    '408f276d 41c83b0e a20bc7c6 6d5451fd',
  ],
  [
    [0xa4093822, 0x299f31d0],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    'd16cfe09 94fdcceb 5001e420 24126ea1',
  ],
])('gives the known answers of Random123 for key %j', ([lo, hi], [a, b, c, d], answer) => {
  const out = new Uint32Array(4);
  philox({ lo, hi }, a, b, c, d, out);
  expect(hex(out).join(' ')).toBe(answer);
});

it('is bit-equal to the kernel, in blocks and in a stream', () => {
  const kernels = instantiateKernels(loadModule('portable').module);
  const pointer = 65536;
  const seed = 2 ** 52 + 12345;
  const stream = 7 * 2 ** 32 + 9;
  const random = new Random(seed, stream);
  const key = seedWords(seed);
  for (let block = 0; block < 50; block++) {
    kernels.philox(key.lo, key.hi, block, 0, 9, 7, pointer);
    const expected = new Uint32Array(kernels.memory.buffer, pointer, 4);
    for (const word of expected) expect(random.nextUint32()).toBe(word);
  }
});

it('repeats itself for one seed and stream, and differs for others', () => {
  const draw = (seed: number, stream?: number) => {
    const random = new Random(seed, stream);
    return Array.from({ length: 8 }, () => random.nextUint32());
  };
  expect(draw(5)).toEqual(draw(5, 0));
  expect(draw(5)).not.toEqual(draw(6));
  expect(draw(5)).not.toEqual(draw(5, 1));
  expect(draw(5, 1)).not.toEqual(draw(5, 2 ** 32));
  expect(draw(2 ** 32)).not.toEqual(draw(0));
});

it('draws uniform and normal numbers with the right moments', () => {
  const random = new Random(11);
  const n = 20_000;
  let uniform = 0;
  let normal = 0;
  let square = 0;
  for (let i = 0; i < n; i++) {
    const u = random.uniform();
    expect(u >= 0 && u < 1).toBe(true);
    uniform += u;
    const z = random.normal();
    normal += z;
    square += z * z;
  }
  // four standard errors each
  expect(Math.abs(uniform / n - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
  expect(Math.abs(normal / n)).toBeLessThan(4 / Math.sqrt(n));
  expect(Math.abs(square / n - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
});

it('draws integers over exactly low .. high, evenly', () => {
  const random = new Random(3);
  const counts = new Map<number, number>();
  for (let i = 0; i < 7000; i++) {
    const drawn = random.integer(-3, 3);
    counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
  }
  expect([...counts.keys()].sort((a, b) => a - b)).toEqual([-3, -2, -1, 0, 1, 2, 3]);
  for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(4 * 30);
  expect(random.integer(4, 4)).toBe(4);
  const wide = random.integer(0, 2 ** 53 - 2);
  expect(Number.isSafeInteger(wide)).toBe(true);
});

it('refuses ranges and seeds that are none', async () => {
  const random = new Random(0);
  await expectError(() => random.integer(2, 1), 'bad-option', 'low <= high');
  await expectError(() => random.integer(0, Number.NaN), 'bad-option', 'NaN');
  await expectError(() => random.integer(-(2 ** 53 - 1), 2 ** 53 - 1), 'bad-option', '2^53');
  for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
    await expectError(() => new Random(seed), 'bad-option', 'seed must be', String(seed));
  }
  await expectError(() => new Random(0, -1), 'bad-option', 'stream must be');
});

it('permutes: every number once, in an order of its own', () => {
  const order = new Random(9).permutation(1000);
  expect(new Set(order).size).toBe(1000);
  expect(Math.max(...order)).toBe(999);
  expect([...order]).not.toEqual([...order].sort((a, b) => a - b));
  expect(new Random(9).permutation(0)).toHaveLength(0);
});

it.each([0, 1, 2, 7, 8, 1000])('permutes %i in parts as it does at once', (n) => {
  const whole = new Random(9, 3);
  const order = whole.permutation(n);
  for (const part of [1, 2, 7, 5000]) {
    const random = new Random(9, 3);
    const parts = permuting(random, n, part);
    let stops = 0;
    let last = parts.next();
    for (; !last.done; last = parts.next()) stops += 1;
    expect(last.value).toEqual(order);
    expect(stops).toBe(Math.ceil(n / part) + Math.ceil(Math.max(0, n - 1) / part));
    const next = new Random(9, 3);
    next.permutation(n);
    expect(random.nextUint32()).toBe(next.nextUint32());
  }
});

it('offers scalar maths near the true values', () => {
  expect(scalar.exp(1)).toBeCloseTo(Math.E, 14);
  expect(scalar.log(10)).toBeCloseTo(Math.LN10, 14);
  expect(scalar.pow(2, 0.5)).toBeCloseTo(Math.SQRT2, 14);
  expect(scalar.sin(1) ** 2 + scalar.cos(1) ** 2).toBeCloseTo(1, 14);
  expect(scalar.tanh(0.5)).toBeCloseTo(Math.tanh(0.5), 14);
});

it.each([-1, 1e308, 2 ** 32, 1.5, Number.NaN, new Date(), '3', null, undefined, 3n, [2]])(
  'makes no permutation of %s',
  async (n) => {
    const random = new Random(1);
    await expectError(
      () => random.permutation(n as number),
      'bad-option',
      'Random.permutation: n must be an integer from 0 to 2^32 - 1, but got',
    );
    expect(random.permutation(1)).toEqual(Uint32Array.of(0));
    expect(random.permutation(0)).toEqual(new Uint32Array(0));
  },
);

afterEach(() => {
  vi.unstubAllGlobals();
});

it('says so when the runtime has no memory for a permutation', async () => {
  const random = new Random(1);
  vi.stubGlobal('Uint32Array', function refuse() {
    throw new RangeError('Array buffer allocation failed');
  });
  await expectError(() => random.permutation(4e9), 'memory-limit', 'the 16000000000 bytes');
});

it('is not made with seeds and streams that are no such integers', async () => {
  const bad: unknown[] = [-1, 1.5, 2 ** 53, '1', null, 1n, {}];
  for (const given of bad as number[]) {
    const expected = 'an integer from 0 to 2^53 - 1';
    await expectError(() => new Random(given), 'bad-option', 'seed', expected);
    await expectError(() => new Random(1, given), 'bad-option', 'stream', expected);
    await expectError(() => new Random(1).integer(given, 0.5), 'bad-option', 'Random.integer');
  }
});
