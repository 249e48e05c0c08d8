import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Fingerprint, placeOf, StudyFolder } from '../../src/cli/study-folder.js';
import type { FrozenTrial } from '../../src/tune/trial.js';
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

const trial = (
  number: number,
  state: FrozenTrial['state'],
  value?: number,
  systemAttrs = {},
): FrozenTrial => ({
  number,
  state,
  value,
  params: {},
  distributions: {},
  intermediateValues: {},
  userAttrs: {},
  systemAttrs,
});

async function opened(): Promise<StudyFolder> {
  const folder = new StudyFolder(join(workspace(), 'study'));
  await folder.open(fingerprint, false);
  return folder;
}

const weights = (folder: StudyFolder, place: number) =>
  writeFileSync(join(folder.trials, `trial-${place}.safetensors`), `weights ${place}`);

describe('the folder of a study', () => {
  it('keeps the weights of the best trial, and those of running ones', async () => {
    const folder = await opened();
    for (const place of [0, 1, 2]) weights(folder, place);
    const trials = [trial(0, 'COMPLETE', 3), trial(1, 'COMPLETE', 2), trial(2, 'RUNNING')];
    // Two trials that end at the same time both ask for it.
    await Promise.all([folder.keepBest(() => trials), folder.keepBest(() => trials)]);
    expect(readFileSync(folder.model, 'utf8')).toBe('weights 1');
    expect(readdirSync(folder.trials)).toEqual(['trial-2.safetensors']);
    trials[2] = trial(2, 'COMPLETE', 5);
    await folder.keepBest(() => trials);
    expect(readFileSync(folder.model, 'utf8')).toBe('weights 1');
    expect(readdirSync(folder.trials)).toEqual([]);
  });

  it('counts places, not numbers, for a trial that was run again', async () => {
    const folder = await opened();
    const trials = [
      trial(0, 'COMPLETE', 3),
      trial(1, 'FAIL', undefined, { fail_code: 'interrupted' }),
      trial(2, 'COMPLETE', 1, { failed_trial: 1 }),
    ];
    weights(folder, 1);
    await folder.keepBest(() => trials);
    expect(readFileSync(folder.model, 'utf8')).toBe('weights 1');
    expect(placeOf(trials, 2)).toBe(1);
  });

  it('is cleared of what a killed process left half written', async () => {
    const folder = await opened();
    writeFileSync(join(folder.path, 'report.html.1.tmp'), '');
    writeFileSync(join(folder.trials, 'trial-0.safetensors.ab.tmp'), '');
    await folder.open(fingerprint, true);
    await folder.removeTorn();
    expect(readdirSync(folder.path).sort()).toEqual(['study.json', 'trials']);
    expect(readdirSync(folder.trials)).toEqual([]);
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
    writeFileSync(join(folder.path, 'study.json'), '{');
    await expectError(
      () => folder.open(fingerprint, true),
      'study-mismatch',
      /study\.json is missing or damaged/,
    );
  });

  it('says when the best weights are gone, and when it cannot be made', async () => {
    const folder = await opened();
    await expectError(
      () => folder.training(3),
      'bad-file',
      /weights of trial 3, the best one, are missing/,
    );
    const place = workspace({ file: '' });
    mkdirSync(join(place, 'ok'));
    await expectError(
      () => new StudyFolder(join(place, 'file', 'x')).open(fingerprint, false),
      'storage',
      /not a folder/,
    );
    expect(existsSync(join(place, 'ok', 'study.json'))).toBe(false);
  });
});
