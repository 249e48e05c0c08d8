import { describe, expect, it } from 'vitest';
import { decodeJson, encodeOp } from '../../../src/tune/storage/journal-codec.js';
import { breaksOff } from '../../../src/tune/storage/journal-json.js';
import { formatDatetime, parseDatetime } from '../../../src/tune/storage/journal-op.js';

describe('a line of a journal', () => {
  it('is JSON as Python writes it: bare words, floats where Optuna has floats', () => {
    const line = encodeOp({
      op_code: 6,
      worker_id: 'w',
      values: [1, -2.5, -0, 1e21, 1e-7],
      intermediate_value: Number.NaN,
      params: { a: 3, b: Number.NEGATIVE_INFINITY },
      step: 4,
      user_attr: { value: 1, list: [Infinity, null, true, 'NaN', undefined], gone: undefined },
      nothing: undefined,
    });
    expect(line).toBe(
      '{"op_code": 6, "worker_id": "w", "values": [1.0, -2.5, -0.0, 1e+21, 1e-7], ' +
        '"intermediate_value": NaN, "params": {"a": 3.0, "b": -Infinity}, "step": 4, ' +
        '"user_attr": {"value": 1, "list": [Infinity, null, true, "NaN", null]}}',
    );
  });

  it.each([
    [
      '[NaN, Infinity, -Infinity, "NaN", "-Infinity"]',
      [Number.NaN, Infinity, -Infinity, 'NaN', '-Infinity'],
    ],
    ['{"a": "say \\"NaN\\" \\\\", "b": NaN}', { a: 'say "NaN" \\', b: Number.NaN }],
    ['{"NaN": [{"Infinity": NaN}]}', { NaN: [{ Infinity: Number.NaN }] }],
    ['["@NaN", "@@Infinity", NaN]', ['@NaN', '@@Infinity', Number.NaN]],
    ['"NaN"', 'NaN'],
    ['NaN', Number.NaN],
    ['-Infinity', -Infinity],
  ])('%s is read', (text, value) => {
    expect(decodeJson(text)).toEqual(value);
  });

  it.each(['{"a": NaNa}', '[Infinity', '--Infinity', '', '{"a": 1,}'])('%s is not', (text) => {
    expect(() => decodeJson(text)).toThrow(SyntaxError);
  });
});

describe('a text that breaks off', () => {
  const line =
    '{"a": [1, -2.5e-3, {"b": "\\\\ \\" ü"}, true, null], "c": NaN, "d": -Infinity, "e": {}}';

  it('is told from a wrong one, wherever that is', () => {
    expect(decodeJson(line)).toHaveProperty('e');
    for (let end = 1; end < line.length; end++) expect(breaksOff(line.slice(0, end))).toBe(true);
    expect(breaksOff(line)).toBe(false);
  });

  it.each([
    '',
    'x',
    '[',
    '{]',
    '{"a"}',
    '{"a": 1}}',
    '{"a": 1,}',
    '{"a": nuLL',
    '{"a": 1.e',
    '{"a": 01, ',
    '{"a": "\u{1}", ',
    '{a',
    '{"a": --',
    `${line}J`,
    `${line.replace(':', ';')}`,
  ])('%j is wrong', (text) => {
    expect(breaksOff(text)).toBe(false);
  });

  it('is wrong where it is nested without end', () => {
    expect(breaksOff(`{"a": ${'['.repeat(1e6)}`)).toBe(false);
    expect(() => decodeJson(`${'['.repeat(1e6)}NaN`)).toThrow('nested deeper than 900');
  });

  it('keeps a field of the name that every object has', () => {
    const read = decodeJson('{"__proto__": {"x": NaN}}') as object;
    expect(Object.keys(read)).toEqual(['__proto__']);
    expect('x' in read).toBe(false);
  });
});

describe('a date', () => {
  it('is local time in microseconds, without a zone', () => {
    const date = new Date(2026, 0, 2, 3, 4, 5, 6);
    expect(formatDatetime(date)).toBe('2026-01-02T03:04:05.006000');
    expect(parseDatetime('2026-01-02T03:04:05.006999')).toEqual(date);
  });

  it('may have a zone, as Optuna 5 writes it', () => {
    expect(parseDatetime('2026-01-02T03:04:05.006999+00:00')?.toISOString()).toBe(
      '2026-01-02T03:04:05.006Z',
    );
    expect(parseDatetime('2026-01-02T03:04:05')).toEqual(new Date(2026, 0, 2, 3, 4, 5));
  });

  it.each([null, undefined, '', 'soon', 12])('is not %o', (value) => {
    expect(parseDatetime(value)).toBeUndefined();
  });
});
