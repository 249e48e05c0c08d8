// Layers of the cells that share one loop: as in Keras where it has them (test/fixtures/keras/cells_fit.py), the same
// in training and inference, over stretches of time, step by step, through files and in several threads.
import {
  fromBytes,
  input,
  type Layer,
  type LstmVariant,
  layers,
  model as makeModel,
  optimizers,
  sequential,
  sequentialFromConfig,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/cells-fit.json' with { type: 'json' };
import { alteredJson, refusal } from '../support/altered-file.js';
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';
import { adding, bitsOf, noise } from '../support/samples.js';

type Options = { units: number; returnSequences?: boolean; inputShape?: number[] };
type Make = (options: Options) => Layer;
const of = (kind: string, options: object): Make => {
  const make = layers[kind as 'lstm'] as (given: object) => Layer;
  return (given) => make({ ...options, ...given });
};

const { n } = fixture;
const x = tensor(fixture.x, [n, 6, 3]);
const y = tensor(fixture.y, [n, 2]);

describe.each(
  fixture.cases.map((one) => [`${one.kind} ${JSON.stringify(one.options)}`, one] as const),
)(
  'as in Keras: %s',
  (_, { kind, options, shapes, before, predicted, loss, dX, gradients: asked, losses }) => {
    const make = of(kind, options);
    const stack = () => {
      const made = sequential({
        layers: [
          make({ units: 5, returnSequences: true, inputShape: [6, 3] }),
          make({ units: 3 }),
          layers.dense({ units: 2 }),
        ],
        numerics: 'portable',
      });
      made.setWeights(before.map((data, i) => tensor(data, shapes[i])));
      made.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }), loss: 'mse' });
      return made;
    };
    // Both sides compute in float32: sums of up to 12 terms in each of 6 steps of two layers, and activations that
    // are off by 4e-7 (12 x 6 x 2 roundings of 2^-24 that all go one way come to 1e-5); relative to what is large.
    const near = (found: ArrayLike<number>, expected: readonly number[], bound = 1e-5) => {
      expect(found).toHaveLength(expected.length);
      const size = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
      expected.forEach((value, i) => {
        expect(Math.abs(found[i] - value)).toBeLessThan(bound * size);
      });
    };

    it('outputs, every gradient and twenty losses', async () => {
      const made = stack();
      expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(shapes);
      near((await made.predict(x)).data, predicted);
      const found = gradients(made, x, y);
      expect(Math.abs(found.loss - loss)).toBeLessThan(1e-5 * Math.max(1, loss));
      near(found.inputGradient.data, dX);
      found.gradients.forEach(({ data }, i) => {
        near(data, asked[i]);
      });
      const { history } = await stack().fit(x, y, { batchSize: n, epochs: 20, shuffle: false });
      // quotients of Adam magnify what gradients are off, by up to 20 steps
      near(history.loss, losses, 2e-4);
    });
  },
);

const kinds: Record<string, Make> = {
  ...Object.fromEntries(
    [
      'peephole',
      'coupled',
      'noInputGate',
      'noForgetGate',
      'noOutputGate',
      'noInputActivation',
      'noOutputActivation',
      'fullGateRecurrence',
    ].map((variant) => [`lstm ${variant}`, of('lstm', { variant })]),
  ),
  'lstm hardSigmoidTfjs': of('lstm', { recurrentActivation: 'hardSigmoidTfjs' }),
  'gru hardSigmoid without bias': of('gru', { recurrentActivation: 'hardSigmoid', useBias: false }),
  'gru sigmoid, reset before': of('gru', { activation: 'sigmoid', resetAfter: false }),
  simpleRNN: of('simpleRNN', {}),
  indRNN: of('indRNN', {}),
  minGRU: of('minGRU', {}),
  'minGRU positive': of('minGRU', { activation: 'positive' }),
  minLSTM: of('minLSTM', {}),
  'minLSTM positive': of('minLSTM', { activation: 'positive' }),
  'lstm normalized': of('lstm', { layerNorm: true }),
  'lstm coupled, normalized, projected': of('lstm', {
    layerNorm: true,
    projectionUnits: 9,
    variant: 'coupled',
  }),
  'lstm projected': of('lstm', { projectionUnits: 6 }),
  'lstm coupled, projected': of('lstm', { projectionUnits: 17, variant: 'coupled' }),
  jordanRNN: of('jordanRNN', { hiddenUnits: 21 }),
  slstm: of('slstm', {}),
  'slstm exponential': of('slstm', { forgetActivation: 'exponential' }),
};

