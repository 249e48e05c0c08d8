// Batch normalization as Keras has it (test/fixtures/keras/batch_normalization.py) and as PyTorch does
// (test/fixtures/pytorch/batch_norm.py), in stacks, graphs, streams and files.
import {
  fromBytes,
  initializers,
  input,
  layers,
  loadState,
  loadWeights,
  type Model,
  model,
  optimizers,
  regularizers,
  saveState,
  sequential,
  type Tensor,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/batch-normalization.json' with { type: 'json' };
import torch from '../fixtures/pytorch/batch-norm.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { expectLearned, expectStreamed } from '../support/learning.js';
import { gradients } from '../support/model-gradients.js';
import { distance } from '../support/near.js';
import { bitsOf, noise } from '../support/samples.js';

// numbers below 8, of some twenty roundings on both sides; Keras sums up to 21 rows in float32
const TOLERANCE = 8 * 40 * 2 ** -24;
/** Stands in masked steps, and nowhere else. What comes of it is larger than the rest. */
const MASKED = 99;
const CASES = [
  ...fixture.cases.map((one) => ['Keras', one] as const),
  ...torch.cases.map((one) => ['PyTorch', one] as const),
];

describe.each(
  CASES.map(([from, one]) => {
    const more = `${one.masked ? ', masked' : ''}${one.training ? '' : ', in inference'}`;
    return [`${from}: ${one.shape} ${JSON.stringify(one.options)}${more}`, one] as const;
  }),
)('as in %s', (_, one) => {
  const { shape, options, weights, training } = one;
  const features = shape.at(-1) as number;
  const inputShape = shape.slice(1);
  const x = tensor(one.x, shape);
  const target = tensor(one.target, shape);
  const chain = (trainable: boolean) => {
    const made = sequential({
      layers: [
        ...(one.masked ? [layers.masking({ maskValue: MASKED, inputShape })] : []),
        layers.batchNormalization({
          ...options,
          trainable,
          inputShape: one.masked ? undefined : inputShape,
        }),
        // without any weight to train nobody asks for a gradient
        layers.dense({ units: features, kernelInitializer: 'identity' }),
      ],
      numerics: 'portable',
    });
    const end = made.getWeights().slice(-2);
    made.setWeights([...weights.map((data) => tensor(data, [features])), ...end]);
    made.compile({ optimizer: optimizers.sgd({ learningRate: 1e-30 }), loss: 'mse' });
    return made;
  };

  it(training ? 'has the same loss and gradients' : 'puts out the same', async () => {
    const made = chain(true);
    if (!training) {
      expect(distance((await made.predict(x)).data, one.y)).toBeLessThan(TOLERANCE);
      return;
    }
    const found = gradients(made, x, target);
    expect(Math.abs(found.loss - one.loss)).toBeLessThan(TOLERANCE);
    expect(distance(found.inputGradient.data, one.dx)).toBeLessThan(TOLERANCE);
    one.gradients.forEach((expected, i) => {
      expect(distance(found.gradients[i].data, expected)).toBeLessThan(TOLERANCE);
    });
  });

  it(
    training ? 'moves the statistics alike' : 'has the same gradients where it is frozen',
    async () => {
      const made = chain(training);
      if (training) {
        if (!('after' in one)) return;
        expect(made.weightSpecs.map(({ name }) => name).slice(0, -2)).toEqual(
          one.names.map((name) => `batch_normalization/${name}`),
        );
        const { loss } = await made.trainOnBatch(x, target);
        expect(Math.abs(loss - one.loss)).toBeLessThan(TOLERANCE);
        one.after.forEach((expected, i) => {
          expect(distance(made.getWeights()[i].data, expected)).toBeLessThan(TOLERANCE);
        });
        return;
      }
      const found = gradients(made, x, target);
      expect(Math.abs(found.loss - one.loss)).toBeLessThan(TOLERANCE);
      expect(distance(found.inputGradient.data, one.dx)).toBeLessThan(TOLERANCE);
    },
  );
});

const stacks: Record<keyof typeof fixture.learn, () => Model> = {
  masks: () =>
    sequential({
      layers: [
        layers.masking({ maskValue: 0, inputShape: [7, 3] }),
        layers.batchNormalization({ momentum: 0.9 }),
        layers.lstm({ units: 5, returnSequences: true }),
        layers.batchNormalization({ momentum: 0.9, scale: false }),
        layers.lstm({ units: 6 }),
        layers.batchNormalization({
          momentum: 0.9,
          gammaRegularizer: 'l1',
          betaRegularizer: regularizers.l2({ l2: 0.1 }),
        }),
        layers.dense({ units: 2 }),
      ],
      numerics: 'portable',
    }),
  frozen: () =>
    sequential({
      layers: [
        layers.lstm({ units: 5, inputShape: [7, 3] }),
        layers.batchNormalization({ trainable: false }),
        layers.dense({ units: 2 }),
      ],
      numerics: 'portable',
    }),
  shared: () => {
    const [a, b] = [input({ shape: [3] }), input({ shape: [3] })];
    const norm = layers.batchNormalization({ momentum: 0.8 });
    const joined = layers.concatenate().apply([norm.apply(a), norm.apply(b)]);
    const outputs = layers.dense({ units: 2 }).apply(joined);
    return model({ inputs: [a, b], outputs, numerics: 'portable' });
  },
};

describe.each(Object.keys(stacks) as (keyof typeof stacks)[])('a stack: %s', (kind) => {
  const given = fixture.learn[kind];
  const shape = kind === 'shared' ? [8, 3] : [8, 7, 3];
  const x = (
    kind === 'shared'
      ? (given.x as number[][]).map((one) => tensor(one, shape))
      : tensor(given.x as number[], shape)
  ) as Tensor;
  const y = tensor(given.y, [8, 2]);
  const begun = () => {
    const made = stacks[kind]();
    expect(made.weightSpecs.map((one) => one.shape)).toEqual(given.shapes);
    made.setWeights(given.before.map((data, i) => tensor(data, given.shapes[i])));
    made.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'mse' });
    return made;
  };

  it('has the twenty losses of Keras, its moving statistics, and its losses with them', async () => {
    const made = begun();
    // float32 on both sides: each step rounds weights below 2, and steps add up
    await expectLearned(made, x, y, given, { loss: 1e-5, weights: 2e-5, outputs: 5e-5 });
    const { loss } = await made.evaluate(x, y);
    expect(Math.abs(loss - given.evaluated)).toBeLessThan(5e-5);
  });

  it('goes on from files and states as it would have', async () => {
    const made = begun();
    await made.fit(x, y, { epochs: 2, batchSize: 3 });
    const copy = fromBytes(toBytes(made));
    const other = begun();
    loadState(other, saveState(made));
    for (const one of [made, copy, other]) await one.fit(x, y, { epochs: 2, batchSize: 3 });
    expect(bitsOf(copy.getWeights())).toEqual(bitsOf(made.getWeights()));
    expect(bitsOf(other.getWeights())).toEqual(bitsOf(made.getWeights()));
    const taken = begun();
    loadWeights(taken, toBytes(made));
    expect(bitsOf(taken.getWeights())).toEqual(bitsOf(made.getWeights()));
  });

  it('leaves statistics alone where nothing trains', async () => {
    const made = begun();
    const before = bitsOf(made.getWeights());
    await made.evaluate(x, y);
    await made.predict(x);
    expect(bitsOf(made.getWeights())).toEqual(before);
    made.trainable = false;
    made.layers.at(-1)!.trainable = true;
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const { loss } = await made.evaluate(x, y);
    // in inference mode, as Keras runs it
    expect((await made.trainOnBatch(x, y)).loss).toBeCloseTo(loss, 6);
    expect(bitsOf(made.getWeights()).slice(0, -2)).toEqual(before.slice(0, -2));
  });
});

