// Whatever is handed to the public functions of models, files and random numbers: it works, or a
// SluiceError says why not.
import {
  callbacks,
  fromBytes,
  layers,
  losses,
  optimizers,
  Random,
  readModelFile,
  type Sequential,
  SluiceError,
  sequential,
  sequentialFromConfig,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { noise } from '../support/samples.js';

const circle: unknown[] = [];
circle.push(circle);
const ring: Record<string, unknown> = {};
ring.self = ring;
let deep: unknown = [];
for (let depth = 0; depth < 100_000; depth++) deep = [deep];

const transferred = new ArrayBuffer(8);
const viewOfTransferred = new Uint8Array(transferred);
structuredClone(transferred, { transfer: [transferred] });

const hostile: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  true: true,
  zero: 0,
  negative: -1,
  fraction: 0.5,
  huge: 1e308,
  'an unsafe integer': 2 ** 53,
  'not a number': Number.NaN,
  infinity: Number.POSITIVE_INFINITY,
  'a bigint': 3n,
  'empty text': '',
  text: 'abc',
  symbol: Symbol('s'),
  'a function': () => 1,
  'an arrow that throws': () => {
    throw new Error('mine');
  },
  'an empty array': [],
  'an array of null': [null],
  'an array of holes': new Array(3),
  'an array of text': ['a', 'b'],
  'an array that holds itself': circle,
  'an array nested without end': deep,
  'an empty object': {},
  'an object that holds itself': ring,
  'an object without prototype': Object.create(null),
  'data without a shape': { data: [1] },
  'a shape without data': { shape: [1] },
  'an impossible shape': { data: new Float32Array(2), shape: [2 ** 31, 2 ** 31] },
  'a date': new Date(0),
  'a map': new Map([[1, 2]]),
  'a promise': Promise.resolve(1),
  'a regular expression': /x/,
  'an error': new Error('mine'),
  bytes: new Uint8Array([1, 2, 3]),
  'a buffer that was transferred': transferred,
  'bytes that were transferred': viewOfTransferred,
  'big integers': new BigInt64Array(2),
  'a view of bytes': new DataView(new ArrayBuffer(4)),
};

const made = (compiled = true): Sequential => {
  const model = sequential({
    layers: [layers.lstm({ units: 2, inputShape: [3, 2] }), layers.dense({ units: 1 })],
  });
  if (compiled) model.compile({ optimizer: 'adam', loss: 'mse' });
  return model;
};
const x = noise(4, [3, 2]);
const y = noise(4, [1]);

// biome-ignore lint/suspicious/noExplicitAny: any value at all is the point.
type Any = any;
type Call = (value: Any) => unknown;

