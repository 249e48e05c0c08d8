import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// These tests see the package as its users do: the tarball, installed in an empty project.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/platform/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
