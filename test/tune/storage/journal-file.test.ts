import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { storageContract } from '../../contracts/storage.js';

const folder = mkdtempSync(join(tmpdir(), 'sluice-journal-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

describe('journalFile', () => {
  storageContract(async () => {
    const path = join(folder, `${files++}.log`);
    return { storage: journalFile(path), again: async () => journalFile(path) };
  });
});
