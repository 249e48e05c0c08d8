/** The study that the package offers: tuning knows no workers, so the pool is handed in here. */
import { type CreateStudy, studyFactory } from '../tune/study.js';
import { createPool } from './pool.js';

/**
 * Creates a study, or goes on with the one of that name in the storage. Its type parameter,
 * ParamsOf<typeof space>, types `bestParams`; optimize infers it from its `space` as well.
 * @throws SluiceError 'bad-option', 'storage', 'study-mismatch'
 */
export const createStudy: CreateStudy = /* @__PURE__ */ studyFactory(createPool);
