import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fingerprint } from '../../src/cli/fingerprint.js';
import { StudyFolder } from '../../src/cli/study-folder.js';
import { expectError } from '../support/errors.js';
import { workspace } from './cli-process.js';

const fingerprint: Fingerprint = {
  sluice: '0.1.0',
  data: { rows: 9, sha256: 'x' },
  target: 'y',
  features: [],
  time: [],
  window: 4,
  horizon: 2,
  season: 2,
  interpolate: false,
  epochs: null,
  seed: 0,
  numerics: 'fast',
};

async function opened(): Promise<StudyFolder> {
  const folder = new StudyFolder(join(workspace(), 'study'));
  await folder.open(fingerprint, false);
  await folder.prepare();
  return folder;
}

describe('the folder of a study', () => {
  it('is begun by one of many that begin at once', async () => {
    const path = join(workspace(), 'study');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, () => new StudyFolder(path).open(fingerprint, false)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(readdirSync(path)).toEqual(['study.json']);
    const resumed = Array.from({ length: 8 }, () => new StudyFolder(path).open(fingerprint, true));
    await Promise.all(resumed);
    expect(JSON.parse(readFileSync(join(path, 'study.json'), 'utf8'))).toEqual(fingerprint);
  });

  it('refuses another study, and names every difference', async () => {
    const folder = await opened();
    await expectError(
      () => folder.open(fingerprint, false),
      'study-mismatch',
      /holds a study already/,
    );
    const other = { ...fingerprint, target: 'z', epochs: 5, time: ['date'] };
    await expectError(
      () => folder.open(other, true),
      'study-mismatch',
      /\(target y, now z; time none, now date; epochs by size, now 5\)/,
    );
  });

  it.each(['{', 'null', '[]', '7', '"y"', '', `${'['.repeat(100_000)}`])(
    'refuses a study.json that holds %.9s',
    async (text) => {
      const folder = await opened();
      writeFileSync(join(folder.path, 'study.json'), text);
      await expectError(
        () => folder.open(fingerprint, true),
        'study-mismatch',
        /study\.json is missing or damaged; tune again with --out/,
      );
    },
  );

  it('refuses a study.json with fields of other kinds', async () => {
    const folder = await opened();
    const odd = { ...fingerprint, features: 5, time: null, data: null, sluice: { a: ['\u001b'] } };
    writeFileSync(join(folder.path, 'study.json'), JSON.stringify(odd));
    await expectError(
      () => folder.open(fingerprint, true),
      'study-mismatch',
      /\(features 5, now none; time by size, now none; rows missing, now 9; sluice version \{/,
    );
  });

  it('does not begin where files of the user would be in its way', async () => {
    for (const name of ['model.safetensors', 'report.html', 'trials/trial-0.safetensors']) {
      const path = workspace();
      if (name.includes('/')) mkdirSync(join(path, 'trials'));
      writeFileSync(join(path, name), 'mine');
      for (const resume of [false, true]) {
        await expectError(
          () => new StudyFolder(path).open(fingerprint, resume),
          'study-mismatch',
          /exists already and belongs to no study/,
        );
      }
      expect(readFileSync(join(path, name), 'utf8')).toBe('mine');
      expect(existsSync(join(path, 'study.json'))).toBe(false);
    }
  });

  it('does not follow a link in the place of trials/', async () => {
    const elsewhere = workspace({ 'trial-0.safetensors': 'mine', 'notes.tmp': 'mine' });
    const folder = await opened();
    rmSync(folder.trials, { recursive: true });
    symlinkSync(elsewhere, folder.trials);
    await expectError(
      () => folder.open(fingerprint, true),
      'storage',
      /trials is a link, expected/,
    );
    await expectError(() => folder.prepare(), 'storage', /trials is a link/);
    await expectError(
      () => new StudyFolder(folder.path).open(fingerprint, false),
      'storage',
      /trials is a link/,
    );
    expect(readdirSync(elsewhere).sort()).toEqual(['notes.tmp', 'trial-0.safetensors']);
  });

  it('says when it cannot be made', async () => {
    const place = workspace({ file: '' });
    await expectError(
      () => new StudyFolder(join(place, 'file', 'x')).open(fingerprint, false),
      'storage',
      /not a folder/,
    );
  });
});
