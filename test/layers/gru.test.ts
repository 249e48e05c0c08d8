// The GRU layer: learns as in Keras (test/fixtures/keras/gru_fit.py), in training and in inference, over
// stretches of time, and goes through files.
import { fromBytes, layers, optimizers, sequential, tensor, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/gru-fit.json' with { type: 'json' };
import { bitsOf, noise } from '../support/samples.js';

const { n } = fixture;
const x = tensor(fixture.x, [n, 7, 3]);
const y = tensor(fixture.y, [n, 2]);

function stack(resetAfter: boolean) {
  return sequential({
    layers: [
      layers.gru({ units: 5, returnSequences: true, resetAfter, inputShape: [7, 3] }),
      layers.gru({ units: 9, resetAfter }),
      layers.dense({ units: 2 }),
    ],
    numerics: 'portable',
  });
}

describe.each([
  ['resetAfter', true],
  ['resetBefore', false],
] as const)('%s', (kind, resetAfter) => {
  const { shapes, before, after, history, predicted } = fixture[kind];

  it('learns as in Keras', async () => {
    const made = stack(resetAfter);
    made.setWeights(before.map((data, i) => tensor(data, shapes[i])));
    expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(shapes);
    made.compile({
      optimizer: optimizers.adam({ learningRate: 0.01 }),
      loss: 'mse',
      metrics: ['mae'],
    });
    const found = await made.fit(x, y, { batchSize: 4, epochs: 3, shuffle: false });
    // nine steps of Adam in float32 on both sides, whose quotients magnify what gradients are off
    const near = (a: ArrayLike<number>, b: ArrayLike<number>) => {
      expect(a).toHaveLength(b.length);
      Array.from(a).forEach((value, i) => {
        expect(Math.abs(value - b[i])).toBeLessThan(2e-5);
      });
    };
    near(found.history.loss, history.loss);
    near(found.history.mae, history.mae);
    made.getWeights().forEach(({ data }, i) => {
      near(data, after[i]);
    });
    near((await made.predict(x)).data, predicted);
    const copy = fromBytes(toBytes(made));
    expect((await copy.predict(x)).data).toEqual((await made.predict(x)).data);
    await copy.fit(x, y, { batchSize: 5 });
    await made.fit(x, y, { batchSize: 5 });
    expect(bitsOf(copy.getWeights())).toEqual(bitsOf(made.getWeights()));
  });

  it('gives the same bits whatever the batch, over long sequences too', async () => {
    const made = sequential({
      layers: [
        layers.gru({ units: 7, returnSequences: true, resetAfter, inputShape: [3000, 2] }),
        layers.gru({ units: 3, resetAfter }),
      ],
      numerics: 'portable',
    });
    const long = noise(3, [3000, 2]);
    const all = await made.predict(long);
    expect(await made.predict(long, { batchSize: 1 })).toEqual(all);
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    const { loss } = await made.evaluate(long, { ...all });
    expect(loss).toBe(0);
    expect((await made.trainOnBatch(long, { ...all })).loss).toBe(0);
  });

  it('learns the adding problem', async () => {
    const { adding } = await import('../support/samples.js');
    const data = adding(256, 16);
    const made = sequential({
      layers: [
        layers.gru({ units: 16, resetAfter, inputShape: [16, 2] }),
        layers.dense({ units: 1 }),
      ],
      seed: 2,
    });
    made.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }), loss: 'mse' });
    const { history } = await made.fit(data.x, data.y, { epochs: 60, batchSize: 32 });
    expect(history.loss.at(-1)).toBeLessThan(0.03);
  });
});
