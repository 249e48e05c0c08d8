// Masked steps: models learn as in Keras (test/fixtures/keras/masks_fit.py); what is masked changes nothing, to the bit;
// in stretches of time, streams, graphs and files.
import {
  fromBytes,
  input,
  layers,
  model,
  optimizers,
  type SymbolicTensor,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/masks-fit.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';
import { bitsOf, noise } from '../support/samples.js';

const { n } = fixture;
const [T, V] = [6, 7];
const words = tensor(fixture.words, [n, T]);
const weights = tensor(fixture.weights, [n, T]);

const tagger = () =>
  sequential({
    layers: [
      layers.embedding({ inputDim: V, outputDim: 3, maskZero: true, inputShape: [T] }),
      layers.lstm({ units: 4, returnSequences: true }),
      layers.gru({ units: 5, returnSequences: true }),
      layers.simpleRNN({ units: 4, returnSequences: true }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    numerics: 'portable',
  });
const filler = () =>
  sequential({
    layers: [
      layers.masking({ maskValue: -1, inputShape: [T, 2] }),
      layers.lstm({ units: 4, returnSequences: true }),
      layers.dense({ units: 2 }),
    ],
    numerics: 'portable',
  });

describe.each([
  ['ofWords', tagger, words, tensor(fixture.tags, [n, T]), ['accuracy']],
  ['ofGaps', filler, tensor(fixture.x, [n, T, 2]), tensor(fixture.y, [n, T, 2]), ['mae', 'mse']],
] as const)('%s', (kind, make, x, y, metrics) => {
  const { shapes, before, first, evaluated, weighted, history, after } = fixture[kind];
  // 21 steps in float32 on both sides, whose losses are about 1
  const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 5e-5) => {
    expect(a).toHaveLength(b.length);
    Array.from(a).forEach((value, i) => {
      expect(Math.abs(value - b[i])).toBeLessThan(tolerance);
    });
  };

  it('predicts, judges and learns as in Keras', async () => {
    const made = make();
    made.setWeights(before.map((data, i) => tensor(data, shapes[i])));
    const loss = kind === 'ofWords' ? 'sparseCategoricalCrossentropy' : 'mse';
    const optimizer = optimizers.sgd({ learningRate: 0.3 });
    made.compile({ optimizer, loss, metrics: [...metrics] });
    near((await made.predict(x)).data, first, 2e-6);
    const names = Object.keys(evaluated) as (keyof typeof evaluated)[];
    const found = await made.evaluate(x, y, { batchSize: 4 });
    expect(Object.keys(found).sort()).toEqual([...names].sort());
    for (const name of names) expect(Math.abs(found[name] - evaluated[name])).toBeLessThan(2e-6);
    const other = await made.evaluate(x, y, { batchSize: 4, sampleWeight: weights });
    for (const name of names) expect(Math.abs(other[name] - weighted[name])).toBeLessThan(2e-6);
    const fitted = await made.fit(x, y, { batchSize: 4, epochs: 7, shuffle: false });
    for (const name of names) near(fitted.history[name], history[name]);
    made.getWeights().forEach(({ data }, i) => {
      near(data, after[i], 2e-4);
    });
    const copy = fromBytes(toBytes(made));
    expect(await copy.predict(x)).toEqual(await made.predict(x));
  });

  it('gives in a stream what predict gives', async () => {
    const made = make();
    const whole = (await made.predict(x)).data;
    const features = x.data.length / (n * T);
    const out = whole.length / (n * T);
    const stream = made.stream({ batchSize: n });
    for (let t = 0; t < T; t++) {
      const step = Float32Array.from(
        { length: n * features },
        (_, i) => x.data[(Math.floor(i / features) * T + t) * features + (i % features)],
      );
      const found = stream.step(step);
      found.forEach((value, i) => {
        expect(value).toBe(whole[(Math.floor(i / out) * T + t) * out + (i % out)]);
      });
    }
    stream.dispose();
  });
});

const cells = {
  lstm: () => layers.lstm({ units: 5 }),
  peephole: () => layers.lstm({ units: 5, variant: 'peephole' }),
  fullGateRecurrence: () => layers.lstm({ units: 5, variant: 'fullGateRecurrence' }),
  gru: () => layers.gru({ units: 5 }),
  'gru, reset before': () => layers.gru({ units: 5, resetAfter: false }),
  simpleRNN: () => layers.simpleRNN({ units: 5 }),
  indRNN: () => layers.indRNN({ units: 5 }),
  minGRU: () => layers.minGRU({ units: 5 }),
  minLSTM: () => layers.minLSTM({ units: 5 }),
  jordanRNN: () => layers.jordanRNN({ units: 5, hiddenUnits: 6 }),
  'lstm, normalized': () => layers.lstm({ units: 5, layerNorm: true }),
  'lstm, projected': () => layers.lstm({ units: 6, projectionUnits: 5 }),
  slstm: () => layers.slstm({ units: 5 }),
};

describe.each(Object.entries(cells))('%s', (_, cell) => {
  const of = (steps: number) => {
    const made = sequential({
      layers: [
        layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputShape: [steps] }),
        cell(),
        layers.dense({ units: 2 }),
      ],
      numerics: 'portable',
    });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    return made;
  };

  it('sees nothing of masked steps, to the bit', async () => {
    const short = await of(3).predict(tensor([2, 4, 2], [1, 3]));
    const long = [
      [2, 4, 2, 0, 0],
      [0, 2, 0, 4, 2],
      [0, 0, 0, 0, 0],
      [2, 0, 4, 0, 2],
    ];
    const rows = tensor(long.flat(), [4, 5]);
    const found = (await of(5).predict(rows)).data;
    for (const row of [0, 1, 3]) expect(found.slice(2 * row, 2 * row + 2)).toEqual(short.data);
    // one sample alone goes another way through the kernels
    expect((await of(5).predict(tensor(long[3], [1, 5]))).data).toEqual(short.data);
    // of a state of zeros the dense layer makes its bias
    expect(found.slice(4, 6)).toEqual(new Float32Array(2));
  });

  it('learns nothing from masked steps, to the bit', () => {
    const target = noise(1, [2], 4);
    const a = gradients(of(3), tensor([2, 4, 2], [1, 3]), target);
    for (const row of [
      [2, 4, 2, 0, 0],
      [0, 2, 0, 4, 2],
    ]) {
      const b = gradients(of(5), tensor(row, [1, 5]), target);
      expect(b.loss).toBe(a.loss);
      expect(bitsOf(b.gradients)).toEqual(bitsOf(a.gradients));
    }
    const empty = gradients(of(5), tensor([0, 0, 0, 0, 0], [1, 5]), target);
    for (const { data } of empty.gradients.slice(0, -2)) {
      expect(data.every((value) => value === 0)).toBe(true);
    }
  });
});

