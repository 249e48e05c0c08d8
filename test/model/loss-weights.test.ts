// Factors on the losses of several outputs, against Keras 3 (test/fixtures/keras/loss_weights.py).
import {
  fromBytes,
  input,
  layers,
  loadState,
  model,
  optimizers,
  readModelFile,
  saveState,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/loss-weights.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { maxDifference } from '../support/kernels.js';
import { bitsOf, noise } from '../support/samples.js';

const { n, I } = fixture;
const x = tensor(fixture.x, [n, I]);
const y = { a: tensor(fixture.a, [n, 2]), b: tensor(fixture.b, [n]) };

type Weights = number[] | Record<string, number>;

function twoHeads(lossWeights?: Weights) {
  const given = input({ shape: [I] });
  const h = layers.dense({ units: 5, activation: 'tanh', name: 'body' }).apply(given);
  const a = layers.dense({ units: 2, name: 'a' }).apply(h);
  const b = layers.dense({ units: 4, activation: 'softmax', name: 'b' }).apply(h);
  const made = model({ inputs: given, outputs: [a, b], numerics: 'portable' });
  made.setWeights(fixture.before.map((data, i) => tensor(data, fixture.shapes[i])));
  made.compile({
    optimizer: optimizers.sgd({ learningRate: 0.2 }),
    loss: ['mse', 'sparseCategoricalCrossentropy'],
    lossWeights,
  });
  return made;
}

/** Sums of some ten float32 terms of about 2, and ten steps of SGD along their gradients. */
const NEAR = 1e-5;

function expectFigures(found: Record<string, number>, expected: Record<string, number>): void {
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs(found[name] - value), name).toBeLessThan(NEAR);
  }
}

describe.each(fixture.runs)(
  'lossWeights $factors',
  ({ factors, evaluated, weighted, history, after }) => {
    it.each(['array', 'object'])('give what Keras gives, as an %s', async (form) => {
      const made = twoHeads(form === 'array' ? factors : { b: factors[1], a: factors[0] });
      expectFigures(await made.evaluate(x, y, { batchSize: 5 }), evaluated);
      const sampleWeight = Float32Array.from(fixture.weights);
      expectFigures(await made.evaluate(x, y, { batchSize: 5, sampleWeight }), weighted);
      const fitted = await made.fit(x, y, { batchSize: 5, epochs: 5, shuffle: false });
      for (const [name, values] of Object.entries(history)) {
        expect(maxDifference(fitted.history[name], values), name).toBeLessThan(NEAR);
      }
      made.getWeights().forEach(({ data }, i) => {
        expect(maxDifference(data, after[i])).toBeLessThan(NEAR);
      });
    });
  },
);

describe('lossWeights', () => {
  it('of 1 change no bit, and those of a power of two scale the step of a single output', async () => {
    const [plain, ones] = [twoHeads(), twoHeads([1, 1])];
    for (const one of [plain, ones]) await one.fit(x, y, { epochs: 2 });
    expect(bitsOf(ones.getWeights())).toEqual(bitsOf(plain.getWeights()));
    const single = async (learningRate: number, lossWeights?: number) => {
      const made = sequential({ layers: [layers.dense({ units: 2, inputShape: [I] })], seed: 2 });
      made.compile({ optimizer: optimizers.sgd({ learningRate }), loss: 'mse', lossWeights });
      await made.fit(x, y.a, { epochs: 2 });
      return bitsOf(made.getWeights());
    };
    expect(await single(0.25, 0.5)).toEqual(await single(0.125));
  });

  it('scale the gradients of a layer that has its own loss, with masked steps too', async () => {
    const run = async (learningRate: number, lossWeights?: number) => {
      const made = sequential({
        layers: [
          layers.masking({ inputShape: [4, 3] }),
          layers.dense({ units: 3 }),
          layers.crf({ units: 3 }),
        ],
        seed: 2,
      });
      const loss = 'crfNegativeLogLikelihood';
      made.compile({ optimizer: optimizers.sgd({ learningRate }), loss, lossWeights });
      const data = noise(6, [4, 3]);
      data.data.fill(0, 6, 12);
      await made.fit(data, tensor(new Float32Array(24), [6, 4]), { epochs: 2 });
      return bitsOf(made.getWeights());
    };
    expect(await run(0.25, 0.5)).toEqual(await run(0.125));
    expect(await run(0.25, 0)).toEqual(await run(0));
  });

  it('are kept in files and states', async () => {
    const made = twoHeads([0.25, 2]);
    await made.fit(x, y);
    const bytes = toBytes(made);
    expect(readModelFile(bytes).training?.lossWeights).toEqual([0.25, 2]);
    expect(readModelFile(toBytes(twoHeads())).training).not.toHaveProperty('lossWeights');
    const opened = fromBytes(bytes);
    const state = saveState(made);
    for (const one of [made, opened]) await one.fit(x, y);
    expect(bitsOf(opened.getWeights())).toEqual(bitsOf(made.getWeights()));
    await expectError(() => loadState(twoHeads(), state), 'bad-file', /lossWeights \[0\.25,2\]/);
    loadState(twoHeads({ a: 0.25, b: 2 }), state);
  });

  it.each([
    [[1], /lossWeights of a model with the outputs a, b must be a number for each/],
    [{ a: 1 }, /lossWeights/],
    [2, /lossWeights/],
    [[1, -1], /lossWeights of output b must be/],
    [[1, Number.NaN], /lossWeights of output b must be/],
  ])('refuse %j', async (lossWeights, message) => {
    await expectError(() => twoHeads(lossWeights as never), 'bad-option', message);
  });
});
