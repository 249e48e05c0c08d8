import { describe, expect, it } from 'vitest';
import {
  civilFromDays,
  daysFromCivil,
  daysInYear,
  formatTime,
  isCivilDate,
  parseTime,
  weekdayOf,
} from '../../src/data/civil-date.js';
import { continueTimes, detectTimeColumns, readTimeAxis } from '../../src/data/time-axis.js';
import { addSteps, describeStep, findTimeStep, naturalSeason } from '../../src/data/time-step.js';
import { expectError } from '../support/errors.js';
import { parseCsv } from './csv-text.js';

const at = (text: string) => parseTime(text)!.seconds;

describe('civil dates', () => {
  it('agree with Date for each day of 500 years', () => {
    for (let days = -100_000; days < 83_000; days++) {
      const date = new Date(days * 86_400_000);
      const { year, month, day } = civilFromDays(days);
      if (
        year !== date.getUTCFullYear() ||
        month !== date.getUTCMonth() + 1 ||
        day !== date.getUTCDate()
      ) {
        expect([days, year, month, day]).toEqual(date.toISOString());
      }
      if (
        daysFromCivil(year, month, day) !== days ||
        weekdayOf(days) !== (date.getUTCDay() + 6) % 7
      ) {
        expect(days).toBe('its own inverse');
      }
    }
  });

  it('know leap years', () => {
    expect([1900, 2000, 2023, 2024].map(daysInYear)).toEqual([365, 366, 365, 366]);
    expect([isCivilDate(2023, 2, 29), isCivilDate(2024, 2, 29), isCivilDate(2024, 2.5, 1)]).toEqual(
      [false, true, false],
    );
  });

  it.each([
    ['2014', 'year'],
    ['2014-03', 'month'],
    ['2014-03-09', 'date'],
    ['2014-03-09T07:05', 'minute'],
    ['2014-03-09T07:05:59', 'second'],
  ])('read and write %s', (text, format) => {
    const time = parseTime(text)!;
    expect(time.format).toBe(format);
    expect(formatTime(time.seconds, time.format)).toBe(text);
  });

  it('read slashes, dots, blanks, zones and fractions', () => {
    expect(at('2014/3/9')).toBe(at('2014-03-09'));
    expect(at('2014.03.09 7:05')).toBe(at('2014-03-09T07:05'));
    expect(at('2014-03-09T07:05:00.250Z')).toBe(at('2014-03-09T07:05'));
    expect(at('2014-03-09T07:05:00+02:00')).toBe(at('2014-03-09T07:05'));
  });

  it.each(['', '9.3.2014', '2014-13-01', '2014-02-30', '2014-01-01T25:00', '2014-01-01Z', 'soon'])(
    'refuse %j',
    (text) => expect(parseTime(text)).toBeUndefined(),
  );
});

describe('time steps', () => {
  it.each([
    [['2014-01-01', '2014-01-02', '2014-01-03', '2014-01-06'], 'day', 7, '2014-01-07'],
    [['2014-01-31', '2014-02-28', '2014-03-31'], 'month', 12, '2014-04-30'],
    [['2014-01-01', '2014-04-01', '2014-07-01'], '3 months', 4, '2014-10-01'],
    [['2012-01-01', '2013-01-01', '2014-01-01'], 'year', undefined, '2015-01-01'],
    [
      ['2014-01-01T00:00', '2014-01-01T00:15', '2014-01-01T00:30'],
      '15 minutes',
      96,
      '2014-01-01T00:45',
    ],
    [['2014-01-06', '2014-01-13', '2014-01-20'], 'week', undefined, '2014-01-27'],
  ])('%j: a %s', (stamps, name, season, next) => {
    const times = stamps.map(at);
    const step = findTimeStep(times)!;
    expect([describeStep(step), naturalSeason(step)]).toEqual([name, season]);
    expect(addSteps(times[times.length - 1], step, 1)).toBe(at(next));
  });

  it('are unknown for a single row', () => expect(findTimeStep([0])).toBeUndefined());
});

describe('the time axis', () => {
  it('is found by looks and by name', () => {
    const find = (text: string) => detectTimeColumns(parseCsv(text));
    expect(find('x,when\n1,2014-01-01\n')).toEqual(['when']);
    expect(find('start,date\n2014-01-01,2014-01-01\n')).toEqual(['date']);
    expect(find('year,month,date_of_month,y\n2000,1,1,5\n')).toEqual([
      'year',
      'month',
      'date_of_month',
    ]);
    expect(find('Year,Month,y\n2000,1,5\n')).toEqual(['Year', 'Month']);
    expect(find('year,month,day,y\n2000,1,32,5\n')).toEqual([]);
    expect(find('YEAR,SUNACTIVITY\n1700,5\n1701,11\n')).toEqual([]);
    expect(find('a,b\n2014.5,1\n')).toEqual([]);
  });

  it('sorts rows and says so, with doubles and gaps', () => {
    const text = 'd,y\n2014-01-05,5\n2014-01-01,1\n2014-01-02,2\n2014-01-02,3\n2014-01-03,4\n';
    const { table, axis, notices } = readTimeAxis(parseCsv(text), ['d']);
    expect(table.rows.map(([, y]) => y)).toEqual(['1', '2', '3', '4', '5']);
    expect(table.lines).toEqual([3, 4, 5, 6, 2]);
    expect(notices).toEqual([
      'rows were not in order of time; sorted by d',
      '1 row repeats the time of the row before (first: 2014-01-02)',
      expect.stringMatching(
        /^1 gap in time \(rows are one day apart; first gap between 2014-01-03 and 2014-01-05\)/,
      ),
    ]);
    expect([...continueTimes(axis, 2)!]).toEqual([at('2014-01-06'), at('2014-01-07')]);
  });

  it('names line and column of what is no date', async () => {
    const table = parseCsv('d,m,y\n2014-01-01,1,50\n2014-02-31,2,50\n', 'f.csv');
    await expectError(
      () => readTimeAxis(table, ['d']),
      'bad-data',
      /f\.csv line 3, time column "d".*found "2014-02-31"/,
    );
    await expectError(
      () => readTimeAxis(table, ['m', 'y']),
      'bad-data',
      /line 2: m "1", y "50" is no date/,
    );
    await expectError(() => readTimeAxis(table, ['nope']), 'bad-data', /no column "nope"/);
  });
});
