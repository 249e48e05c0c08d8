// A model without inputShape takes it from its first call, but only from one that is in order.
import { layers, type Sequential, sequential, tensor } from 'sluice';
import { expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

function made(): Sequential {
  const model = sequential({ layers: [layers.lstm({ units: 4 }), layers.dense({ units: 1 })] });
  model.compile({ optimizer: 'adam', loss: 'mse' });
  return model;
}

const wrong = noise(4, [5, 1]);
const right = noise(4, [3, 1]);
const y = noise(4, [1], 9);
const wideY = noise(4, [2], 9);
const withNaN = tensor(
  Float32Array.from(wrong.data, (value, i) => (i === 7 ? Number.NaN : value)),
  [4, 5, 1],
);
// dense over so many rows is more than WebAssembly can hold
const huge = { batchSize: 2 ** 19 };
const many = tensor(new Float32Array(2 ** 19), [2 ** 19, 1, 1]);
const wide = () =>
  sequential({ layers: [layers.dense({ units: 20_000 }), layers.dense({ units: 1 })] });

const refused: Record<string, (model: Sequential) => Promise<unknown>> = {
  'fit with NaN in x': (model) => model.fit(withNaN, y),
  'fit with a wrong y': (model) => model.fit(wrong, wideY),
  'fit with too few targets': (model) => model.fit(wrong, noise(3, [1])),
  'fit with validation data of another shape': (model) =>
    model.fit(wrong, y, { validationData: [right, y] }),
  'fit with NaN in the validation data': (model) =>
    model.fit(wrong, y, { validationData: [withNaN, y] }),
  'fit with a validation y of another shape': (model) =>
    model.fit(wrong, y, { validationData: [wrong, wideY] }),
  'fit with a split that leaves nothing': (model) => model.fit(wrong, y, { validationSplit: 0.99 }),
  'evaluate with NaN in x': (model) => model.evaluate(withNaN, y),
  'evaluate with a wrong y': (model) => model.evaluate(wrong, wideY),
  'trainOnBatch with NaN in x': (model) => model.trainOnBatch(withNaN, y),
  'trainOnBatch with a wrong y': (model) => model.trainOnBatch(wrong, wideY),
  'predict with NaN': (model) => model.predict(withNaN),
  'predict of no samples': (model) => model.predict(tensor([], [0, 5, 1])),
  'predict of a shape that no lstm takes': (model) => model.predict(noise(4, [5])),
};

it.each(Object.keys(refused))('%s leaves the input shape open', async (call) => {
  const model = made();
  await expect(refused[call](model)).rejects.toMatchObject({ name: 'SluiceError' });
  expect(model.inputShape).toBeUndefined();
  expect(model.outputShape).toBeUndefined();
  expect(() => model.getWeights()).toThrow(/does not know its input shape/);
  const untouched = made();
  const histories = await Promise.all([model, untouched].map((one) => one.fit(right, y)));
  expect(histories[0]).toEqual(histories[1]);
  expect(model.inputShape).toEqual([3, 1]);
  expect(bitsOf([await model.predict(right)])).toEqual(bitsOf([await untouched.predict(right)]));
});

it('memory that is too small leaves it open too', async () => {
  const model = wide();
  await expectError(() => model.predict(many, huge), 'memory-limit');
  expect(model.inputShape).toBeUndefined();
  await model.predict(noise(2, [3]));
  expect(model.inputShape).toEqual([3]);
});

it('a call in order settles it at once, for the calls beside it', async () => {
  const model = made();
  const first = model.predict(right);
  expect(model.inputShape).toEqual([3, 1]);
  await expectError(() => model.predict(wrong), 'bad-shape', 'takes [n, 3, 1]');
  expect((await first).shape).toEqual([4, 1]);
});
