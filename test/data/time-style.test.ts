// Times are written as the table writes its own.
import { describe, expect, it } from 'vitest';
import { continueTimes, readTimeAxis } from '../../src/data/time-axis.js';
import { timeWriter } from '../../src/data/time-style.js';
import { parseCsv } from './csv-text.js';

/** The cells of the next two times. */
function next(header: string, ...rows: string[]): readonly (readonly string[])[] {
  const table = parseCsv(`${[header, ...rows].join('\n')}\n`, 'a.csv');
  const read = readTimeAxis(table, header.split(',').slice(0, -1));
  return Array.from(continueTimes(read.axis, 2)!, timeWriter(read.table, read.axis));
}

describe('the time of a row to come', () => {
  it.each([
    ['ISO dates', ['2014-12-30', '2014-12-31'], ['2015-01-01', '2015-01-02']],
    ['strokes', ['2014/12/30', '2014/12/31'], ['2015/01/01', '2015/01/02']],
    ['dots and no zeros in front', ['2014.9.8', '2014.9.9'], ['2014.9.10', '2014.9.11']],
    [
      'no zeros, where the last has two digits',
      ['2014-9-29', '2014-9-30'],
      ['2014-10-1', '2014-10-2'],
    ],
    ['months', ['2014-11', '2014-12'], ['2015-01', '2015-02']],
    ['years', ['2013', '2014'], ['2015', '2016']],
    ['a space', ['2014-12-31 22:00', '2014-12-31 23:00'], ['2015-01-01 00:00', '2015-01-01 01:00']],
    [
      'a zone',
      ['2014-12-31T22:00Z', '2014-12-31T23:00Z'],
      ['2015-01-01T00:00Z', '2015-01-01T01:00Z'],
    ],
    [
      'zones that differ',
      ['2014-03-30T01:00:00+01:00', '2014-03-30T02:00:00+02:00'],
      ['2014-03-30T03:00:00', '2014-03-30T04:00:00'],
    ],
    [
      'fractions and hours of one digit',
      ['2014-12-31 8:00:00.000', '2014-12-31 9:00:00.000'],
      ['2014-12-31 10:00:00.000', '2014-12-31 11:00:00.000'],
    ],
    [
      'coarse ones among fine ones',
      ['2014-12-31 12:00', '2015/01/01'],
      ['2015-01-01 12:00', '2015-01-02 00:00'],
    ],
    ['years beyond those of ISO', ['9998', '9999'], ['10000', '10001']],
  ])('of one column: %s', (_, rows, expected) => {
    expect(next('when,n', ...rows.map((row) => `${row},1`))).toEqual(expected.map((one) => [one]));
  });

  it('stands in as many columns, with zeros in front where they have them', () => {
    expect(next('y,m,d,n', '2014,12,30,1', '2014,12,31,1')).toEqual([
      ['2015', '1', '1'],
      ['2015', '1', '2'],
    ]);
    expect(next('y,m,d,n', '2014,02,08,1', '2014,02,09,1')).toEqual([
      ['2014', '02', '10'],
      ['2014', '02', '11'],
    ]);
    expect(next('y,m,n', '2014,11,1', '2014,12,1')).toEqual([
      ['2015', '1'],
      ['2015', '2'],
    ]);
  });
});