/** One call for each argument, and for each option of an argument. */
const calls: Record<string, Call> = {
  'new Random': (v) => new Random(v),
  'new Random, stream': (v) => new Random(1, v),
  'Random.integer, low': (v) => new Random(1).integer(v, 5),
  'Random.integer, high': (v) => new Random(1).integer(0, v),
  'Random.permutation': (v) => new Random(1).permutation(v),
  tensor: (v) => tensor(v),
  'tensor, data': (v) => tensor(v, [1]),
  'tensor, shape': (v) => tensor([1], v),
  'layers.lstm': (v) => layers.lstm(v),
  'layers.dense': (v) => layers.dense(v),
  'layers.dropout': (v) => layers.dropout(v),
  'optimizers.adam': (v) => optimizers.adam(v),
  'optimizers.sgd': (v) => optimizers.sgd(v),
  'optimizer.learningRate': (v) => {
    optimizers.adam().learningRate = v;
  },
  'losses.meanSquaredError': (v) => losses.meanSquaredError(v),
  'losses.categoricalCrossentropy': (v) => losses.categoricalCrossentropy(v),
  'losses.sparseCategoricalCrossentropy': (v) => losses.sparseCategoricalCrossentropy(v),
  'callbacks.earlyStopping': (v) => callbacks.earlyStopping(v),
  sequential: (v) => sequential(v),
  'sequential, layers': (v) => sequential({ layers: v }),
  'sequential, a layer': (v) => sequential({ layers: [v] }),
  'sequential, seed': (v) => sequential({ layers: [layers.dense({ units: 1 })], seed: v }),
  'sequential, numerics': (v) => sequential({ layers: [layers.dense({ units: 1 })], numerics: v }),
  'sequential, name': (v) => sequential({ layers: [layers.dense({ units: 1 })], name: v }),
  sequentialFromConfig: (v) => sequentialFromConfig(v),
  'sequentialFromConfig, overrides': (v) => sequentialFromConfig(made().getConfig(), v),
  'sequentialFromConfig, numerics': (v) =>
    sequentialFromConfig(made().getConfig(), { numerics: v }),
  'sequentialFromConfig, a layer': (v) =>
    sequentialFromConfig({ ...made().getConfig(), layers: [v] }),
  'sequentialFromConfig, a class': (v) =>
    sequentialFromConfig({ ...made().getConfig(), layers: [{ className: v, config: {} }] }),
  'sequentialFromConfig, its options': (v) =>
    sequentialFromConfig({ ...made().getConfig(), layers: [{ className: 'Dense', config: v }] }),
  'model.compile': (v) => made().compile(v),
  'model.compile, optimizer': (v) => made().compile({ optimizer: v, loss: 'mse' }),
  'model.compile, loss': (v) => made().compile({ optimizer: 'sgd', loss: v }),
  'model.compile, metrics': (v) => made().compile({ optimizer: 'sgd', loss: 'mse', metrics: v }),
  'model.compile, a metric': (v) => made().compile({ optimizer: 'sgd', loss: 'mse', metrics: [v] }),
  'model.fit, x': (v) => made().fit(v, y),
  'model.fit, y': (v) => made().fit(x, v),
  'model.fit, options': (v) => made().fit(x, y, v),
  'model.evaluate, x': (v) => made().evaluate(v, y),
  'model.evaluate, y': (v) => made().evaluate(x, v),
  'model.evaluate, options': (v) => made().evaluate(x, y, v),
  'model.predict, x': (v) => made().predict(v),
  'model.predict, options': (v) => made().predict(x, v),
  'model.trainOnBatch, x': (v) => made().trainOnBatch(v, y),
  'model.trainOnBatch, y': (v) => made().trainOnBatch(x, v),
  'model.setWeights': (v) => made().setWeights(v),
  'model.setWeights, a weight': (v) => made().setWeights(made().getWeights().fill(v, 1, 2)),
  toBytes: (v) => toBytes(v),
  'toBytes, options': (v) => toBytes(made(), v),
  'toBytes, preprocessing': (v) => toBytes(made(), { preprocessing: v }),
  'toBytes, includeOptimizer': (v) => toBytes(made(), { includeOptimizer: v }),
  'toBytes, model.preprocessing': (v) => {
    const model = made();
    model.preprocessing = v;
    toBytes(model);
  },
  fromBytes: (v) => fromBytes(v),
  'fromBytes, options': (v) => fromBytes(toBytes(made()), v),
  'fromBytes, numerics': (v) => fromBytes(toBytes(made()), { numerics: v }),
  readModelFile: (v) => readModelFile(v),
};

const optionsOf: Record<string, [call: (options: Any) => unknown, names: string]> = {
  'layers.lstm': [
    (o) => layers.lstm({ units: 1, ...o }),
    'units returnSequences inputShape kernelInitializer recurrentInitializer biasInitializer unitForgetBias name',
  ],
  'layers.dense': [
    (o) => layers.dense({ units: 1, ...o }),
    'units activation kernelInitializer biasInitializer inputShape name',
  ],
  'layers.dropout': [(o) => layers.dropout({ rate: 0, ...o }), 'rate inputShape name'],
  'optimizers.adam': [
    (o) => optimizers.adam(o),
    'learningRate beta1 beta2 epsilon clipNorm globalClipNorm clipValue',
  ],
  'optimizers.sgd': [
    (o) => optimizers.sgd(o),
    'learningRate momentum nesterov clipNorm globalClipNorm clipValue',
  ],
  'losses.categoricalCrossentropy': [(o) => losses.categoricalCrossentropy(o), 'fromLogits'],
  'callbacks.earlyStopping': [
    (o) => callbacks.earlyStopping(o),
    'monitor patience minDelta mode restoreBestWeights baseline startFromEpoch',
  ],
  fit: [
    (o) => made().fit(x, y, o),
    'batchSize epochs initialEpoch shuffle verbose validationSplit validationData callbacks signal',
  ],
  evaluate: [(o) => made().evaluate(x, y, o), 'batchSize'],
  predict: [(o) => made().predict(x, o), 'batchSize'],
};
for (const [subject, [call, names]] of Object.entries(optionsOf)) {
  for (const name of names.split(' ')) {
    calls[`${subject}, ${name}`] = (v) => call({ [name]: v });
  }
}

/** 1e308 epochs are as good as any number of them to fit; the test has no such time. */
const endless = new Set(['fit, epochs: an unsafe integer']);

async function refusalOf(call: Call, value: unknown): Promise<SluiceError | undefined> {
  try {
    await call(value);
    return undefined;
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
}

describe.each(Object.keys(calls))('%s', (name) => {
  it('works or is refused in few words', async () => {
    for (const [kind, value] of Object.entries(hostile)) {
      const what = `${name}: ${kind}`;
      if (endless.has(what)) continue;
      const refusal = await refusalOf(calls[name], value).catch((error) => {
        throw new Error(`${what} ends in a raw ${error?.stack ?? error}`);
      });
      if (refusal) expect(refusal.message.length, what).toBeLessThan(600);
    }
  });
});
