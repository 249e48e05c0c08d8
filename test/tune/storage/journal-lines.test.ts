// What stands in the file: torn ends are cut, anything else that is wrong is refused by line.
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { studyFactory } from '../../../src/tune/study.js';

const createStudy = studyFactory();
const folder = mkdtempSync(join(tmpdir(), 'sluice-lines-'));
afterAll(() => rmSync(folder, { recursive: true }));

let path: string;
let count = 0;
let whole: string;

const space = (t: { suggestFloat(name: string, low: number, high: number): number }) => ({
  x: t.suggestFloat('x', -1, 1),
});

async function run(trials = 1) {
  const study = await createStudy({ storage: journalFile(path) });
  await study.optimize({ space, trials, objective: ({ x }) => x });
  return study;
}

beforeEach(async () => {
  path = join(folder, `${count++}.log`);
  await run(3);
  whole = readFileSync(path, 'utf8');
});

const isWhole = (text: string) =>
  text.endsWith('\n') &&
  text
    .split('\n')
    .slice(0, -1)
    .every((line) => JSON.parse(line));

describe('the end of a journal', () => {
  it('may be torn at any byte: what was whole is kept, the study goes on', async () => {
    const start = whole.lastIndexOf('\n', whole.length - 2) + 1;
    for (let end = start; end < whole.length; end += 9) {
      writeFileSync(path, whole.slice(0, end));
      const study = await run(1);
      const kept = end === whole.length - 1 ? 3 : 2;
      expect(study.trials.slice(0, kept).every((t) => t.state === 'COMPLETE')).toBe(true);
      const after = readFileSync(path, 'utf8');
      expect(after.startsWith(whole.slice(0, start))).toBe(true);
      expect(isWhole(after)).toBe(true);
    }
  });

  it.each([
    ['a whole operation without its newline', '', (t: string) => t.slice(0, -1), 3],
    ['zeros, as after a power failure', '\0\0\0\0', (t: string) => t, 3],
    [
      'the beginning of a string in UTF-8',
      '{"op_code": 8, "user_attr": {"a": "\u00fc',
      (t: string) => t,
      3,
    ],
    ['the beginning of a number', '{"op_code": 7, "step": 1e', (t: string) => t, 3],
    [
      'the beginning of a bare word',
      '{"op_code": 7, "intermediate_value": -Inf',
      (t: string) => t,
      3,
    ],
    ['a torn line and zeros', '{"op_code": 7, "wor\0\0', (t: string) => t, 3],
    ['a whole operation with zeros for its newline', '\0\0', (t: string) => t.slice(0, -1), 3],
  ])('may be %s', async (_, tail, cut, trials) => {
    writeFileSync(path, cut(whole) + tail);
    const study = await createStudy({ storage: journalFile(path) });
    expect(study.trials).toHaveLength(trials);
    expect(readFileSync(path, 'utf8')).toBe(whole);
  });

  it('is cut by a process that has the file open, too', async () => {
    const study = await createStudy({ storage: journalFile(path) });
    appendFileSync(path, '{"op_code": 7, "wor');
    await study.optimize({ space, trials: 1, objective: ({ x }) => x });
    expect(study.trials).toHaveLength(4);
    expect(isWhole(readFileSync(path, 'utf8'))).toBe(true);
  });
});

