import { describe } from 'vitest';
import { memoryStorage } from '../../../src/tune/storage/memory.js';
import { storageContract } from '../../contracts/storage.js';

describe('memoryStorage', () => {
  storageContract(async () => {
    const storage = memoryStorage();
    return { storage, again: async () => storage };
  });
});
