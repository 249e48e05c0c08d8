/** The same as contender.ts by the rules of Optuna's JournalFileSymlinkLock, which names nobody. */
import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { witness } from './witness.js';

const path = process.argv[2];

async function acquire(): Promise<void> {
  for (let pause = 1; ; pause = Math.min(2 * pause, 1000)) {
    try {
      symlinkSync(path.replace(/\.lock$/, ''), path);
      return;
    } catch {
      await sleep(pause);
    }
  }
}

console.log('ready');
for await (const _ of createInterface({ input: process.stdin })) {
  await acquire();
  const answer = await witness(path);
  const aside = `${path}${process.pid}.rename`;
  renameSync(path, aside);
  unlinkSync(aside);
  console.log(answer);
}
