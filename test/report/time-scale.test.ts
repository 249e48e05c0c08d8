import { describe, expect, it } from 'vitest';
import { dateLabel, parseTimes, stepName, timeOf, timeScale } from '../../src/report/time-scale.js';

const labels = (from: string, to: string, wanted: number): string[] =>
  timeScale(timeOf(from), timeOf(to))
    .ticks(wanted)
    .map(({ label }) => label);

function every(step: number, length: number): number[] {
  return Array.from({ length }, (_, i) => Date.UTC(2012, 0, 1) + i * step);
}

describe('dates', () => {
  it('are read in the forms that tables use', () => {
    expect(timeOf('2012-10-01')).toBe(Date.UTC(2012, 9, 1));
    expect(timeOf('2012-10')).toBe(Date.UTC(2012, 9, 1));
    expect(timeOf('2012-10-01T05:30')).toBe(Date.UTC(2012, 9, 1, 5, 30));
    expect(timeOf('2012-10-01 05:30:15.250Z')).toBe(Date.UTC(2012, 9, 1, 5, 30, 15));
    for (const wrong of ['', '1.10.2012', '2012-13-01', '2012-02-30', 'row 3', '2012']) {
      expect(timeOf(wrong)).toBeNaN();
    }
  });

  it('make a time axis only in ascending order', () => {
    expect(parseTimes(['2012-01-01', '2012-01-02'])).toHaveLength(2);
    expect(parseTimes(['2012-01-02', '2012-01-01'])).toBeUndefined();
    expect(parseTimes(['2012-01-01', 'x'])).toBeUndefined();
    expect(parseTimes([])).toBeUndefined();
  });

  it('tell what a row is', () => {
    expect(stepName(every(86_400_000, 30))).toBe('day');
    expect(stepName(every(3_600_000, 30))).toBe('hour');
    expect(stepName(every(7 * 86_400_000, 30))).toBe('week');
    expect(stepName(['2012-01', '2012-02', '2012-03', '2012-04'].map(timeOf))).toBe('month');
    expect(stepName([0, 5, 9].map((day) => day * 86_400_000))).toBe('step');
    expect(stepName(undefined)).toBe('step');
  });

  it('are written with a clock only where it says something', () => {
    expect(dateLabel(Date.UTC(2012, 9, 1))).toBe('Mon 1 Oct 2012');
    expect(dateLabel(Date.UTC(2012, 9, 1, 5, 30))).toBe('Mon 1 Oct 2012 05:30');
  });
});

describe('ticks of time', () => {
  it('fall on years, months, Mondays and hours', () => {
    expect(labels('2000-05-01', '2014-12-31', 5)).toEqual([
      '2002',
      '2004',
      '2006',
      '2008',
      '2010',
      '2012',
      '2014',
    ]);
    expect(labels('2012-10-01', '2013-12-31', 5)).toEqual([
      'Oct 2012',
      'Jan 2013',
      'Apr',
      'Jul',
      'Oct',
    ]);
    expect(labels('2014-11-06', '2014-12-05', 4)).toEqual([
      '10 Nov 2014',
      '17 Nov',
      '24 Nov',
      '1 Dec',
    ]);
    expect(labels('2014-11-06T20:00', '2014-11-07T09:00', 4)).toEqual([
      '6 Nov 21:00',
      '7 Nov 00:00',
      '03:00',
      '06:00',
      '09:00',
    ]);
  });

  it('are finite in number for any stretch', () => {
    const ends = ['0101-01-01', '1970-01-01', '2012-02-29T23:59:59', '2012-03-01', '9999-12-31'];
    for (const from of ends) {
      for (const to of ends) {
        const ticks = timeScale(timeOf(from), timeOf(to)).ticks(6);
        expect(ticks.length).toBeLessThan(61);
        for (const { at } of ticks) expect(at).toBeGreaterThanOrEqual(0);
      }
    }
  });
});
