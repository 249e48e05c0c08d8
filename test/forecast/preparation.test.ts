import { describe, expect, it } from 'vitest';
import { windowStarts } from '../../src/data/split.js';
import { profileAt } from '../../src/forecast/calendar-profile.js';
import { prepare } from '../../src/forecast/preparation.js';
import { asPreprocessing, inputNames } from '../../src/forecast/preprocessing.js';
import {
  findSpread,
  levelsAt,
  windowForecasts,
  windowInputs,
  windowTargets,
} from '../../src/forecast/windows.js';
import { parseCsv } from '../data/csv-text.js';
import { expectError } from '../support/errors.js';
import { dailyCsv, dailyRows } from './series-samples.js';

const options = { target: 'value', window: 28, horizon: 7 };
const rows = dailyRows(1600);
const table = parseCsv(dailyCsv(1600), 'd.csv');
const prepared = prepare(table, options);
const numbers = (count: number, more = (_: number) => '') =>
  parseCsv(
    `y${more(-1)}\n${Array.from({ length: count }, (_, i) => `${(i * 7919) % 101}${more(i)}\n`).join('')}`,
    'n.csv',
  );

describe('prepare', () => {
  it('finds the date, its step, the season and the calendar', () => {
    const { time, season, profile, calendar } = prepared.preprocessing;
    expect(time).toMatchObject({
      columns: ['date'],
      format: 'date',
      step: { unit: 'second', count: 86_400 },
    });
    expect([season, calendar.weekday, profile !== undefined]).toEqual([7, true, true]);
    expect(prepared.notices).toEqual(['time is read from date (--time says otherwise)']);
    expect(inputNames(prepared.preprocessing)).toEqual([
      'value',
      'day of week (sin)',
      'day of week (cos)',
    ]);
  });

  it.each([
    ['dates', table],
    ['one date in every row', parseCsv(dailyCsv(400).replace(/^2\d{3}-\d\d-\d\d/gm, '2001-01-01'))],
    ['no dates', parseCsv(dailyCsv(400).replace(/^2\d{3}-\d\d-\d\d/gm, 'x'))],
  ])('leaves no field undefined, for a model file takes none: %s', (_, data) => {
    const { preprocessing } = prepare(data, options);
    expect(JSON.parse(JSON.stringify(preprocessing))).toStrictEqual(preprocessing);
  });

  it('learns weekends and holidays from the training part', () => {
    const { profile, targetScale } = prepared.preprocessing;
    const day = (date: string) =>
      profileAt(profile!, Date.parse(date) / 1000) * targetScale.deviation;
    expect(day('2010-03-06') - day('2010-03-03')).toBeCloseTo(-30, -1);
    expect(day('2012-07-04') - day('2012-07-11')).toBeLessThan(-15);
  });

  it('does not look at what comes after the training part', () => {
    const lines = dailyCsv(1600).trimEnd().split('\n');
    const changedFrom = (row: number) =>
      prepare(
        parseCsv(
          lines.map((line, i) => (i > row ? line.replace(/,.*/, ',1e6') : line)).join('\n'),
          'd.csv',
        ),
        options,
      ).preprocessing;
    const { train, validation } = prepared.split;
    expect(changedFrom(validation.to)).toEqual(prepared.preprocessing);
    // How windows are centred is chosen on the validation part; all else is learned before it.
    const learned = ({ steadiness, spread, ...rest }: typeof prepared.preprocessing) => rest;
    expect(learned(changedFrom(train.to))).toEqual(learned(prepared.preprocessing));
  });

  it('survives a trip through JSON', () => {
    const copy = asPreprocessing(JSON.parse(JSON.stringify(prepared.preprocessing)), 'm');
    expect(copy).toEqual(prepared.preprocessing);
  });

  it('takes numbers, categories and leaves out what tells nothing', () => {
    const kinds = ['rain', 'sun', 'fog'];
    const csv = parseCsv(
      `date,y,temp,sky,same,weekday,id\n${rows
        .slice(0, 400)
        .map(
          ({ date, value }, i) => `${date},${value},${i % 13},${kinds[i % 3]},5,${i % 7},id${i}\n`,
        )
        .join('')}`,
      'w.csv',
    );
    const { preprocessing, notices } = prepare(csv, { ...options, target: 'y' });
    expect(preprocessing.numeric.map(({ column }) => column)).toEqual(['temp']);
    expect(preprocessing.categorical).toEqual([{ column: 'sky', categories: kinds }]);
    expect(inputNames(preprocessing)).toEqual(
      expect.arrayContaining(['temp', 'sky=rain', 'sky=sun', 'sky=fog']),
    );
    expect(notices.join('\n')).toMatch(
      /"same" does not vary[\s\S]*"weekday" only repeats the weekday[\s\S]*"id" holds text with 280 different values/,
    );
  });

  it.each<[Parameters<typeof prepare>[0], Partial<Parameters<typeof prepare>[1]>, string, RegExp]>([
    [
      numbers(30),
      {},
      'bad-data',
      /n\.csv has 30 rows; a window of 28 and a horizon of 7 need at least 50/,
    ],
    [numbers(90), { target: 'Y' }, 'bad-data', /no column "Y"; did you mean "y"/],
    [numbers(90), { features: ['z'] }, 'bad-data', /no column "z"/],
    [numbers(90), { features: ['y'] }, 'bad-option', /"y" is the target/],
    [numbers(90), { season: 29 }, 'bad-option', /at most the window \(28\), found 29/],
    [numbers(90), { time: ['y'] }, 'bad-option', /both name "y"/],
    [
      numbers(90, (i) => (i < 0 ? ',z' : i === 4 ? ',' : `,${i}`)),
      {},
      'bad-data',
      /1 empty cell \(1 in "z"; first on line 6\)/,
    ],
    [
      numbers(90, (i) => (i < 0 ? ',z' : `,k${i}`)),
      { features: ['z'] },
      'bad-data',
      /63 different values, more than 30/,
    ],
    [parseCsv(`y\n${'5\n'.repeat(90)}`, 'c.csv'), {}, 'bad-data', /target "y" is 5 in every row/],
    [
      parseCsv(`y\n${'5\n'.repeat(89)}6\n`, 'c.csv'),
      {},
      'bad-data',
      /in all 63 rows of the training part/,
    ],
  ])('refuses what cannot be forecast (%#)', async (csv, more, code, message) => {
    const run = () => prepare(csv, { ...options, target: 'y', ...more });
    await expectError(run, code as 'bad-data', message);
  });

  it('interpolates when asked to', () => {
    const csv = numbers(90, (i) => (i < 0 ? ',z' : i === 4 ? ',' : `,${i}`));
    const { notices, series } = prepare(csv, { ...options, target: 'y', interpolate: true });
    expect(notices).toContain('1 empty cell interpolated');
    expect([...series.others].every(Number.isFinite)).toBe(true);
  });
});

