/**
 * Ends an objective whose trial is not worth its time. `trial.report` rejects with it once the
 * study prunes the trial; an objective may also throw it of its own accord.
 */
export class TrialPruned extends Error {
  override readonly name = 'TrialPruned';

  constructor(message = 'the trial was pruned') {
    super(message);
  }
}

/** By name, too: a bundler may have given the objective a copy of the class. */
export function isTrialPruned(error: unknown): boolean {
  return (
    error instanceof TrialPruned ||
    (error as { name?: unknown } | undefined)?.name === 'TrialPruned'
  );
}
