// Every option of every command, given to the built program, changes what the program does.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readModelFile } from 'sluice/node';
import { beforeAll, describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { dailyRows } from '../forecast/series-samples.js';
import { type Finished, lastLine, run, workspace } from './cli-process.js';

/** Daily rows with a second numeric column, a text column, and dates a second time, as numbers. */
const rows = dailyRows(300).map(({ date, value }, i) => [
  date,
  value.toFixed(3),
  (value * 0.5 + ((i * 7) % 11)).toFixed(3),
  'abc'[i % 3],
  ...date.split('-').map(Number),
]);
const header = 'date,value,other,kind,yr,mon,mday';
const csv = (lines: readonly (readonly unknown[])[]) =>
  `${[header, ...lines.map((row) => row.join(','))].join('\n')}\n`;
const folder = workspace({
  'd.csv': csv(rows),
  'holes.csv': csv(rows.map((row, i) => (i % 50 === 45 ? [row[0], '', ...row.slice(2)] : row))),
});

const common = ['--target', 'value', '--window', '14', '--horizon', '3', '--features', 'other'];
/** The arguments with some options replaced by others; an undefined value takes one away. */
function changed(
  args: readonly string[],
  changes: Readonly<Record<string, string | true | undefined>>,
): string[] {
  const out = [...args];
  for (const [name, value] of Object.entries(changes)) {
    const at = out.indexOf(`--${name}`);
    if (at >= 0) out.splice(at, out[at + 1]?.startsWith('--') || at + 1 === out.length ? 1 : 2);
    if (value === true) out.push(`--${name}`);
    else if (value !== undefined) out.push(`--${name}`, value);
  }
  return out;
}

// biome-ignore lint/suspicious/noExplicitAny: results are looked into
type Result = any;
type Case = () => Promise<void>;

let outputs = 0;
const place = (kind: string) => `${kind}-${outputs++}`;

const trainBase = ['train', 'd.csv', ...common, '--epochs', '2', '--units', '4', '--seed', '1'];

async function train(changes: Record<string, string | true | undefined> = {}): Promise<Result> {
  const out = changes.out ?? place('m');
  const args = changed(trainBase, { portable: true, json: true, out, ...changes });
  const finished = await run(folder, ...args);
  expect(finished.code, finished.stderr).toBe(0);
  const bytes = readFileSync(join(folder, out as string));
  const { preprocessing } = readModelFile(bytes) as { preprocessing: Result };
  return { finished, preprocessing, ...(args.includes('--json') && { json: lastLine(finished) }) };
}

const tuneBase = ['tune', 'd.csv', ...common, '--epochs', '1', '--trials', '2', '--seed', '1'];

async function tune(changes: Record<string, string | true | undefined> = {}): Promise<Result> {
  const out = changes.out ?? place('s');
  const base = { portable: true, json: true, workers: '1', out } as const;
  const args = changed(tuneBase, { ...base, ...changes });
  const finished = await run(folder, ...args);
  expect(finished.code, finished.stderr).toBe(0);
  const read = (name: string) => readFileSync(join(folder, out as string, name));
  const { preprocessing } = readModelFile(read('model.safetensors')) as { preprocessing: Result };
  return {
    finished,
    preprocessing,
    study: JSON.parse(read('study.json').toString()),
    ...(args.includes('--json') && { json: lastLine(finished) }),
  };
}

const said = ({ finished }: { finished: Finished }) => finished.stdout + finished.stderr;
let base: Result;
let tuned: Result;

/** What the options of the data do, the same in tune and train. */
function dataCases(work: (changes: Record<string, string | undefined | true>) => Promise<Result>) {
  return {
    target: async () => {
      const { preprocessing } = await work({ target: 'other', features: 'value' });
      expect(preprocessing.target).toBe('other');
    },
    features: async () => {
      const { preprocessing } = await work({ features: 'kind' });
      expect(preprocessing.numeric).toEqual([]);
      expect(preprocessing.categorical.map((one: Result) => one.column)).toEqual(['kind']);
    },
    time: async () => {
      const parts = await work({ time: 'yr,mon,mday' });
      expect(parts.preprocessing.time.columns).toEqual(['yr', 'mon', 'mday']);
      expect((await work({ time: 'none' })).preprocessing.time).toBeUndefined();
    },
    window: async () => {
      const { preprocessing, finished } = await work({ window: '21' });
      expect(preprocessing.window).toBe(21);
      expect(finished.stderr).toMatch(/3 rows ahead from 21 rows/);
    },
    horizon: async () => {
      const { preprocessing, finished } = await work({ horizon: '5' });
      expect(preprocessing.horizon).toBe(5);
      expect(finished.stderr).toMatch(/5 rows ahead from 14 rows/);
    },
    season: async () => {
      const { preprocessing, json } = await work({ season: '3' });
      expect([base.preprocessing.season, preprocessing.season]).toEqual([7, 3]);
      expect(json.test.baselines.seasonalNaive).not.toEqual(base.json.test.baselines.seasonalNaive);
    },
    interpolate: async () => {
      const holes = (words: readonly string[]) =>
        run(folder, ...words.map((word) => (word === 'd.csv' ? 'holes.csv' : word)));
      const words = work === tune ? tuneBase : trainBase;
      const refused = await holes([...words, '--out', place('x')]);
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/6 empty cells/)]);
      const filled = await holes([...words, '--out', place('x'), '--interpolate']);
      expect([filled.code, filled.stderr]).toEqual([
        0,
        expect.stringMatching(/6 empty cells interpolated/),
      ]);
    },
  };
}

