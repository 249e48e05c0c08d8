import { optimizers } from 'sluice';
import { describe, expect, it } from 'vitest';
import { optimizerConfig, optimizerFromConfig } from '../../src/optimizers/from-config.js';
import { expectError } from '../support/errors.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
const wrong = (options: unknown): any => options;
const makers = { adam: optimizers.adam, sgd: optimizers.sgd };

/** Doubles that float32 rounds to what they must not be, beside those that are wrong themselves. */
const outside: Record<string, readonly unknown[]> = {
  positive: [null, Number.NaN, 0, -1, Number.POSITIVE_INFINITY, '0.1', 1e-50, 1e300, 3.5e38],
  notNegative: [
    null,
    Number.NaN,
    -1,
    -1e-300,
    Number.POSITIVE_INFINITY,
    '0.1',
    1e-50,
    1e300,
    3.5e38,
  ],
  fraction: [null, Number.NaN, -0.1, 1, 2, '0.1', 1e-50, 0.99999999, 1 - 2 ** -53],
};
const words: Record<string, string> = {
  positive: 'must be a finite number above 0',
  notNegative: 'must be a finite number from 0 up',
  fraction: 'must be a number from 0 up to, not including, 1',
};
const clipping = { clipNorm: 'positive', globalClipNorm: 'positive', clipValue: 'positive' };
const numbers = {
  adam: {
    learningRate: 'notNegative',
    beta1: 'fraction',
    beta2: 'fraction',
    epsilon: 'positive',
    ...clipping,
  },
  sgd: { learningRate: 'notNegative', momentum: 'fraction', ...clipping },
};
const cases = Object.entries(numbers).flatMap(([name, options]) =>
  Object.entries(options).flatMap(([key, range]) =>
    outside[range].map((value) => [name as keyof typeof makers, key, value, range] as const),
  ),
);

it.each(cases)('optimizers.%s refuses %s: %s', async (name, key, value, range) => {
  await expectError(
    () => makers[name](wrong({ [key]: value })),
    'bad-option',
    `optimizers.${name}: ${key} ${words[range]}`,
    typeof value === 'string' ? `'${value}'` : `got ${value}`,
  );
});

it('says what float32 makes of a number', async () => {
  for (const [options, rounded] of [
    [{ epsilon: 1e-50 }, 'got 1e-50, which float32 rounds to 0'],
    [{ beta2: 0.99999999 }, 'got 0.99999999, which float32 rounds to 1'],
    [{ learningRate: 1e300 }, 'got 1e+300, which float32 rounds to Infinity'],
  ] as const) {
    await expectError(() => optimizers.adam(options), 'bad-option', 'as float32 too', rounded);
  }
});

describe.each(Object.entries(makers))('optimizers.%s', (name, make) => {
  it('refuses keys it does not read', async () => {
    const options = wrong({ lr: 0.1 });
    await expectError(() => make(options), 'bad-option', /no option 'lr'; it knows learningRate/);
  });

  it.each([
    { clipNorm: 1, clipValue: 1 },
    { clipNorm: 1, globalClipNorm: 2 },
    { globalClipNorm: 1, clipValue: 0.5 },
    { clipNorm: 1, globalClipNorm: 1, clipValue: 1 },
  ])('takes one way of clipping: not %o', async (options) => {
    await expectError(
      () => make(options),
      'bad-option',
      `optimizers.${name}: only one of clipNorm, globalClipNorm and clipValue can be set`,
      ...Object.entries(options).map(([key, value]) => `${key}: ${value}`),
    );
    expect(make({ ...options, clipNorm: undefined, globalClipNorm: undefined }).className).toMatch(
      /Adam|SGD/,
    );
  });

  it('takes a new learning rate, checked, and shows it in its config', async () => {
    const optimizer = make({ learningRate: 0.5, clipValue: 2 });
    optimizer.learningRate = 0.25;
    expect(optimizer.learningRate).toBe(0.25);
    expect(optimizer.config).toMatchObject({ learningRate: 0.25, clipValue: 2 });
    for (const value of outside.notNegative) {
      await expectError(
        () => {
          optimizer.learningRate = wrong(value);
        },
        'bad-option',
        `optimizers.${name}: learningRate ${words.notNegative}`,
      );
    }
    expect(optimizer.learningRate).toBe(0.25);
    optimizer.learningRate = 0;
    expect(optimizer.learningRate).toBe(0);
  });

  it('lets nothing else be set: it would change nothing', () => {
    const optimizer = wrong(make());
    for (const key of ['lr', 'clipNorm', 'beta1', 'className', 'clipping']) {
      expect(() => {
        optimizer[key] = 1;
      }).toThrow(TypeError);
    }
    expect(() => {
      optimizer.config.learningRate = 1;
    }).toThrow(TypeError);
  });
});

it.each([
  ['yes', 'true or false'],
  [true, 'false while momentum is 0'],
])('optimizers.sgd refuses nesterov: %s without momentum', async (nesterov, words) => {
  await expectError(() => optimizers.sgd(wrong({ nesterov })), 'bad-option', 'nesterov', words);
});

it('has the defaults of Keras', () => {
  expect(optimizers.adam().config).toEqual({
    learningRate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-7,
  });
  expect(optimizers.sgd().config).toEqual({ learningRate: 0.01, momentum: 0, nesterov: false });
});

it('takes a learning rate of 0, as Keras does', () => {
  expect(optimizers.adam({ learningRate: 0 }).learningRate).toBe(0);
  expect(optimizers.sgd({ learningRate: 0 }).learningRate).toBe(0);
});

it('asks only for the state that it keeps', () => {
  expect(optimizers.adam().slots.map(({ name }) => name)).toEqual(['m', 'v']);
  expect(optimizers.sgd().slots).toEqual([]);
  expect(optimizers.sgd({ momentum: 0.9 }).slots.map(({ name }) => name)).toEqual(['velocity']);
});

describe('a configuration', () => {
  it('makes the same optimizer again, through JSON, with the rate of now', () => {
    for (const optimizer of [
      optimizers.adam({ beta1: 0.8, beta2: 0.99, epsilon: 1e-3, clipNorm: 2 }),
      optimizers.adam({ globalClipNorm: 0.5 }),
      optimizers.sgd({ momentum: 0.5, nesterov: true, clipValue: 3 }),
    ]) {
      optimizer.learningRate = 0.125;
      const config = JSON.parse(JSON.stringify(optimizerConfig(optimizer)));
      const again = optimizerFromConfig(config);
      expect(again.className).toBe(optimizer.className);
      expect(again.config).toEqual(optimizer.config);
      expect(again.clipping).toEqual(optimizer.clipping);
      expect(again.learningRate).toBe(0.125);
    }
  });

  it('is checked in every part', async () => {
    for (const [config, words] of [
      [null, 'an object'],
      ['adam', 'an object'],
      [{ className: 'RMSprop', config: {} }, /className must be 'Adam' or 'SGD'.*'RMSprop'/],
      [{ className: 'Adam', config: null }, 'config must be an object, but got null'],
      [{ className: 'Adam' }, 'config must be an object, but got undefined'],
      [{ className: 'Adam', config: { beta1: 2 } }, 'beta1'],
      [{ className: 'SGD', config: { beta1: 0.5 } }, "no option 'beta1'"],
      [{ className: 'SGD', config: { clipNorm: 1, clipValue: 1 } }, 'only one of'],
    ] as const) {
      await expectError(() => optimizerFromConfig(config), 'bad-option', words);
    }
  });
});
