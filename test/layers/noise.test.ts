// gaussianNoise, gaussianDropout, spatialDropout1D: what they draw, that they stand aside in inference, and what becomes of
// seeds, masks and gradients. That they do to x what Keras does: test/assembly/noise.test.ts.
import { fromBytes, layers, sequential, tensor, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { gradients } from '../support/model-gradients.js';
import { bitsOf, noise, oneHot } from '../support/samples.js';

type Kind = 'gaussianNoise' | 'gaussianDropout' | 'spatialDropout1D';
const SHARE = 0.3;
const [T, F] = [20, 50];

function layerOf(kind: Kind, options: { seed?: number; name?: string } = {}) {
  return kind === 'gaussianNoise'
    ? layers.gaussianNoise({ stddev: SHARE, ...options })
    : layers[kind]({ rate: SHARE, ...options });
}

function modelOf(kind: Kind, given: { seed?: number; modelSeed?: number; before?: number } = {}) {
  const { seed, modelSeed = 0, before = 0 } = given;
  const first = layers.dropout({ rate: 0, inputShape: [T, F] });
  const model = sequential({
    layers: [
      first,
      ...Array.from({ length: before }, () => layers.dropout({ rate: 0 })),
      layerOf(kind, seed === undefined ? {} : { seed }),
      // hands each number on as it is: a model needs weights to train
      layers.dense({ units: F, kernelInitializer: 'identity' }),
    ],
    seed: modelSeed,
    numerics: 'portable',
  });
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  return model;
}

/**
 * What a training pass makes of ones, and what it makes of a gradient, from the loss of mse: with targets 0 the gradient of
 * an output y is 2 y / (T F), so that of x is 2 y f / (T F) for a factor f, and 2 y / (T F) for an addend.
 */
function drawn(model: ReturnType<typeof modelOf>, n: number): Float64Array {
  const ones = tensor(new Float32Array(n * T * F).fill(1), [n, T, F]);
  const zeros = tensor(new Float32Array(n * T * F), [n, T, F]);
  const { inputGradient } = gradients(model, ones, zeros);
  const scaled = Float64Array.from(inputGradient.data, (value) => (value * n * T * F) / 2);
  return scaled;
}

const mean = (values: ArrayLike<number>) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
};

describe('what is drawn', () => {
  it('gaussianNoise: mean, variance, tails, and no two numbers alike', () => {
    const y = drawn(modelOf('gaussianNoise'), 20);
    const N = y.length;
    const z = y.map((value) => (value - 1) / SHARE);
    // five standard deviations of each statistic of N independent standard normal numbers
    expect(Math.abs(mean(z))).toBeLessThan(5 / Math.sqrt(N));
    expect(Math.abs(mean(z.map((v) => v * v)) - 1)).toBeLessThan(5 * Math.sqrt(2 / N));
    expect(Math.abs(mean(z.map((v) => v ** 3)))).toBeLessThan(5 * Math.sqrt(15 / N));
    expect(Math.abs(mean(z.map((v) => v ** 4)) - 3)).toBeLessThan(5 * Math.sqrt(96 / N));
    const beyond = mean(z.map((v) => (Math.abs(v) > 1.959964 ? 1 : 0)));
    expect(Math.abs(beyond - 0.05)).toBeLessThan(5 * Math.sqrt((0.05 * 0.95) / N));
    // neighbours within a row, and the same place of rows beside each other
    for (const lag of [1, 2, F]) {
      const products = z.subarray(lag).map((v, i) => v * z[i]);
      expect(Math.abs(mean(products))).toBeLessThan(5 / Math.sqrt(N));
    }
  });

  it('gaussianDropout: factors of mean 1 and variance rate / (1 - rate), the same forwards and backwards', () => {
    // of ones: y = f, so that the gradient is f * f
    const squares = drawn(modelOf('gaussianDropout'), 20);
    const N = squares.length;
    const variance = SHARE / (1 - SHARE);
    // E f^2 = 1 + s^2, Var f^2 = 4 s^2 + 2 s^4
    const spread = Math.sqrt(4 * variance + 2 * variance ** 2);
    expect(Math.abs(mean(squares) - 1 - variance)).toBeLessThan((5 * spread) / Math.sqrt(N));
    expect(squares.every((v) => v >= 0)).toBe(true);
    // |f| beyond one standard deviation above the mean
    const above = (1 + Math.sqrt(variance)) ** 2;
    const p = 0.158655 + 0.000006; // 1 - Phi(1), and what |f| < 0 adds: 1 - Phi(1 + 2 / s) = 0.0000058
    const share = mean(squares.map((v) => (v > above ? 1 : 0)));
    expect(Math.abs(share - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / N));
  });

  it('spatialDropout1D: whole features of a sample, its share, scaled', () => {
    const n = 60;
    const y = drawn(modelOf('spatialDropout1D'), n);
    const scale = Math.fround(1 / Math.fround(1 - Math.fround(SHARE))) ** 2;
    let dropped = 0;
    for (let b = 0; b < n; b++) {
      for (let f = 0; f < F; f++) {
        const first = y[b * T * F + f];
        expect(Array.from({ length: T }, (_, t) => y[(b * T + t) * F + f])).toEqual(
          Array(T).fill(first),
        );
        if (first === 0) dropped++;
        else expect(Math.abs(first / scale - 1)).toBeLessThan(2e-6);
      }
    }
    const share = dropped / (n * F);
    expect(Math.abs(share - SHARE)).toBeLessThan(5 * Math.sqrt((SHARE * (1 - SHARE)) / (n * F)));
  });
});

