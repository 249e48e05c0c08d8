// Dense layers without bias, which learn as in Keras 3; they have no weight of it, and refuse what is said about one.
import { layers, optimizers, sequential, tensor } from 'sluice';
import { expect, it } from 'vitest';
import fixture from '../fixtures/keras/dense-fit.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { allowRelaxedSimd } from '../support/kernels.js';

allowRelaxedSimd();
const { n } = fixture;
// float32 over twenty epochs of Adam, whose step does not know how small a gradient is: as the other fits
const NEAR = 2e-5;

function far(found: ArrayLike<number>, expected: readonly number[]): number {
  return Math.max(
    ...expected.map((value, i) => Math.abs(found[i] - value) / Math.max(1, Math.abs(value))),
  );
}

it.each(['rows', 'sequences'] as const)('learns without bias as in Keras: %s', async (kind) => {
  const { shape, ...expected } = fixture[kind];
  const model = sequential({
    layers: [
      layers.dense({ units: 5, activation: 'tanh', useBias: false, inputShape: shape }),
      layers.dense({ units: 9, activation: 'relu', useBias: false }),
      layers.dense({ units: 3 }),
    ],
  });
  expect(model.getWeights().map((one) => one.shape)).toEqual(expected.shapes);
  expect(model.weightSpecs.map(({ name }) => name)).toEqual([
    'dense/kernel',
    'dense_1/kernel',
    'dense_2/kernel',
    'dense_2/bias',
  ]);
  model.setWeights(expected.before.map((values, i) => tensor(values, expected.shapes[i])));
  model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }), loss: 'mse' });
  const x = tensor(expected.x, [n, ...shape]);
  const y = tensor(expected.y, [n, ...shape.slice(0, -1), 3]);
  const { history } = await model.fit(x, y, { batchSize: 4, epochs: 20, shuffle: false });
  expect(far(history.loss, expected.loss)).toBeLessThan(NEAR);
  model.getWeights().forEach((one, i) => {
    expect(far(one.data, expected.after[i])).toBeLessThan(NEAR);
  });
  expect(far((await model.predict(x)).data, expected.predicted)).toBeLessThan(NEAR);
  model.dispose();
});

it.each([
  { biasInitializer: 'ones' as const },
  { biasRegularizer: 'l2' as const },
  { biasConstraint: 'nonNeg' as const },
])('refuses what is said about a bias that there is not: %o', async (said) => {
  const make = () => layers.dense({ units: 2, useBias: false, ...said });
  await expectError(make, 'bad-option', 'useBias: false leaves none');
});
