// Penalties on weights, against Keras 3 (test/fixtures/keras/regularization_fit.py), and their doors.
import { layers, regularizers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/regularizers-fit.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';
import { expectToLearn, titled } from '../support/regularization.js';
import { noise } from '../support/samples.js';

describe.each(titled(fixture))('%s', (_, one) => {
  it('learns as in Keras, and tells the same figures', () => expectToLearn(fixture, one));
});

describe('gradients', () => {
  const x = noise(4, [6, 3]);
  const y = noise(4, [2]);
  const stack = (options: object) => {
    const made = sequential({
      layers: [
        layers.lstm({ units: 5, inputShape: [6, 3], ...options }),
        layers.dense({ units: 2 }),
      ],
      numerics: 'portable',
      seed: 4,
    });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    return made;
  };

  it.each([
    regularizers.l1({ l1: 0.3 }),
    regularizers.l2({ l2: 0.3 }),
    regularizers.l1l2({ l1: 0.2, l2: 0.1 }),
    regularizers.orthogonal({ factor: 0.7, mode: 'rows' }),
    regularizers.orthogonal({ factor: 0.7, mode: 'columns' }),
  ])('of %j are those of what it adds to the loss', async (kernelRegularizer) => {
    const [plain, ruled] = [stack({}), stack({ kernelRegularizer })];
    const weights = plain.getWeights();
    const gradientOf = (made: typeof plain) => gradients(made, x, y).gradients[0].data;
    const [usual, other] = [gradientOf(plain), gradientOf(ruled)];
    const penalty = async (data: Float32Array) => {
      const given = [{ ...weights[0], data }, ...weights.slice(1)];
      for (const made of [plain, ruled]) made.setWeights(given);
      const [a, b] = [await plain.evaluate(x, y), await ruled.evaluate(x, y)];
      return b.loss - a.loss;
    };
    const { data } = weights[0];
    // float32 weights: a step of 2^-10 is exact in most of them, and the loss is float64 but for the data's part
    const step = 2 ** -10;
    for (const at of [0, 7, 23, 40, 59]) {
      const [above, below] = [data.slice(), data.slice()];
      above[at] += step;
      below[at] -= step;
      const slope = ((await penalty(above)) - (await penalty(below))) / (above[at] - below[at]);
      // products of unit vectors in float32 are off by 1e-7, over 2e-3; the rest is the third derivative
      expect(Math.abs(other[at] - usual[at] - slope)).toBeLessThan(5e-4);
    }
  });

  it('come from every weight once, in the shape that Keras gives it', () => {
    const options = {
      kernelRegularizer: regularizers.l2({ l2: 0.5 }),
      recurrentRegularizer: regularizers.l1({ l1: 0.25 }),
      biasRegularizer: regularizers.l1l2({ l1: 0.5, l2: 1 }),
    };
    const [plain, ruled] = [stack({}), stack(options)];
    const [kernel, recurrent, bias] = plain.getWeights();
    const [usual, other] = [gradients(plain, x, y).gradients, gradients(ruled, x, y).gradients];
    const added = other.map(({ data }, i) => data.map((value, k) => value - usual[i].data[k]));
    const expected = [
      kernel.data.map((w) => w),
      recurrent.data.map((w) => 0.25 * Math.sign(w)),
      bias.data.map((w) => 0.5 * Math.sign(w) + 2 * w),
    ];
    expected.forEach((values, i) => {
      // one rounding of a sum below 4
      values.forEach((value, k) => {
        expect(Math.abs(added[i][k] - value)).toBeLessThan(2 ** -21);
      });
    });
  });
});

it('moves rows of a table that no batch sees, and their places in the optimizer', async () => {
  const stack = (embeddingsRegularizer?: 'l2') =>
    sequential({
      layers: [
        layers.embedding({ inputDim: 600, outputDim: 3, inputShape: [2], embeddingsRegularizer }),
        layers.lstm({ units: 2 }),
      ],
    });
  const [plain, ruled] = [stack(), stack('l2')];
  const last = (made: typeof plain) => made.getWeights()[0].data.slice(3 * 599);
  const before = last(ruled);
  for (const made of [plain, ruled]) {
    made.compile({ optimizer: 'adam', loss: 'mse' });
    await made.trainOnBatch(tensor([1, 2], [1, 2]), tensor([1, 2], [1, 2]));
    await made.trainOnBatch(tensor([3, 2], [1, 2]), tensor([1, 2], [1, 2]));
  }
  expect(last(plain)).toEqual(before);
  last(ruled).forEach((value, i) => {
    expect(Math.abs(value)).toBeLessThan(Math.abs(before[i]));
  });
});

it('adds the penalty to loss and val_loss of fit, to no metric', async () => {
  const run = async (kernelRegularizer?: 'l1') => {
    const made = sequential({
      layers: [layers.dense({ units: 2, inputShape: [3], kernelRegularizer })],
      seed: 1,
    });
    made.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['mse'] });
    made.optimizer.learningRate = 0;
    const options = { batchSize: 3, validationSplit: 0.25 };
    const { history } = await made.fit(noise(8, [3]), noise(8, [2]), options);
    return { history, sum: made.getWeights()[0].data.reduce((sum, w) => sum + Math.abs(w), 0) };
  };
  const [plain, ruled] = [await run(), await run('l1')];
  for (const name of ['loss', 'val_loss']) {
    const added = ruled.history[name][0] - plain.history[name][0];
    expect(Math.abs(added - 0.01 * ruled.sum)).toBeLessThan(1e-12);
  }
  for (const name of ['mse', 'val_mse']) expect(ruled.history[name]).toEqual(plain.history[name]);
});

