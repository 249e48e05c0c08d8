// Statistics of every initializer, as Keras 3 defines them, and its doors.
import { type Initializer, initializers, layers, sequential, type Tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf } from '../support/samples.js';

const [K, N] = [120, 80];
const weightsOf = (options: object, seed = 3) =>
  sequential({
    layers: [layers.dense({ units: N, inputShape: [K], ...options })],
    seed,
    numerics: 'portable',
  }).getWeights();
const kernelOf = (kernelInitializer: Initializer, seed?: number): Tensor =>
  weightsOf({ kernelInitializer }, seed)[0];

/** Of a standard normal cut off at +-2: 1 - 2 * 2 phi(2) / (2 Phi(2) - 1). */
const CUT = 0.7737413;

/** [what, variance, bound, kurtosis] */
const cases: readonly [Initializer, number, number, number][] = [
  ['randomNormal', 0.05 ** 2, 6.77 * 0.05, 3],
  ['randomUniform', 0.05 ** 2 / 3, 0.05, 1.8],
  ['truncatedNormal', 0.05 ** 2 * CUT, 0.1, 2.36],
  ['varianceScaling', 1 / K, 2 / 0.8796 / Math.sqrt(K), 2.36],
  ['glorotNormal', 2 / (K + N), (2 / 0.8796) * Math.sqrt(2 / (K + N)), 2.36],
  ['glorotUniform', 2 / (K + N), Math.sqrt(6 / (K + N)), 1.8],
  ['heNormal', 2 / K, (2 / 0.8796) * Math.sqrt(2 / K), 2.36],
  ['heUniform', 2 / K, Math.sqrt(6 / K), 1.8],
  ['lecunNormal', 1 / K, 2 / 0.8796 / Math.sqrt(K), 2.36],
  ['lecunUniform', 1 / K, Math.sqrt(3 / K), 1.8],
  [
    initializers.varianceScaling({ scale: 3, mode: 'fanOut', distribution: 'untruncatedNormal' }),
    3 / N,
    6.77 * Math.sqrt(3 / N),
    3,
  ],
  [
    initializers.varianceScaling({ scale: 0.5, mode: 'fanAvg', distribution: 'uniform' }),
    1 / (K + N),
    Math.sqrt(3 / (K + N)),
    1.8,
  ],
];

describe.each(cases)('%j', (initializer, variance, bound, kurtosis) => {
  const { data } = kernelOf(initializer);
  const n = data.length;

  it('has mean, variance, kurtosis and bounds of its distribution', () => {
    const moment = (power: number) => data.reduce((sum, v) => sum + v ** power, 0) / n;
    const sigma = Math.sqrt(variance);
    // five standard errors each, for n draws: sigma / sqrt(n), and sigma^2 sqrt((kurtosis - 1) / n)
    expect(Math.abs(moment(1))).toBeLessThan((5 * sigma) / Math.sqrt(n));
    const off = Math.abs(moment(2) - variance);
    expect(off).toBeLessThan(5 * variance * Math.sqrt((kurtosis - 1) / n));
    // the eighth moment of a normal is 105: five standard errors of the fourth
    expect(Math.abs(moment(4) / variance ** 2 - kurtosis)).toBeLessThan(5 * Math.sqrt(96 / n));
    // rounding to float32
    expect(Math.max(...data.map(Math.abs))).toBeLessThan(bound * (1 + 2 ** -22) * 1.0001);
  });

  it('has the same bits for a seed, others for another', () => {
    expect(bitsOf([kernelOf(initializer)])).toEqual(bitsOf([{ data, shape: [K, N] }]));
    expect(bitsOf([kernelOf(initializer, 4)])).not.toEqual(bitsOf([{ data, shape: [K, N] }]));
  });
});

it('truncates to draws of the untruncated normal where they are within bounds', () => {
  const whole = kernelOf(initializers.randomNormal({ mean: 1, stddev: 0.5 })).data;
  const cut = kernelOf(initializers.truncatedNormal({ mean: 1, stddev: 0.5 })).data;
  let again = 0;
  whole.forEach((value, i) => {
    if (Math.abs(value - 1) < 0.999999) expect(cut[i]).toBe(value);
    else again++;
    expect(Math.abs(cut[i] - 1)).toBeLessThanOrEqual(1);
  });
  // 4.55 % of 9600, five standard deviations of 20.4
  expect(Math.abs(again - 437)).toBeLessThan(102);
});

it('fills with constants and identities', () => {
  const all = (initializer: Initializer) => [...new Set(kernelOf(initializer).data)];
  expect(all('zeros')).toEqual([0]);
  expect(all('ones')).toEqual([1]);
  expect(all('constant')).toEqual([0]);
  expect(all(initializers.constant({ value: -0.25 }))).toEqual([-0.25]);
  const { data } = kernelOf(initializers.identity({ gain: 2 }));
  data.forEach((value, i) => {
    expect(value).toBe(Math.floor(i / N) === i % N ? 2 : 0);
  });
});

