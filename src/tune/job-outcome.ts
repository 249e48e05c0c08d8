/** Holds an executor to its contract: one outcome for each job, whatever it does. */
import { shown } from '../options.js';
import type { Executor, Failure, Job, Outcome } from './executor.js';

/** How long an executor may take to give up a job once the study stops, in milliseconds; then it is left behind. */
const STOP_GRACE = 500;

const abandoned: Outcome = { state: 'failed', reason: 'aborted', code: 'aborted' };

/**
 * Never rejects and, once the job is aborted, never takes longer than the grace. Whatever an
 * executor says after that (stopped early, threw, "pruned") tells of the abort, not of the trial.
 */
export async function outcomeOf(executor: Executor, job: Job): Promise<Outcome> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const { signal } = job;
  const left = new Promise<Outcome>((resolve) => {
    const wait = () => {
      timer = setTimeout(() => resolve(abandoned), STOP_GRACE);
    };
    if (signal?.aborted) wait();
    else signal?.addEventListener('abort', wait, { once: true });
  });
  try {
    const outcome: unknown = await Promise.race([executor.run(job), left]);
    if (signal?.aborted) return abandoned;
    return isOutcome(outcome) ? outcome : noOutcome(outcome);
  } catch (error) {
    if (signal?.aborted) return abandoned;
    const text = error instanceof Error ? String(error) : shown(error);
    return { state: 'failed', reason: text, code: 'threw' };
  } finally {
    clearTimeout(timer);
  }
}

function isOutcome(outcome: unknown): outcome is Outcome {
  const { state, reason, code } = (outcome ?? {}) as Partial<Failure>;
  if (state === 'failed') return typeof reason === 'string' && typeof code === 'string';
  return ['complete', 'pruned'].includes(state as unknown as string);
}

function noOutcome(found: unknown): Outcome {
  const state = (found as { state?: unknown } | null | undefined)?.state;
  const what = state === undefined ? shown(found) : `an object with state ${shown(state)}`;
  return {
    state: 'failed',
    code: 'bad-value',
    reason:
      "the executor's run() must resolve with { state: 'complete', value }, { state: 'pruned' } " +
      `or { state: 'failed', reason, code }, but gave ${what}`,
  };
}
