/** Run in a process of its own that is killed at any moment: optimizes the study in the journal argv[2]. */
import { inThreadExecutor } from '../../../src/tune/in-thread.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { killStudy, totalTrials } from './study.js';

const study = await killStudy(journalFile(process.argv[2]));
await study.optimize({
  ...killStudy.plan,
  totalTrials,
  executor: inThreadExecutor(killStudy.objective, { size: 3 }),
  // Said once the trial is on disk, so that the parent may insist on it.
  callbacks: [(_, t) => console.log(JSON.stringify([t.number, t.state, t.value ?? null]))],
  onEvent: (event) => {
    if (event.type === 'trialStarted') console.log('"started"');
  },
});
console.log('"done"');
