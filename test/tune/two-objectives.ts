/** A study of two objectives, as sluice records it for Optuna to read. */

import { TrialPruned } from '../../src/tune/objective.js';
import type { Storage } from '../../src/tune/storage/storage.js';
import { studyFactory } from '../../src/tune/study.js';

export async function writeTwoObjectives(storage: Storage) {
  const study = await studyFactory()({
    name: 'ours',
    storage,
    directions: ['minimize', 'maximize'],
  });
  await study.optimize({
    space: (t) => ({ x: t.suggestFloat('x', 0, 1), n: t.suggestInt('n', 1, 4) }),
    objective: ({ x, n }, { number }) => {
      if (number === 2) return [Number.NaN, 1];
      if (number === 3) return [1];
      if (number === 4) return [Number.POSITIVE_INFINITY, n];
      if (number === 5) throw new Error('on purpose');
      if (number === 6) throw new TrialPruned();
      return [x, n];
    },
    trials: 12,
  });
  return study;
}
