/**
 * Sluice at work on a journal that others share: sluice-worker.mjs JOURNAL STUDY TOTAL. Prints
 * what it has finished, one JSON line a trial: [number, value].
 */
import { inThreadExecutor } from '../../../src/tune/in-thread.js';
import { NopPruner } from '../../../src/tune/pruners/nop.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { studyFactory } from '../../../src/tune/study.js';

const [, , path, name, total] = process.argv;
const study = await studyFactory()({ name, storage: journalFile(path), pruner: new NopPruner() });
await study.optimize({
  space: (t) => ({ x: t.suggestFloat('x', 0, 1) }),
  totalTrials: Number(total),
  executor: inThreadExecutor(
    async ({ x }, trial) => {
      for (let step = 0; step < 3; step++) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await trial.report(x + step, step);
      }
      return x;
    },
    { size: 3 },
  ),
  callbacks: [(_, trial) => console.log(JSON.stringify([trial.number, trial.value]))],
});