it('asks what is trainable: from compile on what is at first, while training holds what it found', async () => {
  const layer = layers.dense({ units: 2, inputShape: [3], kernelRegularizer: 'l1' });
  const made = sequential({ layers: [layer] });
  const [x, y] = [noise(4, [3]), noise(4, [2])];
  made.compile({ optimizer: 'sgd', loss: 'mse' });
  made.optimizer.learningRate = 0;
  const { loss: ruled } = await made.evaluate(x, y);
  layer.trainable = false;
  const { loss: plain } = await made.evaluate(x, y);
  expect(plain).toBeLessThan(ruled);
  layer.trainable = true;
  expect((await made.trainOnBatch(x, y)).loss).toBe(ruled);
  layer.trainable = false;
  expect((await made.evaluate(x, y)).loss).toBe(ruled);
});

describe('refuses', () => {
  // biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
  const wrong = (value: unknown): any => value;
  const expected =
    /kernelRegularizer must be 'l1' or 'l2' or 'orthogonal' or what a function of reg/;

  it.each([
    'l3',
    'L1',
    // by name Keras gives it factors of 0
    'l1l2',
    'constructor',
    null,
    0.01,
    [],
    {},
    { className: 'Dropout' },
    { className: 'constructor' },
    new Map(),
  ])('%j', async (value) => {
    const make = () => layers.dense({ units: 1, kernelRegularizer: wrong(value) });
    await expectError(make, 'bad-option', expected);
  });

  it.each([
    ['l1', { l1: -0.1 }, 'l1 must be a finite number from 0 up'],
    ['l1', { l1: Number.NaN }, 'l1 must be'],
    ['l2', { l2: Number.POSITIVE_INFINITY }, 'l2 must be'],
    ['l2', { l2: 1e300 }, 'l2 must be'],
    ['l2', { l2: 1e-60 }, 'as float32 too'],
    ['l2', { l2: '0.1' }, 'l2 must be'],
    ['l2', { l1: 0.1 }, "no option 'l1'"],
    ['l1l2', { l1: 0.1, l2: -1 }, 'l2 must be'],
    ['orthogonal', { factor: -1 }, 'factor must be'],
    ['orthogonal', { mode: 'diagonal' }, "mode must be 'rows' or 'columns'"],
    ['orthogonal', null, 'regularizers.orthogonal'],
  ] as const)('regularizers.%s(%j)', async (name, options, message) => {
    await expectError(() => regularizers[name](wrong(options)), 'bad-option', message);
  });

  it('parameters of an object that do not hold, naming layer and option', async () => {
    const embeddingsRegularizer = { className: 'L2', l2: -1 };
    await expectError(
      () => layers.embedding({ inputDim: 4, outputDim: 2, embeddingsRegularizer }),
      'bad-option',
      'layers.embedding: embeddingsRegularizer of class L2: l2 must be a finite number from 0 up',
    );
  });

  it('an orthogonal bias, and a matrix of one row', async () => {
    await expectError(
      () => layers.lstm({ units: 2, biasRegularizer: 'orthogonal' }),
      'bad-option',
      /biasRegularizer must be 'l1' or 'l2' or what .* \(orthogonal is for matrices alone\), but got/,
    );
    const kernelRegularizer = 'orthogonal';
    const stack = [layers.lstm({ units: 2, inputShape: [4, 1], kernelRegularizer, name: 'front' })];
    await expectError(
      () => sequential({ layers: stack }),
      'bad-option',
      'layer front: kernelRegularizer wants rows that are orthogonal to each other, but kernel [1, 8] has one of them',
    );
  });

  it('a penalty on a bias that there is not', async () => {
    await expectError(
      () => layers.gru({ units: 2, useBias: false, biasRegularizer: 'l2' }),
      'bad-option',
      'layers.gru: biasRegularizer is a penalty on the bias, but useBias: false leaves none',
    );
  });

  it('what the layer has not', async () => {
    const options = wrong({ rate: 0.1, activityRegularizer: 'l2' });
    await expectError(
      () => layers.dropout(options),
      'bad-option',
      "no option 'activityRegularizer'",
    );
    const least = wrong({ units: 2, recurrentRegularizer: 'l2' });
    await expectError(() => layers.minGRU(least), 'bad-option', "no option 'recurrentRegularizer'");
  });
});

it('makes plain data of its functions, frozen, with the defaults of Keras', () => {
  expect(regularizers.l1()).toEqual({ className: 'L1', l1: 0.01 });
  expect(regularizers.l2()).toEqual({ className: 'L2', l2: 0.01 });
  expect(regularizers.l1l2({ l2: 0.5 })).toEqual({ className: 'L1L2', l1: 0, l2: 0.5 });
  const orthogonal = regularizers.orthogonal();
  const usual = { className: 'OrthogonalRegularizer', factor: 0.01, mode: 'rows' };
  expect(orthogonal).toEqual(usual);
  expect(Object.isFrozen(orthogonal)).toBe(true);
});
