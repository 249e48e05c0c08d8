// A layer at each time step by itself: what Keras makes of it is in shapes.test.ts; here that it is the layer itself, through
// every door.
import {
  fromBytes,
  input,
  type Layer,
  layers,
  modelFromConfig,
  regularizers,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const each = (layer: Layer) => layers.timeDistributed(layer);
const model = (make: (layer: Layer) => Layer) => {
  const made = sequential({
    layers: [
      layers.masking({ maskValue: 9, inputShape: [6, 3] }),
      make(
        layers.dense({
          units: 5,
          activation: 'tanh',
          kernelRegularizer: regularizers.l2({ l2: 0.1 }),
        }),
      ),
      make(layers.dropout({ rate: 0.4 })),
      make(layers.layerNormalization()),
      layers.lstm({ units: 4, returnSequences: true }),
      make(layers.dense({ units: 3, activation: 'softmax' })),
    ],
    numerics: 'portable',
    seed: 5,
  });
  made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  return made;
};
const x = noise(4, [6, 3]);
x.data.fill(9, 3, 9).fill(9, 60);
const y = tensor(
  Array.from({ length: 24 }, (_, i) => i % 3),
  [4, 6],
);

it('is the layer over the sequence, to the bit: weights, dropout, penalties, the softmax of a loss', async () => {
  const [a, b] = [model((layer) => layer), model(each)];
  expect(bitsOf(b.getWeights())).toEqual(bitsOf(a.getWeights()));
  const [first, second] = [await a.fit(x, y, { epochs: 3 }), await b.fit(x, y, { epochs: 3 })];
  expect(second.history).toEqual(first.history);
  expect(bitsOf(b.getWeights())).toEqual(bitsOf(a.getWeights()));
  expect(await b.predict(x)).toEqual(await a.predict(x));
});

it('names weights as Keras does, and is the same through files and configurations', async () => {
  const made = model(each);
  expect(made.weightSpecs.map(({ name }) => name)).toEqual([
    'time_distributed/dense/kernel',
    'time_distributed/dense/bias',
    'time_distributed_2/layer_normalization/gamma',
    'time_distributed_2/layer_normalization/beta',
    'lstm/kernel',
    'lstm/recurrentKernel',
    'lstm/bias',
    'time_distributed_3/dense/kernel',
    'time_distributed_3/dense/bias',
  ]);
  await made.fit(x, y, { epochs: 2 });
  const bits = bitsOf([await made.predict(x)]);
  expect(bitsOf([await fromBytes(toBytes(made)).predict(x)])).toEqual(bits);
  const again = modelFromConfig(JSON.parse(JSON.stringify(made.getConfig())));
  again.setWeights(made.getWeights());
  expect(bitsOf([(await again.predict(x)) as never])).toEqual(bits);
});

it('gives in a stream what predict gives', async () => {
  const made = model(each);
  const whole = (await made.predict(x)).data;
  const stream = made.stream({ batchSize: 4 });
  const row = (data: Float32Array, t: number) =>
    [0, 1, 2, 3].flatMap((b) => [...data.slice((b * 6 + t) * 3, (b * 6 + t + 1) * 3)]);
  for (let t = 0; t < 6; t++) expect([...stream.step(row(x.data, t))]).toEqual(row(whole, t));
});

it('keeps frozen weights, by its own option and by that of the layer', async () => {
  for (const make of [
    () => layers.timeDistributed(layers.dense({ units: 2 }), { trainable: false }),
    () => each(layers.dense({ units: 2, trainable: false })),
  ]) {
    const first = layers.lstm({ units: 3, returnSequences: true, inputShape: [6, 3] });
    const made = sequential({ layers: [first, make()] });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    const before = bitsOf(made.getWeights());
    await made.trainOnBatch(x, noise(4, [6, 2]));
    const after = bitsOf(made.getWeights());
    expect(after.slice(3)).toEqual(before.slice(3));
    expect(after[0]).not.toEqual(before[0]);
  }
});

describe('refuses', () => {
  it('layers that it does not take, and options that do not hold', async () => {
    for (const layer of [
      layers.lstm({ units: 2 }),
      layers.repeatVector({ n: 2 }),
      layers.crf({ units: 3 }),
      layers.timeDistributed(layers.flatten()),
      7,
      undefined,
    ]) {
      await expectError(
        () => each(layer as Layer),
        'bad-option',
        /layers\.timeDistributed: layer must be one that takes a time step by itself: Dense,/,
      );
    }
    await expectError(
      () => each(layers.dense({ units: 2, inputShape: [3] })),
      'bad-option',
      /layer has inputShape \[3\].*state inputShape \[timesteps, features\] on timeDistributed/,
    );
    await expectError(
      () => layers.timeDistributed(layers.flatten(), { trainable: true }),
      'bad-option',
      /trainable is for layers with weights/,
    );
    await expectError(
      () => layers.timeDistributed(layers.flatten(), { units: 2 } as never),
      'bad-option',
      "no option 'units'",
    );
  });

  it('shapes that do not fit', async () => {
    const td = (layer: Layer, shape: number[]) => () => each(layer).apply(input({ shape }));
    await expectError(
      td(layers.dense({ units: 2 }), [3]),
      'bad-shape',
      /timeDistributed needs \[timesteps, features\]/,
    );
    await expectError(
      td(layers.reshape({ targetShape: [2, 3] }), [4, 6]),
      'bad-shape',
      /makes \[2, 3\]; samples have at most two axes/,
    );
    await expectError(td(layers.permute({ dims: [2, 1] }), [4, 6]), 'bad-shape', /dims \[2, 1\]/);
  });

  it('configurations that do not hold', async () => {
    const config = sequential({
      layers: [layers.timeDistributed(layers.dense({ units: 2 }), { inputShape: [4, 3] })],
    }).getConfig();
    const altered = (layer: unknown) => () => {
      const copy = JSON.parse(JSON.stringify(config));
      copy.layers[0].config.layer = layer;
      return modelFromConfig(copy);
    };
    await expectError(altered(undefined), 'bad-option', 'layer of TimeDistributed must be');
    await expectError(altered({ className: 'Nothing', config: {} }), 'bad-option', "'Nothing'");
    await expectError(
      altered({ className: 'Dense', config: { units: 2 }, more: 1 }),
      'bad-option',
      /layer of TimeDistributed/,
    );
    await expectError(
      altered({ className: 'LSTM', config: { units: 2 } }),
      'bad-option',
      'layer must be one that takes a time step by itself',
    );
  });
});
