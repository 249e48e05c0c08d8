import { features, layers, optimizers, sequential, sequentialFromConfig } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const stack = () => [
  layers.lstm({ units: 64, returnSequences: true, inputShape: [28, 9] }),
  layers.dropout({ rate: 0.2 }),
  layers.lstm({ units: 32 }),
  layers.dense({ units: 7, name: 'forecast' }),
];

describe('a model', () => {
  const model = sequential({ layers: stack(), seed: 1, name: 'births' });

  it('knows its shapes and parameters before compile', () => {
    expect(model.inputShape).toEqual([28, 9]);
    expect(model.outputShape).toEqual([7]);
    const lstm = (I: number, H: number) => 4 * H * (I + H + 1);
    expect(model.countParams()).toBe(lstm(9, 64) + lstm(64, 32) + 33 * 7);
    const names = model.layers.map(({ name }) => name);
    expect(names).toEqual(['lstm', 'dropout', 'lstm_1', 'forecast']);
  });

  it('names its weights', () => {
    expect(model.weightSpecs.slice(3)).toEqual([
      { name: 'lstm_1/kernel', shape: [64, 128] },
      { name: 'lstm_1/recurrentKernel', shape: [32, 128] },
      { name: 'lstm_1/bias', shape: [128] },
      { name: 'forecast/kernel', shape: [32, 7] },
      { name: 'forecast/bias', shape: [7] },
    ]);
  });

  it('has a summary', () => {
    expect(model.summary().split('\n')).toEqual([
      `births (fast, ${model.build})`,
      '-'.repeat(43),
      'Layer              Output shape  Parameters',
      '-'.repeat(43),
      'lstm (LSTM)        [n, 28, 64]       18,944',
      'dropout (Dropout)  [n, 28, 64]            0',
      'lstm_1 (LSTM)      [n, 32]           12,416',
      'forecast (Dense)   [n, 7]               231',
      '-'.repeat(43),
      'Input [n, 28, 9], 31,591 parameters',
    ]);
  });

  it('says which kernels run', () => {
    expect(model.build).toBe(features().relaxedSimd ? 'relaxed-simd' : 'simd');
    expect(sequential({ layers: stack(), numerics: 'portable' }).build).toBe('simd');
  });
});

describe('getConfig and sequentialFromConfig', () => {
  const model = sequential({ layers: stack(), seed: 5, numerics: 'portable', name: 'births' });
  const config = model.getConfig();

  it('go through JSON and back to the same model, weights drawn alike', () => {
    const twin = sequentialFromConfig(JSON.parse(JSON.stringify(config)));
    expect(twin.getConfig()).toEqual(config);
    expect(twin.name).toBe('births');
    expect(bitsOf(twin.getWeights())).toEqual(bitsOf(model.getWeights()));
  });

  it('let numerics be chosen anew', () => {
    expect(sequentialFromConfig(config, { numerics: 'fast' }).numerics).toBe('fast');
  });

  it('work without an input shape', async () => {
    const loose = sequential({ layers: [layers.dense({ units: 2 })] });
    const twin = sequentialFromConfig(loose.getConfig());
    expect(twin.inputShape).toBeUndefined();
    await loose.predict(noise(2, [3]));
    expect(sequentialFromConfig(loose.getConfig()).inputShape).toEqual([3]);
  });

  it.each([
    [null, 'must be an object, but is null'],
    [[], 'must be an object'],
    [{ ...config, className: 'Functional' }, "className must be 'Sequential', but is 'Functional'"],
    [{ ...config, layers: {} }, 'layers must be an array'],
    [{ ...config, layers: [7] }, 'layers[0] must be an object, but is 7'],
    [
      { ...config, layers: [{ className: 'RNN', config: {} }] },
      /layers\[0\]\.className must be the class of one of the \d+ layers of sluice, but is 'RNN'/,
    ],
    [{ ...config, layers: [{ className: 'LTSM', config: {} }] }, ", LSTM perhaps, but is 'LTSM'"],
    [{ ...config, layers: [{ className: 'toString', config: {} }] }, "but is 'toString'"],
    [{ ...config, layers: [{ className: 'Dense', config: null }] }, 'layers[0].config'],
    [{ ...config, layers: [{ className: 'Dense', config: { units: -1 } }] }, 'units must be'],
    [{ ...config, layers: [{ className: 'Dense', config: { unit: 1 } }] }, "no option 'unit'"],
    [{ ...config, inputShape: [0] }, 'inputShape must be'],
    [{ ...config, seed: 'x' }, 'seed must be'],
    [{ ...config, numerics: 'exact' }, "'fast' or 'portable'"],
  ])('refuse %j', async (bad, message) => {
    await expectError(() => sequentialFromConfig(bad), 'bad-option', message);
  });
});

