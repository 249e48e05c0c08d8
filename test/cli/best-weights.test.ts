import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { layers, readModelFile, sequential, toBytes } from 'sluice/node';
import { describe, expect, it } from 'vitest';
import { BestWeights } from '../../src/cli/best-weights.js';
import { readWhole } from '../../src/cli/read-file.js';
import { StudyFolder } from '../../src/cli/study-folder.js';
import { placeForWeights } from '../../src/cli/trial-weights.js';
import type { FrozenTrial } from '../../src/tune/trial.js';
import { workspace } from './cli-process.js';

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

function opened(): { folder: StudyFolder; weights: BestWeights } {
  const folder = new StudyFolder(workspace());
  mkdirSync(folder.trials);
  return { folder, weights: new BestWeights(folder) };
}

/** What a trial leaves behind: a model that names its place and its value. */
function leave(folder: StudyFolder, place: number, validationError: number): void {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
  const training = { trial: place, validationError };
  writeFileSync(
    join(folder.trials, `trial-${place}.safetensors`),
    toBytes(model, { preprocessing: { training } }),
  );
  model.dispose();
}

async function modelOf(folder: StudyFolder): Promise<unknown> {
  const { preprocessing } = readModelFile(await readWhole(folder.model, 2 ** 20));
  return (preprocessing as { training: { trial: number } }).training.trial;
}

