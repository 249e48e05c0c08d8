// The whole path on small data: tune, train, predict, and what a study leaves on disk.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createStudy, fromBytes, journalFile, readModelFile, saveModel } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { dailyCsv } from '../forecast/series-samples.js';
import { lastLine, run, workspace } from './cli-process.js';

const folder = workspace({
  'daily.csv': dailyCsv(420),
  // The same in another dress: mark, CRLF, semicolons, decimal commas, a quoted column name.
  'dressed.csv': `\uFEFF${dailyCsv(420)
    .replace('date,value', '"date";"value"')
    .replace(/,(\d+)\.(\d+)/g, ';$1,$2')
    .replaceAll('\n', '\r\n')}`,
  'plain.csv': `n,y,sky\n${Array.from({ length: 150 }, (_, i) => `${i % 9},${[3, 8, 1, 6][i % 4] + (i % 5) / 10},${'abc'[i % 3]}\n`).join('')}`,
});
const shape = ['--window', '14', '--horizon', '3'];
const small = [
  '--target',
  'value',
  ...shape,
  '--trials',
  '4',
  '--epochs',
  '2',
  '--workers',
  '2',
  '--portable',
];

describe('sluice tune', () => {
  it('tunes, tests once and leaves a folder', async () => {
    const result = await run(folder, 'tune', 'daily.csv', ...small, '--json');
    expect(result.code, result.stderr).toBe(0);
    const json = lastLine(result);
    expect(json).toMatchObject({
      best: {
        number: expect.any(Number),
        value: expect.any(Number),
        params: { units: expect.any(Number) },
      },
      test: { mae: expect.any(Number), rmse: expect.any(Number) },
      trials: { complete: 4, pruned: 0, failed: 0 },
      seconds: expect.any(Number),
      numerics: 'portable',
      build: 'simd',
      files: {
        folder: 'daily-study',
        journal: 'daily-study/study.log',
        model: 'daily-study/model.safetensors',
        report: 'daily-study/report.html',
      },
    });
    for (const name of ['naive', 'seasonalNaive', 'ridge', 'ridgeOnInputs']) {
      expect(json.test.baselines[name]).toEqual({
        mae: expect.any(Number),
        rmse: expect.any(Number),
      });
    }
    expect(json.test.mae).toBeLessThan(json.test.baselines.naive.mae);
    expect(readdirSync(join(folder, 'daily-study')).sort()).toEqual([
      'model.safetensors',
      'report.html',
      'study.json',
      'study.log',
    ]);
    expect(readFileSync(join(folder, 'daily-study/report.html'), 'utf8')).toMatch(
      /^<!doctype html>[\s\S]*<\/html>/i,
    );
    expect(result.stdout).toMatch(/seasonal naive/);
    expect(result.stderr).toMatch(
      /^daily\.csv: 420 rows, 294 to train, 63 to choose by, 63 to test$/m,
    );
    expect(result.stderr.match(/^\[\d\/4\] trial \d complete/gm)).toHaveLength(4);
    expect(result.stdout + result.stderr).not.toContain('\u001b');
    await keptModelIsThatOf(json.best.number, json.best.value);
  });

  /** The file holds the weights of the best epoch of the best trial: nothing was trained again. */
  async function keptModelIsThatOf(number: number, value: number): Promise<void> {
    const bytes = readFileSync(join(folder, 'daily-study/model.safetensors'));
    const { training } = readModelFile(bytes).preprocessing as {
      training: Record<string, unknown>;
    };
    expect(training).toMatchObject({ trial: number, validationError: value });
    fromBytes(bytes).dispose();
    const study = await createStudy({
      name: 'value',
      storage: journalFile(join(folder, 'daily-study/study.log')),
    });
    expect(study.bestTrial).toMatchObject({ number, value });
  }

  it('goes on where it stopped, up to the trials asked for', async () => {
    const again = await run(folder, 'tune', 'daily.csv', ...small);
    expect([again.code, again.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: daily-study holds a study already: add --resume/),
    ]);
    const more = small.map((word) => (word === '4' ? '6' : word));
    const resumed = await run(folder, 'tune', 'daily.csv', ...more, '--resume', '--json');
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr.match(/^\[\d\/6\] trial/gm)).toHaveLength(2);
    const { complete, pruned, failed } = lastLine(resumed).trials;
    expect(complete + pruned + failed).toBe(6);
    const idle = await run(folder, 'tune', 'daily.csv', ...more, '--resume', '--json');
    expect(idle.stderr).toMatch(/^6 trials are done already/m);
    expect({ ...lastLine(idle), seconds: 0 }).toEqual({ ...lastLine(resumed), seconds: 0 });
  });

  it('refuses to go on with another study', async () => {
    const window = small.map((word) => (word === '14' ? '15' : word));
    const other = await run(folder, 'tune', 'daily.csv', ...window, '--resume');
    expect([other.code, other.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: daily-study holds a study of other making \(window 14, now 15\)/,
      ),
    ]);
    const data = await run(
      folder,
      'tune',
      'dressed.csv',
      ...small,
      '--resume',
      '--out',
      'daily-study',
    );
    expect(data.stderr).toMatch(/of other making \(the data have changed\)/);
  });

  it('comes to the same with one worker, and with the data in another dress', async () => {
    const one = small.map((word, i) => (small[i - 1] === '--workers' ? '1' : word));
    const result = await run(folder, 'tune', 'dressed.csv', ...one, '--json');
    expect(result.code, result.stderr).toBe(0);
    const first = await run(folder, 'tune', 'daily.csv', ...small, '--json', '--out', 'again');
    const { best, test } = lastLine(result);
    expect({ best, test }).toEqual({ best: lastLine(first).best, test: lastLine(first).test });
  });
});

