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
import {
  fromBytes,
  layers,
  readModelFile,
  type Sequential,
  SluiceError,
  sequential,
  toBytes,
} from 'sluice';
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
    const elsewhere = new URL('file://elsewhere/m.safetensors');
    const slash = new URL('file:///tmp/a%2Fb');
    const odd = [undefined, null, 3, {}, [], new Date(), Symbol('s')] as unknown as string[];
    for (const path of [remote, elsewhere, slash, '', ...odd]) {
      expect((await failure(loadModel(path))).message).toMatch(/^loadModel expects a path/);
      expect((await failure(saveModel(smallModel(), path))).message).toMatch(/^saveModel expects/);
    }
    for (const options of [{ numerics: 'double' }, null, 'fast', { strict: true }]) {
      const error = await failure(loadModel('m', options as object));
      expect(error.code).toBe('bad-option');
    }
    expect((await failure(loadModel('a\0b'))).code).toBe('storage');
    expect((await failure(saveModel(smallModel(), 'a\0b'))).code).toBe('storage');
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

describe('a file of sluice 0.1.0', () => {
  const path = new URL('./fixtures/model-0.1.0/model.safetensors', import.meta.url);
  const x = {
    shape: [3, 4, 2],
    data: Float32Array.from({ length: 24 }, (_, i) => Math.fround(i / 9 - 1)),
  };

  it('is loaded, predicts the same bits, and is to be compiled', async () => {
    const model = await loadModel(path);
    expect([...new Uint32Array((await model.predict(x)).data.buffer)]).toEqual([
      3168628474, 1038930185, 1020370774, 3165780918, 1036648825, 3180838001,
    ]);
    expect(model.preprocessing).toEqual({ mean: [0.5, -2] });
    expect((await failure(model.fit(x, [[1, 2]]))).message).toMatch(/call model\.compile/);
  });

  it('is written again with the same bytes, and the options that layers have gained at their defaults', async () => {
    const model = await loadModel(path);
    const copy = join(folder, 'copy.safetensors');
    await saveModel(model, copy);
    const [written, read] = [copy, path].map((file) => readModelFile(readFileSync(file)));
    expect({ ...written, version: read.version }).toMatchObject(read);
    const gained = { variant: 'vanilla', activation: 'tanh', recurrentActivation: 'sigmoid' };
    expect(written.config).toMatchObject({
      layers: expect.arrayContaining([
        expect.objectContaining({
          className: 'LSTM',
          config: expect.objectContaining({ ...gained, useBias: true }),
        }),
      ]),
    });
    expect({ ...written, version: read.version, config: read.config }).toEqual(read);
  });
});

describe('saveModel', () => {
  const x = { shape: [6, 4, 2], data: Float32Array.from({ length: 48 }, (_, i) => (i % 7) / 7) };
  const y = { shape: [6, 3], data: Float32Array.from({ length: 18 }, (_, i) => (i % 5) / 5) };
  const compiled = () => {
    const model = smallModel();
    model.compile({ optimizer: 'adam', loss: 'mse' });
    return model;
  };

  it('lets training go on, and hands preprocessing back', async () => {
    const path = join(folder, 'going on.safetensors');
    const model = compiled();
    await model.fit(x, y, { epochs: 2, batchSize: 4 });
    await saveModel(model, path, { preprocessing: { mean: [3] } });
    const loaded = await loadModel<{ mean: number[] }>(path);
    expect(loaded.preprocessing?.mean[0]).toBe(3);
    await model.fit(x, y, { epochs: 2, batchSize: 4 });
    await loaded.fit(x, y, { epochs: 2, batchSize: 4 });
    expect(toBytes(loaded)).toEqual(toBytes(model, { preprocessing: { mean: [3] } }));
  });

  it('keeps what was loaded beside a model until told otherwise', async () => {
    const path = join(folder, 'kept.safetensors');
    const model = smallModel();
    model.preprocessing = { mean: [1] };
    await saveModel(model, path);
    const loaded = await loadModel(path);
    await saveModel(loaded, path);
    expect((await loadModel(path)).preprocessing).toEqual({ mean: [1] });
    await saveModel(loaded, path, { preprocessing: { mean: [2] } });
    expect((await loadModel(path)).preprocessing).toEqual({ mean: [2] });
    expect(loaded.preprocessing).toEqual({ mean: [1] });
    loaded.preprocessing = undefined;
    await saveModel(loaded, path);
    expect((await loadModel(path)).preprocessing).toBeUndefined();
  });

  it('leaves the optimizer out on demand', async () => {
    const path = join(folder, 'small.safetensors');
    const model = compiled();
    await model.fit(x, y);
    await saveModel(model, path, { includeOptimizer: false });
    expect(new Uint8Array(readFileSync(path))).toEqual(toBytes(smallWeights(model)));
    const loaded = await loadModel(path);
    expect((await failure(loaded.fit(x, y))).message).toMatch(/call model\.compile/);
  });

  const smallWeights = (model: Sequential) => {
    const bare = smallModel();
    bare.setWeights(model.getWeights());
    return bare;
  };

  it.each([null, undefined, {}, [], 'model', 3])('refuses %s as a model', async (value) => {
    const error = await failure(saveModel(value as unknown as Sequential, join(folder, 'no')));
    expect(error.code).toBe('bad-option');
    expect(error.message).toMatch(
      /^saveModel expects a model made by sequential\(\) or model\(\), but got /,
    );
    expect(readdirSync(folder)).not.toContain('no');
  });
});
