// layers.slstm beside the plain code of its authors (test/fixtures/xlstm/slstm.py), its heads and its states.
import { layers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/xlstm/slstm.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';

const { n, T, I, H } = fixture;
const x = tensor(fixture.x, [n, T, I]);
const y = tensor(fixture.y, [n, T, H]);

// float32 beside float64: sums of up to 10 terms in 9 steps, activations off by 4e-7, and exponents of a few
// units that magnify what is off before them; relative to what is large
const near = (found: ArrayLike<number>, expected: readonly number[]) => {
  expect(found).toHaveLength(expected.length);
  const size = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
  expected.forEach((value, i) => {
    expect(Math.abs(found[i] - value)).toBeLessThan(2e-5 * size);
  });
};

describe.each(
  fixture.cases.map((one) => [`${one.numHeads} heads, ${one.forgetActivation}`, one] as const),
)('as the authors compute it: %s', (_, one) => {
  const stack = () => {
    const { numHeads } = one;
    const forgetActivation = one.forgetActivation as 'sigmoid' | 'exponential';
    const made = sequential({
      layers: [
        layers.slstm({
          units: H,
          numHeads,
          forgetActivation,
          returnSequences: true,
          inputShape: [T, I],
        }),
      ],
      numerics: 'portable',
    });
    const shapes = [[I, 4 * H], [H / numHeads, 4 * H], [4 * H]];
    expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(shapes);
    made.setWeights(one.weights.map((data, i) => tensor(data, shapes[i])));
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    return made;
  };

  it('outputs and every gradient', async () => {
    const made = stack();
    near((await made.predict(x)).data, one.out);
    const found = gradients(made, x, y);
    near([found.loss], [one.loss]);
    near(found.inputGradient.data, one.dX);
    found.gradients.forEach(({ data }, i) => {
      near(data, one.gradients[i]);
    });
    made.dispose();
  });

  it('the states h, c, n, m of a stream', () => {
    const made = stack();
    const stream = made.stream({ batchSize: n });
    expect(stream.stateNames).toEqual(['h', 'c', 'n', 'm'].map((name) => `slstm/${name}`));
    for (let t = 0; t < T; t++) {
      stream.step(
        Float32Array.from(
          { length: n * I },
          (_, i) => x.data[(Math.floor(i / I) * T + t) * I + (i % I)],
        ),
      );
    }
    stream.getStates().forEach(({ data }, q) => {
      near(data, one.states[q]);
    });
    made.dispose();
  });
});

it('refuses heads that do not divide the units, and what is no forget gate', async () => {
  const wrong = (options: object) => layers.slstm({ units: 6, ...options } as never);
  await expectError(
    () => wrong({ numHeads: 4 }),
    'bad-option',
    /layers\.slstm: numHeads must divide units, but is 4, and units 6/,
  );
  await expectError(() => wrong({ numHeads: 0 }), 'bad-option', /numHeads must be an integer from/);
  await expectError(
    () => wrong({ forgetActivation: 'tanh' }),
    'bad-option',
    /forgetActivation must be 'sigmoid' or 'exponential'.*'tanh'/,
  );
});

it('begins the bias of the forget gate at 1, unless it is told otherwise', () => {
  const biasOf = (options: object) => {
    const made = sequential({
      layers: [layers.slstm({ units: 2, inputShape: [3, 1], ...options })],
    });
    const data = Array.from(made.getWeights()[2].data);
    made.dispose();
    return data;
  };
  expect(biasOf({})).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
  expect(biasOf({ unitForgetBias: false })).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
});
