// A model saved and loaded goes on where it stood, to the bit.
import {
  fromBytes,
  layers,
  type Optimizer,
  optimizers,
  readModelFile,
  type Sequential,
  sequential,
  toBytes,
} from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { alteredJson } from '../support/altered-file.js';
import { expectError } from '../support/errors.js';
import { allowRelaxedSimd } from '../support/kernels.js';
import { bitsOf, noise, oneHot } from '../support/samples.js';

beforeAll(allowRelaxedSimd);

type Numerics = 'fast' | 'portable';
const x = noise(26, [5, 3]);
const y = noise(26, [2], 5);

/** Units that fill no vector, so that the packed layout differs from the public one. */
function stack(numerics: Numerics = 'portable', optimizer: Optimizer | 'adam' = 'adam') {
  const model = sequential({
    layers: [
      layers.lstm({ units: 7, returnSequences: true, inputShape: [5, 3] }),
      layers.dropout({ rate: 0.3 }),
      layers.lstm({ units: 5 }),
      layers.dropout({ rate: 0.1 }),
      layers.dense({ units: 2 }),
    ],
    seed: 11,
    numerics,
  });
  model.compile({ optimizer, loss: 'meanSquaredError', metrics: ['mae'] });
  return model;
}

const train = (model: Sequential, epochs: number, initialEpoch?: number) =>
  model.fit(x, y, { epochs, initialEpoch, batchSize: 8 });

const kinds: Record<string, () => Optimizer> = {
  adam: () => optimizers.adam({ learningRate: 0.01, beta1: 0.8, beta2: 0.95, epsilon: 1e-4 }),
  'sgd with momentum': () => optimizers.sgd({ learningRate: 0.05, momentum: 0.9 }),
  'sgd with nesterov': () =>
    optimizers.sgd({ learningRate: 0.05, momentum: 0.5, nesterov: true, clipNorm: 0.1 }),
  'plain sgd': () => optimizers.sgd({ learningRate: 0.2 }),
};

describe.each(['fast', 'portable'] as const)('four epochs, %s', (numerics) => {
  it.each(Object.keys(kinds))('are two, a file, and two more: %s', async (kind) => {
    const straight = stack(numerics, kinds[kind]());
    const { history } = await train(straight, 4);
    const first = stack(numerics, kinds[kind]());
    await train(first, 2);
    const loaded = fromBytes(toBytes(first));
    expect(loaded.numerics).toBe(numerics);
    const rest = await train(loaded, 2);
    expect(rest.history.loss).toEqual(history.loss.slice(2));
    expect(rest.history.mae).toEqual(history.mae.slice(2));
    expect(bitsOf(loaded.getWeights())).toEqual(bitsOf(straight.getWeights()));
    // optimizer, counters and settings too
    expect(toBytes(loaded)).toEqual(toBytes(straight));
  });
});

it('go on epoch by epoch, each in a model of its own', async () => {
  const straight = stack();
  await train(straight, 4);
  let bytes = toBytes(stack());
  for (let epoch = 0; epoch < 4; epoch++) {
    const model = fromBytes(bytes);
    await train(model, epoch + 1, epoch);
    bytes = toBytes(model);
    model.dispose();
  }
  expect(bytes).toEqual(toBytes(straight));
});

it('go on from a checkpoint of a callback', async () => {
  const straight = stack();
  let checkpoint = new Uint8Array();
  const onEpochEnd = (epoch: number) => {
    if (epoch === 1) checkpoint = toBytes(straight).slice();
  };
  await straight.fit(x, y, { epochs: 4, batchSize: 8, callbacks: { onEpochEnd } });
  const loaded = fromBytes(checkpoint);
  await train(loaded, 2);
  expect(toBytes(loaded)).toEqual(toBytes(straight));
});

it('go on after trainOnBatch, and with class numbers', async () => {
  const classes = () => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 3, inputShape: [5, 3] }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
      numerics: 'portable',
    });
    const loss = 'categoricalCrossentropy';
    model.compile({ optimizer: 'adam', loss, metrics: ['accuracy', 'mse'] });
    return model;
  };
  const targets = oneHot(26, [3]);
  const straight = classes();
  const first = classes();
  for (let i = 0; i < 3; i++) await first.trainOnBatch(x, targets);
  const loaded = fromBytes(toBytes(first));
  for (let i = 0; i < 3; i++) await straight.trainOnBatch(x, targets);
  expect(await loaded.trainOnBatch(x, targets)).toEqual(await straight.trainOnBatch(x, targets));
  expect(toBytes(loaded)).toEqual(toBytes(straight));
  expect(await loaded.evaluate(x, targets)).toEqual(await straight.evaluate(x, targets));
});