describe('sluice train and predict', () => {
  it('train one configuration and forecast with dates', async () => {
    const trained = await run(
      folder,
      ...[
        'train',
        'daily.csv',
        '--target',
        'value',
        ...shape,
        '--units',
        '6',
        '--layers',
        '2',
        '--epochs',
        '3',
      ],
      ...[
        '--optimizer',
        'sgd',
        '--learning-rate',
        '0.02',
        '--dropout',
        '0',
        '--batch-size',
        '50',
        '--out',
        'm.safetensors',
        '--global-clip-norm',
        '0.5',
        '--json',
      ],
    );
    expect(trained.code, trained.stderr).toBe(0);
    expect(lastLine(trained)).toMatchObject({
      params: {
        units: 6,
        layers: 2,
        dropout: 0,
        optimizer: 'sgd',
        learningRate: 0.02,
        batchSize: 50,
        globalClipNorm: 0.5,
      },
      epochs: 3,
      test: { mae: expect.any(Number), baselines: { seasonalNaive: { mae: expect.any(Number) } } },
      files: { model: 'm.safetensors' },
    });
    expect(trained.stderr.match(/^epoch \d\/3 {2}loss/gm)).toHaveLength(3);
    const csv = await run(folder, 'predict', 'm.safetensors', 'daily.csv');
    expect(csv.stdout).toMatch(
      /^date,value\n2002-02-25,\d[\d.]*\n2002-02-26,\d[\d.]*\n2002-02-27,\d[\d.]*\n$/,
    );
    const json = await run(folder, 'predict', 'm.safetensors', 'dressed.csv', '--format', 'json');
    const { target, horizon, forecast } = JSON.parse(json.stdout);
    expect([target, horizon]).toEqual(['value', 3]);
    expect(csv.stdout).toBe(
      `date,value\n${forecast.map((one: { time: string; value: number }) => `${one.time},${one.value}\n`).join('')}`,
    );
  });

  it('forecast from the last window alone, and say what is missing', async () => {
    const lines = dailyCsv(420).trimEnd().split('\n');
    const file = (name: string, body: string[]) =>
      writeFileSync(join(folder, name), `${[lines[0], ...body].join('\n')}\n`);
    file('tail.csv', ['2001-01-01,', ...lines.slice(-14)]);
    const full = await run(folder, 'predict', 'm.safetensors', 'daily.csv');
    const tail = await run(folder, 'predict', 'm.safetensors', 'tail.csv', '--out', 'f.csv');
    expect([tail.code, tail.stdout, readFileSync(join(folder, 'f.csv'), 'utf8')]).toEqual([
      0,
      '',
      full.stdout,
    ]);
    expect(tail.stderr).toMatch(
      /^note: column "value" has 1 empty cell above the last 14 rows, which alone the model looks at/m,
    );
    expect(full.stderr).not.toContain('empty cell');
    file('few.csv', lines.slice(-13));
    expect((await run(folder, 'predict', 'm.safetensors', 'few.csv')).stderr).toMatch(
      /^error: few\.csv has 13 rows; the model looks back on 14$/m,
    );
    file('holes.csv', [...lines.slice(-20, -2), '2002-02-23,', '2002-02-24,']);
    const holes = await run(folder, 'predict', 'm.safetensors', 'holes.csv');
    expect([holes.code, holes.stderr]).toEqual([
      1,
      expect.stringMatching(/2 empty cells \(2 in "value"/),
    ]);
    expect((await run(folder, 'predict', 'm.safetensors', 'holes.csv', '--interpolate')).code).toBe(
      0,
    );
    expect((await run(folder, 'predict', 'm.safetensors', 'plain.csv')).stderr).toMatch(
      /plain\.csv has no column "date"/,
    );
  });

  it('write times in the columns and in the manner of the table', async () => {
    const lines = dailyCsv(420).trimEnd().split('\n').slice(-14);
    const written = (manner: (date: string) => string) =>
      lines.map((line) => line.replace(/^[^,]*/, manner));
    const strokes = (date: string) => date.replaceAll('-', '/').replaceAll('/0', '/');
    writeFileSync(
      join(folder, 'strokes.csv'),
      `${['date,value', ...written(strokes)].join('\n')}\n`,
    );
    const { stdout } = await run(folder, 'predict', 'm.safetensors', 'strokes.csv');
    expect(stdout).toMatch(/^date,value\n2002\/2\/25,.*\n2002\/2\/26,.*\n2002\/2\/27,.*\n$/);
    const table = ['y,month,day,n', ...dailyCsv(200).trimEnd().split('\n').slice(1)];
    writeFileSync(
      join(folder, 'parts.csv'),
      `${table.map((line) => line.replace(/^(\d+)-(\d+)-(\d+)/, '$1,$2,$3')).join('\n')}\n`,
    );
    const size = ['--window', '7', '--horizon', '1', '--units', '2', '--epochs', '1'];
    const time = ['--time', 'y,month,day', '--target', 'n', '--out', 'parts.safetensors'];
    const trained = await run(folder, 'train', 'parts.csv', ...time, ...size);
    expect(trained.code, trained.stderr).toBe(0);
    const parts = await run(folder, 'predict', 'parts.safetensors', 'parts.csv');
    expect(parts.stdout).toMatch(/^y,month,day,n\n2001,07,20,[-\d.]+\n$/);
    const json = await run(folder, 'predict', 'parts.safetensors', 'parts.csv', '--format=json');
    expect(JSON.parse(json.stdout).forecast).toEqual([
      { time: '2001-07-20', value: expect.any(Number) },
    ]);
  });

  it('take the folder of a study for the model in it', async () => {
    mkdirSync(join(folder, 'of-a-study'));
    const empty = await run(folder, 'predict', 'of-a-study', 'daily.csv');
    expect([empty.code, empty.stderr]).toEqual([
      1,
      expect.stringMatching(/^error: of-a-study: is a folder without model\.safetensors; expected/),
    ]);
    copyFileSync(join(folder, 'm.safetensors'), join(folder, 'of-a-study', 'model.safetensors'));
    const found = await run(folder, 'predict', 'of-a-study', 'daily.csv');
    const file = await run(folder, 'predict', 'm.safetensors', 'daily.csv');
    expect([found.code, found.stdout]).toEqual([0, file.stdout]);
    const over = ['--out', 'of-a-study/model.safetensors', '--force'];
    expect((await run(folder, 'predict', 'of-a-study', 'daily.csv', ...over)).code).toBe(2);
  });

  it('refuse a network and a preprocessing that do not fit together', async () => {
    const bytes = readFileSync(join(folder, 'm.safetensors'));
    const model = fromBytes(bytes);
    const preprocessing = { ...(readModelFile(bytes).preprocessing as object), horizon: 1e9 };
    await saveModel(model, join(folder, 'odd.safetensors'), { preprocessing });
    await saveModel(model, join(folder, 'bare.safetensors'), { preprocessing: {} });
    model.dispose();
    const odd = await run(folder, 'predict', 'odd.safetensors', 'daily.csv');
    expect([odd.code, odd.stderr]).toEqual([
      1,
      expect.stringMatching(
        /^error: odd\.safetensors: its network maps \[14,3\] to \[3\], its preprocessing \[14,3\] to \[1000000000\]/,
      ),
    ]);
    const bare = await run(folder, 'predict', 'bare.safetensors', 'daily.csv');
    expect(bare.stderr).toMatch(/^error: bare\.safetensors: it holds no forecast preprocessing/);
  });

  it('do without dates, with numbers and categories', async () => {
    const common = ['plain.csv', '--target', 'y', '--window', '8', '--horizon', '2'];
    const trained = await run(
      folder,
      'train',
      ...common,
      '--epochs',
      '2',
      '--units',
      '5',
      '--out',
      'p.safetensors',
      '--json',
    );
    expect(trained.code, trained.stderr).toBe(0);
    expect(trained.stderr).toMatch(/note: no date column found/);
    expect(lastLine(trained).build).toMatch(/simd/);
    const { stdout } = await run(folder, 'predict', 'p.safetensors', 'plain.csv');
    expect(stdout).toMatch(/^step,y\n1,[\d.]+\n2,[\d.]+\n$/);
  });

  it('replace a model only when told to', async () => {
    const args = [
      'train',
      'plain.csv',
      '--target',
      'y',
      '--window',
      '8',
      '--horizon',
      '2',
      '--epochs',
      '1',
      '--out',
      'p.safetensors',
    ];
    expect((await run(folder, ...args)).code).toBe(1);
    expect((await run(folder, ...args, '--force')).code).toBe(0);
    expect(existsSync(join(folder, 'model.safetensors'))).toBe(false);
  });
});
