import { describe } from 'vitest';
import { memoryArtifactStore } from '../../src/tune/artifacts/artifact-store.js';
import { artifactStoreContract } from '../contracts/artifact-store.js';

describe('memoryArtifactStore', () => {
  artifactStoreContract(async () => {
    const store = memoryArtifactStore();
    return { store, again: () => store };
  });
});