describe('a model file with training', () => {
  it('holds what the optimizer keeps under names of its own, in the shapes of the weights', async () => {
    const model = stack();
    await train(model, 1);
    const { tensors, training } = readModelFile(toBytes(model));
    expect(training).toEqual({
      optimizer: { className: 'Adam', config: { ...model.optimizer.config } },
      loss: { name: 'meanSquaredError', config: {} },
      metrics: ['mae'],
      optimizerSteps: 4,
      steps: 4,
      epochs: 1,
    });
    for (const { name, shape } of model.weightSpecs) {
      for (const place of [name, `optimizer/m/${name}`, `optimizer/v/${name}`]) {
        expect(tensors.get(place)?.shape, place).toEqual(shape);
      }
    }
    expect(tensors.size).toBe(3 * model.weightSpecs.length);
    const v = tensors.get('optimizer/v/dense/kernel')?.data as Float32Array;
    expect(v.every((value) => value > 0)).toBe(true);
  });

  it('is the same again from a loaded model that has not trained on', async () => {
    const model = stack();
    await train(model, 2);
    const bytes = toBytes(model);
    const loaded = fromBytes(bytes);
    expect(loaded.optimizerSteps).toBe(8);
    expect(toBytes(loaded)).toEqual(bytes);
    await loaded.predict(x);
    await loaded.evaluate(x, y);
    expect(toBytes(loaded)).toEqual(bytes);
  });

  it('holds no arrays before the first step, and of an optimizer without any', async () => {
    expect(readModelFile(toBytes(stack())).tensors.size).toBe(8);
    const plain = stack('portable', optimizers.sgd());
    await train(plain, 1);
    expect(readModelFile(toBytes(plain)).tensors.size).toBe(8);
    expect(fromBytes(toBytes(plain)).optimizerSteps).toBe(4);
  });

  it('starts afresh when the loaded model is compiled', async () => {
    const model = stack();
    await train(model, 1);
    const loaded = fromBytes(toBytes(model));
    loaded.compile({ optimizer: 'adam', loss: 'mse' });
    model.compile({ optimizer: 'adam', loss: 'mse' });
    expect(loaded.optimizerSteps).toBe(0);
    await train(loaded, 1);
    await train(model, 1);
    expect(toBytes(loaded)).toEqual(toBytes(model));
  });

  it('predicts in no more memory than one without', async () => {
    const model = stack();
    await train(model, 1);
    const loaded = fromBytes(toBytes(model));
    const small = fromBytes(toBytes(model, { includeOptimizer: false }));
    await loaded.predict(x);
    await small.predict(x);
    expect(loaded.memoryBytes).toBe(small.memoryBytes);
  });
});

describe('a file without training', () => {
  it('is a third as large, of the first version of the format, and to be compiled', async () => {
    const model = stack();
    await train(model, 1);
    const small = toBytes(model, { includeOptimizer: false });
    const weights = 4 * model.countParams();
    expect(toBytes(model).length - small.length).toBeGreaterThan(2 * weights);
    const head = new TextDecoder('latin1').decode(small.subarray(0, small.length - weights));
    expect(head).toContain('"format_version":"1"');
    expect(head).not.toMatch(/optimizer|training/);
    const loaded = fromBytes(small);
    expect(bitsOf(loaded.getWeights())).toEqual(bitsOf(model.getWeights()));
    await expectError(() => loaded.optimizer, 'bad-option');
    await expectError(() => train(loaded, 1), 'bad-option', 'call model.compile');
    loaded.compile({ optimizer: 'adam', loss: 'mse' });
    await train(loaded, 1);
  });

  it('comes of a model that was not compiled', () => {
    const bare = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
    expect(toBytes(bare)).toEqual(toBytes(bare, { includeOptimizer: false }));
    expect(readModelFile(toBytes(bare)).training).toBeUndefined();
  });
});

describe('toBytes refuses', () => {
  it('an optimizer that no file can bring back, unless it is left out', async () => {
    const own: Optimizer = { ...optimizers.adam(), className: 'Lion' };
    const model = stack('portable', own);
    await expectError(
      () => toBytes(model),
      'bad-option',
      "toBytes: optimizer configuration: className must be 'Adam' or 'SGD', but got 'Lion'",
      'includeOptimizer: false leaves',
    );
    fromBytes(toBytes(model, { includeOptimizer: false }));
  });

  it('an includeOptimizer that is neither true nor false', async () => {
    const options = { includeOptimizer: 'no' as unknown as boolean };
    await expectError(() => toBytes(stack(), options), 'bad-option', "true or false, but got 'no'");
  });
});

describe('counters as large as a file may hold', () => {
  const most = Number.MAX_SAFE_INTEGER;

  it.each(['optimizerSteps', 'steps', 'epochs'])(
    '%s: training goes on and is saved',
    async (name) => {
      const model = stack();
      await train(model, 1);
      const full = alteredJson(toBytes(model), 'training', (record) => ({
        ...record,
        [name]: most,
      }));
      const loaded = fromBytes(full);
      await train(loaded, 2);
      const again = fromBytes(toBytes(loaded));
      const rest = await Promise.all([train(loaded, 1), train(again, 1)]);
      expect(rest[1].history).toEqual(rest[0].history);
      expect(bitsOf(again.getWeights())).toEqual(bitsOf(loaded.getWeights()));
    },
  );

  it('an initial epoch of that size too', async () => {
    const model = stack();
    await train(model, most, most - 1);
    const again = fromBytes(toBytes(model));
    const rest = await Promise.all([train(model, 1), train(again, 1)]);
    expect(rest[1].history).toEqual(rest[0].history);
  });
});
