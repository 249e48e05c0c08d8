/** Why a study stopped, as the user of a command line can mend it. */

import { SluiceError } from '../errors.js';

/** The mends that optimize offers to programs, and what stands for them on a command line. */
const MENDS: readonly [RegExp, string][] = [
  [/call optimize\(\) again, or let it go on with continueOnFailure: true/, 'add --resume'],
  [/call optimize\(\) again,/, 'add --resume,'],
];

/** Where in the bundled worker it was thrown: of use to nobody who reads it in a terminal. */
const PLACE = / \(at (?:[^()]|\([^()]*\))*\)/g;

export const withoutPlace = (reason: string): string => reason.replace(PLACE, '');

/** The same error in the words of the command line. */
export function asStudyError(error: unknown): unknown {
  if (!(error instanceof SluiceError)) return error;
  const message = MENDS.reduce(
    (text, [mend, instead]) => text.replace(mend, instead),
    withoutPlace(error.message),
  );
  return new SluiceError(error.code, message, { cause: error });
}