/** Another value of a hyperparameter is told in the result, and leads to another network. */
const parameter = (option: string, name: string, value: string, more = {}): Case => {
  return async () => {
    const { json } = await train({ [option]: value, ...more });
    expect(json.params[name]).toBe(Number.isNaN(Number(value)) ? value : Number(value));
    expect(json.validation).not.toEqual(base.json.validation);
  };
};

const cases: Record<string, Record<string, Case>> = {
  tune: {
    ...dataCases(tune),
    trials: async () => {
      expect((await tune({ trials: '3' })).json.trials.complete).toBe(3);
      expect(tuned.json.trials.complete).toBe(2);
    },
    workers: async () => {
      // Trials overlap with two workers, and follow one another with one; results are the same.
      const overlaps = async (workers: string) => {
        const { json } = await tune({ workers, trials: '4', epochs: '40' });
        const log = readFileSync(join(folder, json.files.journal), 'utf8').trim().split('\n');
        let running = 0;
        const most = log.map((line) => {
          const { op_code: op } = JSON.parse(line);
          running += op === 4 ? 1 : op === 6 ? -1 : 0;
          return running;
        });
        return [Math.max(...most), json.best] as const;
      };
      const [one, best] = await overlaps('1');
      const [two, same] = await overlaps('2');
      expect([one, two]).toEqual([1, 2]);
      expect(same).toEqual(best);
      const many = await tune({ workers: '16', trials: '9' });
      expect(said(many)).toMatch(/^note: 8 trials run at once, not 16: each trial waits for/m);
    },
    epochs: async () => {
      const { preprocessing, study } = await tune({ epochs: '2' });
      expect([study.epochs, preprocessing.training.history.loss.length]).toEqual([2, 2]);
      expect(tuned.preprocessing.training.history.loss).toHaveLength(1);
    },
    seed: async () => {
      const { json, study } = await tune({ seed: '2' });
      expect(study.seed).toBe(2);
      expect(json.best.params).not.toEqual(tuned.json.best.params);
    },
    portable: async () => {
      const { json } = await tune({ portable: undefined });
      expect([tuned.json.numerics, json.numerics]).toEqual(['portable', 'fast']);
      expect(tuned.json.build).toBe('simd');
    },
    // where Node has them it acts: test/platform/wide.test.ts
    'no-wide': async () => expect((await tune({ 'no-wide': true })).json.wide).toBe(false),
    out: async () => {
      await tune({ out: 'elsewhere' });
      expect(existsSync(join(folder, 'elsewhere/report.html'))).toBe(true);
    },
    resume: async () => {
      await tune({ out: 'twice' });
      const { json } = await tune({ out: 'twice', trials: '3', resume: true });
      expect(json.trials.complete).toBe(3);
    },
    json: async () => {
      expect(tuned.finished.stdout).toMatch(/\n\{.*\}\n$/);
      expect((await tune({ json: undefined })).finished.stdout).not.toContain('{');
    },
  },
  train: {
    ...dataCases(train),
    units: parameter('units', 'units', '5'),
    layers: parameter('layers', 'layers', '2'),
    dropout: parameter('dropout', 'dropout', '0.5'),
    optimizer: parameter('optimizer', 'optimizer', 'sgd'),
    'learning-rate': parameter('learning-rate', 'learningRate', '0.01'),
    'batch-size': parameter('batch-size', 'batchSize', '20'),
    'global-clip-norm': parameter('global-clip-norm', 'globalClipNorm', '0.001'),
    epochs: async () => {
      expect(base.json.epochs).toBe(2);
      expect((await train({ epochs: '3' })).json.epochs).toBe(3);
    },
    patience: async () => {
      // A rate at which nothing is learned: the second epoch is no better than the first.
      const still = { epochs: '30', 'learning-rate': '1e-9', dropout: '0' };
      const short = (await train({ ...still, patience: '1' })).json.epochs;
      const long = (await train({ ...still, patience: '9' })).json.epochs;
      expect(short).toBeLessThan(long);
    },
    seed: async () => {
      expect((await train({ seed: '1' })).json.validation).toEqual(base.json.validation);
      expect((await train({ seed: '2' })).json.validation).not.toEqual(base.json.validation);
    },
    portable: async () => {
      const { json } = await train({ portable: undefined });
      expect([base.json.numerics, json.numerics]).toEqual(['portable', 'fast']);
    },
    threads: async () => {
      const [one, two] = [await train({ threads: '1' }), await train({ threads: '2' })];
      expect([one.json.threads, two.json.threads]).toEqual([1, 2]);
      expect(two.json.test).toEqual(one.json.test);
    },
    'no-wide': async () => expect((await train({ 'no-wide': true })).json.wide).toBe(false),
    out: async () => {
      await train({ out: 'there.safetensors' });
      expect(existsSync(join(folder, 'there.safetensors'))).toBe(true);
    },
    force: async () => {
      writeFileSync(join(folder, 'taken'), 'mine');
      const refused = await run(folder, ...trainBase, '--out', 'taken');
      expect([refused.code, readFileSync(join(folder, 'taken'), 'utf8')]).toEqual([1, 'mine']);
      await train({ out: 'taken', force: true });
    },
    json: async () => {
      expect(base.finished.stdout).toMatch(/\n\{.*\}\n$/);
      expect((await train({ json: undefined })).finished.stdout).not.toContain('{');
    },
  },
  predict: {
    out: async () => {
      const told = await run(folder, 'predict', 'base', 'd.csv');
      const written = await run(folder, 'predict', 'base', 'd.csv', '--out', 'p.csv');
      expect([written.code, written.stdout]).toEqual([0, '']);
      expect(readFileSync(join(folder, 'p.csv'), 'utf8')).toBe(told.stdout);
      expect(told.stdout).toMatch(/^date,value\n2001-10-28,/);
    },
    force: async () => {
      writeFileSync(join(folder, 'mine.csv'), 'mine');
      const args = ['predict', 'base', 'd.csv', '--out', 'mine.csv'];
      const refused = await run(folder, ...args);
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/^error: mine\.csv exists already: add --force/),
      ]);
      expect(readFileSync(join(folder, 'mine.csv'), 'utf8')).toBe('mine');
      expect((await run(folder, ...args, '--force')).code).toBe(0);
      expect(readFileSync(join(folder, 'mine.csv'), 'utf8')).toMatch(/^date,value\n/);
    },
    format: async () => {
      const { stdout } = await run(folder, 'predict', 'base', 'd.csv', '--format', 'json');
      expect(JSON.parse(stdout)).toMatchObject({ target: 'value', horizon: 3 });
      expect((await run(folder, 'predict', 'base', 'd.csv', '--format=csv')).stdout).toMatch(
        /^date,/,
      );
    },
    interpolate: async () => {
      const refused = await run(folder, 'predict', 'base', 'holes.csv');
      expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/1 empty cell /)]);
      expect((await run(folder, 'predict', 'base', 'holes.csv', '--interpolate')).code).toBe(0);
    },
  },
};

describe('every option acts', () => {
  beforeAll(async () => {
    base = await train({ out: 'base' });
    tuned = await tune({ out: 'tuned' });
  });

  it('and none is forgotten here', () => {
    for (const { name, options } of COMMANDS)
      expect(Object.keys(cases[name]).sort()).toEqual(options.map((one) => one.name).sort());
  });

  const all = Object.entries(cases).flatMap(([command, options]) =>
    Object.entries(options).map(([option, act]) => [command, option, act] as const),
  );
  it.each(all)('sluice %s --%s', (_, __, act) => act());
});
