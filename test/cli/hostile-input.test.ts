// Files and names made to do harm: one clear line in bounded time and memory, nothing obeyed.
import { execFileSync, spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { commandLine, quoted } from '../../src/cli/invocation.js';
import { escapedJson, printResult } from '../../src/cli/output.js';
import { dailyCsv } from '../forecast/series-samples.js';
import { lastLine, run, start, workspace } from './cli-process.js';

const folder = workspace();
const million = (make: (i: number) => string | number) =>
  Array.from({ length: 1_000_000 }, (_, i) => make(i)).join(',');

describe('a CSV file made to do harm', () => {
  it.each<[string, () => string | Uint8Array, RegExp]>([
    ['line ends by the hundred MB', () => Buffer.alloc(1e8, '\n'), /more than 1000000 blank lines/],
    ['commas by the hundred MB', () => Buffer.alloc(1e8, ','), /line 1 has more than 16384 cells/],
    [
      'a name of 16 MB',
      () => `${'x'.repeat(16e6)},value\n1,2\n`,
      /line 1 holds a cell of more than 100000 characters/,
    ],
    [
      'a million columns',
      () => `${million((i) => `c${i}`)}\n${million((i) => i)}\n`,
      /line 1 has more than 16384 cells/,
    ],
    [
      'a quote of a hundred MB',
      () => Buffer.concat([Buffer.from('a,value\n1,"'), Buffer.alloc(1e8, 'x\n')]),
      /line 2: a quoted cell is not closed/,
    ],
    [
      'more rows than memory',
      () => Buffer.concat([Buffer.from('value\n'), Buffer.alloc(3e7, '1\n')]),
      /line \d+: the cells so far take more than the \d+ MB of memory/,
    ],
  ])('of %s is refused in one line', async (_, content, message) => {
    writeFileSync(join(folder, 'bad.csv'), content());
    const words = ['train', 'bad.csv', '--target', 'value', '--out', 'm'];
    // 300 MB of memory for all objects: whoever keeps the file dies of it.
    const { code, stderr } = await start(folder, words, {}, ['--max-old-space-size=300']).finished;
    rmSync(join(folder, 'bad.csv'));
    expect([code, stderr.trimEnd().split('\n').length]).toEqual([1, 1]);
    expect(stderr).toMatch(/^error: bad\.csv /);
    expect(stderr).toMatch(message);
  });

  it('names a value that is out of all proportion, before anything is trained', async () => {
    const lines = dailyCsv(200).trimEnd().split('\n');
    const values = (change: (value: string, row: number) => string) =>
      `${lines.map((line, i) => (i === 0 ? line : `${line.split(',')[0]},${change(line.split(',')[1], i)}`)).join('\n')}\n`;
    const common = ['--target', 'value', '--window', '14', '--horizon', '3', '--out', 'm'];
    const cases: [string, RegExp][] = [
      [
        values((value, row) => (row === 190 ? '1e300' : value)),
        /line 191 \(row 190\), target "value": "1e300" is beyond 1e\+100, too large/,
      ],
      [
        values((value, row) => (row === 190 ? '1e40' : value)),
        /line 191 \(row 190\), target "value": 1e\+40 is out of all proportion/,
      ],
      [values((value) => `${value}e-172`), /target "value" varies by no more than .*e-17\d.*unit/],
    ];
    for (const [text, message] of cases) {
      writeFileSync(join(folder, 'n.csv'), text);
      for (const command of ['tune', 'train']) {
        const { code, stderr } = await run(folder, command, 'n.csv', ...common);
        expect([code, stderr]).toEqual([1, expect.stringMatching(message)]);
        expect(stderr).not.toMatch(/^(epoch|\[)/m);
      }
    }
  });
});

describe('names with control and bidi characters', () => {
  const name = 'a\u001b[2J\u202eb';
  const file = `d\u001b[31m.csv`;

  it('are shown escaped by every command, and kept in what is data', async () => {
    writeFileSync(join(folder, file), dailyCsv(200).replace('value', `"${name}"`));
    const common = [file, '--target', name, '--window', '14', '--horizon', '3', '--epochs', '1'];
    const more = ['--json', '--out', 's\u009b1m'];
    const tuned = await run(folder, 'tune', ...common, '--trials', '1', ...more);
    expect(tuned.code, tuned.stderr).toBe(0);
    const model = 'm\u001b]0;t\u0007';
    const trained = await run(folder, 'train', ...common, '--out', model, '--json');
    const mistyped = await run(folder, 'train', file, '--target', `${name}c`, '--out', 'x');
    const again = await run(folder, 'tune', ...common, ...more);
    const unknown = await run(folder, `t\u001bx`);
    const option = await run(folder, 'tune', `--\u202ex`);
    for (const { stdout, stderr } of [tuned, trained, mistyped, again, unknown, option])
      expect(stdout + stderr).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(tuned.stderr).toContain('in units of a\\x1b[2J\\u202eb');
    expect(mistyped.stderr).toContain('did you mean "a\\x1b[2J\\u202eb"?');
    expect(lastLine(tuned).files.folder).toBe('s\u009b1m');
    const { stdout } = await run(folder, 'predict', model, file);
    expect(stdout.split('\n')[0]).toBe(`date,${name}`);
    const json = await run(folder, 'predict', model, file, '--format', 'json');
    expect(JSON.parse(json.stdout).target).toBe(name);
    expect(json.stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it('are escaped in results that go to a terminal, and only there', () => {
    const write = (isTTY: boolean) => {
      let text = '';
      const stream = { isTTY, write: (more: string) => (text += more) };
      printResult(`time,${name}\n1,2\n`, stream as unknown as NodeJS.WriteStream);
      return text;
    };
    expect(write(false)).toBe(`time,${name}\n1,2\n`);
    expect(write(true)).toBe('time,a\\x1b[2J\\u202eb\n1,2\n');
    expect(escapedJson({ a: '\u202e\u{e0001}\u2028' })).toBe(
      '{"a":"\\u202e\\udb40\\udc01\\u2028"}',
    );
  });

  it('come through a shell as they were', () => {
    for (const word of ['a b', "it's", name, "x\n'y\\z", '\u{e0001}', 'ü\u0007']) {
      const shown = quoted(word);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      const env = { ...process.env, LC_ALL: 'C.UTF-8' };
      const back = execFileSync('bash', ['-c', `printf %s ${shown}`], { env }).toString();
      expect(back).toBe(word);
    }
    expect(commandLine(['tune', 'a\nb'])).toMatch(/ tune \$'a\\x0ab'$/);
  });
});

it('a result that standard output could not take is an error', () => {
  const cli = fileURLToPath(new URL('../../build/cli.js', import.meta.url));
  const words = ['-c', '"$0" "$1" --version > /dev/full', process.execPath, cli];
  const { status, stderr } = spawnSync('bash', words, { encoding: 'utf8' });
  expect([status, stderr]).toEqual([
    1,
    expect.stringMatching(/^error: standard output: .*ENOSPC.*\n$/),
  ]);
});
