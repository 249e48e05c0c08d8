// What recurrent layers drop is the same with any number of threads, to the bit; in Node, where a test may wait for them.
import { layers, sequential } from 'sluice';
import { expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

const [n, T, I] = [150, 5, 13];

it.each([2, 3])('trains with %i threads as with one', async (count) => {
  const trained = async (threads: number) => {
    const model = sequential({
      layers: [
        layers.lstm({
          units: 90,
          returnSequences: true,
          inputShape: [T, I],
          dropout: 0.2,
          recurrentDropout: 0.3,
          zoneoutHidden: 0.1,
          zoneoutCell: 0.2,
        }),
        layers.gru({ units: 75, returnSequences: true, dropout: 0.2, recurrentDropout: 0.3 }),
        layers.gru({ units: 75, resetAfter: false, recurrentDropout: 0.3, weightDrop: 0.2 }),
        layers.dense({ units: 3 }),
      ],
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
  };
  expect(await trained(count)).toEqual(await trained(1));
});
