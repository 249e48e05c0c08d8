/**
 * Run in a process of its own, killed or stopped at any moment: takes the lock argv[2] each time
 * the parent says so, and tells whether it was alone there.
 */
import { createInterface } from 'node:readline';
import { withLock } from '../../../src/tune/storage/journal-file-lock.js';
import { witness } from './witness.js';

const path = process.argv[2];

console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  console.log(await withLock(path, () => witness(path)));
}
