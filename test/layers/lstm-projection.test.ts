// layers.lstm with projectionUnits as PyTorch computes its proj_size (test/fixtures/pytorch/projections.py).
import { type Layer, layers, optimizers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/pytorch/projections.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';

const { n, T, I, H, P, rate } = fixture;
const x = tensor(fixture.x, [n, T, I]);

// float32 beside float64: sums of up to 10 terms and activations off by 4e-7, in 7 steps of up to two layers; relative
// to what is large
const near = (found: ArrayLike<number>, expected: readonly number[], tolerance = 5e-6) => {
  expect(found).toHaveLength(expected.length);
  const size = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  expected.forEach((value, i) => {
    expect(Math.abs(found[i] - value)).toBeLessThan(tolerance * size);
  });
};

const options = { units: H, projectionUnits: P, returnSequences: true };

describe.each(
  fixture.cases.map(
    (one) =>
      [`${one.layers} layers, ${one.bidirectional ? 'both directions' : 'forwards'}`, one] as const,
  ),
)('as PyTorch: %s', (_, one) => {
  const stack = () => {
    const made = sequential({
      layers: Array.from({ length: one.layers }, (_, i) => {
        const layer = layers.lstm({ ...options, ...(i === 0 && { inputShape: [T, I] }) });
        return one.bidirectional ? layers.bidirectional(layer) : layer;
      }),
      numerics: 'portable',
    });
    expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(one.shapes);
    made.setWeights(one.weights.map((data, i) => tensor(data, one.shapes[i])));
    made.compile({ optimizer: optimizers.sgd({ learningRate: rate }), loss: 'mse' });
    return made;
  };
  const width = one.bidirectional ? 2 * P : P;
  const y = tensor(one.y, [n, T, width]);

  it('outputs and every gradient', async () => {
    const made = stack();
    expect(made.outputShape).toEqual([T, width]);
    near((await made.predict(x)).data, one.out);
    const found = gradients(made, x, y);
    near(found.inputGradient.data, one.dX);
    found.gradients.forEach(({ data }, i) => {
      near(data, one.gradients[i]);
    });
    made.dispose();
  });

  it('twenty losses', async () => {
    const made = stack();
    const { history } = await made.fit(x, y, { batchSize: n, epochs: 20, shuffle: false });
    // what twenty steps add up
    near(history.loss, one.losses, 2e-5);
    made.dispose();
  });

  if (!one.bidirectional)
    it('the states h [P] and c [H] of a stream', () => {
      const made = stack();
      const stream = made.stream({ batchSize: n });
      for (let t = 0; t < T; t++) {
        const at = (i: number) => (Math.floor(i / I) * T + t) * I + (i % I);
        stream.step(Float32Array.from({ length: n * I }, (_, i) => x.data[at(i)]));
      }
      stream.getStates().forEach(({ data, shape }, i) => {
        const [layer, which] = [Math.floor(i / 2), i % 2 === 0 ? 'h' : 'c'] as const;
        const width = which === 'h' ? P : H;
        expect(shape).toEqual([n, width]);
        near(data, one[which].slice(layer * n * width, (layer + 1) * n * width));
      });
      made.dispose();
    });
});

it('merges directions that put out as many columns', async () => {
  const both = (backwardLayer: Layer) =>
    layers.bidirectional(layers.lstm({ ...options, inputShape: [T, I] }), {
      mergeMode: 'sum',
      backwardLayer,
    });
  const made = sequential({
    layers: [both(layers.lstm({ units: P, returnSequences: true, goBackwards: true }))],
  });
  expect(made.outputShape).toEqual([T, P]);
  made.dispose();
  await expectError(
    () => both(layers.lstm({ units: H, returnSequences: true, goBackwards: true })),
    'bad-option',
    /same units.*layer has 5 and backwardLayer 9/,
  );
});

it('refuses a projection to nothing, and with gates that see gates', async () => {
  await expectError(
    () => layers.lstm({ units: 3, projectionUnits: 0 }),
    'bad-option',
    /layers\.lstm: projectionUnits must be an integer from 1 to 4095/,
  );
  await expectError(
    () => layers.lstm({ units: 3, projectionUnits: 2, variant: 'fullGateRecurrence' }),
    'bad-option',
    /projectionUnits does not go with variant 'fullGateRecurrence'/,
  );
});
