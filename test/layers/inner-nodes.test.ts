// Layers that stand within others find their memory in training and in inference, whichever was planned last.
import { layers, sequential } from 'sluice';
import { expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

const inputShape = [6, 3];
const x = noise(5, inputShape);
const y = noise(5, [2]);

it.each([
  ['bidirectional', (o: object) => layers.bidirectional(layers.lstm({ units: 4, ...o }))],
  [
    'bidirectional, two cells',
    () => {
      const backwardLayer = layers.gru({ units: 4, goBackwards: true });
      return layers.bidirectional(layers.lstm({ units: 4, inputShape }), { backwardLayer });
    },
  ],
  ['dropout', (o: object) => layers.lstm({ units: 4, dropout: 0.2, ...o })],
  ['weightDrop', (o: object) => layers.lstm({ units: 4, weightDrop: 0.2, ...o })],
  ['goBackwards, lstm', (o: object) => layers.lstm({ units: 4, goBackwards: true, ...o })],
  ['goBackwards, gru', (o: object) => layers.gru({ units: 4, goBackwards: true, ...o })],
  [
    'goBackwards, simpleRNN',
    (o: object) => layers.simpleRNN({ units: 4, goBackwards: true, ...o }),
  ],
] as const)('trains after an evaluation as without one: %s', async (_, make) => {
  const run = async (evaluates: boolean) => {
    const model = sequential({
      layers: [make({ inputShape }), layers.dense({ units: 2 })],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    for (const _ of [1, 2, 3]) {
      await model.trainOnBatch(x, y);
      if (evaluates) await model.evaluate(x, y);
    }
    return bitsOf(model.getWeights());
  };
  expect(await run(true)).toEqual(await run(false));
});
