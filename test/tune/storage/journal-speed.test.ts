// Long journals: opened in time that grows with their lines, with turns for the rest of the program.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { attrs, reports, writeJournal } from '../../../bench/journal-lines.mjs';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
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