describe('a journal is refused, and left as it is', () => {
  const open = () => createStudy({ storage: journalFile(path) });
  const op = (fields: object) => `${JSON.stringify({ worker_id: 'w', ...fields })}\n`;
  const many = `{"a": [${Array(2 ** 20).fill('[]')}]}`;
  const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const lines = () => whole.split('\n').length - 1;

  it.each<[string, (text: string) => string, (lines: number) => string | RegExp]>([
    [
      'with a broken line in the middle',
      (t) => t.replace('{"op_code": 6', '{"op_code'),
      () => 'line 3: expected an operation of an Optuna journal',
    ],
    [
      'with an empty line in the middle',
      (t) => t.replace('\n', '\n\n'),
      () => 'line 2: expected an operation',
    ],
    [
      'that is a table',
      () => 'time,births\n2000-01-01,9083\n',
      () =>
        'line 1: expected an operation of an Optuna journal (a JSON object with op_code), but found "time,births"; restore the file from a copy, mend the line, or give another path',
    ],
    ['that is one line of text', () => 'notes', () => 'line 1: expected an operation'],
    ['that is other JSON', () => '[1, 2]', () => 'line 1: expected an operation'],
    [
      'with a torn line that got a newline',
      (t) => `${t}{"op_code": 7, "wor\n`,
      (n) => `line ${n + 1}: expected an operation`,
    ],
    [
      'with an empty line at its end',
      (t) => `${t}\n`,
      (n) => `line ${n + 1}: expected an operation`,
    ],
    [
      'whose last newline has become another character',
      (t) => `${t.slice(0, -1)}J`,
      (n) => `line ${n}: expected an operation`,
    ],
    [
      'with a value changed in a line that carries a checksum',
      (t) => t.replace('"state": 1', '"state": 3'),
      () =>
        /line \d+: expected .* but its checksum is [0-9a-f]{8} instead of [0-9a-f]{8}, so it was changed/,
    ],
    [
      'with a line that is not UTF-8',
      (t) => t + op({ op_code: 8, trial_id: 0, user_attr: { a: '\u{fffd}' } }),
      (n) =>
        `line ${n + 1}: expected an operation of an Optuna journal (a JSON object with op_code), but it is not UTF-8`,
    ],
    [
      'with a line of more values than memory is worth',
      (t) => t + op({ op_code: 8, trial_id: 2, user_attr: [] }).replace('[]', many),
      (n) =>
        `line ${n + 1}: expected an operation of an Optuna journal (a JSON object with op_code), but it holds more than 2097152 values, the most that a line may have`,
    ],
    [
      'with a last line of more values than memory is worth, and no newline',
      (t) => t + op({ op_code: 8, trial_id: 2, user_attr: [] }).replace('[]', many).trimEnd(),
      (n) =>
        `line ${n + 1}: expected an operation of an Optuna journal (a JSON object with op_code), but it holds more than 2097152 values, the most that a line may have`,
    ],
    [
      'with a line nested without end',
      (t) => t + op({ op_code: 8, trial_id: 2, user_attr: [] }).replace('[]', nested(1e5)),
      (n) =>
        `line ${n + 1}: expected an operation of an Optuna journal (a JSON object with op_code), but it is nested deeper than 900`,
    ],
    [
      'from the future',
      (t) => t + op({ op_code: 11, study_id: 0 }),
      (n) =>
        `line ${n + 1}: unknown operation (op_code 11; known are 0 to 10). It may come from a newer version of Optuna or sluice: open the file with that one, or update sluice`,
    ],
    [
      'with a strange op_code',
      (t) => t + op({ op_code: '4' }),
      (n) => `line ${n + 1}: unknown operation (op_code "4"`,
    ],
    [
      'with a strange state',
      (t) =>
        t +
        op({ op_code: 4, study_id: 0 }) +
        op({ op_code: 6, trial_id: 3, state: 5, values: null }),
      (n) => `line ${n + 2}: unknown state 5`,
    ],
    [
      'with a strange distribution',
      (t) =>
        t +
        op({ op_code: 4, study_id: 0 }) +
        op({
          op_code: 5,
          trial_id: 3,
          param_name: 'b',
          param_value_internal: 1,
          distribution: '{"name": "Beta", "attributes": {}}',
        }),
      (n) => `line ${n + 2}: unknown distribution "Beta"`,
    ],
    [
      'with a distribution of more values than memory is worth',
      (t) =>
        t +
        op({ op_code: 4, study_id: 0 }) +
        op({
          op_code: 5,
          trial_id: 3,
          param_name: 'b',
          param_value_internal: 1,
          distribution: `{"name": "CategoricalDistribution", "attributes": {"choices": ${many}}}`,
        }),
      (n) => `line ${n + 2}: it holds more than 2097152 values`,
    ],
    [
      'with a distribution that is no JSON',
      (t) =>
        t +
        op({
          op_code: 5,
          trial_id: 3,
          param_name: 'b',
          param_value_internal: 1,
          distribution: '{',
        }),
      (n) => `line ${n + 1}: `,
    ],
    [
      'with a param without distribution',
      (t) => t + op({ op_code: 4, study_id: 0, params: { a: 1 } }),
      (n) => `line ${n + 1}: no distribution of param 'a'`,
    ],
    [
      'with a field missing',
      (t) => t + op({ op_code: 4 }),
      (n) => `line ${n + 1}: \`study_id\` must be an integer, but is nothing`,
    ],
    [
      'with a field of another type',
      (t) => t + op({ op_code: 0, study_name: 'b', directions: 1 }),
      (n) => `line ${n + 1}: \`directions\` must be an array, but is 1`,
    ],
    ...[[3], ['maximize'], [0], [], [1, null]].map(
      (directions): [string, (t: string) => string, (n: number) => string] => [
        `with directions ${JSON.stringify(directions)}`,
        (t: string) => t + op({ op_code: 0, study_name: 'b', directions }),
        (n: number) =>
          `line ${n + 1}: \`directions\` must be an array of 1 (minimize) and 2 (maximize), but is ${JSON.stringify(directions)}`,
      ],
    ),
    ...[[1, 2], ['1'], [], null, [null], [Number.NaN]].map(
      (values): [string, (t: string) => string, (n: number) => string] => [
        `with a COMPLETE trial of values ${JSON.stringify(values)}`,
        (t: string) =>
          t +
          op({ op_code: 4, study_id: 0, state: 1, values }).replace(
            '[null]',
            Number.isNaN(values?.[0]) ? '[NaN]' : '[null]',
          ),
        (n: number) => `line ${n + 1}: \`values\` of a COMPLETE trial must be 1 number, but are`,
      ],
    ),
    [
      'with a report that is no number',
      (t) => t + op({ op_code: 7, trial_id: 0, step: 1, intermediate_value: '0.5' }),
      (n) => `line ${n + 1}: \`intermediate_value\` must be a number, but is "0.5"`,
    ],
    [
      'with reports that are no numbers',
      (t) => t + op({ op_code: 4, study_id: 0, intermediate_values: { 0: null } }),
      (n) => `line ${n + 1}: \`intermediate_values\` must be an object of numbers, but is`,
    ],
    [
      'with attributes of another type',
      (t) => t + op({ op_code: 8, trial_id: 0, user_attr: [1] }),
      (n) => `line ${n + 1}: \`user_attr\` must be an object, but is [1]`,
    ],
  ])('%s', async (_, change, message) => {
    // What stands for the broken character in JavaScript is a broken byte in the file.
    const bytes = Buffer.from(change(whole).replace('\u{fffd}', '\xff'), 'latin1');
    writeFileSync(path, bytes);
    await expect(open()).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringContaining(`journal '${path}'`),
    });
    await expect(open()).rejects.toThrow(message(lines()));
    expect(readFileSync(path)).toEqual(bytes);
  });

  it.each([
    ['of 600 MB', () => truncateSync(path, 600 * 2 ** 20)],
    [
      'of 600 MB with a newline',
      () => {
        truncateSync(path, 600 * 2 ** 20);
        appendFileSync(path, '\n');
      },
    ],
    [
      'of 25 million bare words',
      () => {
        appendFileSync(
          path,
          '{"op_code": 8, "worker_id": "w", "trial_id": 0, "user_attr": {"a": [NaN',
        );
        for (let i = 0; i < 25; i++) appendFileSync(path, ', NaN'.repeat(1e6));
        appendFileSync(path, ']}}\n');
      },
    ],
  ])('with a line %s, in bounded memory', async (_, make) => {
    make();
    const before = process.memoryUsage().rss;
    await expect(open()).rejects.toThrow(
      `line ${lines() + 1}: expected an operation of an Optuna journal (a JSON object with op_code), but it is longer than 67108864 bytes, the most that a line may have`,
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
  });

  it('where it is no file', async () => {
    await expect(createStudy({ storage: journalFile('/dev/null') })).rejects.toThrow(
      "journal '/dev/null' is not a file",
    );
  });

  it('until it is mended, and then goes on with the same storage', async () => {
    const storage = journalFile(path);
    writeFileSync(path, whole.replace('\n', '\n\n'));
    await expect(createStudy({ storage })).rejects.toThrow('line 2: expected an operation');
    writeFileSync(path, whole);
    const study = await createStudy({ storage });
    await study.optimize({ space, trials: 1, objective: () => 1 });
    expect(study.trials).toHaveLength(4);
  });

  it('where it shrinks or vanishes while it is open', async () => {
    const study = await open();
    truncateSync(path, statSync(path).size - 20);
    const more = { space, trials: 1, objective: () => 1 };
    await expect(study.optimize(more)).rejects.toThrow('became shorter');
    writeFileSync(path, whole);
    const other = await open();
    rmSync(path);
    await expect(other.optimize(more)).rejects.toThrow(
      'the file must stay while the study is open',
    );
  });

  it.each([
    ['', 'journalFile: the path must be a non-empty string or a file: URL, but got '],
    [undefined, 'but got undefined'],
  ])('where the path is %o', (wrong, message) => {
    expect(() => journalFile(wrong as string)).toThrow(message);
  });

  it('where there is no folder, or a folder', async () => {
    const storage = journalFile(join(folder, 'none', 'study.log'));
    await expect(createStudy({ storage })).rejects.toThrow(
      /study\.log': ENOENT.*the folder must exist/,
    );
    await expect(createStudy({ storage: journalFile(folder) })).rejects.toThrow(
      /give the path of a file/,
    );
  });
});

