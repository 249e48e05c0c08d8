// The objective of reports.mjs: falls from 1 to 0, and reports all the way.
import { isMainThread } from 'node:worker_threads';
import { exposeObjective } from '../build/worker.js';

export async function reporting({ count }, trial) {
  for (let step = 0; step < count; step += 1) await trial.report(1 - step / count, step);
  return 0;
}

if (!isMainThread) exposeObjective(reporting);
