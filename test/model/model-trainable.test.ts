// model.trainable is that of all its layers, as in Keras.
import { layers, sequential } from 'sluice';
import { expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

it('freezes all layers of a model from the next compile on, and lets them learn again', async () => {
  const made = sequential({
    layers: [layers.gru({ units: 3, inputShape: [4, 2] }), layers.dense({ units: 1 })],
  });
  const learn = () => made.fit(noise(6, [4, 2]), noise(6, [1], 3));
  made.trainable = false;
  expect(made.layers.map(({ trainable }) => trainable)).toEqual([false, false]);
  expect(made.trainable).toBe(false);
  made.compile({ optimizer: 'adam', loss: 'mse' });
  const before = bitsOf(made.getWeights());
  await learn();
  expect(bitsOf(made.getWeights())).toEqual(before);
  made.trainable = true;
  expect(made.trainable).toBe(true);
  made.compile({ optimizer: 'adam', loss: 'mse' });
  await learn();
  expect(bitsOf(made.getWeights())).not.toEqual(before);
  await expectError(
    () => {
      made.trainable = 1 as never;
    },
    'bad-option',
    /trainable must be true or false, but got 1/,
  );
  for (const [i, name] of ['gru', 'dense'].entries()) {
    await expectError(
      () => {
        made.layers[i].trainable = 'yes' as never;
      },
      'bad-option',
      `layer ${name}: trainable must be true or false, but got 'yes'`,
    );
  }
});
