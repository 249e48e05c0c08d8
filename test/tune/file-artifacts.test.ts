import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileSystemArtifactStore } from '../../src/tune/artifacts/file-system.js';
import { artifactStoreContract } from '../contracts/artifact-store.js';
import { expectError } from '../support/errors.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-artifacts-'));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const next = () => join(folder, `deep/${count++}`);

describe('fileSystemArtifactStore', () => {
  artifactStoreContract(async () => {
    const path = next();
    return { store: fileSystemArtifactStore(path), again: () => fileSystemArtifactStore(path) };
  });

  it('makes its folder only once something is written', async () => {
    const path = next();
    const store = fileSystemArtifactStore(path);
    expect(await store.list()).toEqual([]);
    expect(readdirSync(join(path, '..'))).not.toContain(String(count - 1));
    await store.write('a', Uint8Array.of(1));
    expect(readdirSync(path)).toEqual(['a']);
  });

  it('leaves and does not list the files of others', async () => {
    const path = next();
    mkdirSync(path, { recursive: true });
    for (const name of ['.hidden', 'notes (mine).txt', 'a.tmp'])
      writeFileSync(join(path, name), '');
    const store = fileSystemArtifactStore(path);
    await store.write('a', Uint8Array.of(1));
    expect(await store.list()).toEqual(['a']);
    expect(readdirSync(path)).toEqual(expect.arrayContaining(['.hidden', 'notes (mine).txt']));
  });

  it('says what the disk says, in one line', async () => {
    const path = next();
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, 'a file');
    const store = fileSystemArtifactStore(path);
    const error = await expectError(() => store.write('a', Uint8Array.of(1)), 'storage', path);
    expect(error.message).not.toContain('\n');
  });

  it.each([undefined, '', 3, {}])('is given no folder: %j', async (wrong) => {
    await expectError(
      () => fileSystemArtifactStore(wrong as never),
      'bad-option',
      'expects the path of a folder',
    );
  });
});
