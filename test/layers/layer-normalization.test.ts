// Layer normalization as Keras has it (test/fixtures/keras/layer_normalization.py) and as PyTorch does
// (test/fixtures/pytorch/layer_norm.py), in stacks, streams and files.
import { layers, optimizers, regularizers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/layer-normalization.json' with { type: 'json' };
import torch from '../fixtures/pytorch/layer-norm.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { expectFrozen, expectGoesOn, expectLearned, expectStreamed } from '../support/learning.js';
import { gradients } from '../support/model-gradients.js';
import { distance } from '../support/near.js';
import { noise } from '../support/samples.js';

// numbers below 8, of a dozen roundings on both sides
const TOLERANCE = 8 * 24 * 2 ** -24;
const CASES = [
  ...fixture.cases.map((one) => ['Keras', one] as const),
  ...torch.cases.map((one) => ['PyTorch', one] as const),
];

describe.each(
  CASES.map(
    ([from, one]) => [`${from}: ${one.shape} ${JSON.stringify(one.options)}`, one] as const,
  ),
)('as in %s', (_, one) => {
  const { shape, options, weights } = one;
  const features = shape.at(-1) as number;
  const made = sequential({
    layers: [layers.layerNormalization({ ...options, inputShape: shape.slice(1) })],
    numerics: 'portable',
  });
  made.setWeights(weights.map((data) => tensor(data, [features])));
  const x = tensor(one.x, shape);

  it('puts out the same, and has the same gradients', async () => {
    const y = await made.predict(x);
    expect(y.shape).toEqual(shape);
    expect(distance(y.data, one.y)).toBeLessThan(TOLERANCE);
    if ('names' in one) {
      expect(made.weightSpecs.map(({ name }) => name)).toEqual(
        one.names.map((name) => `layer_normalization/${name}`),
      );
    }
    // under a layer with weights: without any, nobody asks for a gradient
    const chain = sequential({
      layers: [
        layers.layerNormalization({ ...options, inputShape: shape.slice(1) }),
        layers.dense({ units: features, kernelInitializer: 'identity' }),
      ],
    });
    chain.setWeights([...made.getWeights(), ...chain.getWeights().slice(-2)]);
    chain.compile({ optimizer: 'sgd', loss: 'mse' });
    const found = gradients(chain, x, tensor(one.target, shape));
    expect(Math.abs(found.loss - one.loss)).toBeLessThan(TOLERANCE);
    expect(distance(found.inputGradient.data, one.dx)).toBeLessThan(TOLERANCE);
    found.gradients.slice(0, -2).forEach(({ data }, i) => {
      expect(distance(data, one.gradients[i])).toBeLessThan(TOLERANCE);
    });
  });
});

const stack = () =>
  sequential({
    layers: [
      layers.masking({ maskValue: 0, inputShape: [7, 3] }),
      layers.layerNormalization({
        gammaRegularizer: regularizers.l2({ l2: 0.1 }),
        betaRegularizer: 'l1',
      }),
      layers.lstm({ units: 5, returnSequences: true }),
      layers.layerNormalization({ center: false }),
      layers.lstm({ units: 6 }),
      layers.dense({ units: 2 }),
    ],
    numerics: 'portable',
  });

describe('between LSTMs, with masks', () => {
  const { shapes, before } = fixture.learn;
  const x = tensor(fixture.learn.x, [8, 7, 3]);
  const y = tensor(fixture.learn.y, [8, 2]);
  const begun = () => {
    const made = stack();
    made.setWeights(before.map((data, i) => tensor(data, shapes[i])));
    made.compile({ optimizer: optimizers.sgd({ learningRate: 0.2 }), loss: 'mse' });
    return made;
  };

  it('has the twenty losses of Keras', () =>
    // float32 on both sides: each step rounds weights below 2, and steps add up
    expectLearned(begun(), x, y, fixture.learn, { loss: 5e-6, weights: 2e-5, outputs: 2e-5 }));

  it('goes on from a file as it would have, and keeps its weights where it is frozen', async () => {
    const made = begun();
    await expectGoesOn(made, x, y);
    await expectFrozen(made, 1, 2, x, y);
  });
});

it('runs in streams and whole, with the same bits', async () => {
  const made = sequential({
    layers: [
      layers.layerNormalization({ inputShape: [9, 3] }),
      layers.lstm({ units: 20, returnSequences: true }),
      layers.layerNormalization(),
    ],
    numerics: 'portable',
  });
  await expectStreamed(made, 20);
});

it('stands upon vectors too', async () => {
  const made = sequential({
    layers: [
      layers.dense({ units: 6, inputShape: [4] }),
      layers.layerNormalization(),
      layers.dense({ units: 1 }),
    ],
  });
  expect(made.outputShape).toEqual([1]);
  made.compile({ optimizer: 'adam', loss: 'mse' });
  const [x, y] = [noise(16, [4]), noise(16, [1], 3)];
  const { history } = await made.fit(x, y, { epochs: 20 });
  expect(history.loss[19]).toBeLessThan(history.loss[0]);
});

it('refuses options that do not hold', async () => {
  const make = (options: object) => () => layers.layerNormalization(options);
  for (const [options, text] of [
    [{ epsilon: 0 }, /epsilon must be a finite number above 0/],
    [{ epsilon: 1e-50 }, /epsilon must be/],
    [{ axis: -1 }, /no option 'axis'/],
    [{ gammaInitializer: 'orthogonal' }, /gammaInitializer must be/],
    [{ scale: false, gammaInitializer: 'zeros' }, /gammaInitializer .* scale: false leaves none/],
    [{ scale: false, gammaRegularizer: 'l2' }, /gammaRegularizer is a penalty .* scale: false/],
    [{ scale: false, gammaConstraint: 'nonNeg' }, /gammaConstraint is what gamma .* scale: false/],
    [{ center: false, betaConstraint: 'maxNorm' }, /betaConstraint is what .* center: false/],
    [{ betaConstraint: 'l2' }, /betaConstraint must be/],
    [{ betaRegularizer: 'orthogonal' }, /betaRegularizer must be/],
    [{ center: false, betaInitializer: 'ones' }, /betaInitializer .* center: false leaves none/],
  ] as const) {
    await expectError(make(options), 'bad-option', /layers\.layerNormalization/, text);
  }
});
