/** Run in a process of its own: optimizes the study argv[3] in the journal argv[2]. */
import { NopPruner } from '../../../src/tune/pruners/nop.js';
import { journalFile } from '../../../src/tune/storage/journal-file.js';
import { studyFactory } from '../../../src/tune/study.js';

const [, , path, name] = process.argv;
const study = await studyFactory()({ name, storage: journalFile(path), pruner: new NopPruner() });
await study.optimize({
  space: (t) => ({ value: t.suggestFloat(name, 0, 1) }),
  trials: 40,
  objective: ({ value }, trial) => {
    trial.report(value, 0);
    trial.report(value, 1);
    return value;
  },
});
