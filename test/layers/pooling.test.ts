// Poolings over time as Keras has them (test/fixtures/keras/pooling.py), in graphs, streams and files.
import {
  fromBytes,
  input,
  layers,
  model,
  modelFromConfig,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/pooling.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';
import { distance } from '../support/near.js';
import { bitsOf, noise } from '../support/samples.js';

type Kind = 'globalAveragePooling1D' | 'globalMaxPooling1D' | 'maxPooling1D' | 'averagePooling1D';
const make = (kind: string, options: object) => layers[kind as Kind](options as never);

// sums of at most 9 terms below 4: 10 roundings of 4
const TOLERANCE = 40 * 2 ** -24;

/** Stands in masked steps, and nowhere else. */
const MASKED = 99;

describe.each(
  fixture.cases.map(
    (one) =>
      [
        `${one.kind} ${JSON.stringify(one.options)} of ${one.shape}${one.lengths ? ', masked' : ''}`,
        one,
      ] as const,
  ),
)('as in Keras: %s', (_, one) => {
  const { kind, options, shape, outputShape, name, lengths } = one;
  const [, T, features] = shape;
  const masked = (i: number) =>
    lengths !== null && Math.floor(i / features) % T >= lengths[Math.floor(i / (T * features))];
  const x = tensor(
    one.x.map((value, i) => (masked(i) ? MASKED : value)),
    shape,
  );
  const pooled = () => [
    layers.masking({ maskValue: MASKED, inputShape: shape.slice(1) }),
    make(kind, options),
  ];
  const made = sequential({ layers: pooled(), numerics: 'portable' });

  it('puts out the same', async () => {
    const y = await made.predict(x);
    expect(y.shape).toEqual(outputShape);
    expect(distance(y.data, one.y)).toBeLessThan(TOLERANCE);
    expect(made.layers[1].name).toBe(name.replace(/_\d+$/, ''));
  });

  it('has the same gradients', () => {
    const chain = sequential({ layers: [...pooled(), layers.dense({ units: features })] });
    const eye = Array.from({ length: features ** 2 }, (_, i) => (i % (features + 1) ? 0 : 1));
    chain.setWeights([
      tensor(eye, [features, features]),
      tensor(eye.slice(0, features).fill(0), [features]),
    ]);
    chain.compile({ optimizer: 'sgd', loss: 'mse' });
    const { loss, inputGradient } = gradients(chain, x, tensor(one.target, outputShape));
    expect(Math.abs(loss - one.loss)).toBeLessThan(TOLERANCE);
    expect(distance(inputGradient.data, one.dx)).toBeLessThan(TOLERANCE);
  });
});

const stack = (kind: Kind) =>
  sequential({
    layers: [
      layers.lstm({ units: 20, returnSequences: true, inputShape: [9, 3] }),
      make(kind, { ...(kind === 'averagePooling1D' && { poolSize: 2 }) }),
      layers.dense({ units: 2 }),
    ],
    numerics: 'portable',
  });

describe.each<Kind>([
  'globalAveragePooling1D',
  'globalMaxPooling1D',
  'maxPooling1D',
  'averagePooling1D',
])('%s', (kind) => {
  const x = noise(5, [9, 3]);

  it('is the same through files and configurations, and learns', async () => {
    const made = stack(kind);
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const y = noise(5, made.outputShape as number[], 4);
    const { history } = await made.fit(x, y, { epochs: 5, verbose: 0 });
    expect(history.loss[4]).toBeLessThan(history.loss[0]);
    const bits = bitsOf([await made.predict(x)]);
    expect(bitsOf([await fromBytes(toBytes(made)).predict(x)])).toEqual(bits);
    const again = modelFromConfig(JSON.parse(JSON.stringify(made.getConfig())));
    again.setWeights(made.getWeights());
    expect(bitsOf([(await again.predict(x)) as never])).toEqual(bits);
    // a batch of one takes time in other stretches
    const alone = await made.predict(tensor(x.data.slice(0, 27), [1, 9, 3]));
    expect(bitsOf([alone])[0]).toEqual(bits[0].slice(0, alone.data.length));
  });

  it('refuses what it cannot take', async () => {
    const flat = layers.dense({ units: 3, inputShape: [4] });
    await expectError(
      () =>
        sequential({
          layers: [
            flat,
            make(kind, { poolSize: 2, ...(kind.startsWith('global') && { poolSize: undefined }) }),
          ],
        }),
      'bad-shape',
      /needs \[timesteps, features\]/,
    );
    await expectError(() => make(kind, { poolSize: 2, keepdims: true }), 'bad-option', 'no option');
  });
});

it('says that a mean over masked steps alone is none, and blames no learning rate', async () => {
  const made = sequential({
    layers: [
      layers.masking({ inputShape: [3, 2] }),
      layers.globalAveragePooling1D(),
      layers.dense({ units: 1 }),
    ],
  });
  made.compile({ optimizer: 'adam', loss: 'mse' });
  const x = tensor([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0], [2, 3, 2]);
  const y = tensor([1, 2], [2, 1]);
  const before = bitsOf(made.getWeights());
  const said =
    /NaN.*layer global_average_pooling1d \(GlobalAveragePooling1D\) has no mean for sample 1 of the batch, all of whose steps are masked/;
  for (const call of [
    () => made.fit(x, y, { shuffle: false }),
    () => made.trainOnBatch(x, y),
    () => made.evaluate(x, y),
  ]) {
    const { message } = await expectError(call, 'not-finite', said);
    expect(message).not.toMatch(/learning rate/);
  }
  expect(bitsOf(made.getWeights())).toEqual(before);
  await expectError(() => made.predict(x), 'not-finite', /steps are all masked/);
});

it('streams the mean and the maximum of the steps so far', async () => {
  const x = noise(2, [7, 3]);
  const given = input({ shape: [7, 3] });
  const ends = [layers.globalAveragePooling1D(), layers.globalMaxPooling1D()];
  const made = model({ inputs: given, outputs: ends.map((layer) => layer.apply(given)) });
  const stream = made.stream({ batchSize: 2 });
  let kept = stream.getStates();
  let before: number[][] = [];
  for (let t = 0; t < 7; t++) {
    if (t === 6) kept = stream.getStates();
    const step = [0, 1].flatMap((b) => [...x.data.slice((b * 7 + t) * 3, (b * 7 + t + 1) * 3)]);
    const found = stream.step(step as never) as unknown as Float32Array[];
    before = found.map((one) => [...one]);
    if (t === 6) {
      stream.setStates(kept);
      const repeated = stream.step(step as never) as unknown as Float32Array[];
      expect(repeated.map((one) => [...one])).toEqual(before);
    }
  }
  const whole = (await made.predict(x)) as unknown as { data: Float32Array }[];
  expect(before).toEqual(whole.map(({ data }) => [...data]));
  // the maximum of no step is below each of one
  const step = new Float32Array(6).fill(-3);
  stream.resetStates();
  const next = made.stream({ batchSize: 2, states: stream.getStates() });
  expect(next.step(step as never)).toEqual([step, step]);
  stream.setStates(stream.getStates());
  expect(stream.step(step as never)).toEqual([step, step]);
});

it('windows are refused by streams, by their name', async () => {
  await expectError(
    () => stack('maxPooling1D').stream(),
    'bad-option',
    /cannot be run step by step/,
    /max_pooling1d/,
  );
});

it('refuses windows longer than the sequence, and options that do not hold', async () => {
  const build = (options: object) => () =>
    sequential({ layers: [layers.maxPooling1D({ inputShape: [3, 2], ...options })] });
  await expectError(build({ poolSize: 4 }), 'bad-shape', 'windows of 4 time steps');
  expect(build({ poolSize: 4, padding: 'same' })().outputShape).toEqual([1, 2]);
  for (const options of [{ poolSize: 0 }, { strides: 1.5 }, { padding: 'causal' }]) {
    await expectError(build(options), 'bad-option', Object.keys(options)[0]);
  }
  await expectError(() => layers.averagePooling1D({} as never), 'bad-option', 'poolSize');
});