describe.each(Object.entries(kinds))('%s', (_, make) => {
  const stack = (threads = 1) =>
    sequential({
      layers: [
        make({ units: 19, returnSequences: true, inputShape: [40, 3] }),
        make({ units: 5 }),
        layers.dense({ units: 1 }),
      ],
      numerics: 'portable',
      seed: 4,
      threads,
    });

  it('goes through files and configurations, and goes on training there', async () => {
    const made = stack();
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const [a, b] = [noise(9, [40, 3]), noise(9, [1])];
    await made.fit(a, b, { batchSize: 4, epochs: 2 });
    const copy = fromBytes(toBytes(made));
    expect(bitsOf([await copy.predict(a)])).toEqual(bitsOf([await made.predict(a)]));
    await copy.fit(a, b, { batchSize: 4, epochs: 1 });
    await made.fit(a, b, { batchSize: 4, epochs: 1 });
    expect(bitsOf(copy.getWeights())).toEqual(bitsOf(made.getWeights()));
    expect(copy.getConfig()).toEqual(made.getConfig());
  });

  it('gives the bits of training in inference, whatever the batch, and step by step', async () => {
    const made = sequential({
      layers: [
        make({ units: 7, returnSequences: true, inputShape: [1500, 2] }),
        make({ units: 18 }),
      ],
      numerics: 'portable',
    });
    const long = noise(3, [1500, 2]);
    const all = await made.predict(long);
    expect(await made.predict(long, { batchSize: 1 })).toEqual(all);
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    expect((await made.trainOnBatch(long, { ...all })).loss).toBe(0);
    const stream = made.stream({ batchSize: 3 });
    made.setWeights(made.getWeights());
    let last = new Float32Array();
    for (let t = 0; t < 1500; t++) {
      const step = Float32Array.from({ length: 6 }, (_, i) => {
        const [b, f] = [Math.floor(i / 2), i % 2];
        return long.data[(b * 1500 + t) * 2 + f];
      });
      last = stream.step(step).slice();
    }
    expect(last).toEqual((await made.predict(long)).data);
    made.dispose();
  });

  it('learns to tell sums of sequences apart', async () => {
    const data = adding(256, 8);
    const made = sequential({
      layers: [
        make({ units: 24, returnSequences: true, inputShape: [8, 2] }),
        make({ units: 24 }),
        layers.dense({ units: 1 }),
      ],
      seed: 2,
    });
    made.compile({ optimizer: optimizers.adam({ learningRate: 0.01, clipNorm: 1 }), loss: 'mse' });
    const { history } = await made.fit(data.x, data.y, { epochs: 60, batchSize: 32 });
    // two numbers in [0, 1): their sum has a variance of 1/6, which is what guessing its mean costs
    expect(history.loss.at(-1)).toBeLessThan(0.04);
  });

  it('stays as it is where it is frozen, and works in a graph', async () => {
    const entry = input({ shape: [6, 3] });
    const frozen = make({ units: 5, returnSequences: true });
    frozen.trainable = false;
    const through = make({ units: 3 }).apply(frozen.apply(entry));
    const made = makeModel({ inputs: entry, outputs: layers.dense({ units: 2 }).apply(through) });
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const before = bitsOf(made.getWeights());
    await made.fit(x, y, { batchSize: 2, epochs: 1 });
    const after = bitsOf(made.getWeights());
    const own = made.weightSpecs.map(({ name }) => made.layers[1].name === name.split('/')[0]);
    own.forEach((kept, i) => {
      if (kept) expect(after[i]).toEqual(before[i]);
    });
    expect(after).not.toEqual(before);
  });
});

it('hands the gates on as states of a stream where gates see them', () => {
  const made = sequential({
    layers: [layers.lstm({ units: 5, variant: 'fullGateRecurrence', inputShape: [6, 3] })],
  });
  const stream = made.stream({ batchSize: 2 });
  expect(stream.stateNames).toEqual(['h', 'c', 'i', 'f', 'o'].map((name) => `lstm/${name}`));
  const step = (n: number) => Float32Array.from({ length: 6 }, (_, i) => Math.sin(6 * n + i));
  stream.step(step(0));
  const states = stream.getStates();
  expect(states.every(({ data }) => data.every((value) => value !== 0))).toBe(true);
  const next = stream.step(step(1)).slice();
  const again = made.stream({ batchSize: 2 });
  again.setStates(states);
  expect(again.step(step(1))).toEqual(next);
  made.dispose();
});