describe.each(['gaussianNoise', 'gaussianDropout', 'spatialDropout1D'] as const)('%s', (kind) => {
  it('is the identity in inference', async () => {
    const x = noise(3, [T, F]);
    const model = modelOf(kind);
    expect(bitsOf([await model.predict(x)])).toEqual(bitsOf([x]));
    const copy = fromBytes(toBytes(modelOf(kind, { seed: 4 })));
    expect(bitsOf([await copy.predict(x)])).toEqual(bitsOf([x]));
    expect(copy.layers[1].config).toMatchObject({ seed: 4 });
  });

  it('draws anew each step, and the same for the same seed', () => {
    const model = modelOf(kind);
    const first = drawn(model, 2);
    expect(drawn(model, 2)).toEqual(first);
    model[internals]().passes.counters.steps++;
    expect(drawn(model, 2)).not.toEqual(first);
    expect(drawn(modelOf(kind), 2)).toEqual(first);
    expect(drawn(modelOf(kind, { modelSeed: 1 }), 2)).not.toEqual(first);
    // by the layer's place in the model
    expect(drawn(modelOf(kind, { before: 1 }), 2)).not.toEqual(first);
    // a seed of its own: whatever the model's seed is, and wherever the layer stands
    const own = drawn(modelOf(kind, { seed: 5 }), 2);
    expect(own).not.toEqual(first);
    expect(drawn(modelOf(kind, { seed: 5, modelSeed: 3, before: 2 }), 2)).toEqual(own);
    expect(drawn(modelOf(kind, { seed: 6 }), 2)).not.toEqual(own);
  });

  it('hands masks on', async () => {
    const made = (between: boolean) =>
      sequential({
        layers: [
          layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputShape: [5] }),
          ...(between ? [layerOf(kind)] : []),
          layers.gru({ units: 4 }),
        ],
        numerics: 'portable',
      });
    const words = tensor([2, 4, 2, 0, 0, 0, 3, 1, 0, 5], [2, 5]);
    const [a, b] = [made(true), made(false)];
    b.setWeights(a.getWeights());
    expect(bitsOf([await a.predict(words)])).toEqual(bitsOf([await b.predict(words)]));
    // and in training: what stands in masked steps has no gradient
    a.compile({ optimizer: 'sgd', loss: 'mse' });
    const before = a.getWeights()[0].data.slice();
    await a.trainOnBatch(words, noise(2, [4]));
    expect([...a.getWeights()[0].data.subarray(0, 3)]).toEqual([...before.subarray(0, 3)]);
  });

  it('trains, and takes features alone or sequences as it is meant to', async () => {
    const sequences = kind === 'spatialDropout1D';
    const stack = sequences
      ? [layers.lstm({ units: 5, returnSequences: true, inputShape: [4, 3] }), layerOf(kind)]
      : [layers.dense({ units: 5, inputShape: [3] }), layerOf(kind)];
    const model = sequential({ layers: [...stack, layers.dense({ units: 2 })] });
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const [x, y] = sequences
      ? [noise(20, [4, 3]), noise(20, [4, 2], 5)]
      : [noise(20, [3]), noise(20, [2], 5)];
    const { history } = await model.fit(x, y, { epochs: 2 });
    expect(history.loss.every(Number.isFinite)).toBe(true);
  });
});

it('spatialDropout1D refuses what has no time', () => {
  const stack = [
    layers.dense({ units: 3, inputShape: [2] }),
    layers.spatialDropout1D({ rate: 0.2 }),
  ];
  expect(() => sequential({ layers: stack })).toThrow(
    /spatialDropout1D needs \[timesteps, features\]/,
  );
});

/** FNV-1a over 32-bit words. */
function hashOf(words: readonly number[]): string {
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

// as test/model/portable-bits.test.ts
it('draws the same bits everywhere', async () => {
  const model = sequential({
    layers: [
      layers.gaussianNoise({ stddev: 0.3, inputShape: [9, 5] }),
      layers.lstm({ units: 13, returnSequences: true }),
      layers.spatialDropout1D({ rate: 0.2 }),
      layers.gru({ units: 6 }),
      layers.gaussianDropout({ rate: 0.4, seed: 9 }),
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
  }).toEqual({ weights: 'd0305111', outputs: 'f5e44d66' });
});
