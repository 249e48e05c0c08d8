import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fromBytes, layers, readModelFile, SluiceError, sequential, toBytes } from 'sluice';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, saveModel } from '../src/node-files.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-files-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const smallModel = () =>
  sequential({ layers: [layers.lstm({ units: 3, inputShape: [4, 2] })], seed: 3 });

async function failure(promise: Promise<unknown>): Promise<SluiceError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(SluiceError);
  return error;
}

describe('saveModel and loadModel', () => {
  it('write what fromBytes and readModelFile take as the Buffer that Node reads', async () => {
    const path = join(folder, 'buffer.safetensors');
    const model = smallModel();
    await saveModel(model, path);
    const weights = model.getWeights();
    expect(fromBytes(readFileSync(path)).getWeights()).toEqual(weights);
    expect(
      [...readModelFile(readFileSync(path)).tensors.values()].map(({ shape }) => shape),
    ).toEqual(
      ['bias', 'kernel', 'recurrentKernel'].map(
        (name) => weights[model.weightSpecs.findIndex((w) => w.name.endsWith(`/${name}`))].shape,
      ),
    );
  });

  it('keep a model to the bit, by path and by URL', async () => {
    const path = join(folder, 'a model.safetensors');
    const model = smallModel();
    await saveModel(model, path, { preprocessing: { mean: [1] } });
    expect(new Uint8Array(readFileSync(path))).toEqual(
      toBytes(model, { preprocessing: { mean: [1] } }),
    );
    const loaded = await loadModel(pathToFileURL(path), { numerics: 'portable' });
    expect(loaded.numerics).toBe('portable');
    expect(loaded.getWeights()).toEqual(model.getWeights());
  });

  it('replace a file and leave nothing beside it', async () => {
    const own = mkdtempSync(join(folder, 'replace-'));
    const path = join(own, 'm.safetensors');
    writeFileSync(path, 'something old');
    await saveModel(smallModel(), path);
    await saveModel(smallModel(), path);
    expect(readdirSync(own)).toEqual(['m.safetensors']);
    await loadModel(path);
  });

  it('name the path when it cannot be written, and leave no temporary file', async () => {
    const missing = join(folder, 'no', 'such', 'm.safetensors');
    const error = await failure(saveModel(smallModel(), missing));
    expect(error.code).toBe('storage');
    expect(error.message).toContain(missing);
    expect(error.message).toMatch(/ENOENT.*choose a folder that exists/);
    const own = mkdtempSync(join(folder, 'taken-'));
    // A folder where the file should go: the rename fails after the bytes were written.
    expect((await failure(saveModel(smallModel(), own))).message).toContain(own);
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('name the path of what cannot be read', async () => {
    const missing = join(folder, 'missing.safetensors');
    const error = await failure(loadModel(missing));
    expect(error.code).toBe('storage');
    expect(error.message).toMatch(/missing\.safetensors: ENOENT.*check the path/);
    const nowhere = await failure(loadModel(folder));
    expect(nowhere.message).toBe(`${folder}: it is not a file`);
  });

  it('want a path or a file: URL', async () => {
    const remote = new URL('https://example.org/m.safetensors');
    for (const path of [remote, '', undefined as unknown as string]) {
      expect((await failure(loadModel(path))).message).toMatch(/^loadModel expects a path/);
      expect((await failure(saveModel(smallModel(), path))).message).toMatch(/^saveModel expects/);
    }
    const error = await failure(loadModel('m', { numerics: 'double' as 'fast' }));
    expect(error.code).toBe('bad-option');
  });

  it.runIf(process.platform !== 'win32')('do not wait for a pipe', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await failure(loadModel(pipe))).message).toBe(`${pipe}: it is not a file`);
  });

  it('refuse a foreign file from its first bytes', async () => {
    const path = join(folder, 'large.bin');
    writeFileSync(path, 'GIF89a, or whatever this may be');
    // Sparse, and larger than a buffer may be: reading it whole would fail otherwise.
    truncateSync(path, 2 ** 40);
    const error = await failure(loadModel(path));
    expect(error.code).toBe('bad-file');
    expect(error.message).toMatch(/large\.bin: safetensors: the header claims/);
  });

  it('refuse an empty and a truncated file', async () => {
    const path = join(folder, 'short.safetensors');
    writeFileSync(path, '');
    expect((await failure(loadModel(path))).message).toMatch(/short.*has 0 bytes/);
    await saveModel(smallModel(), path);
    truncateSync(path, 400);
    expect((await failure(loadModel(path))).message).toMatch(/short.*truncated/);
  });
});
