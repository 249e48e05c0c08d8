// All suites share one process of Chromium, whose address space some 120 models fill: what a suite has left, and did
// not dispose of, is collected before the next one begins. Workers cannot collect the garbage of a page.
import { afterAll } from 'vitest';

afterAll(() => (globalThis as { gc?: () => void }).gc?.());
