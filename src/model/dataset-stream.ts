import { SluiceError } from '../errors.js';
import { checkKeys, isPlainObject, shown } from '../options.js';
import type { Arrays } from './arrays.js';
import type { Batches } from './batches.js';
import { checkDataset, type Signature } from './dataset.js';
import { isStream, type Stream, StreamFeed } from './feed.js';

/** A batch of a dataset, named as in TensorFlow.js. */
export interface DatasetBatch {
  /** Samples [n, ...inputShape], as fit takes x. */
  xs: Arrays;
  /** Their targets [n, ...outputShape], as fit takes y. */
  ys: Arrays;
  /** How much each sample counts, as in fit. Default: 1 each. */
  sampleWeight?: Arrays | undefined;
}

/**
 * Batches that come one after the other, and anew each epoch: an array of them, or an object with
 * [Symbol.asyncIterator] or [Symbol.iterator].
 */
export type BatchDataset = Iterable<DatasetBatch> | AsyncIterable<DatasetBatch>;

/** @throws SluiceError 'bad-option' for what cannot be gone through. */
export function feedOf(
  subject: string,
  dataset: unknown,
  signature: Signature,
  weigh: (data: Batches, batch: string) => Batches = (data) => data,
): StreamFeed {
  if (typeof dataset === 'string' || !isStream(dataset)) {
    throw new SluiceError(
      'bad-option',
      `${subject} must be an array of batches { xs, ys }, or an object whose ` +
        `[Symbol.asyncIterator]() gives such batches, but is ${shown(dataset)}`,
    );
  }
  return new StreamFeed(subject, dataset as Stream, (item, index) => {
    const batch = `batch ${index} of ${subject}`;
    const known = ['xs', 'ys', 'sampleWeight'];
    const { xs, ys, sampleWeight } = checkKeys(batch, item as DatasetBatch, known);
    return weigh(checkDataset(`${batch}, `, xs, ys, sampleWeight, signature), batch);
  });
}

/** Whether validation data are batches rather than [x, y]. */
export const isBatches = (value: unknown): value is BatchDataset =>
  isStream(value) &&
  (!Array.isArray(value) || value.some((one) => isPlainObject(one) && 'xs' in one));
