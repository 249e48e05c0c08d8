// What a file system refuses, in words that tell the mend of just that.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileTrouble, fileTroubleWithCode } from '../../src/files/trouble.js';
import { layers, sequential } from '../../src/index.js';
import { saveModel } from '../../src/node-files.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-trouble-'));
afterAll(() => rmSync(folder, { recursive: true }));
const failed = (code: string) => Object.assign(new Error(`${code}: as the system says`), { code });

describe('trouble with a file', () => {
  it.each([
    ['ENOSPC', 'the disk is full; make room on it, or choose a place on another'],
    ['EDQUOT', 'the disk quota is used up; free some of it, or choose a place on another disk'],
    ['EROFS', 'the disk is read-only; choose another place'],
    ['EEXIST', 'something else stands there already; choose another place'],
    ['ENOTDIR', 'a part of the path is a file, not a folder; give a path through folders'],
    ['ENAMETOOLONG', 'the name is too long; choose a shorter one'],
    ['EACCES', 'no permission; check who may access it'],
  ])('%s', (code, words) => {
    expect(fileTrouble(failed(code))).toBe(words);
    expect(fileTroubleWithCode(failed(code), 'another mend')).toBe(
      `${code}: as the system says; ${words}`,
    );
  });

  it("is told in the system's words where they are not known, whatever was thrown", () => {
    expect(fileTrouble(failed('EODD'))).toBe('EODD: as the system says');
    expect(fileTroubleWithCode(failed('EODD'), 'mend it')).toBe(
      'EODD: as the system says; mend it',
    );
    expect(fileTrouble('a string')).toBe('a string');
    expect(fileTroubleWithCode(undefined, 'mend it')).toBe('undefined; mend it');
  });

  it('while a model is saved is named with its own mend', async () => {
    const model = sequential({ layers: [layers.lstm({ units: 3, inputShape: [4, 2] })], seed: 3 });
    writeFileSync(join(folder, 'file'), '');
    await expect(saveModel(model, join(folder, 'file/m.safetensors'))).rejects.toThrow(
      /ENOTDIR.*; a part of the path is a file, not a folder/,
    );
    await expect(saveModel(model, join(folder, 'n'.repeat(300)))).rejects.toThrow(
      /ENAMETOOLONG.*; the name is too long; choose a shorter one$/,
    );
  });
});
