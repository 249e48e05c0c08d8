/** Why a study stopped before all its trials were run, as optimize says it. */
import { SluiceError, type SluiceErrorCode } from '../errors.js';
import type { Failure, Outcome } from './executor.js';
import type { FrozenTrial } from './trial.js';

/** What a stopped study is made of, for those who offer its user other mends than a program has. */
export interface Stop {
  readonly code: SluiceErrorCode;
  /** What has happened to the study, up to a colon. */
  readonly what: string;
  /** In the words of whatever failed. */
  readonly reason: string;
  /** What another call of optimize() will do about it. */
  readonly next?: string;
  /** Whether `continueOnFailure` would have let it go on. */
  readonly mayGoOn?: boolean;
}

/** A study that something must be mended for before it can go on. */
export class StoppedStudy extends SluiceError {
  /** Its parts; the message puts them together for a program. */
  readonly stop: Stop;

  constructor(stop: Stop, cause?: unknown) {
    super(stop.code, stopMessage(stop, 'call optimize() again', GO_ON), { cause });
    this.stop = stop;
  }
}

const GO_ON = ', or let it go on with continueOnFailure: true';

/**
 * @param again how the study is gone on with
 * @param goOn how it goes on in spite of failures, where there is a way to
 */
export function stopMessage(
  { what, reason, next, mayGoOn }: Stop,
  again: string,
  goOn = '',
): string {
  const promise = next === undefined ? '' : `, ${next}`;
  return `${what}: ${reason}. Mend that and ${again}${promise}${mayGoOn ? goOn : ''}`;
}

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
  return new StoppedStudy({
    code: 'worker-died',
    what: `study '${study}' was stopped`,
    reason,
    next: 'it runs all trials that are left, this one too',
  });
}

/** What a trial made could not be written, which says nothing about its parameters. */
export function unwrittenError(study: string, trial: number, reason: string): SluiceError {
  return new StoppedStudy({
    code: 'storage',
    what: `study '${study}' was stopped: trial ${trial} could not write`,
    reason,
    next: 'it runs this trial once more',
  });
}

/** The first trials all failed for one reason. */
export function alikeError(
  study: string,
  { failReason = 'no reason known' }: FrozenTrial,
  outcome: Outcome,
): SluiceError {
  const { errorCode } = outcome as Partial<Failure>;
  return new StoppedStudy({
    code: errorCode ?? 'objective',
    what: `study '${study}' was stopped: its first three trials failed for the same reason`,
    reason: failReason,
    mayGoOn: true,
  });
}
