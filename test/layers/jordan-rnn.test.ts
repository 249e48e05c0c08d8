// layers.jordanRNN by its formula, weight by weight; its one state; and what it refuses. The kernels' gradients stand
// against finite differences in test/assembly/cell.test.ts.
import { layers, sequential, tensor } from 'sluice';
import { expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';
import { noise } from '../support/samples.js';

const [n, T, I, H, P] = [3, 6, 4, 7, 5];
const x = noise(n, [T, I]);

const make = (options: object = {}) =>
  sequential({
    layers: [
      layers.jordanRNN({
        units: P,
        hiddenUnits: H,
        returnSequences: true,
        biasInitializer: 'lecunNormal',
        inputShape: [T, I],
        ...options,
      }),
    ],
    numerics: 'portable',
  });

/** [n, T, P] in float64: h = tanh(x W + y U + b), y = s(h V + d). */
function byHand(
  weights: readonly ArrayLike<number>[],
  input: ArrayLike<number> = x.data,
): number[] {
  const [W, U, b, V, d] = weights;
  const out: number[] = [];
  for (let k = 0; k < n; k++) {
    let y = new Array<number>(P).fill(0);
    for (let t = 0; t < T; t++) {
      const h = Array.from({ length: H }, (_, j) => {
        let sum = b[j];
        for (let i = 0; i < I; i++) sum += input[(k * T + t) * I + i] * W[i * H + j];
        for (let p = 0; p < P; p++) sum += y[p] * U[p * H + j];
        return Math.tanh(sum);
      });
      y = Array.from({ length: P }, (_, p) => {
        const sum = h.reduce((total, value, j) => total + value * V[j * P + p], d[p]);
        return 1 / (1 + Math.exp(-sum));
      });
      out.push(...y);
    }
  }
  return out;
}

it('is what its formula says, and learns by its gradients', async () => {
  const made = make({ outputActivation: 'sigmoid' });
  expect(made.weightSpecs.map(({ name, shape }) => [name, ...shape])).toEqual([
    ['jordan_rnn/kernel', I, H],
    ['jordan_rnn/recurrentKernel', P, H],
    ['jordan_rnn/bias', H],
    ['jordan_rnn/outputKernel', H, P],
    ['jordan_rnn/outputBias', P],
  ]);
  const weights = made.getWeights().map(({ data }) => Float64Array.from(data));
  const expected = byHand(weights);
  const { data } = await made.predict(x);
  // float32: sums of up to 12 terms and two activations off by 4e-7 in each of 6 steps
  expected.forEach((value, i) => {
    expect(Math.abs(data[i] - value)).toBeLessThan(6 * (2 * 4e-7 + 12 * 2 ** -24));
  });

  const target = noise(n, [T, P]);
  made.compile({ optimizer: 'sgd', loss: 'mse' });
  const found = gradients(made, x, target);
  const lossOf = (values: readonly ArrayLike<number>[], input?: ArrayLike<number>) =>
    byHand(values, input).reduce((sum, v, i) => sum + (v - target.data[i]) ** 2, 0) / (n * T * P);
  expect(Math.abs(found.loss - lossOf(weights))).toBeLessThan(1e-6);
  // differences of float64 are off by about 1e-9
  const step = 1e-5;
  const changed = (values: ArrayLike<number>, at: number, by: number) =>
    Float64Array.from(values, (v, i) => (i === at ? v + by : v));
  found.gradients.forEach((gradient, w) => {
    gradient.data.forEach((g, at) => {
      const loss = (by: number) =>
        lossOf(weights.map((values, i) => (i === w ? changed(values, at, by) : values)));
      expect(Math.abs(g - (loss(step) - loss(-step)) / (2 * step)), `${w}`).toBeLessThan(2e-6);
    });
  });
  found.inputGradient.data.forEach((g, at) => {
    const loss = (by: number) => lossOf(weights, changed(x.data, at, by));
    expect(Math.abs(g - (loss(step) - loss(-step)) / (2 * step))).toBeLessThan(2e-6);
  });
  made.dispose();
});

it('has its output as the only state of a stream, which can be set', async () => {
  const made = make();
  const stream = made.stream({ batchSize: 1 });
  expect(stream.stateNames).toEqual(['jordan_rnn/y']);
  const first = stream.step(x.data.slice(0, I)).slice();
  const [state] = stream.getStates();
  expect(state.shape).toEqual([1, P]);
  expect(Array.from(state.data)).toEqual(Array.from(first));
  const next = stream.step(x.data.slice(I, 2 * I)).slice();
  const again = made.stream({ batchSize: 1 });
  again.setStates([state]);
  expect(again.step(x.data.slice(I, 2 * I))).toEqual(next);
  expect(Array.from((await made.predict(tensor(x.data, [n, T, I]))).data.slice(P, 2 * P))).toEqual(
    Array.from(next),
  );
  made.dispose();
});

it('has as many hidden units as outputs where nobody says, and refuses what it cannot be', async () => {
  const made = make({ hiddenUnits: undefined, useBias: false, biasInitializer: undefined });
  expect(made.weightSpecs.map(({ shape }) => shape)).toEqual([
    [I, P],
    [P, P],
    [P, P],
  ]);
  made.dispose();
  const wrong = (options: object) => layers.jordanRNN({ units: 2, ...options } as never);
  await expectError(() => wrong({ units: 4096 }), 'bad-option', /units must be an integer from 1/);
  await expectError(
    () => wrong({ hiddenUnits: 0 }),
    'bad-option',
    /hiddenUnits must be a positive/,
  );
  await expectError(
    () => wrong({ outputActivation: 'softmax' }),
    'bad-option',
    /layers\.jordanRNN: outputActivation must be 'linear' or.*'softmax'/,
  );
});