describe('training state', () => {
  const made = () => {
    const model = sequential({
      layers: [layers.lstm({ units: 4, inputShape: [3, 2] }), layers.dense({ units: 1 })],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
    return model;
  };
  const x = noise(10, [3, 2]);
  const y = noise(10, [1]);

  it('counts the steps of the optimizer, and starts again with a new one', async () => {
    const model = made();
    expect(model.optimizerSteps).toBe(0);
    await model.fit(x, y, { batchSize: 4, epochs: 2 });
    expect(model.optimizerSteps).toBe(6);
    await model.trainOnBatch(x, y);
    expect(model.optimizerSteps).toBe(7);
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    expect(model.optimizerSteps).toBe(0);
  });

  it('forgets moments when compiled again, though the weights stay', async () => {
    const model = made();
    await model.fit(x, y, { epochs: 5 });
    const weights = model.getWeights();
    model.compile({ optimizer: 'adam', loss: 'mse' });
    expect(bitsOf(model.getWeights())).toEqual(bitsOf(weights));
    await model.trainOnBatch(x, y);
    const fresh = made();
    fresh.setWeights(weights);
    await fresh.trainOnBatch(x, y);
    expect(bitsOf(model.getWeights())).toEqual(bitsOf(fresh.getWeights()));
  });

  it('serves one optimizer object in two models', async () => {
    const optimizer = optimizers.adam({ learningRate: 0.01 });
    const run = async (own: boolean) => {
      const a = made();
      const b = made();
      a.compile({ optimizer, loss: 'mse' });
      b.compile({
        optimizer: own ? optimizers.adam({ learningRate: 0.01 }) : optimizer,
        loss: 'mse',
      });
      for (let i = 0; i < 3; i++) {
        await a.trainOnBatch(x, y);
        await b.trainOnBatch(x, y);
      }
      return bitsOf(b.getWeights());
    };
    expect(await run(false)).toEqual(await run(true));
  });

  it('switches between optimizers with more and less state', async () => {
    const model = made();
    for (const optimizer of [
      optimizers.sgd(),
      optimizers.adam(),
      optimizers.sgd({ momentum: 0.9 }),
      optimizers.adam(),
    ]) {
      model.compile({ optimizer, loss: 'mse' });
      const before = model.getWeights();
      await model.predict(x);
      expect(bitsOf(model.getWeights())).toEqual(bitsOf(before));
      const { loss } = await model.trainOnBatch(x, y);
      expect(loss).toBeGreaterThan(0);
    }
  });

  it('trainOnBatch reports loss and metrics from before its step', async () => {
    const model = made();
    const before = await model.evaluate(x, y);
    const step = await model.trainOnBatch(x, y);
    expect(step.loss).toBeCloseTo(before.loss, 10);
    expect(step.mae).toBeCloseTo(before.mae, 10);
    expect((await model.evaluate(x, y)).loss).toBeLessThan(before.loss);
  });

  it('clips by global norm', async () => {
    const step = async (globalClipNorm: number | undefined) => {
      const model = made();
      const optimizer = optimizers.sgd({ learningRate: 1, globalClipNorm });
      model.compile({ optimizer, loss: 'mse' });
      const before = model.getWeights();
      await model.trainOnBatch(x, { data: y.data.map((v) => v + 50), shape: y.shape });
      const after = model.getWeights();
      const squares = after.flatMap(({ data }, i) =>
        [...data].map((value, j) => (value - before[i].data[j]) ** 2),
      );
      return Math.sqrt(squares.reduce((a, b) => a + b, 0));
    };
    expect(await step(undefined)).toBeGreaterThan(50);
    expect(await step(0.25)).toBeCloseTo(0.25, 4);
    expect(await step(1e6)).toBe(await step(undefined));
  });
});