it('multiplies orthonormal columns by gain', () => {
  const { data } = kernelOf(initializers.orthogonal({ gain: 3 }));
  for (const [a, b] of [
    [0, 0],
    [0, 1],
    [5, 79],
    [79, 79],
  ]) {
    let sum = 0;
    for (let r = 0; r < K; r++) sum += data[r * N + a] * data[r * N + b];
    // each element of Q^T Q is off by less than 1e-6, and gain comes squared
    expect(Math.abs(sum - (a === b ? 9 : 0))).toBeLessThan(1e-5);
  }
});

it('draws alike from a seed of its own, whatever the model and the place', () => {
  const kernelInitializer = initializers.heNormal({ seed: 11 });
  const one = weightsOf({ kernelInitializer }, 1)[0];
  expect(bitsOf([weightsOf({ kernelInitializer }, 2)[0]])).toEqual(bitsOf([one]));
  const other = weightsOf({ kernelInitializer: initializers.heNormal({ seed: 12 }) }, 1)[0];
  expect(bitsOf([other])).not.toEqual(bitsOf([one]));
});

describe('biases', () => {
  const H = 50;
  const biasOf = (kind: 'lstm' | 'gru' | 'simpleRNN' | 'indRNN' | 'minGRU', options: object) =>
    sequential({
      layers: [layers[kind]({ units: H, inputShape: [2, 3], ...options })],
      numerics: 'portable',
    })
      .getWeights()
      .at(-1) as Tensor;

  it('of an lstm keep 1 for the forget gate, and have the fans that Keras gives to the parts', () => {
    const { data } = biasOf('lstm', { biasInitializer: 'heUniform' });
    expect([...data.subarray(H, 2 * H)]).toEqual(new Array(H).fill(1));
    const most = (from: number, to: number) => Math.max(...data.subarray(from, to).map(Math.abs));
    expect(most(0, H)).toBeGreaterThan(0.8 * Math.sqrt(6 / H));
    expect(most(0, H)).toBeLessThanOrEqual(Math.fround(Math.sqrt(6 / H)));
    expect(most(2 * H, 4 * H)).toBeGreaterThan(0.8 * Math.sqrt(3 / H));
    expect(most(2 * H, 4 * H)).toBeLessThanOrEqual(Math.fround(Math.sqrt(3 / H)));
    const whole = biasOf('lstm', { biasInitializer: 'heUniform', unitForgetBias: false }).data;
    expect(Math.max(...whole.map(Math.abs))).toBeLessThanOrEqual(Math.fround(Math.sqrt(1.5 / H)));
  });

  it.each(['gru', 'simpleRNN', 'indRNN', 'minGRU'] as const)('of %s follow theirs', (kind) => {
    expect([...new Set(biasOf(kind, { biasInitializer: 'ones' }).data)]).toEqual([1]);
  });

  it('of variants keep 1 for the forget gate, wherever it stands', () => {
    const { data } = biasOf('lstm', { variant: 'noInputGate', biasInitializer: 'constant' });
    expect([...data]).toEqual([...new Array(H).fill(1), ...new Array(2 * H).fill(0)]);
  });
});

describe('refuses', () => {
  // biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
  const dense = (options: any) => layers.dense({ units: 1, ...options });

  it.each([
    [{ kernelInitializer: 'normal' }, /layers\.dense: kernelInitializer must be 'zeros'.*'normal'/],
    [{ kernelInitializer: { className: 'Normal' } }, /kernelInitializer must be/],
    [
      { kernelInitializer: { className: 'HeNormal', stddev: 1 } },
      /kernelInitializer of class HeNormal has no option 'stddev'; it knows seed/,
    ],
    [
      { kernelInitializer: { className: 'Constant', value: Number.NaN } },
      /value must be a finite number/,
    ],
    [{ biasInitializer: 'identity' }, /biasInitializer must be .*matrices alone.*'identity'/],
    [{ biasInitializer: initializers.orthogonal() }, /biasInitializer must be/],
  ])('%j', (options, message) => {
    expect(() => dense(options)).toThrow(message);
  });

  it('parameters out of range', () => {
    expect(() => initializers.randomNormal({ stddev: -1 })).toThrow(
      /initializers\.randomNormal: stddev must be a finite number from 0 up/,
    );
    expect(() => initializers.varianceScaling({ scale: 0 })).toThrow(/scale must be/);
    expect(() => initializers.orthogonal({ seed: 1.5 })).toThrow(/seed must be an integer/);
  });
});

it('copies what it is given', () => {
  const given = { className: 'Constant', value: 1 };
  const layer = layers.dense({ units: 1, inputShape: [1], kernelInitializer: given });
  given.value = 2;
  expect(sequential({ layers: [layer] }).getWeights()[0].data[0]).toBe(1);
});

it.each(['lstm', 'gru', 'simpleRNN', 'indRNN', 'minGRU', 'minLSTM', 'slstm', 'jordanRNN'] as const)(
  'a bias that there is not does not begin: %s',
  async (cell) => {
    const options = { units: 2, useBias: false };
    await expectError(
      () => layers[cell]({ ...options, biasInitializer: 'ones' }),
      'bad-option',
      `layers.${cell}: biasInitializer`,
      'useBias: false',
    );
    layers[cell]({ ...options, biasInitializer: 'zeros' });
  },
);
