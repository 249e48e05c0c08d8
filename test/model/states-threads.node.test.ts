// Stateful layers and truncated backpropagation are the same with any number of threads, to the bit; in Node, where a test may
// wait for them.
import { type Layer, layers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

const [B, T, I] = [75, 7, 13];
const [x, y] = [noise(2 * B, [T, I], 3), noise(2 * B, [T, 3], 4)];

const stacks: Record<string, (stateful: boolean) => Layer[]> = {
  'lstm, gru': (stateful) => [
    layers.lstm({ units: 90, returnSequences: true, inputShape: [T, I], stateful }),
    layers.gru({ units: 75, returnSequences: true, stateful, activityRegularizer: 'l2' }),
  ],
  'variants, masked': (stateful) => [
    layers.masking({ inputShape: [T, I] }),
    layers.lstm({ units: 90, variant: 'coupled', returnSequences: true, stateful }),
    layers.slstm({ units: 75, returnSequences: true, stateful, activityRegularizer: 'l1' }),
  ],
  'what is dropped': (stateful) => [
    layers.gru({
      units: 90,
      zoneoutHidden: 0.2,
      recurrentDropout: 0.2,
      returnSequences: true,
      inputShape: [T, I],
      stateful,
    }),
    layers.jordanRNN({ units: 75, zoneoutHidden: 0.2, returnSequences: true, stateful }),
  ],
};

const gaps = noise(2 * B, [T, I], 5);
for (let b = 0; b < 2 * B; b += 3) gaps.data.fill(0, (b * T + (b % T)) * I, (b + 1) * T * I);

describe.each(Object.entries(stacks))('%s', (name, stack) => {
  const trained = async (threads: number, stateful: boolean) => {
    const model = sequential({
      layers: [...stack(stateful), layers.dense({ units: 3 })],
      seed: 4,
      numerics: 'portable',
      threads,
    });
    model.compile({ optimizer: 'adam', loss: 'mse' });
    // so that the other threads are there when it counts
    await new Promise((resolve) => setTimeout(resolve, 250));
    const inputs = name.endsWith('masked') ? gaps : x;
    const truncate = stateful ? undefined : { every: 3, back: 5 };
    const options = { epochs: 2, batchSize: B, shuffle: false, truncate };
    const { history } = await model.fit(inputs, y, options);
    // in the states that training has left, where it is stateful
    const { loss } = await model.evaluate(inputs, y, { batchSize: B });
    const found = bitsOf([...model.getWeights(), await model.predict(inputs, { batchSize: B })]);
    expect(model.threads).toBe(threads);
    model.dispose();
    return [history, loss, found];
  };

  it.each([2, 3])('stateful, %i threads as one', async (count) => {
    expect(await trained(count, true)).toEqual(await trained(1, true));
  });

  it.each([2, 3])('truncated, %i threads as one', async (count) => {
    expect(await trained(count, false)).toEqual(await trained(1, false));
  });
});