it('weighs masked steps 0 in loss and metric alike', async () => {
  const made = sequential({
    layers: [
      layers.masking({ maskValue: 9, inputShape: [3, 1] }),
      layers.dense({ units: 1, kernelInitializer: 'glorotUniform' }),
    ],
  });
  made.setWeights([tensor([1], [1, 1]), tensor([0], [1])]);
  made.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['mse'] });
  // predictions 1, 1, and a masked step
  const logs = await made.evaluate(tensor([1, 1, 9], [1, 3, 1]), tensor([0, 1, 1], [1, 3, 1]));
  expect(logs).toEqual({ loss: 0.5, mse: 0.5 });
});

it('covers long sequences in stretches', async () => {
  const steps = 3000;
  const x = tensor(
    Array.from({ length: 2 * steps }, (_, i) => (i * i) % 6),
    [2, steps],
  );
  const made = sequential({
    layers: [
      layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputShape: [steps] }),
      layers.gru({ units: 5, returnSequences: true }),
      layers.dense({ units: 1 }),
    ],
    numerics: 'portable',
  });
  made.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: 'mse', metrics: ['mse'] });
  const y = noise(2, [steps, 1]);
  const { loss, mse } = await made.evaluate(x, y);
  const trained = await made.trainOnBatch(x, y);
  // float64 sums of the same numbers in another order
  expect(Math.abs(loss - trained.loss)).toBeLessThan(1e-9);
  expect(Math.abs(mse - trained.loss)).toBeLessThan(1e-9);
});

