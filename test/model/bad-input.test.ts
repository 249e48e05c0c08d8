import { layers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { noise } from '../support/samples.js';

// biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
const wrong = (options: unknown): any => options;

function model() {
  const made = sequential({
    layers: [layers.lstm({ units: 4, inputShape: [5, 3] }), layers.dense({ units: 2 })],
  });
  made.compile({ optimizer: 'adam', loss: 'mse' });
  return made;
}
const x = noise(6, [5, 3]);
const y = noise(6, [2]);

describe('sequential', () => {
  it('refuses what is no list of layers', async () => {
    await expectError(() => sequential({ layers: [] }), 'bad-option', 'at least one layer');
    await expectError(() => sequential(wrong({})), 'bad-option', 'undefined');
    await expectError(() => sequential({ layers: wrong([{}]) }), 'bad-option', 'layers[0]');
    await expectError(
      () => sequential(wrong({ layers: [layers.dense({ units: 1 })], sead: 3 })),
      'bad-option',
      "no option 'sead'",
    );
  });

  it('refuses one layer object in two places, and one name for two', async () => {
    const one = layers.dense({ units: 3, inputShape: [3] });
    await expectError(() => sequential({ layers: [one, one] }), 'bad-option', 'same object');
    const named = () => layers.dense({ units: 3, inputShape: [3], name: 'a' });
    await expectError(() => sequential({ layers: [named(), named()] }), 'bad-option', "name 'a'");
  });

  it.each([-1, 1.5, Number.NaN, '1'])('refuses seed %s', async (seed) => {
    await expectError(
      () => sequential({ layers: [layers.dense({ units: 1 })], seed: wrong(seed) }),
      'bad-option',
      'seed must be',
    );
  });

  it('refuses unknown numerics', async () => {
    await expectError(
      () => sequential({ layers: [layers.dense({ units: 1 })], numerics: wrong('exact') }),
      'bad-option',
      /'fast' or 'portable'.*'exact'/,
    );
  });

  it('refuses an LSTM over single rows, naming the mend', async () => {
    await expectError(
      () =>
        sequential({
          layers: [layers.lstm({ units: 4, inputShape: [5, 3] }), layers.lstm({ units: 4 })],
        }),
      'bad-shape',
      /layer lstm_1.*\[timesteps, features\].*\[4\].*returnSequences: true/,
    );
  });

  it('refuses a declared shape that the layer before does not give', async () => {
    await expectError(
      () =>
        sequential({
          layers: [
            layers.dense({ units: 4, inputShape: [3] }),
            layers.dense({ units: 1, inputShape: [5] }),
          ],
        }),
      'bad-shape',
      /dense_1 declares inputShape \[5\], but gets \[4\]/,
    );
  });

  it('names memory needed and limit for absurd sizes, and allocates nothing', async () => {
    await expectError(
      () => sequential({ layers: [layers.lstm({ units: 1e9, inputShape: [28, 9] })] }),
      'memory-limit',
      /needs \d[\d.e+]* bytes \(.* GiB\).*ends at 4294901760 bytes \(4\.00 GiB\)/,
    );
    await expectError(
      () => sequential({ layers: [layers.dense({ units: 1e9, inputShape: [7] })] }),
      'memory-limit',
    );
  });

  it('names them for absurd batches and sequences before it trains', async () => {
    const long = sequential({
      layers: [layers.lstm({ units: 200, inputShape: [1_000_000, 1] })],
    });
    long.compile({ optimizer: 'adam', loss: 'mse' });
    const before = long.memoryBytes;
    await expectError(
      () => long.trainOnBatch(tensor(new Float32Array(1e6), [1, 1_000_000, 1]), noise(1, [200])),
      'memory-limit',
      /training with batches of 1 needs/,
    );
    const many = tensor(new Float32Array(1e6), [1_000_000, 1, 1]);
    const wide = sequential({ layers: [layers.lstm({ units: 1000, inputShape: [1, 1] })] });
    await expectError(
      () => wide.predict(many, { batchSize: 1_000_000 }),
      'memory-limit',
      /prediction in batches of 1000000 needs/,
    );
    expect(long.memoryBytes).toBe(before);
  });

  it('names them before it draws weights for a model that has no room to train', async () => {
    const wide = sequential({ layers: [layers.lstm({ units: 8000, inputShape: [2, 2] })] });
    wide.compile({ optimizer: 'adam', loss: 'mse' });
    const before = wide.memoryBytes;
    const run = [
      () => wide.fit(noise(1, [2, 2]), noise(1, [8000])),
      () => wide.trainOnBatch(noise(1, [2, 2]), noise(1, [8000])),
    ];
    // drawing 8000 x 32000 orthogonal weights takes minutes
    for (const train of run) await expectError(train, 'memory-limit', 'training with batches of 1');
    expect(wide.memoryBytes).toBe(before);
  });
});

describe('compile', () => {
  it('refuses unknown optimizers, losses and metrics, listing those there are', async () => {
    const made = model();
    const compile = (over: Record<string, unknown>) => () =>
      made.compile(wrong({ optimizer: 'adam', loss: 'mse', ...over }));
    await expectError(compile({ optimizer: 'rmsprop' }), 'bad-option', /'adam', 'sgd'.*'rmsprop'/);
    await expectError(compile({ optimizer: undefined }), 'bad-option', 'undefined');
    await expectError(compile({ loss: 'hinge' }), 'bad-option', /'meanSquaredError' or .*'hinge'/);
    await expectError(compile({ loss: 'toString' }), 'bad-option', 'toString');
    await expectError(compile({ metrics: ['auc'] }), 'bad-option', /'mae' or .*'auc'/);
    await expectError(compile({ metrics: 'mae' }), 'bad-option', 'an array of names');
    await expectError(compile({ metricz: [] }), 'bad-option', "no option 'metricz'");
  });

  it.each(['categoricalCrossentropy', 'sparseCategoricalCrossentropy'] as const)(
    'refuses %s without a dense softmax at the end',
    async (loss) => {
      await expectError(
        () => model().compile({ optimizer: 'adam', loss }),
        'bad-option',
        /layers\.dense\(\{ activation: 'softmax' \}\).*Dense with activation 'linear'/,
      );
    },
  );

  it('is needed before fit, evaluate and trainOnBatch', async () => {
    const made = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    const input = noise(4, [3]);
    for (const what of ['fit', 'evaluate', 'trainOnBatch'] as const) {
      await expectError(() => made[what](input, y), 'bad-option', `${what} needs`, 'model.compile');
    }
  });
});

describe('x and y', () => {
  it('must fit the first layer', async () => {
    const message = /x has shape \[6, 4, 3\], but the first layer \(lstm\) takes \[n, 5, 3\]/;
    await expectError(() => model().fit(noise(6, [4, 3]), y), 'bad-shape', message);
    await expectError(() => model().predict(noise(6, [4, 3])), 'bad-shape', message);
    await expectError(() => model().fit(noise(6, [15]), y), 'bad-shape', '[n, 5, 3]');
  });

  it('must fit the last layer', async () => {
    await expectError(
      () => model().fit(x, noise(6, [3])),
      'bad-shape',
      /y has shape \[6, 3\], but the last layer \(dense\) needs \[n, 2\]/,
    );
    await expectError(() => model().fit(x, noise(6, [])), 'bad-shape', '[n, 2]');
  });

  it('must be of one length', async () => {
    await expectError(
      () => model().fit(x, noise(5, [2])),
      'bad-shape',
      /x has 6 samples, but y has 5/,
    );
  });

  it('must hold samples', async () => {
    await expectError(
      () => model().fit(tensor([], [0, 5, 3]), tensor([], [0, 2])),
      'bad-data',
      'no samples',
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, -1e300])('must be finite: %s', async (value) => {
    const data = Array.from(x.data);
    data[20] = value;
    data[70] = Number.NaN;
    const broken = tensor(data, x.shape);
    const message = /^x must be finite, but 2 of 90 values are not.*sample 1$/;
    await expectError(() => model().fit(broken, y), 'bad-data', message);
    await expectError(() => model().predict(broken), 'bad-data', message);
    const bad = tensor([...y.data.subarray(0, 11), value], y.shape);
    await expectError(() => model().fit(x, bad), 'bad-data', /^y must.* 1 of 12 .*sample 5$/);
    await expectError(
      () => model().fit(x, y, { validationData: [x, bad] }),
      'bad-data',
      /^validationData y must be finite/,
    );
  });

  it('must not be ragged', async () => {
    const ragged = [
      [
        [1, 2, 3],
        [1, 2],
      ],
    ];
    await expectError(() => model().predict(ragged), 'bad-shape', /x\[0\]\[1\].*ragged/);
  });

  it('must be numbers', async () => {
    await expectError(() => model().predict(wrong('abc')), 'bad-data', "is 'abc'");
    await expectError(() => model().predict(wrong([['a']])), 'bad-data', "'a'");
  });

  it('must be classes where the loss takes class numbers', async () => {
    const classifier = sequential({
      layers: [layers.dense({ units: 3, activation: 'softmax', inputShape: [2] })],
    });
    classifier.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    const input = noise(2, [2]);
    for (const bad of [3, -1, 0.5]) {
      await expectError(
        () => classifier.fit(input, [0, bad]),
        'bad-data',
        `from 0 to 2, but element 1 is ${bad}`,
      );
    }
    await expectError(
      () => classifier.fit(input, noise(2, [3])),
      'bad-shape',
      /class numbers.*\[n, 1\]/,
    );
  });
});

describe('fit', () => {
  it.each([
    ['batchSize', 0],
    ['batchSize', 2.5],
    ['epochs', -1],
    ['epochs', 1.5],
    ['epochs', Number.NaN],
    ['initialEpoch', -1],
    ['initialEpoch', 0.5],
    ['shuffle', 1],
    ['verbose', 3],
    ['verbose', '1'],
    ['verbose', -1],
    ['validationSplit', 1],
    ['validationSplit', Number.NaN],
    ['validationSplit', 0.9],
    ['validationData', [1]],
    ['signal', {}],
    ['signal', { aborted: false }],
    ['callbacks', [{ onEpochend: () => {} }]],
    ['callbacks', [null]],
    ['patience', 3],
  ])('refuses %s: %j', async (key, value) => {
    await expectError(
      () => model().fit(x, y, wrong({ [key]: value })),
      'bad-option',
      key.slice(0, 8),
    );
  });

  it('refuses validationData and validationSplit together', async () => {
    await expectError(
      () => model().fit(x, y, { validationData: [x, y], validationSplit: 0.5 }),
      'bad-option',
      'give one of them',
    );
  });

  it('refuses a second fit while the first one runs, and allows it afterwards', async () => {
    const made = model();
    const first = made.fit(x, y, { epochs: 2, callbacks: { onEpochEnd: () => Promise.resolve() } });
    await expectError(() => made.fit(x, y), 'bad-option', 'fit of the same model is running');
    await expectError(() => made.trainOnBatch(x, y), 'bad-option', 'is running');
    await expectError(
      () => made.compile({ optimizer: 'sgd', loss: 'mse' }),
      'bad-option',
      'is running',
    );
    await first;
    await made.fit(x, y);
  });
});

it('evaluate and predict refuse options they do not read', async () => {
  await expectError(() => model().predict(x, wrong({ batch: 1 })), 'bad-option', "'batch'");
  await expectError(() => model().predict(x, { batchSize: 0 }), 'bad-option', 'batchSize');
  await expectError(() => model().evaluate(x, y, { batchSize: -1 }), 'bad-option', 'batchSize');
});
