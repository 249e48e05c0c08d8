// Long journals: opened in time that grows with their lines, with turns for the rest of the program.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import {
  attrs,
  newNames,
  reports,
  studyAttrs,
  writeJournal,
} from '../../../bench/journal-lines.mjs';
import { Places } from '../../../src/tune/places.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { takeLines } from '../../../src/tune/storage/journal-file-lines.js';
import { studyFactory } from '../../../src/tune/study.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-speed-'));
const path = join(folder, 'study.log');
const open = (signal?: AbortSignal) => studyFactory()({ storage: journalFile(path), signal });
afterAll(() => rmSync(folder, { recursive: true }));

// With a copy for each line 20,000 of them took 25 and 97 seconds, these nine times as long.
it.each([
  ['reports', reports, 'intermediateValues' as const],
  ['attributes', attrs, 'userAttrs' as const],
])('a trial of 60,000 %s is opened in seconds', async (_, lines, field) => {
  writeJournal(path, lines(60_000));
  const began = performance.now();
  const { trials } = await open();
  expect(Object.keys(trials[0][field])).toHaveLength(60_000);
  expect(performance.now() - began).toBeLessThan(20_000);
});

// With a copy for each line 10,000 of them took 36 seconds, these a hundred times as long.
it.each([
  ['userAttrs', 2, 'user_attr'],
  ['systemAttrs', 3, 'system_attr'],
] as const)('a study of 100,000 attributes (%s) is opened in seconds', async (kind, op, field) => {
  writeJournal(path, studyAttrs(100_000, op, field));
  const began = performance.now();
  const storage = journalFile(path);
  await storage.refresh();
  const record = storage.study('study')!;
  expect(Object.keys(record[kind])).toHaveLength(100_000);
  expect(record[kind].k99999).toBe(99_999);
  expect(storage.study('study')).toBe(record);
  expect(Object.isFrozen(record[kind])).toBe(true);
  expect(performance.now() - began).toBeLessThan(20_000);
});

it('100,000 trials with a parameter of its own each, and attributes between, likewise', async () => {
  writeJournal(path, newNames(100_000));
  const began = performance.now();
  const { trials } = await open();
  expect([trials.length, trials[99_999].params]).toEqual([100_000, { p99999: 0.5 }]);
  expect(performance.now() - began).toBeLessThan(30_000);
});

// Each was looked for in the whole queue: 100,000 took 13 seconds.
it('200,000 queued trials are taken in within seconds, and run in their order', () => {
  const places = new Places();
  const fields = { params: {}, distributions: {}, intermediateValues: {}, userAttrs: {} };
  const queued = (number: number) =>
    ({ number, state: 'WAITING', ...fields, systemAttrs: {} }) as const;
  const began = performance.now();
  for (let number = 0; number < 200_000; number++) places.add(queued(number));
  for (let number = 199_999; number > 0; number--) places.update(queued(number));
  places.update({ ...queued(1), state: 'FAIL' });
  expect(places.next().place).toBe(0);
  places.start(queued(0));
  expect(places.next().place).toBe(2);
  expect(performance.now() - began).toBeLessThan(20_000);
});

it('the record of a study that others change is another one; what was given out stays', async () => {
  writeJournal(path, studyAttrs(2, 2, 'user_attr'));
  const storage = journalFile(path);
  await storage.refresh();
  const before = storage.study('study')!;
  writeJournal(path, studyAttrs(3, 2, 'user_attr'));
  await storage.refresh();
  expect(before.userAttrs).toEqual({ k0: 0, k1: 1 });
  expect(storage.study('study')!.userAttrs).toEqual({ k0: 0, k1: 1, k2: 2 });
});

it('reading can be stopped after each line, not only after a whole read', async () => {
  writeJournal(path, studyAttrs(100, 2, 'user_attr'));
  const handle = await openFile(path);
  let taken = 0;
  const take = () => {
    taken += 1;
  };
  const pause = async () => {
    throw new Error('stopped');
  };
  const stopped = takeLines(handle, 0, statSync(path).size, take, () =>
    taken === 3 ? pause() : undefined,
  );
  await expect(stopped).rejects.toThrow('stopped');
  await handle.close();
  expect(taken).toBe(3);
});

it('opening stops when told to, and goes on where it stopped', async () => {
  writeJournal(path, reports(200_000));
  const control = new AbortController();
  setTimeout(() => control.abort(), 30);
  await expect(open(control.signal)).rejects.toMatchObject({
    code: 'aborted',
    message: `journal '${path}': reading was stopped`,
  });
  expect((await open()).trials[0].intermediateValues[199_999]).toBe(199_999 / 3);
});
