import { describe, expect, it } from 'vitest';
import { deepFreeze } from '../../src/frozen.js';
import type { Distribution } from '../../src/tune/distributions.js';
import { Trial } from '../../src/tune/trial.js';

const lowest = (_: string, d: Distribution) => (d.kind === 'categorical' ? d.choices[0] : d.low);

const cyclic: unknown[] = [];
cyclic.push({ cyclic });

function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

describe('Trial', () => {
  it('suggests each name once, and remembers', () => {
    const names: string[] = [];
    const trial = new Trial(7, (name, d) => {
      names.push(name);
      return lowest(name, d);
    });
    expect(trial.place).toBe(7);
    expect(trial.suggestInt('n', 2, 8, { log: true })).toBe(2);
    expect(trial.suggestInt('n', 2, 8, { log: true })).toBe(2);
    expect(trial.suggestFloat('x', 0.5, 1)).toBe(0.5);
    const kind: 'a' | 'b' = trial.suggestCategorical('kind', ['a', 'b']);
    expect(kind).toBe('a');
    expect(trial.suggestCategorical('kind', ['a', 'b'])).toBe('a');
    expect(names).toEqual(['n', 'x', 'kind']);
    expect(trial.params).toEqual({ n: 2, x: 0.5, kind: 'a' });
    expect(Object.keys(trial.distributions)).toEqual(['n', 'x', 'kind']);
  });

  it('refuses a name with two meanings', () => {
    const trial = new Trial(0, lowest);
    trial.suggestInt('n', 2, 8);
    expect(() => trial.suggestInt('n', 2, 9)).toThrow(
      "parameter 'n' was suggested as int [2, 8] and again as int [2, 9] in the same trial; give them two names",
    );
    expect(() => trial.suggestFloat('n', 2, 8)).toThrow('again as float [2, 8]');
    expect(() => trial.suggestFloat('', 2, 8)).toThrow(
      "name must be a non-empty string, but got ''",
    );
  });

  it.each([
    ['holds itself', cyclic],
    ['is nested without end', nested(1e5)],
    ['has no prototype', Object.create(null)],
    ['is a symbol', Symbol('s')],
    ['is a function', () => {}],
    ['is a bigint', 1n],
  ])('refuses in one sentence what %s, wherever it is given', (_, value) => {
    const wrong = value as never;
    const trial = new Trial(0, lowest);
    const calls: (() => unknown)[] = [
      () => trial.suggestFloat(wrong, 0, 1),
      () => trial.suggestInt(wrong, 0, 1),
      () => trial.suggestCategorical(wrong, [1]),
      () => trial.suggestFloat('x', wrong, 1),
      () => trial.suggestInt('x', 0, wrong),
      () => trial.suggestFloat('x', 0, 1, { step: wrong }),
      () => trial.suggestInt('x', 0, 1, { log: wrong }),
      () => trial.suggestFloat('x', 0, 1, [wrong] as never),
      () => trial.suggestCategorical('x', wrong),
      () => trial.suggestCategorical('x', [wrong]),
      () => trial.setUserAttr(wrong, 1),
    ];
    for (const call of calls) {
      expect(call).toThrow(expect.objectContaining({ name: 'SluiceError', code: 'bad-option' }));
    }
    expect(trial.params).toEqual({});
  });

  it('refuses attributes without a class or a prototype of their own', () => {
    const value = Object.create(Object.create(null));
    expect(() => new Trial(0, lowest).setUserAttr('a', value)).toThrow(
      "user attribute 'a' must be a JSON value, but got an object",
    );
  });

  it('takes any name', () => {
    const trial = new Trial(0, lowest);
    for (const name of ['__proto__', 'constructor', '1', 'ü "x"']) trial.suggestInt(name, 3, 4);
    expect(Object.entries(trial.params).sort()).toEqual(
      ['1', '__proto__', 'constructor', 'ü "x"'].map((name) => [name, 3]),
    );
  });

  it('keeps copies of JSON values', () => {
    const trial = new Trial(0, lowest);
    const list = [1, { a: null, gone: undefined }];
    trial.setUserAttr('list', list);
    trial.setUserAttr('nan', Number.NaN);
    list.push(2);
    expect(trial.userAttrs).toEqual({ list: [1, { a: null }], nan: Number.NaN });
    expect(Object.isFrozen((trial.userAttrs.list as object[])[1])).toBe(true);
  });

  it('refuses an attribute that holds itself', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    expect(() => new Trial(0, lowest).setUserAttr('k', circle)).toThrow(
      "user attribute 'k' is nested too deeply, or holds itself",
    );
  });

  it.each<[unknown, string]>([
    [new Date(), 'must be a JSON value, but got Date'],
    [() => 1, 'must be a JSON value, but got function'],
    [{ deep: [1n] }, 'must be a JSON value, but got bigint'],
    [undefined, 'must be a JSON value, but got undefined'],
  ])('refuses %o as an attribute', (value, message) => {
    expect(() => new Trial(0, lowest).setUserAttr('k', value)).toThrow(
      `user attribute 'k' ${message}`,
    );
  });
});

describe('deepFreeze', () => {
  it('freezes everything, and stops at what is frozen', () => {
    const value = deepFreeze({ a: [{ b: 1 }], c: null });
    expect([value, value.a, value.a[0]].every(Object.isFrozen)).toBe(true);
  });
});
