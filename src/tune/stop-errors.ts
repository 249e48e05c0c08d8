/** Why a study stopped before all its trials were run, as optimize says it. */
import { SluiceError } from '../errors.js';
import type { Failure, Outcome } from './executor.js';
import type { FrozenTrial } from './trial.js';

/** @param interrupted how many running trials are to be run again */
export function abortedError(study: string, interrupted: number, cause: unknown): SluiceError {
  const again =
    interrupted > 0
      ? `; ${interrupted} that were running are run again by the next optimize()`
      : '';
  return new SluiceError(
    'aborted',
    `study '${study}' was stopped before all trials were run${again}`,
    {
      cause,
    },
  );
}

/** Workers cannot be started: going on would only turn every trial that is left into a failure. */
export function brokenError(study: string, reason: string): SluiceError {
  return new SluiceError(
    'worker-died',
    `study '${study}' was stopped: ${reason}; mend that and call optimize() again, ` +
      'it runs all trials that are left, this one too',
  );
}

/** What a trial made could not be written, which says nothing about its parameters. */
export function unwrittenError(study: string, trial: number, reason: string): SluiceError {
  return new SluiceError(
    'storage',
    `study '${study}' was stopped: trial ${trial} could not write: ${reason}. ` +
      'Mend that and call optimize() again, it runs this trial once more',
  );
}

/** The first trials all failed for one reason. */
export function alikeError(
  study: string,
  { failReason }: FrozenTrial,
  outcome: Outcome,
): SluiceError {
  const { errorCode } = outcome as Partial<Failure>;
  return new SluiceError(
    errorCode ?? 'objective',
    `study '${study}' was stopped: its first three trials failed for the same reason: ${failReason}. ` +
      'Mend that and call optimize() again, or let it go on with continueOnFailure: true',
  );
}
