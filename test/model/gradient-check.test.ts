// dL/dw against central differences of the loss itself, on stacks that the fixtures from PyTorch
// do not hold (dropout, whose mask stands still while no step is taken; odd orders of layers).
//
// Along a direction d of length 1, [L(w + h d) - L(w - h d)] / 2h is off by h^2/6 L''' and by the
// rounding of two float32 losses, about 2^-22 L / h. At h = 2^-5 both stay below 1e-3 of the
// slopes compared here, which are taken along the gradient, so that they are as large as can be.
import { layers, sequential, type Tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { gradients } from '../support/model-gradients.js';
import { noise, oneHot } from '../support/samples.js';

const STEP = 2 ** -5;
const TOLERANCE = 4e-3;

const cases = {
  'dropout between two LSTMs': {
    layers: () => [
      layers.lstm({ units: 5, returnSequences: true, inputShape: [6, 3] }),
      layers.dropout({ rate: 0.3 }),
      layers.lstm({ units: 4 }),
      layers.dense({ units: 2 }),
    ],
    x: noise(9, [6, 3]),
    y: noise(9, [2], 5),
    loss: 'meanSquaredError',
  },
  'dropout first': {
    layers: () => [
      layers.dropout({ rate: 0.2, inputShape: [5, 7] }),
      layers.lstm({ units: 6 }),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ],
    x: noise(4, [5, 7]),
    y: noise(4, [1], 5),
    loss: 'meanSquaredError',
  },
  'dense over time into a softmax at each step': {
    layers: () => [
      layers.dense({ units: 6, activation: 'tanh', inputShape: [4, 3] }),
      layers.lstm({ units: 5, returnSequences: true }),
      layers.dropout({ rate: 0.25 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    x: noise(7, [4, 3]),
    y: oneHot(7, [4, 3]),
    loss: 'categoricalCrossentropy',
  },
  'softmax under a squared error': {
    layers: () => [
      layers.lstm({ units: 9, inputShape: [3, 2] }),
      layers.dense({ units: 5, activation: 'softmax' }),
    ],
    x: noise(3, [3, 2]),
    y: oneHot(3, [5]),
    loss: 'meanSquaredError',
  },
  'an LSTM alone, its sequence the output': {
    layers: () => [layers.lstm({ units: 3, returnSequences: true, inputShape: [5, 4] })],
    x: noise(33, [5, 4]),
    y: noise(33, [5, 3], 5),
    loss: 'meanSquaredError',
  },
  'variants of the LSTM': {
    layers: () => [
      layers.lstm({
        units: 5,
        variant: 'fullGateRecurrence',
        returnSequences: true,
        inputShape: [6, 3],
      }),
      layers.lstm({ units: 17, variant: 'peephole', returnSequences: true }),
      layers.lstm({ units: 4, variant: 'coupled', useBias: false }),
      layers.dense({ units: 2 }),
    ],
    x: noise(9, [6, 3]),
    y: noise(9, [2], 5),
    loss: 'meanSquaredError',
  },
  'LSTMs that lack a gate': {
    layers: () => [
      layers.lstm({
        units: 5,
        variant: 'noInputGate',
        returnSequences: true,
        inputShape: [6, 3],
      }),
      layers.lstm({ units: 6, variant: 'noForgetGate', returnSequences: true }),
      layers.lstm({ units: 7, variant: 'noOutputGate' }),
      layers.dense({ units: 2 }),
    ],
    x: noise(9, [6, 3]),
    y: noise(9, [2], 5),
    loss: 'meanSquaredError',
  },
  'LSTMs with other activations': {
    layers: () => [
      layers.lstm({
        units: 5,
        variant: 'noInputActivation',
        returnSequences: true,
        inputShape: [6, 3],
      }),
      layers.lstm({ units: 6, variant: 'noOutputActivation', returnSequences: true }),
      layers.lstm({ units: 7, activation: 'sigmoid', recurrentActivation: 'tanh' }),
      layers.dense({ units: 2 }),
    ],
    x: noise(9, [6, 3]),
    y: noise(9, [2], 5),
    loss: 'meanSquaredError',
  },
} as const;

const lengthOf = (tensors: readonly Tensor[]): number =>
  Math.sqrt(tensors.reduce((sum, { data }) => sum + data.reduce((a, b) => a + b * b, 0), 0));

const moved = (from: Tensor, along: Tensor, by: number): Tensor => ({
  data: from.data.map((value, i) => value + by * along.data[i]),
  shape: from.shape,
});

describe.each(Object.entries(cases))('%s', (_, { layers: stack, x, y, loss }) => {
  const model = sequential({ layers: stack(), seed: 8 });
  model.compile({ optimizer: 'adam', loss });
  const start = model.getWeights();
  const found = gradients(model, x, y);

  const lossAt = (weights: readonly Tensor[], input: Tensor): number => {
    model.setWeights(weights);
    return gradients(model, input, y).loss;
  };

  it.each(start.map((_, i) => i))('has the gradient of weight %i', (index) => {
    const gradient = found.gradients[index];
    expect(gradient.shape).toEqual(start[index].shape);
    const length = lengthOf([gradient]);
    expect(length).toBeGreaterThan(1e-4);
    const at = (step: number) =>
      lossAt(
        start.map((weight, i) => (i === index ? moved(weight, gradient, step / length) : weight)),
        x,
      );
    const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
    expect(Math.abs(slope / length - 1)).toBeLessThan(TOLERANCE);
  });

  it('has the gradient of the input', () => {
    const length = lengthOf([found.inputGradient]);
    const at = (step: number) => lossAt(start, moved(x, found.inputGradient, step / length));
    const slope = (at(STEP) - at(-STEP)) / (2 * STEP);
    expect(Math.abs(slope / length - 1)).toBeLessThan(TOLERANCE);
  });

  it('gives the same gradients when asked again, without dX as with it', async () => {
    model.setWeights(start);
    expect(gradients(model, x, y)).toEqual(found);
    const twin = sequential({ layers: stack(), seed: 8 });
    twin.compile({ optimizer: 'sgd', loss });
    const { loss: value } = await twin.trainOnBatch(x, y);
    expect(value).toBe(found.loss);
    twin.getWeights().forEach(({ data }, i) => {
      data.forEach((weight, j) => {
        const stepped = start[i].data[j] - 0.01 * found.gradients[i].data[j];
        expect(weight).toBeCloseTo(stepped, 6);
      });
    });
  });
});
