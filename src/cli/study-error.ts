/** Why a study stopped, as the user of a command line can mend it. */

import { SluiceError } from '../errors.js';
import { StoppedStudy, stopMessage } from '../tune/stop-errors.js';

/** Where in the bundled worker it was thrown: of use to nobody who reads it in a terminal. */
const PLACE = / \(at (?:[^()]|\([^()]*\))*\)/g;

export const withoutPlace = (reason: string): string => reason.replace(PLACE, '');

/** The same error in the words of the command line. */
export function asStudyError(error: unknown): unknown {
  if (!(error instanceof StoppedStudy)) return error;
  const { stop } = error;
  const plain = { ...stop, reason: withoutPlace(stop.reason) };
  return new SluiceError(error.code, stopMessage(plain, 'add --resume'), { cause: error });
}
