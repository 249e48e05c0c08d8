import { describe, expect, it } from 'vitest';
import { isNumericColumn, numericColumn, parseNumber, textCells } from '../../src/data/columns.js';
import { carryForward, interpolate, refuseEmptyCells } from '../../src/data/empty-cells.js';
import { nearestName } from '../../src/data/near-names.js';
import { expectError } from '../support/errors.js';
import { parseCsv } from './csv-text.js';

const table = parseCsv('births,kind\n1,a\n,b\n-2.5e1,NA\nx,c\n', 'b.csv');

describe('columns', () => {
  it('names the nearest column and all of them', () =>
    expectError(
      () => textCells(table, 'birth'),
      'bad-data',
      /no column "birth"; did you mean "births"\? \(columns: births, kind\)/,
    ));

  it('names line, row and column of what is no number', () =>
    expectError(
      () => numericColumn(table, 'births', 'target'),
      'bad-data',
      /b\.csv line 5 \(row 4\), target "births": "x" is not a number/,
    ));

  it('reads numbers, empty cells as NaN', () => {
    const some = parseCsv('a\n1\nNA\n.5\n+3e-2\n');
    expect([...numericColumn(some, 'a')]).toEqual([1, Number.NaN, 0.5, 0.03]);
    expect([isNumericColumn(some, 'a'), isNumericColumn(table, 'kind')]).toEqual([true, false]);
  });

  it.each([
    ['12,5', ';', 12.5],
    ['12,5', ',', Number.NaN],
    ['1.234,5', ';', Number.NaN],
    ['0x10', ',', Number.NaN],
    ['1e999', ',', Number.NaN],
    ['Infinity', ',', Number.NaN],
    ['', ',', Number.NaN],
  ])('parses %j between %j as %d', (cell, delimiter, value) =>
    expect(parseNumber(cell, delimiter)).toBe(value),
  );
});

describe('empty cells', () => {
  it('are refused with their count, columns and first line', () =>
    expectError(
      () => refuseEmptyCells(table, ['births', 'kind'], 'add --interpolate'),
      'bad-data',
      /b\.csv has 2 empty cells \(1 in "births", 1 in "kind"; first on line 3\): add --interpolate/,
    ));

  it('are filled on a line, at the ends with the nearest value', async () => {
    const values = Float64Array.of(Number.NaN, 1, Number.NaN, Number.NaN, 4, Number.NaN);
    expect(interpolate(values, 'x')).toBe(4);
    expect([...values]).toEqual([1, 1, 2, 3, 4, 4]);
    await expectError(
      () => interpolate(Float64Array.of(Number.NaN), 'x'),
      'bad-data',
      /no value at all/,
    );
  });

  it('of text take the one before', () => {
    const cells = ['', 'a', '', 'b', 'NA'];
    expect(carryForward(cells, 'x')).toBe(3);
    expect(cells).toEqual(['a', 'a', 'a', 'b', 'b']);
  });
});

describe('nearestName', () => {
  it.each([
    ['brits', 'births'],
    ['BIRTHS', 'births'],
    ['brith', 'births'],
    ['workes', 'workers'],
    ['ep', undefined],
    ['zzz', undefined],
  ])('%s: %s', (name, near) =>
    expect(nearestName(name, ['births', 'workers', 'epochs'])).toBe(near),
  );
});
