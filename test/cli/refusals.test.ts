// Bad input and wrong use: one clear line, no stack trace, the right exit code.
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dailyCsv } from '../forecast/series-samples.js';
import { run, workspace } from './cli-process.js';

const rows = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');
const good = dailyCsv(120);
const folder = workspace({
  'good.csv': good,
  'empty.csv': '',
  'header.csv': 'date,value\n',
  'short.csv': dailyCsv(20),
  'text.csv': `date,value\n2001-01-01,1\n2001-01-02,many\n`,
  'holes.csv': good.replace(/(2001-01-1\d),[^\n]*/g, '$1,'),
  'ragged.csv': good.replace('2001-01-05,', '2001-01-05,9,'),
  'constant.csv': `value\n${rows(100, () => '5')}`,
  'latin.csv': Uint8Array.from([...new TextEncoder().encode('y\n1\n'), 0xe9, 0x0a]),
  'dates.csv': good.replace('2001-01-07', '2001-02-31'),
  'many.csv': `y,id\n${rows(100, (i) => `${(i * 7919) % 101},id${i}`)}`,
  'foreign.safetensors': 'not a model',
});
mkdirSync(join(folder, 'dir.csv'));
mkdirSync(join(folder, 'taken'));
writeFileSync(join(folder, 'taken', 'study.log'), '');
writeFileSync(join(folder, 'model.safetensors'), '');
linkSync(join(folder, 'good.csv'), join(folder, 'linked.csv'));
symlinkSync('nowhere', join(folder, 'dangling'));
execFileSync('mkfifo', [join(folder, 'pipe')]);

const tune = (file: string, ...more: string[]) => [
  'tune',
  file,
  '--target',
  'value',
  '--window',
  '14',
  '--horizon',
  '3',
  ...more,
];
const train = (...more: string[]) => [
  'train',
  'good.csv',
  '--target',
  'value',
  '--out',
  'm',
  '--window',
  '14',
  ...more,
];

