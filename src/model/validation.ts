import { SluiceError } from '../errors.js';
import type { Dataset } from './dataset.js';

/**
 * Splits the last `share` of the samples off for validation, before any shuffling, as Keras
 * does: for time series these are the latest.
 */
export function splitOff(data: Dataset, share: number): [train: Dataset, validation: Dataset] {
  const kept = Math.floor(data.count * (1 - share));
  if (kept === 0 || kept === data.count) {
    throw new SluiceError(
      'bad-option',
      `fit: validationSplit ${share} of ${data.count} samples leaves ${kept} for training and ` +
        `${data.count - kept} for validation; each part needs at least one`,
    );
  }
  const part = (from: number, to: number): Dataset => ({
    count: to - from,
    x: slice(data.x, data.count, from, to),
    y: slice(data.y, data.count, from, to),
    classes: data.classes,
    borrowed: data.borrowed,
  });
  return [part(0, kept), part(kept, data.count)];
}

/** Samples from .. to, without a copy. */
function slice(values: Float32Array, count: number, from: number, to: number): Float32Array {
  const each = values.length / count;
  return values.subarray(from * each, to * each);
}
