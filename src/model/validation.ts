import { SluiceError } from '../errors.js';
import type { Batches } from './batches.js';

/**
 * Splits the last `share` of the samples off for validation, before any shuffling, as Keras
 * does: for time series these are the latest.
 */
export function splitOff(data: Batches, share: number): [train: Batches, validation: Batches] {
  const kept = Math.floor(data.count * (1 - share));
  if (kept === 0 || kept === data.count) {
    throw new SluiceError(
      'bad-option',
      `fit: validationSplit ${share} of ${data.count} samples leaves ${kept} for training and ` +
        `${data.count - kept} for validation; each part needs at least one`,
    );
  }
  return [data.slice(0, kept), data.slice(kept, data.count)];
}
