import { layers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { bitsOf, noise } from '../support/samples.js';

function model(units = 20) {
  const made = sequential({
    layers: [
      layers.lstm({ units, returnSequences: true, inputShape: [30, 5] }),
      layers.dropout({ rate: 0.1 }),
      layers.lstm({ units: 11 }),
      layers.dense({ units: 3 }),
    ],
    numerics: 'portable',
  });
  made.compile({ optimizer: 'adam', loss: 'mse' });
  return made;
}
const x = noise(75, [30, 5]);
const y = noise(75, [3], 5);

describe('memory', () => {
  it('grows at the first step of a shape and never again', async () => {
    const made = model();
    const sizes: number[] = [];
    const note = () => sizes.push(made.memoryBytes);
    const validationData = [noise(90, [30, 5]), noise(90, [3])] as const;
    await made.fit(x, y, { epochs: 3, validationData, callbacks: { onBatchEnd: note } });
    await made.fit(x, y, { batchSize: 8, callbacks: { onBatchEnd: note } });
    await made.evaluate(x, y);
    await made.predict(x, { batchSize: 3 });
    note();
    expect(new Set(sizes).size).toBe(1);
  });

  it('keeps its views while it does not grow', async () => {
    const made = model();
    await made.fit(x, y);
    const { memory } = made[internals]();
    const { floats } = memory;
    await made.fit(x, y, { epochs: 2 });
    expect(memory.floats === floats).toBe(true);
  });

  it('of a prediction is less than that of training', async () => {
    const predicting = model(64);
    const training = model(64);
    await predicting.predict(x);
    await training.fit(x, y);
    expect(predicting.memoryBytes).toBeLessThan(0.75 * training.memoryBytes);
  });

  it('is no more than the weights before the first pass', () => {
    const made = model();
    const before = made.memoryBytes;
    made.getWeights();
    expect(made.memoryBytes - before).toBeLessThan(8 * 4 * made.countParams());
  });

  it('is planned alike after the kernels of a smaller last batch', async () => {
    const made = model();
    await made.fit(x, y, { batchSize: 37, epochs: 2 });
    const size = made.memoryBytes;
    await made.fit(x, y, { batchSize: 36, epochs: 1 });
    expect(made.memoryBytes).toBe(size);
  });
});

/** Writes into every byte past the plan's end and expects none of them changed by a pass. */
it.each([1, 2, 7, 16, 33, 75])('steps of %i samples stay within the plan', async (batchSize) => {
  const made = model(7);
  await made.fit(x, y, { batchSize });
  const { memory, workspace } = made[internals]();
  const end = workspace.end >>> 2;
  memory.reserve(workspace.end + 65536, 'a test');
  memory.floats.fill(1234.5, end);
  const before = bitsOf(made.getWeights());
  await made.fit(x, y, { batchSize });
  await made.evaluate(x, y, { batchSize });
  await made.predict(x, { batchSize });
  expect(bitsOf(made.getWeights())).not.toEqual(before);
  expect(memory.floats.subarray(end).every((value) => value === 1234.5)).toBe(true);
});

it('does not read what stood in the workspace before', async () => {
  const run = async (rubbish: boolean) => {
    const made = model(9);
    await made.fit(x, y, { batchSize: 20 });
    const { memory, workspace } = made[internals]();
    if (rubbish) memory.floats.fill(Number.NaN, workspace.start >>> 2, workspace.end >>> 2);
    await made.fit(x, y, { batchSize: 20 });
    const { data } = await made.predict(x);
    return [bitsOf(made.getWeights()), [...data]];
  };
  expect(await run(true)).toEqual(await run(false));
});
