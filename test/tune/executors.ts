/** Executors for tests: objectives as plain functions, ends in any order one likes. */

import { Random } from '../../src/random.js';
import type { Executor, Job, Outcome } from '../../src/tune/executor.js';

/** A pure function of the parameters: what it reports at each step, and its end. */
export type Script = (params: Record<string, unknown>) => {
  reports: number[];
  outcome: Outcome;
};

/** Runs scripts with random pauses, so that trials end in random order. `slow` ones go on reporting after they are pruned. */
export function shufflingExecutor(script: Script, size: number, seed: number): Executor {
  const random = new Random(seed, size);
  const pause = () => new Promise((resolve) => setTimeout(resolve, random.integer(0, 3)));
  return {
    size,
    async run(job: Job): Promise<Outcome> {
      const { reports, outcome } = script(job.params);
      const deaf = random.uniform() < 0.3;
      for (const [step, value] of reports.entries()) {
        if (random.uniform() < 0.4) await pause();
        if (job.signal?.aborted) return { state: 'failed', code: 'aborted', reason: 'aborted' };
        if (job.report(value, step) && !deaf) return { state: 'pruned' };
      }
      await pause();
      return outcome;
    },
    async close() {},
  };
}

/** Ends each job as it is told to. */
export function scripted(size: number, end: (job: Job) => Promise<Outcome> | Outcome): Executor {
  return { size, run: async (job) => end(job), close: async () => {} };
}