describe('windows', () => {
  const { series, preprocessing, split } = prepared;
  const starts = windowStarts(split.validation, 28, 7);
  const { season, spread } = preprocessing;

  it('hold the rows before their first target, centred place by place', () => {
    const { data, shape } = windowInputs(series, preprocessing, starts);
    expect(shape).toEqual([starts.length, 28, 3]);
    const levels = levelsAt(series.residual, starts[5], preprocessing);
    for (let row = 0; row < 28; row++) {
      const value = (series.residual[starts[5] - 28 + row] - levels[row % season]) / spread;
      expect(data[(5 * 28 + row) * 3]).toBeCloseTo(value, 5);
    }
  });

  it('do not change with what comes after them', () => {
    const residual = series.residual.map((value, row) => (row >= starts[0] ? 1e9 : value));
    const one = starts.subarray(0, 1);
    expect(windowInputs({ ...series, residual }, preprocessing, one)).toEqual(
      windowInputs(series, preprocessing, one),
    );
  });

  it('give the truth back when the network says the targets', () => {
    const { data } = windowTargets(series, preprocessing, starts);
    const forecast = windowForecasts(series, preprocessing, starts, data);
    for (let i = 0; i < starts.length; i++) {
      for (let h = 0; h < 7; h++)
        expect(forecast[i * 7 + h]).toBeCloseTo(series.values[starts[i] + h], 3);
    }
  });

  it('draw levels to their mean by steadiness', () => {
    const residual = Float64Array.of(0, 10, 2, 12);
    const shape = { window: 4, season: 2 };
    expect([...levelsAt(residual, 4, { ...shape, steadiness: 0 })]).toEqual([1, 11]);
    expect([...levelsAt(residual, 4, { ...shape, steadiness: 2 })]).toEqual([3.5, 8.5]);
    expect(levelsAt(residual, 4, { ...shape, steadiness: 1e9 })[0]).toBeCloseTo(6);
  });

  it('have a spread of one, in the units of the network', () => {
    const { data } = windowTargets(series, preprocessing, windowStarts(split.train, 28, 7));
    expect(
      Math.sqrt(data.reduce((sum, value) => sum + value * value, 0) / data.length),
    ).toBeCloseTo(1, 5);
    expect(findSpread(new Float64Array(50), [30], { ...preprocessing })).toBe(1);
  });
});

describe('asPreprocessing', () => {
  const good = prepared.preprocessing;
  const time = good.time!;
  it.each<[unknown, RegExp]>([
    [undefined, /no forecast preprocessing/],
    [{ kind: 'other' }, /no forecast preprocessing/],
    [{ ...good, format: 2 }, /format 2, expected 1/],
    [{ kind: 'forecast', format: 1 }, /damaged/],
    [{ ...good, window: -1 }, /damaged preprocessing \("window"\)/],
    [{ ...good, season: 29 }, /"season"/],
    [{ ...good, spread: 'x' }, /"spread"/],
    [{ ...good, time: { ...time, format: 'era' } }, /"time"/],
    [{ ...good, time: { ...time, step: { unit: 'day', count: 1 } } }, /"step"/],
    [{ ...good, targetScale: { mean: 0, deviation: 0 } }, /"targetScale"/],
    [{ ...good, profile: { ...good.profile, weights: { x: null } } }, /"profile"/],
    [
      {
        ...good,
        profile: { ...good.profile, groups: { ...good.profile?.groups, harmonics: 1e9 } },
      },
      /"profile"/,
    ],
    [{ ...good, numeric: [{ column: 'x' }] }, /"numeric"/],
    [{ ...good, categorical: [{ column: 'x', categories: [1] }] }, /"categorical"/],
    [{ ...good, calendar: null }, /"calendar"/],
  ])('refuses %#', async (value, message) => {
    await expectError(() => asPreprocessing(value, 'm'), 'bad-file', message);
  });
});
