import { layers, optimizers, type SequentialConfig, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { noise } from '../support/samples.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
const wrong = (options: unknown): any => options;

function model() {
  const made = sequential({
    layers: [layers.lstm({ units: 4, inputShape: [5, 3] }), layers.dense({ units: 2 })],
  });
  made.compile({ optimizer: 'adam', loss: 'mse' });
  return made;
}
const x = noise(6, [5, 3]);
const y = noise(6, [2]);

describe('a loss that is not finite', () => {
  it('stops with epoch, batch, learning rate and mend, and leaves finite weights', async () => {
    const made = sequential({
      layers: [layers.dense({ units: 8, inputShape: [3] }), layers.dense({ units: 1 })],
    });
    made.compile({ optimizer: optimizers.sgd({ learningRate: 1e4 }), loss: 'mse' });
    await expectError(
      () => made.fit(noise(64, [3]), noise(64, [1]), { batchSize: 16, epochs: 50 }),
      'not-finite',
      /in epoch \d+, batch \d/,
      'learning rate 10000',
      'lower learning rate',
      'set globalClipNorm',
    );
    for (const { data } of made.getWeights()) {
      expect(data.every((value) => Number.isFinite(value))).toBe(true);
    }
    await made.predict(noise(2, [3]));
  });

  it('stops where only the validation shows it', async () => {
    const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    made.setWeights([{ data: [2], shape: [1, 1] }, [0]]);
    const one = (value: number) => ({ data: [value], shape: [1, 1] });
    await expectError(
      () => made.fit(one(0), [5], { validationData: [one(3e38), [5]] }),
      'not-finite',
      /the validation loss became (Infinity|NaN) after epoch 0, at learning rate 0.01/,
      'The weights are those after this epoch',
    );
    expect(made.getWeights()[0].data[0]).toBe(2);
    expect(made.getWeights()[1].data[0]).toBeCloseTo(0.1, 6);
  });

  it('stops trainOnBatch too', async () => {
    const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    const huge = { data: [3e38], shape: [1, 1] };
    await expectError(() => made.trainOnBatch(huge, [1]), 'not-finite', 'in trainOnBatch');
  });
});

describe('setWeights', () => {
  it('refuses wrong counts, shapes and values, and then changes nothing', async () => {
    const made = model();
    const weights = made.getWeights();
    const with1 = (index: number, tensorLike: unknown) =>
      wrong(weights.map((weight, i) => (i === index ? tensorLike : weight)));
    await expectError(
      () => made.setWeights(weights.slice(1)),
      'bad-shape',
      /expects 5 tensors \(lstm\/kernel \[3, 16\], lstm\/recurrentKernel \[4, 16\].*but got 4/,
    );
    await expectError(() => made.setWeights(wrong(undefined)), 'bad-shape', 'got none');
    await expectError(
      () => made.setWeights(with1(1, noise(16, [4]))),
      'bad-shape',
      /lstm\/recurrentKernel must have shape \[4, 16\], but got \[16, 4\]/,
    );
    await expectError(
      () => made.setWeights(with1(4, [1, Number.NaN])),
      'bad-data',
      /dense\/bias must be finite, but element 1 is NaN/,
    );
    expect(made.getWeights()).toEqual(weights);
  });
});

describe('a model without an input shape', () => {
  it('asks for it where it must know', async () => {
    const made = sequential({ layers: [layers.lstm({ units: 4 })] });
    for (const use of [
      () => made.getWeights(),
      () => made.setWeights([]),
      () => made.summary(),
      () => made.countParams(),
    ]) {
      await expectError(use, 'bad-option', /inputShape.*or call fit/);
    }
    expect(made.inputShape).toBeUndefined();
    expect((made.getConfig() as SequentialConfig).inputShape).toBeNull();
  });

  it('takes it from the first x, and keeps to it', async () => {
    const made = sequential({ layers: [layers.lstm({ units: 4 })] });
    expect((await made.predict(x)).shape).toEqual([6, 4]);
    expect(made.inputShape).toEqual([5, 3]);
    await expectError(() => made.predict(noise(6, [5, 2])), 'bad-shape', '[n, 5, 3]');
  });

  it('refuses an x that no first layer takes', async () => {
    const made = sequential({ layers: [layers.lstm({ units: 4 })] });
    await expectError(() => made.predict(noise(6, [])), 'bad-option', 'settles the first layer');
    await expectError(() => made.predict(noise(6, [3])), 'bad-shape', 'layer lstm');
  });
});

describe('a disposed model', () => {
  it('refuses every use', async () => {
    const made = model();
    await made.fit(x, y);
    made.dispose();
    made.dispose();
    expect(made.memoryBytes).toBe(0);
    for (const use of [
      () => made.fit(x, y),
      () => made.evaluate(x, y),
      () => made.predict(x),
      () => made.trainOnBatch(x, y),
      () => made.getWeights(),
      () => made.setWeights([]),
      () => made.summary(),
      () => made.countParams(),
      () => made.compile({ optimizer: 'adam', loss: 'mse' }),
    ]) {
      await expectError(use, 'disposed', 'was disposed of');
    }
  });

  it('ends a running fit with that error', async () => {
    const made = model();
    await expectError(
      () => made.fit(x, y, { epochs: 3, callbacks: { onEpochEnd: () => made.dispose() } }),
      'disposed',
    );
  });
});
