// What recurrent layers drop is the same with any number of threads, to the bit; in Node, where a test may wait for them.
import { type Layer, layers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

const [n, T, I] = [150, 5, 13];

const input = { returnSequences: true, inputShape: [T, I] };
const drops = { dropout: 0.2, recurrentDropout: 0.3 };
const stacks: Record<string, () => Layer[]> = {
  'lstm, gru': () => [
    layers.lstm({ units: 90, ...input, ...drops, zoneoutHidden: 0.1, zoneoutCell: 0.2 }),
    layers.gru({ units: 75, returnSequences: true, ...drops }),
    layers.gru({ units: 75, resetAfter: false, recurrentDropout: 0.3, weightDrop: 0.2 }),
  ],
  'gru with zoneout': () => [
    layers.gru({ units: 90, ...input, ...drops, zoneoutHidden: 0.1 }),
    layers.gru({ units: 75, resetAfter: false, returnSequences: true, zoneoutHidden: 0.2 }),
    layers.gru({ units: 75, zoneoutHidden: 0.2 }),
  ],
  'slstm, a projection': () => [
    layers.slstm({ units: 90, ...input, ...drops, zoneoutHidden: 0.1, weightDrop: 0.2 }),
    layers.lstm({ units: 90, projectionUnits: 70, ...drops, zoneoutHidden: 0.1, zoneoutCell: 0.1 }),
  ],
  'jordanRNN, minGRU, indRNN': () => [
    layers.jordanRNN({ units: 90, hiddenUnits: 150, ...input, ...drops, zoneoutHidden: 0.1 }),
    layers.minGRU({ units: 90, returnSequences: true, zoneoutHidden: 0.2 }),
    layers.indRNN({ units: 90, activation: 'tanh', zoneoutHidden: 0.2 }),
  ],
};

describe.each(Object.entries(stacks))('%s', (_, stack) => {
  it.each([2, 3])('trains with %i threads as with one', async (count) => {
    expect(await trained(stack, count)).toEqual(await trained(stack, 1));
  });
});

async function trained(stack: () => Layer[], threads: number) {
  const model = sequential({
    layers: [...stack(), layers.dense({ units: 3 })],
    seed: 4,
    numerics: 'portable',
    threads,
  });
  model.compile({ optimizer: 'adam', loss: 'mse' });
  // so that the other threads are there when it counts
  await new Promise((resolve) => setTimeout(resolve, 250));
  await model.fit(noise(n, [T, I], 3), noise(n, [3], 4), { epochs: 2, batchSize: 75 });
  const found = bitsOf([...model.getWeights(), await model.predict(noise(n, [T, I], 5))]);
  expect(model.threads).toBe(threads);
  model.dispose();
  return found;
}