const dense = (options: object = {}) =>
  sequential({
    layers: [
      layers.dense({ units: 6, inputShape: [4] }),
      layers.batchNormalization(options),
      layers.dense({ units: 1 }),
    ],
    numerics: 'portable',
  });

it('counts its statistics as parameters that are not trained', () => {
  expect(dense().countParams()).toBe(61);
  expect(dense().summary()).toMatch(/61 parameters, 49 trainable/);
});

it('clips and scales the rates of what gradients move, and of that alone', async () => {
  const [x, y] = [noise(16, [4]), noise(16, [1], 3)];
  const trained = async (over: object, learningRates?: Record<string, number>) => {
    const made = dense();
    made.compile({
      optimizer: optimizers.adam({ learningRate: 0.1, ...over }),
      loss: 'mse',
      learningRates,
    });
    await made.trainOnBatch(x, y);
    return bitsOf(made.getWeights());
  };
  const usual = await trained({});
  for (const clipped of [{ clipNorm: 0.01 }, { globalClipNorm: 0.01 }, { clipValue: 0.001 }]) {
    const found = await trained(clipped);
    expect(found[0]).not.toEqual(usual[0]);
    // the moments of the first batch do not depend on the step
    expect(found.slice(4, 6)).toEqual(usual.slice(4, 6));
  }
  const still = await trained({}, { batch_normalization: 0 });
  expect(still[2]).toEqual(bitsOf([tensor(Array(6).fill(1), [6])])[0]);
  expect(still.slice(4, 6)).toEqual(usual.slice(4, 6));
});

