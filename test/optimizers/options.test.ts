import { optimizers } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
const wrong = (options: Record<string, unknown>): any => options;
const makers = { adam: optimizers.adam, sgd: optimizers.sgd };

describe.each(Object.entries(makers))('optimizers.%s', (name, make) => {
  it.each([
    ['learningRate', Number.NaN],
    ['learningRate', 0],
    ['learningRate', -1],
    ['learningRate', Number.POSITIVE_INFINITY],
    ['learningRate', '0.1'],
    ['clipNorm', 0],
    ['clipNorm', Number.NaN],
  ])('refuses %s: %s', async (key, value) => {
    await expectError(
      () => make(wrong({ [key]: value })),
      'bad-option',
      `optimizers.${name}: ${key} must be a finite number above 0`,
    );
  });

  it('refuses keys it does not read', async () => {
    const options = wrong({ lr: 0.1 });
    await expectError(() => make(options), 'bad-option', /no option 'lr'; it knows learningRate/);
  });
});

it.each([
  ['adam', 'beta1', 1],
  ['adam', 'beta2', -0.1],
  ['adam', 'epsilon', 0],
  ['sgd', 'momentum', 1],
  ['sgd', 'nesterov', 'yes'],
  ['sgd', 'nesterov', true],
] as const)('optimizers.%s refuses %s: %s', async (name, key, value) => {
  await expectError(() => makers[name](wrong({ [key]: value })), 'bad-option', key);
});

it('has the defaults of Keras', () => {
  expect(optimizers.adam().config).toMatchObject({
    learningRate: 1e-3,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-7,
  });
  expect(optimizers.sgd().config).toMatchObject({
    learningRate: 0.01,
    momentum: 0,
    nesterov: false,
  });
});

it('asks only for the state that it keeps', () => {
  const names = (of: { slots: readonly { name: string }[] }) => of.slots.map(({ name }) => name);
  expect(names(optimizers.adam())).toEqual(['m', 'v']);
  expect(names(optimizers.sgd())).toEqual([]);
  expect(names(optimizers.sgd({ momentum: 0.9 }))).toEqual(['velocity']);
});
