// Two layers in both directions over sequences of unequal length, against PyTorch in float64
// (test/fixtures/pytorch/stacks.py): outputs, every gradient, twenty losses, and where they lead.
import { layers, optimizers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/pytorch/stacks.json' with { type: 'json' };
import { gradients } from '../support/model-gradients.js';

const { B, T, I, H, O, lengths } = fixture;
const x = tensor(fixture.x, [B, T, I]);
const y = tensor(fixture.y, [B, T, O]);
const cells = {
  rnnTanh: () => layers.simpleRNN({ units: H, returnSequences: true }),
  rnnRelu: () => layers.simpleRNN({ units: H, returnSequences: true, activation: 'relu' }),
  gru: () => layers.gru({ units: H, returnSequences: true }),
  lstm: () => layers.lstm({ units: H, returnSequences: true }),
};

// Roundings (2^-24) of the largest value: a pass is 2 T steps one after the other, each of which adds up H + I products
// and passes on what it has, so that errors of 4 a step, as tanh makes, come to some 60; twenty steps of momentum 0.9 add
// up ten gradients each, so that a weight may be off by the tenfold of a gradient and a loss by that of an output.
const PASS = 64 * 2 ** -24;
const TRAINING = 10 * PASS;

function near(found: ArrayLike<number>, truth: ArrayLike<number>, bound: number) {
  expect(found).toHaveLength(truth.length);
  const largest = Math.max(...Array.from(truth, Math.abs));
  const off = Array.from(found, (value, i) => Math.abs(value - truth[i]));
  expect(Math.max(...off)).toBeLessThanOrEqual(bound * largest);
}

describe.each(Object.keys(cells) as (keyof typeof cells)[])('%s', (kind) => {
  const reference = fixture[kind];

  function made(numerics: 'fast' | 'portable') {
    const model = sequential({
      layers: [
        layers.masking({ inputShape: [T, I] }),
        layers.bidirectional(cells[kind]()),
        layers.bidirectional(cells[kind]()),
        layers.dense({ units: O }),
      ],
      numerics,
    });
    const weights = reference.before.map((data, i) => tensor(data, reference.shapes[i]));
    expect(model.weightSpecs.map(({ shape }) => shape)).toEqual(reference.shapes);
    model.setWeights(weights);
    const optimizer = optimizers.sgd({ learningRate: 0.05, momentum: 0.9 });
    model.compile({ optimizer, loss: 'mse' });
    return model;
  }

  it.each(['fast', 'portable'] as const)('is as in PyTorch in %s numerics', async (numerics) => {
    const model = made(numerics);
    const predicted = await model.predict(x);
    // what a head says of a step that there is not is its bias, in both
    near(predicted.data, reference.outputs, PASS);
    expect(lengths).toContain(1);

    const found = gradients(model, x, y);
    near([found.loss], [reference.loss], PASS);
    near(found.inputGradient.data, reference.dX, PASS);
    found.gradients.forEach(({ data }, i) => {
      near(data, reference.gradients[i], PASS);
    });

    const losses: number[] = [];
    for (let step = 0; step < 20; step++) losses.push((await model.trainOnBatch(x, y)).loss);
    near(losses, reference.losses, TRAINING);
    model.getWeights().forEach(({ data }, i) => {
      near(data, reference.after[i], TRAINING);
    });
    model.dispose();
  });
});
