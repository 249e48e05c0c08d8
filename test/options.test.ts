import { layers } from 'sluice';
import { describe, expect, it } from 'vitest';
import { checkKeys, shown } from '../src/options.js';
import { expectError } from './support/errors.js';

const circle: unknown[] = [];
circle.push(circle, 1);
let deep: unknown[] = [];
for (let depth = 0; depth < 200_000; depth++) deep = [deep];
let wide: unknown = 'leaf';
for (let depth = 0; depth < 40; depth++) wide = Array(8).fill(wide);

describe('shown', () => {
  it.each([
    ['text', "'text'"],
    [Number.NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [3n, '3'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [new Date(), 'an object'],
    [Object.create(null), 'an object'],
    [[1, 'a', [2, [3]]], "[1, 'a', [2, an array]]"],
    [Array(9).fill(0), '[0, 0, 0, 0, 0, 0, 0, 0, ...]'],
  ])('shows %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it('ends for what is nested without end', () => {
    expect(shown(circle)).toBe('[[an array, 1], 1]');
    expect(shown(deep)).toBe('[[an array]]');
  });

  it('stays short for long text, long numbers, and arrays without end', () => {
    const long = 'x'.repeat(10_000_000);
    for (const value of [long, [long, long], 10n ** 5000n, wide, Array(1e6).fill(long)]) {
      expect(shown(value).length).toBeLessThanOrEqual(100);
    }
    expect(shown(long)).toMatch(/^'x+\.\.\.'$/);
  });
});

it.each(['circle', 'deep', 'wide'] as const)('refuses %s nesting as any option', async (kind) => {
  const any = { circle, deep, wide }[kind] as never;
  await expectError(() => checkKeys('it', any, ['a']), 'bad-option', 'but got [');
  await expectError(() => layers.lstm({ units: any }), 'bad-option', 'units must be');
  await expectError(() => layers.dense({ units: 1, inputShape: any }), 'bad-option', 'inputShape');
  await expectError(() => layers.dropout({ rate: any }), 'bad-option', 'rate must be');
  await expectError(() => layers.dense({ units: 1, name: any }), 'bad-option', 'name must be');
});

it('names an unknown option in short', async () => {
  const options = { ['k'.repeat(1e6)]: 1 };
  const error = await expectError(() => checkKeys('it', options, ['a']), 'bad-option', "'kkk");
  expect(error.message.length).toBeLessThan(200);
});
