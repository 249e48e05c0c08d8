/** Training, validation and test part in time order, and the windows that belong to each. */

import { SluiceError } from '../errors.js';

/** Rows [from, to). */
export interface Part {
  readonly from: number;
  readonly to: number;
}

export interface Split {
  readonly train: Part;
  readonly validation: Part;
  readonly test: Part;
}

/** Shares of the rows in hundredths: whole numbers, so that no rounding moves a border. */
const TRAIN_END = 70;
const VALIDATION_END = 85;

function cut(rows: number): Split {
  const first = Math.floor((rows * TRAIN_END) / 100);
  const second = Math.floor((rows * VALIDATION_END) / 100);
  return {
    train: { from: 0, to: first },
    validation: { from: first, to: second },
    test: { from: second, to: rows },
  };
}

const suffices = (split: Split, window: number, horizon: number) =>
  split.train.to >= window + horizon &&
  split.validation.to - split.validation.from >= horizon &&
  split.test.to - split.test.from >= horizon;

/** The fewest rows that give each part at least one window. */
export function rowsNeeded(window: number, horizon: number): number {
  let rows = window + 3 * horizon;
  while (!suffices(cut(rows), window, horizon)) rows++;
  return rows;
}

/**
 * 70 % of the rows to train, 15 % to choose by, 15 % to test once.
 * @throws SluiceError 'bad-data' naming the rows needed when a part has no room for a window
 */
export function splitRows(rows: number, window: number, horizon: number, name: string): Split {
  const split = cut(rows);
  if (suffices(split, window, horizon)) return split;
  throw new SluiceError(
    'bad-data',
    `${name} has ${rows} ${rows === 1 ? 'row' : 'rows'}; a window of ${window} and a horizon of ${horizon} need at least ${rowsNeeded(window, horizon)} (split 70/15/15): give more rows, or a smaller --window or --horizon`,
  );
}

/**
 * First target rows of the windows whose targets all lie in a part. Inputs, the `window` rows
 * before, may reach back into the part before: they are known by then.
 */
export function windowStarts(part: Part, window: number, horizon: number, stride = 1): Uint32Array {
  const first = Math.max(part.from, window);
  const count = Math.max(0, Math.floor((part.to - horizon - first) / stride) + 1);
  return Uint32Array.from({ length: count }, (_, i) => first + i * stride);
}
