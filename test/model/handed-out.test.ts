// What a model, a layer, an optimizer or a loss tells of itself: nobody can change it, and the
// model goes on and is saved as if nobody had tried.
import { features, fromBytes, layers, losses, optimizers, sequential, toBytes } from 'sluice';
import { expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

const x = noise(8, [3, 2]);
const y = noise(8, [1], 5);

function made() {
  const model = sequential({
    seed: 1,
    layers: [
      layers.lstm({ units: 4, inputShape: [3, 2] }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: optimizers.adam({ clipNorm: 3 }), loss: 'mse' });
  return model;
}

// biome-ignore lint/suspicious/noExplicitAny: what types forbid is the subject here
type Loose = any;

const modelEdits: Record<string, (model: Loose) => void> = {
  'inputShape.unshift': (model) => model.inputShape.unshift(7),
  'inputShape[0]': (model) => (model.inputShape[0] = 99),
  'outputShape[0]': (model) => (model.outputShape[0] = 9),
  inputShape: (model) => (model.inputShape = [9, 9]),
  'layers[0].config.units': (model) => (model.layers[0].config.units = 9),
  'layers[1].config.rate': (model) => (model.layers[1].config.rate = 0.9),
  'layers[0].name': (model) => (model.layers[0].name = 'other'),
  'layers[0].config': (model) => (model.layers[0].config = {}),
  'layers.push': (model) => model.layers.push(model.layers[0]),
  'layers.length': (model) => (model.layers.length = 0),
  layers: (model) => (model.layers = []),
  'weightSpecs[0].shape[0]': (model) => (model.weightSpecs[0].shape[0] = 9),
  'weightSpecs[0].name': (model) => (model.weightSpecs[0].name = 'other'),
  'weightSpecs.pop': (model) => model.weightSpecs.pop(),
  name: (model) => (model.name = 'other'),
  seed: (model) => (model.seed = 99),
  numerics: (model) => (model.numerics = 'portable'),
  build: (model) => (model.build = 'simd'),
  memoryBytes: (model) => (model.memoryBytes = 1),
  optimizer: (model) => (model.optimizer = optimizers.sgd()),
  optimizerSteps: (model) => (model.optimizerSteps = 0),
  'optimizer.slots.length': (model) => (model.optimizer.slots.length = 0),
  'optimizer.slots[0].name': (model) => (model.optimizer.slots[0].name = 'other'),
  'optimizer.clipping': (model) => (model.optimizer.clipping.clipNorm = 1),
  'optimizer.config': (model) => (model.optimizer.config.beta1 = 0.1),
  'optimizer.update': (model) => (model.optimizer.update = () => {}),
};

it.each(Object.keys(modelEdits))(
  'a model refuses an edit of %s and stays as it is',
  async (edit) => {
    const [model, untouched] = [made(), made()];
    await model.fit(x, y);
    await untouched.fit(x, y);
    expect(() => modelEdits[edit](model)).toThrow(TypeError);
    expect(bitsOf([await model.predict(x)])).toEqual(bitsOf([await untouched.predict(x)]));
    expect(toBytes(model)).toEqual(toBytes(untouched));
    const loaded = fromBytes(toBytes(model));
    const histories = await Promise.all([model, loaded, untouched].map((one) => one.fit(x, y)));
    expect(histories[0].history).toEqual(histories[2].history);
    expect(histories[1].history).toEqual(histories[2].history);
  },
);

it('copies of configuration, weights and figures belong to who asked for them', async () => {
  const [model, untouched] = [made(), made()] as Loose[];
  const config = model.getConfig();
  config.layers[0].config.units = 7;
  config.layers.pop();
  config.inputShape[0] = 77;
  for (const weight of model.getWeights()) {
    weight.data.fill(Number.NaN);
    weight.shape[0] = 1;
  }
  const output = await model.predict(x);
  output.shape[0] = 1;
  output.data.fill(0);
  expect(toBytes(model)).toEqual(toBytes(untouched));
});

it('what is learnt from x is fixed as well', async () => {
  const model = sequential({ layers: [layers.dense({ units: 2 })] }) as Loose;
  const own = noise(4, [3]);
  await model.predict(own);
  own.shape[1] = 9;
  expect(() => model.inputShape.push(1)).toThrow(TypeError);
  expect(model.inputShape).toEqual([3]);
});

const parts: Record<string, () => Loose> = {
  'layers.lstm': () => layers.lstm({ units: 2, inputShape: [3, 1] }),
  'layers.dense': () => layers.dense({ units: 2, inputShape: [3] }),
  'layers.dropout': () => layers.dropout({ rate: 0.5, inputShape: [3] }),
  'losses.meanSquaredError': () => losses.meanSquaredError(),
  'losses.categoricalCrossentropy': () => losses.categoricalCrossentropy(),
  'losses.sparseCategoricalCrossentropy': () => losses.sparseCategoricalCrossentropy(),
  features,
};

it.each(Object.keys(parts))('%s is frozen all the way down', (name) => {
  const seen = (value: unknown): unknown[] =>
    typeof value === 'object' && value !== null
      ? [value, ...Object.values(value).flatMap(seen)]
      : [];
  const objects = seen(parts[name]());
  expect(objects.length).toBeGreaterThan(0);
  for (const one of objects) expect(Object.isFrozen(one)).toBe(true);
});

it('an inputShape that its owner changes later is not looked at again', () => {
  const inputShape = [3, 1];
  const layer = layers.lstm({ units: 2, inputShape });
  inputShape[0] = 9;
  expect(sequential({ layers: [layer] }).inputShape).toEqual([3, 1]);
});
