// What a model file says of training is as hostile as the rest of it.
import { fromBytes, layers, losses, optimizers, readModelFile, sequential, toBytes } from 'sluice';
import { beforeAll, describe, expect, it } from 'vitest';
import { altered, alteredJson, pathsOf, refusal, replaced } from '../support/altered-file.js';
import { expectError } from '../support/errors.js';
import { mutate, seededIntegers } from '../support/mutate.js';
import { noise, oneHot } from '../support/samples.js';

const x = noise(6, [4, 2]);
const y = oneHot(6, [3]);

let bytes: Uint8Array;
beforeAll(async () => {
  const model = sequential({
    layers: [
      layers.lstm({ units: 3, inputShape: [4, 2] }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 3 }),
    ],
    numerics: 'portable',
  });
  model.compile({
    optimizer: optimizers.adam({ globalClipNorm: 1 }),
    loss: losses.categoricalCrossentropy({ fromLogits: true }),
    metrics: ['accuracy'],
  });
  await model.fit(x, y, { epochs: 2, batchSize: 4 });
  bytes = toBytes(model);
});

it('carries every option of loss and optimizer', async () => {
  const loaded = fromBytes(bytes);
  expect(readModelFile(bytes).training).toMatchObject({
    optimizer: { className: 'Adam', config: { globalClipNorm: 1, epsilon: 1e-7 } },
    loss: { name: 'categoricalCrossentropy', config: { fromLogits: true } },
    metrics: ['accuracy'],
  });
  expect(loaded.optimizer.config).toEqual(optimizers.adam({ globalClipNorm: 1 }).config);
  expect(toBytes(loaded)).toEqual(bytes);
  expect(Object.keys(await loaded.evaluate(x, y))).toEqual(['loss', 'accuracy']);
});

it('carries the present learning rate', async () => {
  const model = fromBytes(bytes);
  model.optimizer.learningRate = 0.25;
  const loaded = fromBytes(toBytes(model));
  expect(loaded.optimizer.learningRate).toBe(0.25);
  await model.fit(x, y);
  await loaded.fit(x, y);
  expect(toBytes(loaded)).toEqual(toBytes(model));
});

// biome-ignore lint/suspicious/noExplicitAny: the tests put anything into a file.
const training = (edit: (training: any) => unknown) => alteredJson(bytes, 'training', edit);