describe('one flipped bit in the last line', () => {
  it('is refused with the number of the line, or changes no trial; nothing is cut', async () => {
    const { trials } = await createStudy({ storage: journalFile(path) });
    const before = JSON.stringify(trials);
    const bytes = Buffer.from(whole);
    const start = whole.lastIndexOf('\n', whole.length - 2) + 1;
    const number = whole.split('\n').length - 1;
    let refused = 0;
    for (let bit = 8 * start; bit < 8 * bytes.length; bit++) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] ^= 1 << (bit & 7);
      writeFileSync(path, flipped);
      const storage = journalFile(path);
      try {
        await storage.refresh();
        expect(JSON.stringify(storage.trials(0))).toBe(before);
      } catch (error) {
        refused += 1;
        expect(String(error)).toContain(`line ${number}`);
      }
      expect(readFileSync(path).equals(flipped)).toBe(true);
    }
    // All but those within the name of the field that holds the checksum.
    expect(refused).toBeGreaterThanOrEqual(8 * (bytes.length - start) - 8 * 3);
  });
});

describe('what is written', () => {
  it('carries a checksum that may be taken out by hand', async () => {
    expect(
      whole
        .split('\n')
        .slice(0, -1)
        .every((line) => /, "crc": "[0-9a-f]{8}"}$/.test(line)),
    ).toBe(true);
    writeFileSync(
      path,
      whole.replace(/, "crc": "[0-9a-f]{8}"/g, '').replaceAll('"state": 1', '"state": 3'),
    );
    const study = await createStudy({ storage: journalFile(path) });
    expect(study.trials.map((t) => t.state)).toEqual(['FAIL', 'FAIL', 'FAIL']);
  });

  it('is refused where a line would be too long, and nothing else with it', async () => {
    const storage = journalFile(path);
    const { id } = await storage.createStudy('big', ['minimize']);
    const start = { params: {}, distributions: {}, systemAttrs: {} };
    const [big, small] = await Promise.allSettled([
      storage.createTrial(id, { ...start, userAttrs: { a: 'x'.repeat(65 * 2 ** 20) } }),
      storage.createTrial(id, { ...start, userAttrs: { a: 'x' } }),
    ]);
    expect(String((big as PromiseRejectedResult).reason)).toContain(
      'longer than a line may be (67108864); keep large attributes in a file of their own',
    );
    expect(small).toMatchObject({ status: 'fulfilled', value: { number: 0 } });
  });

  it('is refused where a line would hold too many values, and nothing else with it', async () => {
    const storage = journalFile(path);
    const { id } = await storage.createStudy('big', ['minimize']);
    const start = { params: {}, distributions: {}, systemAttrs: {} };
    const most = Array(2 ** 21 - 100).fill(0);
    const [big, small] = await Promise.allSettled([
      storage.createTrial(id, { ...start, userAttrs: { a: [most, Array(200).fill(0)] } }),
      storage.createTrial(id, { ...start, userAttrs: { a: most } }),
    ]);
    expect(String((big as PromiseRejectedResult).reason)).toMatch(
      /an operation cannot be written: it holds more than 2097152 values, .*; keep large attributes in a file of their own/,
    );
    expect(small).toMatchObject({ status: 'fulfilled', value: { number: 0 } });
    const again = journalFile(path);
    await again.refresh();
    expect(again.trials(id)[0].userAttrs.a).toEqual(most);
  });
});

