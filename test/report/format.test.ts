import { describe, expect, it } from 'vitest';
import {
  count,
  decimalsFor,
  formatDuration,
  formatFixed,
  formatNumber,
  formatParam,
  shorten,
} from '../../src/report/format.js';

describe('formatNumber', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [7, '7'],
    [11363, '11,363'],
    [9999999, '9,999,999'],
    [1e7, '1e7'],
    [12345678901, '1.235e10'],
    [Number.MAX_VALUE, '1.798e308'],
    [Number.MIN_VALUE, '4.941e-324'],
    [389.26, '389.3'],
    [999.96, '1,000'],
    [1234.5, '1,235'],
    [0.00123456, '0.001235'],
    [0.1, '0.1'],
    [0.000012, '1.2e-5'],
    [-0.5, '\u22120.5'],
    [-1234.5, '\u22121,235'],
    [-3e-9, '\u22123e-9'],
    [Number.NaN, 'not a number'],
    [Number.POSITIVE_INFINITY, 'infinite'],
    [Number.NEGATIVE_INFINITY, '\u2212infinite'],
    [undefined, 'not a number'],
    [null, 'not a number'],
  ])('%s is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('takes a number of digits', () => expect(formatNumber(Math.PI, 2)).toBe('3.1'));
});

describe('formatFixed', () => {
  it.each([
    [1127.04, 1, '1,127.0'],
    [-0.004, 2, '0.00'],
    [-1.5, 1, '\u22121.5'],
    [Number.NaN, 2, 'not a number'],
    [1e15, 2, '1e15'],
  ])('%s with %s decimals is %s', (value, decimals, text) =>
    expect(formatFixed(value, decimals)).toBe(text),
  );
});

it('decimalsFor keeps four digits of the largest', () => {
  expect(decimalsFor([389.2, 12])).toBe(1);
  expect(decimalsFor([0.0123])).toBe(5);
  expect(decimalsFor([1e9])).toBe(0);
  expect(decimalsFor([1e-300])).toBe(8);
  expect(decimalsFor([Number.NaN, 0])).toBe(0);
});

it('durations are read at a glance', () => {
  const plain = (seconds: number): string => formatDuration(seconds).replaceAll('\u00A0', ' ');
  expect(plain(0.84)).toBe('0.8 s');
  expect(plain(9.96)).toBe('10 s');
  expect(plain(59.6)).toBe('1 min 00 s');
  expect(plain(171.4)).toBe('2 min 51 s');
  expect(plain(7440)).toBe('2 h 04 min');
  expect(plain(273_600)).toBe('3 d 04 h');
  expect(plain(Number.NaN)).toBe('unknown');
  expect(plain(-1)).toBe('unknown');
});

it('parameters of every kind become text', () => {
  expect(formatParam(0.001)).toBe('0.001');
  expect(formatParam('adam')).toBe('adam');
  expect(formatParam(true)).toBe('true');
  expect(formatParam(null)).toBe('null');
  expect(formatParam([1, 2])).toBe('[1,2]');
  expect(formatParam(undefined)).toBe('');
});

it('counts and cuts', () => {
  expect(count(1, 'trial')).toBe('1 trial');
  expect(count(1200, 'trial')).toBe('1,200 trials');
  expect(shorten('abcdef', 4)).toBe('abc\u2026');
  expect(shorten('😀😀😀', 3)).toBe('😀😀😀');
});