it('refuses a step whose statistics leave float32, and moves nothing', async () => {
  const made = sequential({
    layers: [layers.batchNormalization({ inputShape: [1] }), layers.dense({ units: 1 })],
  });
  made.compile({ optimizer: 'sgd', loss: 'mse' });
  const before = bitsOf(made.getWeights());
  await expectError(
    () => made.trainOnBatch(tensor([1e30, -1e30], [2, 1]), tensor([0, 0], [2, 1])),
    'not-finite',
    /would leave float32/,
  );
  expect(bitsOf(made.getWeights())).toEqual(before);
});

it('runs in streams and whole, with the same bits', async () => {
  const made = sequential({
    layers: [
      layers.batchNormalization({ inputShape: [9, 3], movingMeanInitializer: 'ones' }),
      layers.lstm({ units: 20, returnSequences: true }),
      layers.batchNormalization(),
    ],
    numerics: 'portable',
  });
  await expectStreamed(made, 20);
});

it('refuses options that do not hold', async () => {
  for (const [options, text] of [
    [{ epsilon: 0 }, /epsilon must be a finite number above 0/],
    [{ momentum: 1.5 }, /momentum must be a number from 0 to 1/],
    [{ renorm: true }, /no option 'renorm'/],
    [{ movingMeanInitializer: 'orthogonal' }, /movingMeanInitializer must be/],
    [
      { movingVarianceInitializer: initializers.constant({ value: -1 }) },
      /movingVarianceInitializer must draw no number below 0, .* goes down to -1;/,
    ],
    [{ movingVarianceInitializer: 'randomNormal' }, /'randomNormal' goes down to -0\.3/],
    [{ movingVarianceInitializer: 'heNormal' }, /'heNormal' draws on both sides of 0/],
    [
      { movingVarianceInitializer: initializers.randomUniform({ minval: 1, maxval: -0.5 }) },
      /goes down to -0\.5/,
    ],
    [{ scale: false, gammaInitializer: 'zeros' }, /gammaInitializer .* scale: false leaves none/],
  ] as const) {
    const make = () => layers.batchNormalization(options as object);
    await expectError(make, 'bad-option', /layers\.batchNormalization/, text);
  }
  for (const movingVarianceInitializer of [
    'zeros',
    initializers.randomUniform({ minval: 0, maxval: 2 }),
    initializers.truncatedNormal({ mean: 1, stddev: 0.5 }),
  ] as const) {
    expect(() => layers.batchNormalization({ movingVarianceInitializer })).not.toThrow();
  }
});

it('says of an output that is no number where to look', async () => {
  const made = sequential({ layers: [layers.batchNormalization({ inputShape: [1] })] });
  made.setWeights([[1], [0], [0], [-1]]);
  await expectError(
    () => made.predict(tensor([1], [1, 1])),
    'not-finite',
    'is NaN',
    'or a moving variance lies below 0',
  );
});
