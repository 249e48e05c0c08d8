/** The study that the package offers: tuning knows no workers, so the pool is handed in here. */
import { studyFactory } from '../tune/study.js';
import { createPool } from './pool.js';

/**
 * Creates a study, or goes on with the one of that name in the storage.
 * @throws SluiceError 'bad-option', 'storage', 'study-mismatch'
 */
export const createStudy = /* @__PURE__ */ studyFactory(
  ({ worker, data, workers, silenceTimeout, startTimeout }) =>
    createPool({ worker, data, workers, silenceTimeout, startTimeout }),
);
