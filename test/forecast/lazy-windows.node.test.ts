// A forecaster trains on windows that are cut out of the births while batches are staged: the bits
// of whole arrays, without their memory.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { buildForecaster } from '../../src/forecast/network.js';
import { prepare } from '../../src/forecast/preparation.js';
import { windowSets } from '../../src/forecast/window-sets.js';
import { windowInputs, windowSamples, windowTargets } from '../../src/forecast/windows.js';
import { parseCsv } from '../data/csv-text.js';
import { bitsOf } from '../support/samples.js';

const path = new URL('../../examples/data/us-births-2000-2014.csv', import.meta.url);
const table = parseCsv(readFileSync(path, 'utf8'), 'births.csv');
const time = ['year', 'month', 'date_of_month'];
const prepared = prepare(table, { target: 'births', window: 28, horizon: 7, time });
const { series, preprocessing } = prepared;
const { train, validation } = windowSets(prepared);

const params = {
  units: 8,
  layers: 1,
  dropout: 0.1,
  optimizer: 'adam',
  learningRate: 0.005,
  batchSize: 64,
  globalClipNorm: 1,
} as const;
const made = () => buildForecaster(params, preprocessing, 3, 'portable');

/** Buffers of JavaScript, the memory of Wasm left out, at the end of each epoch. */
function watched() {
  let most = 0;
  const before = process.memoryUsage().arrayBuffers;
  const onEpochEnd = () => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  };
  return { callbacks: { onEpochEnd }, most: () => most };
}

describe('windows of the births', () => {
  it('give the bits of whole arrays, and hold a batch instead of all of them', async () => {
    const options = { epochs: 2, batchSize: 64 };
    const [arrays, samples] = [made(), made()];
    const lazily = watched();
    const found = await samples.fit(windowSamples(series, preprocessing, train), undefined, {
      ...options,
      validationData: windowSamples(series, preprocessing, validation),
      callbacks: lazily.callbacks,
    });
    const whole = watched();
    const expected = await arrays.fit(
      windowInputs(series, preprocessing, train),
      windowTargets(series, preprocessing, train),
      {
        ...options,
        validationData: [
          windowInputs(series, preprocessing, validation),
          windowTargets(series, preprocessing, validation),
        ],
        callbacks: whole.callbacks,
      },
    );
    expect(found).toEqual(expected);
    expect(bitsOf(samples.getWeights())).toEqual(bitsOf(arrays.getWeights()));
    const floats = (train.length + validation.length) * 28 * (1 + series.otherCount);
    expect(whole.most()).toBeGreaterThan(4 * floats);
    expect(lazily.most()).toBeLessThan(floats);
  });
});