describe('a mask that a layer has made anew', () => {
  // layers behind it take memory anew in inference, not in training
  const stack = () => [
    layers.gru({ units: 24, returnSequences: true }),
    layers.gru({ units: 24, returnSequences: true }),
    layers.bidirectional(layers.gru({ units: 24, returnSequences: true })),
    layers.dense({ units: 2 }),
  ];
  const masked = () => {
    const a = input({ shape: [T, 2] });
    return [a, layers.masking().apply(a)] as const;
  };
  const onto = (value: SymbolicTensor) => stack().reduce((v, layer) => layer.apply(v), value);
  const x = () => {
    const x = noise(8, [T, 2], 3);
    for (let i = 0; i < 8 * T; i++) if ((i * 7) % 5 < 2) x.data.fill(0, 2 * i, 2 * i + 2);
    return x;
  };

  it.each([
    [
      'goBackwards',
      () => {
        const [inputs, a] = masked();
        const back = layers.gru({ units: 24, returnSequences: true, goBackwards: true }).apply(a);
        return { inputs, outputs: onto(back) };
      },
    ],
    [
      'concatenate over time',
      () => {
        const [inputs, a] = masked();
        return { inputs, outputs: onto(layers.concatenate({ axis: 1 }).apply([a, a])) };
      },
    ],
  ])('holds to the end of inference: %s', async (_, graph) => {
    const made = model({ ...graph(), numerics: 'portable' });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    const [steps = 0] = made.outputShape ?? [];
    const y = noise(8, [steps, 2], 4);
    const { loss } = await made.evaluate(x(), y);
    expect((await made.trainOnBatch(x(), y)).loss).toBeCloseTo(loss, 6);
    const whole = await made.predict(x());
    expect(await made.predict(x(), { batchSize: 1 })).toEqual(whole);
  });
});

it('puts out the state that it began in until a step counts', async () => {
  const [a, begin] = [input({ shape: [3, 1] }), input({ shape: [2] })];
  const cell = layers.gru({ units: 2, returnSequences: true, returnState: true });
  const outputs = cell.applyWithStates(layers.masking().apply(a), { initialState: [begin] });
  const made = model({ inputs: [a, begin], outputs });
  const x = tensor([0, 0, 0, 0, 0, 4], [2, 3, 1]);
  const [y, h] = await made.predict([x, tensor([0.5, -0.5, 0.25, 1], [2, 2])]);
  expect(Array.from(y.data.subarray(0, 10))).toEqual([
    ...[0.5, -0.5, 0.5, -0.5, 0.5, -0.5],
    ...[0.25, 1, 0.25, 1],
  ]);
  expect(Array.from(h.data)).toEqual([0.5, -0.5, ...y.data.subarray(10)]);
});

it('has one mask in a concatenation', async () => {
  const build = (second: boolean) => {
    const a = input({ shape: [4], dtype: 'int32' });
    const masked = layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true }).apply(a);
    const other = layers.embedding({ inputDim: 5, outputDim: 2, maskZero: second }).apply(a);
    const both = layers.concatenate().apply([masked, other]);
    return model({ inputs: a, outputs: layers.lstm({ units: 2 }).apply(both) });
  };
  const x = tensor([1, 2, 0, 0], [1, 4]);
  await expect(build(false).predict(x)).rejects.toThrow(
    /layer concatenate: concatenate needs values/,
  );
});

