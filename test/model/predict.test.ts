import { layers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

const stacks = {
  'one value a sample': () => [
    layers.lstm({ units: 13, returnSequences: true, inputShape: [6, 5] }),
    layers.lstm({ units: 6 }),
    layers.dense({ units: 3, activation: 'softmax' }),
  ],
  sequences: () => [
    layers.lstm({ units: 9, returnSequences: true, inputShape: [6, 5] }),
    layers.dropout({ rate: 0.5 }),
    layers.dense({ units: 2, activation: 'tanh' }),
  ],
  'an LSTM at the end': () => [layers.lstm({ units: 7, inputShape: [6, 5] })],
  'a sequence of an LSTM under dropout': () => [
    layers.lstm({ units: 7, returnSequences: true, inputShape: [6, 5] }),
    layers.dropout({ rate: 0.5 }),
  ],
};

describe.each(Object.entries(stacks))('predict: %s', (_, stack) => {
  const x = noise(83, [6, 5]);

  it.each(['fast', 'portable'] as const)(
    'gives the same bits for every batchSize in %s numerics',
    async (numerics) => {
      const model = sequential({ layers: stack(), numerics, seed: 6 });
      const whole = await model.predict(x, { batchSize: 83 });
      expect(whole.shape).toEqual([83, ...(model.outputShape ?? [])]);
      expect(whole.data.every(Number.isFinite)).toBe(true);
      for (const batchSize of [1, 2, 3, 5, 8, 32, 64, 1000]) {
        const batched = await model.predict(x, { batchSize });
        expect(bitsOf([batched]), `batchSize ${batchSize}`).toEqual(bitsOf([whole]));
      }
    },
  );

  it('gives the same for a sample alone', async () => {
    const model = sequential({ layers: stack(), seed: 6 });
    const whole = await model.predict(x);
    const size = whole.data.length / 83;
    const alone = await model.predict({ data: x.data.slice(30 * 41, 30 * 42), shape: [1, 6, 5] });
    expect([...alone.data]).toEqual([...whole.data.slice(size * 41, size * 42)]);
  });

  it('gives the same after the weights went out and in', async () => {
    const model = sequential({ layers: stack(), seed: 6 });
    const twin = sequential({ layers: stack(), seed: 0 });
    const before = await model.predict(x);
    twin.setWeights(model.getWeights());
    expect(bitsOf([await twin.predict(x)])).toEqual(bitsOf([before]));
    expect(bitsOf(twin.getWeights())).toEqual(bitsOf(model.getWeights()));
  });
});

it('takes nested arrays as it takes tensors', async () => {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
  const nested = await model.predict([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  expect(nested).toEqual(await model.predict({ data: [1, 2, 3, 4, 5, 6], shape: [2, 3] }));
  expect(nested.shape).toEqual([2, 2]);
});

it('hands out data of its own', async () => {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
  const first = await model.predict([[1, 2, 3]]);
  const kept = [...first.data];
  await model.predict([[7, 8, 9]]);
  const weights = model.getWeights();
  weights[0].data.fill(0);
  expect([...first.data]).toEqual(kept);
  expect(model.getWeights()[0].data.every((value) => value === 0)).toBe(false);
});
