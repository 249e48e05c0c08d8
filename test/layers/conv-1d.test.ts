// Convolution over time as Keras has it (test/fixtures/keras/conv1d.py) and as PyTorch does
// (test/fixtures/pytorch/conv1d.py), in stacks and files.
import { layers, optimizers, regularizers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/conv1d.json' with { type: 'json' };
import torch from '../fixtures/pytorch/conv1d.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { expectFrozen, expectGoesOn, expectLearned } from '../support/learning.js';
import { gradients } from '../support/model-gradients.js';
import { distance } from '../support/near.js';
import { noise } from '../support/samples.js';

// sums of at most 27 products below 8, and of gradients over at most 135 rows, rounded on both sides
const TOLERANCE = 8 * 2 * 30 * 2 ** -24;
const CASES = [
  ...fixture.cases.map((one) => ['Keras', one] as const),
  ...torch.cases.map((one) => ['PyTorch', one] as const),
];

describe.each(
  CASES.map(
    ([from, one]) => [`${from}: ${one.shape} ${JSON.stringify(one.options)}`, one] as const,
  ),
)('as in %s', (_, one) => {
  const made = sequential({
    layers: [
      layers.conv1D({
        ...(one.options as never as { filters: number; kernelSize: number }),
        inputShape: one.shape.slice(1),
      }),
    ],
    numerics: 'portable',
  });
  made.setWeights(one.weights.map((data, i) => tensor(data, one.shapes[i])));
  const x = tensor(one.x, one.shape);

  it('puts out the same, and has the same gradients', async () => {
    if ('names' in one) {
      const names = one.names.map((name) => `conv1d/${name}`);
      expect(made.weightSpecs.map(({ name }) => name)).toEqual(names);
    }
    const y = await made.predict(x);
    expect(y.shape).toEqual(one.outputShape);
    expect(distance(y.data, one.y)).toBeLessThan(TOLERANCE);
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    const found = gradients(made, x, tensor(one.target, one.outputShape));
    expect(Math.abs(found.loss - one.loss)).toBeLessThan(TOLERANCE);
    expect(distance(found.inputGradient.data, one.dx)).toBeLessThan(TOLERANCE);
    found.gradients.forEach(({ data }, i) => {
      expect(distance(data, one.gradients[i])).toBeLessThan(TOLERANCE);
    });
  });
});

const stack = () =>
  sequential({
    layers: [
      layers.conv1D({
        ...{ filters: 9, kernelSize: 5, strides: 2, padding: 'same', activation: 'relu' },
        inputShape: [20, 3],
      }),
      layers.maxPooling1D({ poolSize: 2 }),
      layers.conv1D({
        ...{ filters: 6, kernelSize: 2, padding: 'causal', groups: 3 },
        kernelRegularizer: regularizers.l2({ l2: 0.02 }),
        biasRegularizer: 'l1',
      }),
      layers.lstm({ units: 5 }),
      layers.dense({ units: 2 }),
    ],
    numerics: 'portable',
  });

describe('in front of an LSTM', () => {
  const { shapes, before } = fixture.learn;
  const x = tensor(fixture.learn.x, [8, 20, 3]);
  const y = tensor(fixture.learn.y, [8, 2]);
  const begun = () => {
    const made = stack();
    expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(shapes);
    made.setWeights(before.map((data, i) => tensor(data, shapes[i])));
    made.compile({ optimizer: optimizers.sgd({ learningRate: 0.2 }), loss: 'mse' });
    return made;
  };

  it('has the twenty losses of Keras', () =>
    // float32 on both sides: each step rounds weights below 2, and steps add up
    expectLearned(begun(), x, y, fixture.learn, { loss: 1e-5, weights: 3e-5, outputs: 3e-5 }));

  it('goes on from a file as it would have, whatever the batch', async () => {
    const made = begun();
    await expectGoesOn(made, x, y);
    const all = await made.predict(x);
    expect(await made.predict(x, { batchSize: 1 })).toEqual(all);
    await expectFrozen(made, 0, 2, x, y);
  });
});

it('takes the softmax upon the loss', async () => {
  const made = sequential({
    layers: [
      layers.conv1D({ filters: 3, kernelSize: 2, activation: 'softmax', inputShape: [5, 2] }),
    ],
  });
  made.compile({
    optimizer: optimizers.adam({ learningRate: 0.1 }),
    loss: 'categoricalCrossentropy',
  });
  const y = tensor(
    Float32Array.from({ length: 4 * 4 * 3 }, (_, i) => (i % 3 === 1 ? 1 : 0)),
    [4, 4, 3],
  );
  const { history } = await made.fit(noise(4, [5, 2]), y, { epochs: 30 });
  expect(history.loss[29]).toBeLessThan(0.1);
});

it('draws as Keras scales: by what a filter sees, and what sees a step', () => {
  const drawn = (kernelInitializer: never) => {
    const [{ data }] = sequential({
      layers: [
        layers.conv1D({ filters: 64, kernelSize: 5, kernelInitializer, inputShape: [9, 12] }),
      ],
    }).getWeights();
    return data;
  };
  const most = (data: Float32Array) => data.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  // sqrt(6 / (K C + K N)), and sqrt(3 / (K C)): of 3840 numbers the largest comes within a hundredth
  expect(most(drawn('glorotUniform' as never)) / Math.sqrt(6 / (60 + 320))).toBeGreaterThan(0.99);
  expect(most(drawn('glorotUniform' as never)) / Math.sqrt(6 / (60 + 320))).toBeLessThan(1);
  expect(most(drawn('lecunUniform' as never)) / Math.sqrt(3 / 60)).toBeGreaterThan(0.99);
  // 60 rows of 64, orthogonal to each other
  const data = drawn('orthogonal' as never);
  const row = (i: number) => data.slice(64 * i, 64 * (i + 1));
  const dot = (i: number, k: number) => row(i).reduce((sum, one, n) => sum + one * row(k)[n], 0);
  expect(Math.abs(dot(3, 41))).toBeLessThan(1e-6);
  expect(dot(7, 7)).toBeCloseTo(1, 5);
});

it('refuses what it cannot take', async () => {
  const make = (options: object) => () =>
    sequential({
      layers: [layers.conv1D({ filters: 2, kernelSize: 3, inputShape: [4, 2], ...options })],
    });
  for (const [options, text] of [
    [{ filters: 0 }, /filters must be a positive integer/],
    [{ padding: 'full' }, /padding must be 'valid' or 'same' or 'causal'/],
    [{ groups: 0 }, /groups must be a positive integer/],
    [{ groups: 4 }, /filters must be a multiple of groups, but got 2 and 4/],
    [{ dataFormat: 'channelsFirst' }, /no option 'dataFormat'/],
    [{ kernelRegularizer: 'orthogonal' }, /orthogonal is for matrices alone/],
    [{ strides: 2, dilationRate: 2 }, /strides or dilationRate must be 1/],
    [{ kernelInitializer: 'identity' }, /kernelInitializer must be/],
    [{ useBias: false, biasInitializer: 'ones' }, /useBias: false leaves none/],
    [{ kernelSize: 2 ** 29, dilationRate: 2 }, /must reach over at most/],
  ] as const) {
    await expectError(make(options), 'bad-option', /layers\.conv1D/, text);
  }
  await expectError(make({ kernelSize: 5 }), 'bad-shape', 'windows of 5 time steps');
  await expectError(
    make({ inputShape: [4, 3], groups: 2 }),
    'bad-shape',
    'groups must divide the features, but the input has 3 at each step, and groups is 2',
  );
  expect(make({ kernelSize: 5, padding: 'causal' })().outputShape).toEqual([4, 2]);
  await expectError(
    () => make({ padding: 'causal' })().stream(),
    'bad-option',
    /cannot be run step by step/,
    /conv1d/,
  );
  const masked = sequential({
    layers: [
      layers.masking({ inputShape: [4, 2] }),
      layers.conv1D({ filters: 2, kernelSize: 3, name: 'eyes' }),
    ],
  });
  await expectError(
    () => masked.predict(noise(2, [4, 2])),
    'bad-option',
    /layer eyes: conv1D needs steps that are not masked/,
  );
});