/** Exit code, arguments, what the line says. */
const cases: [number, string[], RegExp][] = [
  [1, tune('missing.csv'), /missing\.csv: no such file/],
  [1, tune('dir.csv'), /dir\.csv: is a folder, expected a file/],
  [
    2,
    ['train', 'good.csv', '--target', 'value', '--out', 'new/'],
    /--out: new\/ names a folder; give the name of a file/,
  ],
  [1, tune('pipe'), /pipe: is a pipe, expected a file; save it to one/],
  [1, tune('/dev/zero'), /\/dev\/zero: is a device, expected a file/],
  [1, ['predict', 'pipe', 'good.csv'], /pipe: is a pipe, expected a file/],
  [1, ['predict', '/dev/zero', 'good.csv'], /\/dev\/zero: is a device, expected a file/],
  [1, tune('empty.csv'), /empty\.csv is empty/],
  [1, tune('header.csv'), /header\.csv has a header but no rows/],
  [
    1,
    tune('short.csv'),
    /short\.csv has 20 rows; a window of 14 and a horizon of 3 need at least \d+/,
  ],
  [
    1,
    tune('text.csv'),
    /text\.csv line 3 \(row 2\), target "value": "many" is not a number; write it like/,
  ],
  [
    1,
    tune('holes.csv'),
    /holes\.csv has 10 empty cells \(10 in "value"; first on line 11\).*--interpolate/,
  ],
  [1, tune('ragged.csv'), /ragged\.csv line 6: expected 2 cells as in the header, found 3/],
  [1, tune('constant.csv'), /target "value" is 5 in every row/],
  [1, tune('latin.csv'), /latin\.csv is not valid UTF-8 \(line 3\)/],
  [
    1,
    tune('dates.csv', '--time', 'date'),
    /dates\.csv line 8, time column "date": expected a date/,
  ],
  [
    1,
    ['tune', 'good.csv', '--target', 'valve'],
    /no column "valve"; did you mean "value"\? \(columns: date, value\)/,
  ],
  [1, tune('good.csv', '--features', 'temp'), /no column "temp"/],
  [
    1,
    ['tune', 'many.csv', '--target', 'y', '--features', 'id'],
    /70 different values, more than 30/,
  ],
  [1, tune('good.csv', '--time', 'day'), /no column "day"/],
  [1, tune('good.csv', '--out', 'good.csv'), /good\.csv is a file, expected a folder: give --out/],
  [1, tune('good.csv', '--out', 'dangling'), /dangling is a link that leads nowhere.*give --out/],
  [1, tune('good.csv', '--out', '/dev/null'), /\/dev\/null is a device, expected a folder/],
  [
    2,
    ['train', 'good.csv', '--target', 'value', '--batch-size', '1e18'],
    /--batch-size: expected a whole number from 1 to 9007199254740991, found "1e18"/,
  ],
  [
    2,
    ['train', 'good.csv', '--target', 'value', '--patience', '-1'],
    /--patience: expected a whole number from 1, found "-1"/,
  ],
  [1, tune('good.csv', '--out', 'taken'), /taken holds a study already: add --resume .* or --out/],
  [2, [], /usage: sluice <command>/],
  [2, ['tone'], /unknown command "tone"; did you mean "tune"\?/],
  [2, ['--colour'], /unknown option --colour/],
  [2, ['tune'], /sluice tune needs <data\.csv>/],
  [2, ['tune', 'good.csv'], /needs --target <column>/],
  [2, tune('good.csv', 'more.csv'), /"more\.csv" is one too many/],
  [2, tune('good.csv', '--trails', '3'), /unknown option --trails; did you mean --trials\?/],
  [2, tune('good.csv', '-x'), /unknown option -x/],
  [
    2,
    tune('good.csv', '--trials', '0'),
    /--trials: expected a whole number from 1 to 100000, found "0"/,
  ],
  [2, tune('good.csv', '--trials', '2.5'), /--trials: expected a whole number/],
  [2, tune('good.csv', '--workers', '0'), /--workers: expected a whole number from 1 to 1024/],
  [2, tune('good.csv', '--trials'), /--trials needs a value/],
  [2, tune('good.csv', '--trials', '--json'), /--trials needs a value/],
  [2, tune('good.csv', '--seed', '-1'), /--seed: expected a whole number from 0/],
  [2, tune('good.csv', '--json=yes'), /--json takes no value/],
  [2, tune('good.csv', '--window', '14'), /--window is given twice/],
  [2, tune('good.csv', '--features', 'a,,b'), /--features: an empty name/],
  [2, tune('good.csv', '--features', 'value'), /"value" is the target/],
  [2, tune('good.csv', '--season', '15'), /--season: expected at most the window \(14\), found 15/],
  [2, train('--learning-rate', 'NaN'), /--learning-rate: expected a number .*found "NaN"/],
  [2, train('--units', '0'), /--units: expected a whole number from 1, found "0"/],
  [2, train('--dropout', '1'), /--dropout: expected a number from 0 to 0\.95, found "1"/],
  [
    2,
    train('--optimizer', 'adma'),
    /--optimizer: expected adam or sgd, found "adma"; did you mean "adam"\?/,
  ],
  [1, train('--units', '1e9'), /memory|GB/],
  [1, ['train', 'good.csv', '--target', 'value'], /model\.safetensors exists already: add --force/],
  [1, ['train', 'good.csv', '--target', 'value', '--out', 'taken'], /taken is a folder/],
  [
    1,
    ['train', 'good.csv', '--target', 'value', '--out', 'no/m'],
    /no: no such file or folder; check the path/,
  ],
  [
    2,
    ['predict', 'model.safetensors', 'good.csv', '--out', './good.csv'],
    /--out: \.\/good\.csv is an input; give another file/,
  ],
  [
    2,
    ['predict', 'model.safetensors', 'good.csv', '--out', 'linked.csv', '--force'],
    /--out: linked\.csv is an input; give another file/,
  ],
  [
    2,
    ['train', 'good.csv', '--target', 'value', '--out', 'good.csv', '--force'],
    /--out: good\.csv is an input; give another file/,
  ],
  [
    1,
    ['predict', 'model.safetensors', 'good.csv', '--out', 'short.csv'],
    /short\.csv exists already: add --force/,
  ],
  [1, ['predict', 'model.safetensors', 'good.csv', '--out', 'taken', '--force'], /is a folder/],
  [1, ['predict', 'model.safetensors', 'good.csv', '--out', 'pipe', '--force'], /is no file/],
  [1, ['predict', 'missing.safetensors', 'good.csv'], /missing\.safetensors: no such file/],
  [1, ['predict', 'foreign.safetensors', 'good.csv'], /foreign\.safetensors: /],
  [2, ['predict', 'a', 'b', '--format', 'xml'], /--format: expected csv or json, found "xml"/],
];

describe('refusals', () => {
  it.concurrent.each(cases)('exit code %i: sluice %j', async (code, args, message) => {
    const result = await run(folder, ...args);
    expect(result.stderr.replace(/^(note|good\.csv:|forecast ).*\n/gm, '')).toMatch(message);
    expect(result.code, result.stderr).toBe(code);
    expect(result.stdout).toBe('');
    if (args.length === 0) return;
    expect(result.stderr.match(/^error: /gm)).toHaveLength(1);
    expect(result.stderr).not.toMatch(/^ {4}at /m);
  });
});
