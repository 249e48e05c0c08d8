// 'portable' promises the same bits on every engine. Each engine that runs this suite compares
// with one record, so any two of them agree. A kernel that rounds otherwise on purpose changes
// the record; an engine that does so by itself breaks the promise.
import { model as graph, input, layers, optimizers, sequential } from 'sluice';
import { expect, it } from 'vitest';
import { bitsOf, noise, oneHot } from '../support/samples.js';

/** FNV-1a over 32-bit words. */
function hashOf(words: readonly number[]): string {
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

it('trains to the same bits', async () => {
  const model = sequential({
    layers: [
      layers.lstm({ units: 13, returnSequences: true, inputShape: [9, 5] }),
      layers.dropout({ rate: 0.2 }),
      layers.lstm({ units: 6 }),
      layers.dense({ units: 5, activation: 'tanh' }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    seed: 42,
    numerics: 'portable',
  });
  const start = hashOf(bitsOf(model.getWeights()).flat());
  model.compile({
    optimizer: optimizers.adam({ learningRate: 0.01, globalClipNorm: 0.5 }),
    loss: 'categoricalCrossentropy',
    metrics: ['mae'],
  });
  const x = noise(45, [9, 5]);
  const { history } = await model.fit(x, oneHot(45, [3]), { epochs: 3, batchSize: 16 });
  expect({
    start,
    weights: hashOf(bitsOf(model.getWeights()).flat()),
    outputs: hashOf(bitsOf([await model.predict(x)]).flat()),
    loss: history.loss.at(-1),
    mae: history.mae.at(-1),
  }).toEqual({
    start: '1a12bf2b',
    weights: 'e0e48e19',
    outputs: '76928da4',
    loss: 1.053555838211664,
    mae: 0.43068502468091463,
  });
});

it('trains variants of the LSTM to the same bits', async () => {
  const model = sequential({
    layers: [
      layers.lstm({ units: 13, variant: 'peephole', returnSequences: true, inputShape: [9, 5] }),
      layers.lstm({ units: 18, variant: 'coupled', returnSequences: true }),
      layers.lstm({ units: 6, variant: 'fullGateRecurrence', returnSequences: true }),
      layers.lstm({ units: 7, variant: 'noOutputGate', returnSequences: true, useBias: false }),
      layers.lstm({ units: 5, activation: 'relu', recurrentActivation: 'hardSigmoid' }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    seed: 42,
    numerics: 'portable',
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const x = noise(45, [9, 5]);
  await model.fit(x, oneHot(45, [3]), { epochs: 3, batchSize: 16 });
  expect({
    weights: hashOf(bitsOf(model.getWeights()).flat()),
    outputs: hashOf(bitsOf([await model.predict(x)]).flat()),
  }).toEqual({ weights: 'b04ba8ab', outputs: '78fbcece' });
});

it('trains layers that change shapes to the same bits', async () => {
  const model = sequential({
    layers: [
      layers.lstm({ units: 7, returnSequences: true, inputShape: [9, 5] }),
      layers.activation({ activation: 'hardSigmoid' }),
      layers.permute({ dims: [2, 1] }),
      layers.reshape({ targetShape: [-1] }),
      layers.dense({ units: 5, activation: 'hardSigmoid' }),
      layers.repeatVector({ n: 4 }),
      layers.gru({ units: 3, returnSequences: true }),
      layers.flatten(),
      layers.dense({ units: 3 }),
      layers.activation({ activation: 'softmax' }),
    ],
    seed: 42,
    numerics: 'portable',
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const x = noise(45, [9, 5]);
  await model.fit(x, oneHot(45, [3]), { epochs: 3, batchSize: 16 });
  expect({
    weights: hashOf(bitsOf(model.getWeights()).flat()),
    outputs: hashOf(bitsOf([await model.predict(x)]).flat()),
  }).toEqual({ weights: '23408c86', outputs: '8807ac10' });
});

it('trains convolutions upon each other to the same bits', async () => {
  const model = sequential({
    layers: [
      layers.conv1D({ filters: 9, kernelSize: 3, padding: 'causal', inputShape: [9, 6] }),
      layers.conv1D({ filters: 6, kernelSize: 3, strides: 2, padding: 'same', groups: 3 }),
      layers.conv1D({ filters: 21, kernelSize: 2, dilationRate: 2, activation: 'tanh' }),
      layers.lstm({ units: 5 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    seed: 42,
    numerics: 'portable',
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const x = noise(45, [9, 6]);
  await model.fit(x, oneHot(45, [3]), { epochs: 3, batchSize: 16 });
  expect({
    weights: hashOf(bitsOf(model.getWeights()).flat()),
    outputs: hashOf(bitsOf([await model.predict(x)]).flat()),
  }).toEqual({ weights: '7b156d68', outputs: '4b2b76fa' });
});

it('trains convolutions and normalizations to the same bits', async () => {
  const model = sequential({
    layers: [
      layers.conv1D({ filters: 7, kernelSize: 3, padding: 'same', inputShape: [9, 5] }),
      layers.batchNormalization({ momentum: 0.9 }),
      layers.lstm({ units: 6, returnSequences: true }),
      layers.layerNormalization(),
      layers.lstm({ units: 5 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    seed: 42,
    numerics: 'portable',
  });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const x = noise(45, [9, 5]);
  await model.fit(x, oneHot(45, [3]), { epochs: 3, batchSize: 16 });
  expect({
    weights: hashOf(bitsOf(model.getWeights()).flat()),
    outputs: hashOf(bitsOf([await model.predict(x)]).flat()),
  }).toEqual({ weights: '23131133', outputs: '64c599ae' });
});

it('trains merges, layers at each step by themselves, and sequences behind each other to the same bits', async () => {
  const [a, b] = [input({ shape: [5, 3] }), input({ shape: [4, 3] })];
  const joined = layers.concatenate({ axis: 1 }).apply([a, b]);
  const each = layers.timeDistributed(layers.dense({ units: 6, activation: 'tanh' })).apply(joined);
  const read = layers.lstm({ units: 6, returnSequences: true }).apply(each);
  const merged = [
    layers.add().apply([each, read]),
    layers.subtract().apply([read, each]),
    layers.multiply().apply([each, read]),
    layers.average().apply([read, each]),
    layers.maximum().apply([each, read]),
    layers.minimum().apply([read, each]),
  ];
  const both = layers.concatenate().apply(merged);
  const end = layers.gru({ units: 5 }).apply(both);
  const crossed = layers.dot({ axes: 1 }).apply([end, layers.dense({ units: 5 }).apply(end)]);
  const last = layers.concatenate().apply([end, crossed]);
  const outputs = layers.dense({ units: 3, activation: 'softmax' }).apply(last);
  const model = graph({ inputs: [a, b], outputs, seed: 42, numerics: 'portable' });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  const x = [noise(45, [5, 3]), noise(45, [4, 3], 3)];
  await model.fit(x, oneHot(45, [3]), { epochs: 3, batchSize: 16 });
  expect({
    weights: hashOf(bitsOf(model.getWeights()).flat()),
    outputs: hashOf(bitsOf([await model.predict(x)]).flat()),
  }).toEqual({ weights: 'fed7cc4f', outputs: '8544ec2e' });
});
