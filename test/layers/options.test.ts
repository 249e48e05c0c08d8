import { layers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
const wrong = (options: Record<string, unknown>): any => options;

describe('layers.lstm', () => {
  it.each([0, -1, 1.5, Number.NaN, '8', undefined])('refuses units: %s', async (units) => {
    await expectError(
      () => layers.lstm(wrong({ units })),
      'bad-option',
      'layers.lstm: units must be a positive integer',
    );
  });

  it('refuses keys it does not read, naming those it knows', async () => {
    await expectError(
      () => layers.lstm(wrong({ units: 4, implementation: 2 })),
      'bad-option',
      /layers\.lstm has no option 'implementation'; it knows units, returnSequences/,
    );
  });

  it.each([
    ['returnSequences', 1],
    ['unitForgetBias', 'yes'],
    ['variant', 'peepholes'],
    ['activation', 'softmax'],
    ['recurrentActivation', 'hard_sigmoid'],
    ['useBias', 0],
    ['kernelInitializer', 'heNormalized'],
    ['kernelInitializer', { className: 'RandomNormal', std: 1 }],
    ['kernelInitializer', { className: 'constructor' }],
    ['biasInitializer', 'orthogonal'],
    ['recurrentInitializer', 0],
    ['inputShape', [5]],
    ['inputShape', [0, 3]],
    ['inputShape', [null, 5]],
    ['inputShape', 'abc'],
    ['name', ''],
  ])('refuses %s: %j', async (key, value) => {
    const code = key === 'inputShape' && Array.isArray(value) && value.length === 1;
    await expectError(
      () => sequential({ layers: [layers.lstm(wrong({ units: 4, [key]: value }))] }),
      code ? 'bad-shape' : 'bad-option',
    );
  });

  it('refuses options that are no object', async () => {
    await expectError(() => layers.lstm(wrong(undefined as never)), 'bad-option', 'undefined');
  });
});

describe('layers.dense', () => {
  it.each([0, 2.5, Number.POSITIVE_INFINITY])('refuses units: %s', async (units) => {
    await expectError(() => layers.dense({ units }), 'bad-option', 'layers.dense: units');
  });

  it('refuses unknown activations, naming those there are', async () => {
    await expectError(
      () => layers.dense(wrong({ units: 2, activation: 'gelu' })),
      'bad-option',
      /'linear' or 'tanh' or 'sigmoid' or 'relu' or 'softmax'.*'gelu'/,
    );
  });

  it('refuses keys it does not read', async () => {
    const options = wrong({ units: 2, biased: false });
    await expectError(() => layers.dense(options), 'bad-option', "no option 'biased'");
  });
});

describe('layers.dropout', () => {
  it.each([1, -0.1, Number.NaN, '0.5', undefined])('refuses rate: %s', async (rate) => {
    await expectError(() => layers.dropout(wrong({ rate })), 'bad-option', /rate must be.*1/);
  });

  it('refuses keys it does not read', async () => {
    const options = wrong({ rate: 0.1, noiseShape: [1] });
    await expectError(() => layers.dropout(options), 'bad-option', "no option 'noiseShape'");
  });
});

describe.each(['dropout', 'spatialDropout1D', 'gaussianDropout', 'gaussianNoise'] as const)(
  'layers.%s',
  (kind) => {
    const share = kind === 'gaussianNoise' ? 'stddev' : 'rate';
    it.each([
      [share, -0.1],
      [share, kind === 'gaussianNoise' ? Number.POSITIVE_INFINITY : 1],
      [share, Number.NaN],
      [share, '0.5'],
      [share, undefined],
      ['seed', -1],
      ['seed', 0.5],
      ['seed', '1'],
      ['name', ''],
    ])('refuses %s: %s', async (key, value) => {
      const options = wrong({ [share]: 0.1, [key]: value });
      await expectError(
        () => layers[kind](options),
        'bad-option',
        new RegExp(`layers.${kind}: ${key} must be`),
      );
    });
  },
);

it('describes a layer as plain data', () => {
  const layer = layers.lstm({ units: 3, returnSequences: true, name: 'front' });
  expect(JSON.parse(JSON.stringify(layer.config))).toEqual({
    units: 3,
    returnSequences: true,
    goBackwards: false,
    layerNorm: false,
    returnState: false,
    stateful: false,
    kernelInitializer: 'glorotUniform',
    recurrentInitializer: 'orthogonal',
    biasInitializer: 'zeros',
    unitForgetBias: true,
    variant: 'vanilla',
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    useBias: true,
    dropout: 0,
    recurrentDropout: 0,
    weightDrop: 0,
    zoneoutHidden: 0,
    zoneoutCell: 0,
  });
});

it("refuses '' and '__proto__' as names", () => {
  for (const name of ['', '__proto__']) {
    expect(() => layers.dense({ units: 1, name })).toThrow(/layers\.dense: name must be a string/);
  }
});
