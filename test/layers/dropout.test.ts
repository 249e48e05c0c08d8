import { layers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { gradients } from '../support/model-gradients.js';
import { bitsOf, noise } from '../support/samples.js';

/** One dense unit with weights 1 and 0 after dropout: its output is the sum of what is kept. */
function summing(rate: number, features: number, seed = 0) {
  const model = sequential({
    layers: [
      layers.dropout({ rate, inputShape: [features] }),
      layers.dense({ units: 1 }),
      layers.dense({ units: 1 }),
    ],
    seed,
    numerics: 'portable',
  });
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const ones = { data: new Float32Array(features).fill(1), shape: [features, 1] };
  const one = { data: [1], shape: [1, 1] };
  model.setWeights([ones, [0], one, [0]]);
  return model;
}

describe('dropout', () => {
  it('is the identity in inference', async () => {
    const model = summing(0.5, 40);
    const x = noise(3, [40]);
    const sums = (await model.predict(x)).data;
    for (let row = 0; row < 3; row++) {
      const sum = x.data.subarray(40 * row, 40 * row + 40).reduce((a, b) => a + b, 0);
      expect(sums[row]).toBeCloseTo(sum, 5);
    }
  });

  it('drops the share it is told and scales the rest, forwards and backwards alike', () => {
    const features = 2000;
    const model = summing(0.3, features);
    const x = { data: new Float32Array(features).fill(1), shape: [1, features] };
    const { loss, inputGradient } = gradients(model, x, [0]);
    const kept = inputGradient.data.filter((value) => value !== 0).length;
    // four standard deviations of a binomial
    expect(Math.abs(kept / features - 0.7)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / features));
    const output = Math.sqrt(loss);
    expect(output).toBeCloseTo(kept / 0.7, 0);
    // dL/dx = 2 output * mask / (1 - rate)
    const slopes = new Set(inputGradient.data.map((value) => Math.fround(value)));
    expect(slopes.size).toBe(2);
    expect(Math.max(...inputGradient.data)).toBeCloseTo((2 * output) / 0.7, 0);
  });

  it('draws another mask each step and for each seed, the same for the same', async () => {
    const x = { data: new Float32Array(64).fill(1), shape: [1, 64] };
    const mask = (model: ReturnType<typeof summing>) =>
      gradients(model, x, [0]).inputGradient.data.map((value) => (value === 0 ? 0 : 1));
    const model = summing(0.5, 64);
    const first = mask(model);
    expect(mask(model)).toEqual(first);
    model[internals]().passes.counters.steps++;
    expect(mask(model)).not.toEqual(first);
    expect(mask(summing(0.5, 64))).toEqual(first);
    expect(mask(summing(0.5, 64, 1))).not.toEqual(first);
  });

  it('masks two layers apart', () => {
    const model = sequential({
      layers: [
        layers.dropout({ rate: 0.5, inputShape: [64] }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 1 }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const x = { data: new Float32Array(64).fill(1), shape: [1, 64] };
    const { inputGradient } = gradients(model, x, [5]);
    const kept = inputGradient.data.filter((value) => value !== 0).length;
    // both keep an element with probability 1/4; one mask used twice would keep half
    expect(kept).toBeLessThan(28);
    expect(kept).toBeGreaterThan(4);
  });

  it('of rate 0 changes nothing in training', async () => {
    const train = async (withDropout: boolean) => {
      const stack = [layers.lstm({ units: 5, inputShape: [4, 3] }), layers.dense({ units: 2 })];
      if (withDropout) stack.splice(1, 0, layers.dropout({ rate: 0 }));
      const model = sequential({ layers: stack, numerics: 'portable' });
      model.compile({ optimizer: 'adam', loss: 'mse' });
      await model.fit(noise(20, [4, 3]), noise(20, [2], 5), { epochs: 2, batchSize: 8 });
      return bitsOf(model.getWeights());
    };
    expect(await train(true)).toEqual(await train(false));
  });

  it('works on sequences', async () => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 5, returnSequences: true, inputShape: [4, 3] }),
        layers.dropout({ rate: 0.4 }),
        layers.lstm({ units: 3 }),
      ],
    });
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const { history } = await model.fit(noise(20, [4, 3]), noise(20, [3], 5), { epochs: 2 });
    expect(history.loss).toHaveLength(2);
  });
});
