// layers.lstm with layerNorm as a program of PyTorch computes it by its formula (test/fixtures/pytorch/norm_lstm.py). The
// kernels stand against finite differences of their twin in test/assembly/cell.test.ts.
import { type LstmVariant, layers, optimizers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/pytorch/norm-lstm.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';

const { n, T, I, H, rate } = fixture;
const x = tensor(fixture.x, [n, T, I]);

// float32 beside float64: sums of up to 12 terms and activations off by 4e-7, in 7 steps; the first step divides products
// of h = 0 by sqrt(1e-5), and the norms of products that are close to each other magnify what is off; relative to what is
// large
const near = (found: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5) => {
  expect(found).toHaveLength(expected.length);
  const size = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  expected.forEach((value, i) => {
    expect(Math.abs(found[i] - value)).toBeLessThan(tolerance * size);
  });
};

describe.each(
  fixture.cases.map((one) => [`${one.variant}, projection ${one.projectionUnits}`, one] as const),
)('as PyTorch: %s', (_, one) => {
  const width = one.projectionUnits ?? H;
  const y = tensor(one.y, [n, T, width]);
  const stack = () => {
    const made = sequential({
      layers: [
        layers.lstm({
          units: H,
          variant: one.variant as LstmVariant,
          projectionUnits: one.projectionUnits ?? undefined,
          layerNorm: true,
          returnSequences: true,
          inputShape: [T, I],
        }),
      ],
      numerics: 'portable',
    });
    expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(one.shapes);
    made.setWeights(one.weights.map((data, i) => tensor(data, one.shapes[i])));
    made.compile({ optimizer: optimizers.sgd({ learningRate: rate }), loss: 'mse' });
    return made;
  };

  it('outputs and every gradient', async () => {
    const made = stack();
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
    near(history.loss, one.losses, 1e-4);
    made.dispose();
  });

  it('the states h and c of a stream', () => {
    const made = stack();
    const stream = made.stream({ batchSize: n });
    for (let t = 0; t < T; t++) {
      const at = (i: number) => (Math.floor(i / I) * T + t) * I + (i % I);
      stream.step(Float32Array.from({ length: n * I }, (_, i) => x.data[at(i)]));
    }
    const [h, c] = stream.getStates();
    expect([h.shape, c.shape]).toEqual([
      [n, width],
      [n, H],
    ]);
    near(h.data, one.h);
    near(c.data, one.c);
    made.dispose();
  });
});

it('names its weights, which begin as ones and zeros, and goes without gates that see gates', async () => {
  const made = sequential({
    layers: [layers.lstm({ units: 2, layerNorm: true, variant: 'peephole', inputShape: [4, 3] })],
  });
  const found = made.weightSpecs.map(({ name }, i) => [
    name.split('/')[1],
    Array.from(new Set(made.getWeights()[i].data)),
  ]);
  expect(found.slice(3)).toEqual([
    ['peephole', [0]],
    ['kernelGamma', [1]],
    ['kernelBeta', [0]],
    ['recurrentGamma', [1]],
    ['recurrentBeta', [0]],
    ['cellGamma', [1]],
    ['cellBeta', [0]],
  ]);
  made.dispose();
  await expectError(
    () => layers.lstm({ units: 3, layerNorm: true, variant: 'fullGateRecurrence' }),
    'bad-option',
    /layers\.lstm: layerNorm does not go with variant 'fullGateRecurrence', but is true/,
  );
  for (const option of ['recurrentDropout', 'zoneoutHidden', 'zoneoutCell'] as const) {
    await expectError(
      () => layers.lstm({ units: 3, layerNorm: true, [option]: 0.5 }),
      'bad-option',
      `layers.lstm: ${option} does not go with layerNorm, but is 0.5`,
    );
  }
});
