import { layers, optimizers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { adding, noise, oneHot, sine } from '../support/samples.js';

describe.each(['fast', 'portable'] as const)('in %s numerics', (numerics) => {
  it('learns a sine', async () => {
    const { x, y } = sine(256, 20);
    const model = sequential({
      layers: [
        layers.lstm({ units: 16, returnSequences: true, inputShape: [20, 1] }),
        layers.lstm({ units: 9 }),
        layers.dense({ units: 1 }),
      ],
      numerics,
    });
    model.compile({ optimizer: optimizers.adam({ learningRate: 1e-2 }), loss: 'mse' });
    await model.fit(x, y, { epochs: 20 });
    const { loss } = await model.evaluate(x, y);
    expect(loss).toBeLessThan(1e-3);
    model.dispose();
  });

  it('solves the adding problem, which needs a memory', async () => {
    const T = 16;
    const { x, y } = adding(1200, T);
    const fresh = adding(200, T, 99);
    const model = sequential({
      layers: [layers.lstm({ units: 24, inputShape: [T, 2] }), layers.dense({ units: 1 })],
      numerics,
      seed: 1,
    });
    const optimizer = optimizers.adam({ learningRate: 1e-2, globalClipNorm: 1 });
    model.compile({ optimizer, loss: 'meanSquaredError' });
    await model.fit(x, y, { epochs: 30 });
    const { loss } = await model.evaluate(fresh.x, fresh.y);
    // guessing the mean leaves 1/6
    expect(loss).toBeLessThan(0.01);
    model.dispose();
  });
});

it('learns classes by both cross-entropies alike', async () => {
  const x = noise(120, [6, 2]);
  // the class is the quarter in which the last step lies
  const classes = Array.from({ length: 120 }, (_, i) => {
    const [a, b] = x.data.subarray(i * 12 + 10, i * 12 + 12);
    return (a > 0 ? 1 : 0) + (b > 0 ? 2 : 0);
  });
  const hot = oneHot(120, [4]);
  hot.data.fill(0);
  classes.forEach((number, i) => {
    hot.data[i * 4 + number] = 1;
  });
  const train = async (loss: 'categoricalCrossentropy' | 'sparseCategoricalCrossentropy') => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 12, inputShape: [6, 2] }),
        layers.dense({ units: 4, activation: 'softmax' }),
      ],
      seed: 2,
    });
    const optimizer = optimizers.adam({ learningRate: 0.02 });
    model.compile({ optimizer, loss, metrics: ['accuracy'] });
    const y = loss === 'categoricalCrossentropy' ? hot : classes;
    const { history } = await model.fit(x, y, { epochs: 40 });
    const { accuracy } = await model.evaluate(x, y);
    const probabilities = await model.predict(x);
    return { history, accuracy, probabilities };
  };
  const dense = await train('categoricalCrossentropy');
  expect(dense.accuracy).toBeGreaterThan(0.9);
  expect(dense.history.accuracy).toHaveLength(40);
  expect(await train('sparseCategoricalCrossentropy')).toEqual(dense);
  for (let row = 0; row < 120; row++) {
    const sum = dense.probabilities.data.subarray(row * 4, row * 4 + 4).reduce((a, b) => a + b, 0);
    expect(sum).toBeCloseTo(1, 5);
  }
});

it('learns with SGD, momentum and Nesterov', async () => {
  const { x, y } = sine(128, 10);
  for (const nesterov of [false, true]) {
    const model = sequential({
      layers: [layers.lstm({ units: 12, inputShape: [10, 1] }), layers.dense({ units: 1 })],
    });
    const optimizer = optimizers.sgd({ learningRate: 0.05, momentum: 0.9, nesterov });
    model.compile({ optimizer, loss: 'mse' });
    const { history } = await model.fit(x, y, { epochs: 30 });
    expect(history.loss.at(-1)).toBeLessThan(history.loss[0] / 10);
  }
});
