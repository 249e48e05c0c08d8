/** Which windows of a prepared series train, which choose, and which test. */

import { windowStarts } from '../data/split.js';
import { SluiceError } from '../errors.js';
import type { Prepared } from './preparation.js';

/** Windows by the row of their first target. */
export interface WindowSets {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/** Training windows stay below so many numbers; beyond, only each second, third ... is taken. */
const MOST_NUMBERS = 2 ** 26;

/** @throws SluiceError 'bad-option' where one window, or what is forecast of the test part, is too large */
function checkSizes(window: number, inputs: number, horizon: number, tests: number): void {
  if (window * inputs > MOST_NUMBERS) {
    throw new SluiceError(
      'bad-option',
      `--window: ${window} rows of ${inputs} inputs are ${window * inputs} numbers, expected at most ${MOST_NUMBERS}; give a smaller --window, or fewer columns with --features`,
    );
  }
  if (tests * horizon <= MOST_NUMBERS) return;
  throw new SluiceError(
    'bad-option',
    `--horizon: ${tests} windows of the test part times a horizon of ${horizon} rows are ${tests * horizon} forecasts, expected at most ${MOST_NUMBERS}; give a smaller --horizon, or fewer rows`,
  );
}

/**
 * Windows of the three parts. Test windows follow one another row by row; training and validation
 * windows too, unless their inputs or their targets would take more memory than 256 MB.
 * @throws SluiceError 'bad-option' where even so there would be more than memory is there for
 */
export function windowSets({
  preprocessing,
  series,
  split,
}: Prepared): WindowSets & { readonly stride: number } {
  const { window, horizon } = preprocessing;
  const inputs = 1 + series.otherCount;
  const numbers = split.train.to * Math.max(window * inputs, horizon);
  const stride = Math.max(1, Math.ceil(numbers / MOST_NUMBERS));
  checkSizes(window, inputs, horizon, split.test.to - split.test.from - horizon + 1);
  return {
    train: windowStarts(split.train, window, horizon, stride),
    validation: windowStarts(split.validation, window, horizon, stride),
    test: windowStarts(split.test, window, horizon),
    stride,
  };
}
