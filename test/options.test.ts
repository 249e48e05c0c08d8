import {
  callbacks,
  createStudy,
  fromBytes,
  initializers,
  layers,
  losses,
  modelFromConfig,
  optimizers,
  sequential,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { checkKeys, shown } from '../src/options.js';
import { expectError } from './support/errors.js';

const circle: unknown[] = [];
circle.push(circle, 1);
let deep: unknown[] = [];
for (let depth = 0; depth < 200_000; depth++) deep = [deep];
let wide: unknown = 'leaf';
for (let depth = 0; depth < 40; depth++) wide = Array(8).fill(wide);

describe('shown', () => {
  it.each([
    ['text', "'text'"],
    [Number.NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [3n, '3'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [new Date(), 'an object'],
    [Object.create(null), 'an object'],
    [[1, 'a', [2, [3]]], "[1, 'a', [2, an array]]"],
    [Array(9).fill(0), '[0, 0, 0, 0, 0, 0, 0, 0, ...]'],
  ])('shows %s', (value, text) => {
    expect(shown(value)).toBe(text);
  });

  it('ends for what is nested without end', () => {
    expect(shown(circle)).toBe('[[an array, 1], 1]');
    expect(shown(deep)).toBe('[[an array]]');
  });

  it('stays short for long text, long numbers, and arrays without end', () => {
    const long = 'x'.repeat(10_000_000);
    for (const value of [long, [long, long], 10n ** 5000n, wide, Array(1e6).fill(long)]) {
      expect(shown(value).length).toBeLessThanOrEqual(100);
    }
    expect(shown(long)).toMatch(/^'x+\.\.\.'$/);
  });
});

it.each(['circle', 'deep', 'wide'] as const)('refuses %s nesting as any option', async (kind) => {
  const any = { circle, deep, wide }[kind] as never;
  await expectError(() => checkKeys('it', any, ['a']), 'bad-option', 'but got [');
  await expectError(() => layers.lstm({ units: any }), 'bad-option', 'units must be');
  await expectError(() => layers.dense({ units: 1, inputShape: any }), 'bad-option', 'inputShape');
  await expectError(() => layers.dropout({ rate: any }), 'bad-option', 'rate must be');
  await expectError(() => layers.dense({ units: 1, name: any }), 'bad-option', 'name must be');
});

describe('what throws when it is read', () => {
  const thrown = new TypeError('not now');
  const fail = () => {
    throw thrown;
  };
  const proxy = new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail, has: fail });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const getter = (name: string, more: object = {}) =>
    Object.defineProperty({ ...more }, name, { enumerable: true, get: fail }) as never;
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const doors: [string, string, (options: never) => unknown][] = [
    ['units', 'layers.lstm', layers.lstm],
    ['units', 'layers.minGRU', layers.minGRU],
    ['units', 'layers.indRNN', layers.indRNN],
    ['layers', 'sequential', sequential],
    ['learningRate', 'optimizers.adam', optimizers.adam],
    ['momentum', 'optimizers.sgd', optimizers.sgd],
    ['fromLogits', 'losses.categoricalCrossentropy', losses.categoricalCrossentropy],
    ['scale', 'initializers.varianceScaling', initializers.varianceScaling],
    ['metrics', 'compile', (options) => model.compile(options)],
    ['epochs', 'fit', (options) => model.fit([[1]], [[1]], options)],
    ['batchSize', 'predict', (options) => model.predict([[1]], options)],
    ['threads', 'fromBytes', (options) => fromBytes(toBytes(model), options)],
    ['name', 'createStudy', createStudy],
  ];
  it.each(doors)(
    'is one error that names the option, with what was thrown: %s of %s',
    async (name, subject, door) => {
      const error = await expectError(
        () => door(getter(name)),
        'bad-option',
        `${subject}: '${name}' cannot be read, for a getter or a proxy threw 'not now'; give a plain value`,
      );
      expect(error.cause).toBe(thrown);
      await expectError(() => door(proxy as never), 'bad-option', /cannot be read/);
      await expectError(() => door(revoked as never), 'bad-option', /cannot be read.*revoked/);
    },
  );

  it('is one within options too', async () => {
    const deep: (() => unknown)[] = [
      () => layers.lstm({ units: 1, kernelRegularizer: proxy as never }),
      () => layers.dense({ units: 1, inputShape: revoked as never }),
      () => sequential({ layers: [proxy as never] }),
      () => model.compile({ optimizer: 'sgd', loss: proxy as never }),
      () => model.compile({ optimizer: 'sgd', loss: 'mse', metrics: revoked as never }),
      () => modelFromConfig(getter('className')),
    ];
    for (const door of deep) await expectError(door, 'bad-option', /cannot be read/);
  });

  it('is asked once: a getter has no second word', () => {
    let asked = 0;
    const options = {
      get units() {
        return ++asked;
      },
    };
    expect(layers.dense(options).config.units).toBe(1);
    expect(asked).toBe(1);
  });
});

it('names an unknown option in short', async () => {
  const options = { ['k'.repeat(1e6)]: 1 };
  const error = await expectError(() => checkKeys('it', options, ['a']), 'bad-option', "'kkk");
  expect(error.message.length).toBeLessThan(200);
});

describe('what is no plain object', () => {
  class Settings {
    readonly #epochs = 5;
    get epochs() {
      return this.#epochs;
    }
  }
  const objects: [string, object, string][] = [
    ['a Map', new Map([['learningRate', 5]]), 'Map'],
    ['a Set', new Set(), 'Set'],
    ['a Date', new Date(0), 'Date'],
    ['a regular expression', /re/, 'RegExp'],
    ['an Error', new Error('x'), 'Error'],
    ['a boxed number', Object(1), 'Number'],
    ['a promise', Promise.resolve(), 'Promise'],
    ['Math', Math, 'Math'],
    ['an instance of a class', new Settings(), 'Settings'],
  ];

  it.each(objects)('is refused as options: %s', async (_, given, name) => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const any = given as never;
    const doors: (() => unknown)[] = [
      () => checkKeys('it', given, ['epochs']),
      () => optimizers.adam(any),
      () => optimizers.sgd(any),
      () => losses.meanSquaredError(any),
      () => losses.categoricalCrossentropy(any),
      () => callbacks.earlyStopping(any),
      () => layers.lstm(any),
      () => sequential(any),
      () => model.compile(any),
      () => model.fit([[1]], [[1]], any),
      () => model.evaluate([[1]], [[1]], any),
      () => model.predict([[1]], any),
      () => toBytes(model, any),
      () => fromBytes(toBytes(model), any),
      () => createStudy(any),
    ];
    for (const door of doors) {
      await expectError(
        door,
        'bad-option',
        'an object of options',
        `an object of class ${name} without any of them`,
      );
    }
  });

  it('is taken where it holds an option of its own', () => {
    class Chosen {
      units = 3;
    }
    expect(layers.dense(new Chosen()).config.units).toBe(3);
    const bare = Object.assign(Object.create(null), { units: 4 });
    expect(layers.dense(bare).config.units).toBe(4);
    expect(layers.dense(Object.freeze({ units: 5 })).config.units).toBe(5);
  });
});

it('refuses null for an option that can be left out', async () => {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
  const none = (name: string) => ({ [name]: null }) as never;
  const doors: [string, (options: never) => unknown][] = [
    ['nesterov', optimizers.sgd],
    ['momentum', optimizers.sgd],
    ['learningRate', optimizers.adam],
    ['clipNorm', optimizers.adam],
    ['fromLogits', losses.sparseCategoricalCrossentropy],
    ['patience', callbacks.earlyStopping],
    ['seed', (options) => sequential({ layers: [], ...(options as object) })],
    ['includeOptimizer', (options) => toBytes(model, options)],
    ['numerics', (options) => fromBytes(toBytes(model), options)],
    ['epochs', (options) => model.fit([[1]], [[1]], options)],
    ['batchSize', (options) => model.predict([[1]], options)],
  ];
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  for (const [name, door] of doors) {
    await expectError(() => door(none(name)), 'bad-option', `${name} must be`, 'but got null');
  }
  await expectError(
    () => model.compile({ optimizer: 'sgd', loss: 'mse', metrics: null as never }),
    'bad-option',
    'metrics must be an array of names, but got null',
  );
});
