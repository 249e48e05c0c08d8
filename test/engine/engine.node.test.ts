import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Bundled, bundleWorker } from '../support/bundle.js';

let script: Bundled;
let found: Record<string, number>;
beforeAll(async () => {
  script = await bundleWorker(new URL('./cycles.process.ts', import.meta.url));
  const args = ['--expose-gc', fileURLToPath(script.url)];
  found = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}, 120_000);
afterAll(() => script.remove());

// One validation of both modules keeps 2.9 kB on Node 20; pages of 4 kB that the collector has
// not yet given back may differ by a few hundred between two measurements.
it('makes and disposes of thousands of models in the same memory', () => {
  expect(found.bytesPerModel).toBeLessThan(500);
  expect(found.afterCycles).toBe(0);
});

it('counts a model that was forgotten until it is collected', () => {
  expect(found.whileHeld).toBeGreaterThan(0);
  expect(found.afterForgotten).toBe(0);
});