describe('fromBytes refuses', () => {
  it.each([
    ['no record', () => training(() => 7), /the training is 7, expected an object/],
    [
      'a key given twice',
      () => altered(bytes, { metadata: (m) => m.set('training', '{"a":1,"a":2}') }),
      /"training" is damaged: .*key "a" twice/,
    ],
    [
      'a prototype',
      () => altered(bytes, { metadata: (m) => m.set('training', '{"__proto__":{"loss":1}}') }),
      /"training" is damaged: .*"__proto__"/,
    ],
    [
      'an unknown optimizer',
      () =>
        training((t) => {
          t.optimizer.className = 'constructor';
        }),
      /training does not fit the model: .*className must be 'Adam' or 'SGD', but got 'constructor'/,
    ],
    [
      'an optimizer without options',
      () =>
        training((t) => {
          delete t.optimizer.config;
        }),
      /config must be an object, but got undefined/,
    ],
    [
      'a learning rate that is text',
      () =>
        training((t) => {
          t.optimizer.config.learningRate = '1';
        }),
      /learningRate must be/,
    ],
    [
      'an option that the optimizer does not know',
      () =>
        training((t) => {
          t.optimizer.config.momentum = 0.9;
        }),
      /no option 'momentum'/,
    ],
    [
      'an unknown loss',
      () =>
        training((t) => {
          t.loss.name = 'hinge';
        }),
      /loss configuration: name must be/,
    ],
    [
      'a loss that does not fit the last layer',
      () =>
        training((t) => {
          t.loss.config.fromLogits = false;
        }),
      /training does not fit the model: compile: loss 'categoricalCrossentropy' needs a last layer/,
    ],
    [
      'an unknown metric',
      () =>
        training((t) => {
          t.metrics = ['auc'];
        }),
      /a metric must be/,
    ],
    [
      'a count that is not whole',
      () =>
        training((t) => {
          t.steps = 1.5;
        }),
      /the training's steps is 1.5, expected a whole number >= 0/,
    ],
    [
      'a count below 0',
      () =>
        training((t) => {
          t.epochs = -1;
        }),
      /the training's epochs is -1/,
    ],
    [
      'a missing count',
      () =>
        training((t) => {
          delete t.optimizerSteps;
        }),
      /the training's optimizerSteps is missing/,
    ],
    [
      'arrays of another optimizer',
      () =>
        training((t) => {
          t.optimizer = optimizers.sgd({ momentum: 0.9 });
        }),
      /tensor "optimizer\/velocity\/lstm\/kernel" of the model is missing/,
    ],
    [
      'arrays of an optimizer that took no step',
      () =>
        training((t) => {
          t.optimizerSteps = 0;
        }),
      /"optimizer\/m\/dense\/bias" belongs to no layer/,
    ],
    [
      'arrays without a record',
      () => altered(bytes, { metadata: (m) => m.delete('training') }),
      /"optimizer\/m\/dense\/bias" belongs to no layer/,
    ],
    [
      'a missing array',
      () =>
        altered(bytes, {
          tensors: (t) => {
            t.splice(
              t.findIndex(({ name }) => name === 'optimizer/v/lstm/bias'),
              1,
            );
          },
        }),
      /"optimizer\/v\/lstm\/bias" of the model is missing/,
    ],
    [
      'an array of another shape',
      () =>
        altered(bytes, {
          tensors: (t) => {
            t.find(({ name }) => name === 'optimizer/v/lstm/kernel')?.shape.reverse();
          },
        }),
      /"optimizer\/v\/lstm\/kernel" is F32 \[12, 2\], the model needs F32 \[2, 12\]/,
    ],
    [
      'an array that is not finite',
      () => withValue('optimizer/m/lstm/kernel', Number.NEGATIVE_INFINITY),
      /"optimizer\/m\/lstm\/kernel" must be finite, but element 5 is -Infinity/,
    ],
    [
      'squares below 0',
      () => withValue('optimizer/v/lstm/kernel', -1e-9),
      /"optimizer\/v\/lstm\/kernel" must be finite and not below 0, but element 5 is -9.99/,
    ],
  ])('%s', (_, file, message) => {
    expect(refusal(file())).toMatch(message);
  });

  const withValue = (array: string, value: number) =>
    altered(bytes, {
      tensors: (t) => {
        const { data } = t.find(({ name }) => name === array) as (typeof t)[number];
        data[5] = value;
      },
    });

  it('every part of the record replaced by something else, or loads it', () => {
    const original = readModelFile(bytes).training;
    const odd = [undefined, null, true, -1, 0, 1.5, 1e9, 1e308, '', 'x', [], {}, [[]]];
    const before = refusals(pathsOf(original).map((path) => [path, odd]));
    expect(before).toBeGreaterThan(130);

    function refusals(cases: [string[], unknown[]][]): number {
      let refused = 0;
      for (const [path, values] of cases) {
        for (const value of values) {
          const file = training(() => replaced(original, path, value) ?? null);
          if (!loads(file)) refused++;
        }
      }
      return refused;
    }
  });

  it('damage at random, or loads a whole model', async () => {
    const headerBytes = new DataView(bytes.buffer).getUint32(0, true) + 8;
    const next = seededIntegers(6);
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const head = mutate(bytes.subarray(0, headerBytes), next);
      const damaged = new Uint8Array(head.length + bytes.length - headerBytes);
      damaged.set(head);
      damaged.set(bytes.subarray(headerBytes), head.length);
      if (!loads(damaged)) refused++;
    }
    expect(refused).toBeGreaterThan(2000);
  });

  /** True where a model comes of it that can be saved again; refuses as bad-file otherwise. */
  function loads(file: Uint8Array): boolean {
    let model: ReturnType<typeof fromBytes>;
    try {
      model = fromBytes(file);
    } catch {
      refusal(file);
      return false;
    }
    toBytes(model);
    model.dispose();
    return true;
  }
});

it('trains on or refuses, whatever counters a file holds', async () => {
  for (const name of ['optimizerSteps', 'steps', 'epochs']) {
    for (const count of [1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const model = fromBytes(training((t) => ({ ...t, [name]: count })));
      try {
        const { history } = await model.fit(x, y);
        expect(history.loss[0]).toBeGreaterThan(0);
      } catch (error) {
        await expectError(() => Promise.reject(error), 'bad-option', 'stream');
      }
      model.dispose();
    }
  }
});