describe('before a CRF', () => {
  const of = (steps: number) => {
    const made = sequential({
      layers: [
        layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputShape: [steps] }),
        layers.crf({ units: 3 }),
      ],
      numerics: 'portable',
    });
    made.compile({
      optimizer: 'sgd',
      loss: 'crfNegativeLogLikelihood',
      metrics: ['accuracy'],
    });
    return made;
  };

  it('is the end of a sequence', async () => {
    const [short, long] = [of(3), of(5)];
    const a = await short.evaluate(tensor([2, 4, 2], [1, 3]), tensor([0, 2, 1], [1, 3]));
    const b = await long.evaluate(tensor([2, 4, 2, 0, 0], [1, 5]), tensor([0, 2, 1, 1, 1], [1, 5]));
    expect(b).toEqual(a);
    const one = await short.trainOnBatch(tensor([2, 4, 2], [1, 3]), tensor([0, 2, 1], [1, 3]));
    const other = await long.trainOnBatch(
      tensor([2, 4, 2, 0, 0], [1, 5]),
      tensor([0, 2, 1, 1, 1], [1, 5]),
    );
    expect(other).toEqual(one);
    expect(bitsOf(long.getWeights())).toEqual(bitsOf(short.getWeights()));
  });

  it('is refused within a sequence', async () => {
    const x = tensor([2, 4, 2, 2, 0, 2], [2, 3]);
    await expect(of(3).predict(x)).rejects.toThrow(/layer crf.*at their end alone, but sample 1/);
  });
});

it.each(['masking', 'embedding'])('%s masks in a stream of a model of one step', async (kind) => {
  const words = kind === 'embedding';
  const build = (steps: number) =>
    sequential({
      layers: [
        words
          ? layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputShape: [steps] })
          : layers.masking({ inputShape: [steps, 2] }),
        layers.lstm({ units: 3, returnSequences: true }),
      ],
      seed: 1,
    });
  const numbers = words ? [3, 0, 1, 4, 0, 2] : [3, 1, 0, 0, 1, 2, 4, 4, 0, 0, 2, 1];
  const each = numbers.length / 6;
  const right = await build(6).predict(tensor(numbers, words ? [1, 6] : [1, 6, 2]));
  const stream = build(1).stream();
  const found = Array.from({ length: 6 }, (_, t) => [
    ...stream.step(numbers.slice(t * each, (t + 1) * each)),
  ]).flat();
  expect(found).toEqual([...right.data]);
});

// layers between pass a mask on, whose maker no reader of its own outlives
it.each(['concatenate', 'goBackwards'])(
  'keeps the mask of %s for layers far behind',
  async (kind) => {
    const whole = input({ shape: [4], dtype: 'int32' });
    const rows = layers.embedding({ inputDim: 9, outputDim: 8, maskZero: true }).apply(whole);
    let value =
      kind === 'concatenate'
        ? layers.concatenate({ axis: 1 }).apply([rows, rows])
        : layers.gru({ units: 8, returnSequences: true, goBackwards: true }).apply(rows);
    for (let k = 0; k < 5; k++)
      value = layers.dense({ units: 8 + k, activation: 'tanh' }).apply(value);
    const outputs = layers.dense({ units: 1 }).apply(layers.lstm({ units: 4 }).apply(value));
    const made = model({ inputs: whole, outputs, seed: 3 });
    made.compile({ optimizer: optimizers.sgd({ learningRate: 1e-30 }), loss: 'mse' });
    const x = tensor([
      [1, 2, 0, 0],
      [0, 3, 0, 4],
      [5, 0, 6, 7],
    ]);
    const y = tensor([3, 3, 3], [3, 1]);
    // training keeps all that there is
    const { loss } = await made.trainOnBatch(x, y);
    expect((await made.evaluate(x, y)).loss).toBeCloseTo(loss!, 5);
  },
);

it.each([1e-60, -1e-50, 1e300, Number.NaN])(
  'refuses the maskValue %f, which float32 rounds to 0 or to infinity',
  async (maskValue) => {
    await expectError(
      () => layers.masking({ maskValue }),
      'bad-option',
      `layers.masking: maskValue must be a finite number that float32 rounds neither to 0 nor to infinity, but got ${maskValue}`,
    );
    expect(layers.masking({ maskValue: -0 }).config.maskValue).toBe(-0);
  },
);