describe('the weights of a study', () => {
  it('are refused by name where something stands in the place of the model', async () => {
    const { folder, weights } = opened();
    leave(folder, 0, 1);
    mkdirSync(folder.model);
    const best = trial(0, 'COMPLETE', 1);
    await expect(weights.take(best, () => [best])).rejects.toThrow(
      `${folder.model}: is a folder, expected a file; give the path of a file`,
    );
  });

  it('are those of the best trial; those of running ones stay', async () => {
    const { folder, weights } = opened();
    const trials = [trial(0, 'COMPLETE', 3), trial(1, 'COMPLETE', 2), trial(2, 'RUNNING')];
    for (const place of [0, 1, 2]) leave(folder, place, trials[place].value ?? 5);
    // Two trials that end at the same time both ask for it.
    await Promise.all([0, 1].map((i) => weights.take(trials[i], () => trials)));
    expect([weights.kept?.place, await modelOf(folder)]).toEqual([1, 1]);
    expect(readdirSync(folder.trials)).toEqual(['trial-2.safetensors']);
    await weights.take(trial(2, 'COMPLETE', 5), () => trials);
    expect(await modelOf(folder)).toBe(1);
    expect(readdirSync(folder.trials)).toEqual([]);
  });

  it('belong to places, not to numbers, where a trial was run again', async () => {
    const { folder, weights } = opened();
    const trials = [
      trial(0, 'COMPLETE', 3),
      trial(1, 'FAIL', undefined, { fail_code: 'interrupted' }),
      trial(2, 'COMPLETE', 1, { failed_trial: 1 }),
    ];
    leave(folder, 1, 1);
    await weights.take(trials[2], () => trials);
    expect([weights.kept?.trial.number, await modelOf(folder)]).toEqual([2, 1]);
    expect(weights.kept?.place).toBe(1);
  });

  it('are found again by the next run, wherever the last one ended', async () => {
    const { folder, weights } = opened();
    const trials = [trial(0, 'COMPLETE', 3), trial(1, 'COMPLETE', 2), trial(2, 'RUNNING')];
    leave(folder, 0, 3);
    await weights.take(trials[0], () => trials);
    // Killed between the end of trial 1 and the sorting of its weights.
    leave(folder, 1, 2);
    leave(folder, 2, 1);
    writeFileSync(join(folder.trials, 'notes.txt'), 'mine');
    writeFileSync(join(folder.trials, 'trial-1.safetensors.bak'), 'mine');
    const next = new BestWeights(folder);
    await next.takeStock(trials);
    expect([next.kept?.place, await modelOf(folder)]).toEqual([1, 1]);
    expect(readdirSync(folder.trials).sort()).toEqual(['notes.txt', 'trial-1.safetensors.bak']);
    const again = new BestWeights(folder);
    await again.takeStock(trials);
    expect(again.kept?.place).toBe(1);
  });

  it('are the best of those that are here where a better trial was run elsewhere', async () => {
    const { folder, weights } = opened();
    const trials = [trial(0, 'COMPLETE', 3), trial(1, 'COMPLETE', 0.5), trial(2, 'COMPLETE', 2)];
    leave(folder, 0, 3);
    await weights.take(trials[0], () => trials);
    await weights.take(trials[1], () => trials);
    expect(weights.kept?.place).toBe(0);
    leave(folder, 2, 2);
    await weights.take(trials[2], () => trials);
    expect(weights.kept?.place).toBe(2);
  });

  it('of another attempt are not taken for those of a trial', async () => {
    const { folder, weights } = opened();
    const trials = [trial(0, 'COMPLETE', 3)];
    leave(folder, 0, 2.9);
    await weights.takeStock(trials);
    expect([weights.kept, existsSync(folder.model)]).toEqual([undefined, false]);
  });

  it("are told from the user's own files under their names, which stay and are said", async () => {
    const folder = new StudyFolder(workspace());
    mkdirSync(folder.trials);
    const at = (place: number) => join(folder.trials, `trial-${place}.safetensors`);
    writeFileSync(at(0), 'mine');
    leave(folder, 1, 1);
    cpSync(at(1), at(2)); // of another place
    renameSync(at(1), join(folder.path, 'elsewhere'));
    symlinkSync(join(folder.path, 'elsewhere'), at(1));
    mkdirSync(at(3));
    const said: string[] = [];
    const weights = new BestWeights(folder, (message) => said.push(message));
    const trials = [0, 1, 2, 3].map((number) => trial(number, 'COMPLETE', 1));
    await weights.takeStock(trials);
    for (const one of trials) await weights.take(one, () => trials);
    expect(readdirSync(folder.trials)).toHaveLength(4);
    expect(readFileSync(at(0), 'utf8')).toBe('mine');
    expect([weights.kept, existsSync(folder.model)]).toEqual([undefined, false]);
    expect(said.slice(0, 4)).toEqual(
      [0, 1, 2, 3].map(
        (n) =>
          `${at(n)} holds no weights of the trial at place ${n} of this study, and stays as it is`,
      ),
    );
    for (const place of [0, 1, 2, 3]) {
      await expect(placeForWeights(folder.trials, place)).rejects.toMatchObject({
        code: 'storage',
        message: expect.stringMatching(/and would be replaced: move it to another place$/),
      });
    }
    leave(folder, 4, 1); // a worker that died has left it
    expect(await placeForWeights(folder.trials, 4)).toBe(at(4));
    expect(await placeForWeights(folder.trials, 5)).toBe(at(5));
  });

  it('are neither looked for nor left behind a link that takes the place of trials/', async () => {
    const { folder, weights } = opened();
    const trials = [trial(0, 'COMPLETE', 3), trial(1, 'PRUNED', 4)];
    leave(folder, 0, 3);
    leave(folder, 1, 4);
    const elsewhere = join(folder.path, 'elsewhere');
    renameSync(folder.trials, elsewhere);
    symlinkSync(elsewhere, folder.trials);
    for (const one of trials) {
      await expect(new BestWeights(folder).take(one, () => trials)).rejects.toMatchObject({
        code: 'storage',
        message: expect.stringContaining('trials is a link, expected a folder'),
      });
    }
    await expect(placeForWeights(folder.trials, 2)).rejects.toMatchObject({ code: 'storage' });
    await folder.tidy();
    expect(readdirSync(elsewhere)).toEqual(['trial-0.safetensors', 'trial-1.safetensors']);
    expect([weights.kept, existsSync(folder.model)]).toEqual([undefined, false]);
  });

  it('cost a trial no more where many came before', async () => {
    const { weights } = opened();
    const trials = Array.from({ length: 20_000 }, (_, i) => trial(i, 'COMPLETE', i + 1));
    let asked = 0;
    const list = () => {
      asked++;
      return trials;
    };
    await weights.take(trials[19_999], list);
    for (const one of trials.slice(0, 100)) await weights.take(one, list);
    // The list of all trials is looked at once; each trial costs the removal of its own file.
    expect(asked).toBe(1);
  });
});