it('gives a variant the weights that its gates ask for, and the same by summary and count', () => {
  const [I, H] = [3, 5];
  const weights = (variant: LstmVariant) => {
    const made = sequential({ layers: [layers.lstm({ units: H, variant, inputShape: [6, I] })] });
    const specs = made.weightSpecs.map(({ name, shape }) => [name.split('/')[1], ...shape]);
    const count = made.weightSpecs.reduce(
      (sum, { shape }) => sum + shape.reduce((a, b) => a * b),
      0,
    );
    expect(made.countParams()).toBe(count);
    expect(made.summary()).toContain(`${count} parameters`);
    made.dispose();
    return specs;
  };
  const four = [
    ['kernel', I, 4 * H],
    ['recurrentKernel', H, 4 * H],
    ['bias', 4 * H],
  ];
  const three = [
    ['kernel', I, 3 * H],
    ['recurrentKernel', H, 3 * H],
    ['bias', 3 * H],
  ];
  expect(weights('vanilla')).toEqual(four);
  expect(weights('peephole')).toEqual([...four, ['peephole', 3, H]]);
  expect(weights('coupled')).toEqual(three);
  expect(weights('noInputGate')).toEqual(three);
  expect(weights('noForgetGate')).toEqual(three);
  expect(weights('noOutputGate')).toEqual(three);
  expect(weights('noInputActivation')).toEqual(four);
  expect(weights('noOutputActivation')).toEqual(four);
  expect(weights('fullGateRecurrence')).toEqual([...four, ['gateKernel', 3 * H, 3 * H]]);
});

it('begins the bias of the forget gate at 1 where there is that gate and a bias', () => {
  const biasOf = (options: object) => {
    const made = sequential({
      layers: [layers.lstm({ units: 3, inputShape: [6, 2], ...options })],
    });
    const data = Array.from(made.getWeights()[2].data);
    made.dispose();
    return data;
  };
  const ones = (gates: string) =>
    Array.from(gates).flatMap((gate) => (gate === 'f' ? [1, 1, 1] : [0, 0, 0]));
  for (const [variant, gates] of [
    ['peephole', 'ifco'],
    ['fullGateRecurrence', 'ifco'],
    ['noInputGate', 'fco'],
    ['noOutputGate', 'ifc'],
    ['coupled', 'ico'],
    ['noForgetGate', 'ico'],
  ] as const) {
    expect(biasOf({ variant }), variant).toEqual(ones(gates));
    const none = biasOf({ variant, unitForgetBias: false });
    expect(none, variant).toEqual(none.map(() => 0));
  }
  expect(biasOf({ activation: 'relu' })).toEqual(ones('ifco'));
});

it('refuses files and configurations of variants that are not there', async () => {
  const made = sequential({
    layers: [layers.lstm({ units: 2, variant: 'coupled', inputShape: [6, 3] })],
  });
  const config = made.getConfig();
  const of = (options: object) => {
    const copy = structuredClone(config) as unknown as { layers: { config: object }[] };
    Object.assign(copy.layers[0].config, options);
    return copy as never;
  };
  await expectError(
    () => sequentialFromConfig(of({ variant: 'doubled' })),
    'bad-option',
    /variant must be 'vanilla' or.*'doubled'/,
  );
  const bytes = toBytes(made);
  const fileOf = (options: object) => alteredJson(bytes, 'config', () => of(options));
  expect(refusal(fileOf({ variant: 'doubled' }))).toMatch(/variant must be.*'doubled'/);
  expect(refusal(fileOf({ activation: 'swish' }))).toMatch(/activation must be.*'swish'/);
  // known, but the weights of the file are those of another one
  expect(refusal(fileOf({ variant: 'peephole' }))).toMatch(/kernel/);
  made.dispose();
});

it('refuses variants and activations that are not there, naming those that are', async () => {
  const wrong = (options: object) => ({ units: 2, ...options }) as never;
  await expectError(
    () => layers.lstm(wrong({ variant: 'fullGate' })),
    'bad-option',
    /layers\.lstm: variant must be 'vanilla' or 'peephole' or 'coupled'.*'fullGate'/,
  );
  await expectError(
    () => layers.simpleRNN(wrong({ activation: 'softmax' })),
    'bad-option',
    /activation must be 'linear' or 'tanh'.*'softmax'/,
  );
  await expectError(
    () => layers.minGRU(wrong({ recurrentInitializer: 'orthogonal' })),
    'bad-option',
    "no option 'recurrentInitializer'",
  );
});