describe('what others wrote', () => {
  it('may hold an operation that Optuna passes over', async () => {
    appendFileSync(path, '{"op_code": 10, "worker_id": "w", "study_id": 0, "trial_ids": [0]}\n');
    const study = await run(1);
    expect(study.trials.map((t) => t.state)).toEqual(Array(4).fill('COMPLETE'));
  });

  it('may hold a million bare words in one line', async () => {
    const line = `{"op_code": 8, "worker_id": "w", "trial_id": 3, "user_attr": {"a": [NaN${', -Infinity'.repeat(1e6)}]}}\n`;
    appendFileSync(
      path,
      `{"op_code": 4, "worker_id": "w", "study_id": 0, "datetime_start": null}\n${line}`,
    );
    const { trials } = await createStudy({ storage: journalFile(path) });
    expect((trials[3].userAttrs.a as number[]).length).toBe(1e6 + 1);
    expect((trials[3].userAttrs.a as number[])[1e6]).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is taken in: a study deleted, trials added, a race lost', async () => {
    const study = await createStudy({ storage: journalFile(path) });
    const op = (fields: object) =>
      appendFileSync(path, `${JSON.stringify({ worker_id: 'w', ...fields })}\n`);
    op({ op_code: 0, study_name: 'study', directions: [2] });
    op({
      op_code: 6,
      trial_id: 0,
      state: 3,
      values: null,
      datetime_complete: '2026-01-01T00:00:00.000000',
    });
    op({ op_code: 7, trial_id: 99, step: 0, intermediate_value: 1 });
    op({ op_code: 4, study_id: 9, datetime_start: null });
    op({ op_code: 4, study_id: 0, datetime_start: '2026-01-01T00:00:00.123456' });
    await study.optimize({ space, trials: 1, objective: () => 6 });
    expect(study.trials.map((t) => t.state)).toEqual([
      'COMPLETE',
      'COMPLETE',
      'COMPLETE',
      'RUNNING',
      'COMPLETE',
    ]);
    await study.optimize({ space, trials: 1, objective: () => 7, failStale: 0 });
    expect(study.trials.map((t) => t.state)).toEqual([
      'COMPLETE',
      'COMPLETE',
      'COMPLETE',
      'FAIL',
      'COMPLETE',
      'COMPLETE',
    ]);
    expect(study.trials[3]).toMatchObject({
      failReason: 'interrupted',
      datetimeStart: new Date('2026-01-01T00:00:00.123'),
    });
    expect(study.trials[5]).toMatchObject({ value: 7, systemAttrs: { failed_trial: 3 } });
    op({ op_code: 1, study_id: 0 });
    await expect(study.optimize({ space, trials: 1, objective: () => 7 })).rejects.toThrow(
      'no study with id 0',
    );
    expect((await createStudy({ storage: journalFile(path) })).trials).toEqual([]);
  });

  it('may be reached by a URL', async () => {
    const study = await createStudy({ storage: journalFile(pathToFileURL(path)) });
    expect(study.trials).toHaveLength(3);
  });
});
