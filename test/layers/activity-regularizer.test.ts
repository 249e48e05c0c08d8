// Penalties on what layers put out, against Keras 3 (test/fixtures/keras/activity_fit.py), and their doors.
import {
  fromBytes,
  input,
  type Layer,
  layers,
  type Model,
  model,
  optimizers,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/activity-fit.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const { n, T, I } = fixture;
type Case = (typeof fixture.cases)[number];
type Options = { layer?: object; mergeMode?: 'sum' } & Record<string, never>;

function made([kind, options]: readonly (string | object)[]): Layer {
  const { layer, mergeMode } = options as Options;
  if (kind === 'bidirectional')
    return layers.bidirectional(layers.lstm(layer as never), { mergeMode });
  return (layers[kind as 'lstm'] as (given: object) => Layer)(options as object);
}

/** The model of a case, with its first weights, compiled. */
function modelOf({ kind, stack, loss, rate, shapes, before, data }: Case): Model {
  const source = data === 'ids' ? input({ shape: [T], dtype: 'int32' }) : input({ shape: [T, I] });
  const all = stack.map(made);
  let outputs = source;
  if (kind === 'shared') {
    const pair = layers.lstm({ units: I, returnSequences: true });
    const [first, last] = all;
    outputs = last.apply(
      layers.concatenate().apply([first.apply(source), first.apply(pair.apply(source))]),
    );
  } else if (kind === 'states') {
    const [, h] = all[0].applyWithStates(source);
    outputs = all[1].apply(h);
  } else for (const layer of all) outputs = layer.apply(outputs);
  const result = model({ inputs: source, outputs, numerics: 'portable' });
  result.setWeights(before.map((values, i) => tensor(values, shapes[i])));
  result.compile({
    optimizer: optimizers.sgd({ learningRate: rate }),
    loss: loss === 'mse' ? 'mse' : 'categoricalCrossentropy',
  });
  return result;
}

// twenty steps in float32 on both sides
const near = (found: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(found).toHaveLength(expected.length);
  Array.from(found).forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(2e-5 * (1 + Math.abs(expected[i])));
  });
};

describe.each(
  fixture.cases.map((one) => [`${one.kind} ${JSON.stringify(one.stack)}`, one] as const),
)('%s', (_, one) => {
  it('learns as in Keras, and tells the same figures', async () => {
    const whole = modelOf(one);
    const x = tensor(fixture[one.data as 'x'], one.data === 'ids' ? [n, T] : [n, T, I]);
    const y = tensor(one.loss === 'mse' ? fixture.y : fixture.classes, [n, 2]);
    const figure = async () => [(await whole.evaluate(x, y, { batchSize: 4 })).loss];
    near(await figure(), [one.figures[0]]);
    const losses = [(await whole.trainOnBatch(x, y)).loss];
    // a step of SGD: weights of about 1, whose roundings the rate of 0.1 makes ten times as large
    const frozen = whole.layers.filter(({ trainable }) => !trainable).map(({ name }) => `${name}/`);
    const trained = whole
      .getWeights()
      .map(({ data }, i) => Array.from(data, (w, k) => (one.before[i][k] - w) / one.rate))
      .filter((_, i) => !frozen.some((name) => whole.weightSpecs[i].name.startsWith(name)));
    expect(trained).toHaveLength(one.gradients.length);
    trained.forEach((gradient, i) => {
      near(gradient, one.gradients[i]);
    });
    for (let step = 1; step < one.losses.length; step++) {
      losses.push((await whole.trainOnBatch(x, y)).loss);
    }
    near(losses, one.losses);
    whole.getWeights().forEach(({ data }, i) => {
      near(data, one.after[i]);
    });
    near(await figure(), [one.figures[1]]);
    const copy = fromBytes(toBytes(whole)) as Model;
    expect(await copy.trainOnBatch(x, y)).toEqual(await whole.trainOnBatch(x, y));
    expect(bitsOf(copy.getWeights())).toEqual(bitsOf(whole.getWeights()));
  });
});

const penalty = { className: 'L1L2', l1: 0.1, l2: 0.2 };
const recurrent = [
  'lstm',
  'gru',
  'simpleRNN',
  'jordanRNN',
  'slstm',
  'indRNN',
  'minGRU',
  'minLSTM',
] as const;

describe.each(recurrent)('%s', (kind) => {
  const [B, steps, H] = [3, 400, 5];
  const of = (activityRegularizer?: object) => {
    const result = sequential({
      layers: [
        layers[kind]({
          units: H,
          returnSequences: true,
          inputShape: [steps, 2],
          activityRegularizer,
        } as never),
      ],
      numerics: 'portable',
    });
    result.compile({ optimizer: optimizers.sgd({ learningRate: 1e-30 }), loss: 'mse' });
    return result;
  };
  const x = noise(B, [steps, 2]);
  const y = noise(B, [steps, H], 3);

  it('adds it to the loss, by stretches of time and by windows too', async () => {
    const [with_, without] = [of(penalty), of()];
    const outputs = await with_.predict(x);
    expect(bitsOf([outputs])).toEqual(bitsOf([await without.predict(x)]));
    const sum = outputs.data.reduce((all, v) => all + 0.1 * Math.abs(v) + 0.2 * v * v, 0);
    const { loss } = await without.evaluate(x, y);
    const expected = loss + sum / B;
    // float32: outputs of 400 steps; the sums are in float64
    const is = (found: number) => expect(Math.abs(found / expected - 1)).toBeLessThan(1e-5);
    is((await with_.evaluate(x, y)).loss);
    is((await with_.trainOnBatch(x, y)).loss);
    const fitted = async (truncate: { every: number; back?: number }) => {
      const { history } = await of(penalty).fit(x, y, { batchSize: B, shuffle: false, truncate });
      return history.loss[0];
    };
    is(await fitted({ every: 400 }));
    is(await fitted({ every: 90 }));
    is(await fitted({ every: 90, back: 130 }));
  });
});

it('is refused where it has no meaning', async () => {
  await expectError(
    () => layers.lstm({ units: 3, activityRegularizer: 'orthogonal' }),
    'bad-option',
    /layers\.lstm: activityRegularizer must be .*orthogonal is for matrices of weights alone/,
  );
  await expectError(
    () => layers.timeDistributed(layers.dense({ units: 3, activityRegularizer: 'l2' })),
    'bad-option',
    'layers.timeDistributed: layer has an activityRegularizer',
  );
});

// beside a state's units there stand others up to a whole vector, which hold what gates make of nothing
it.each([
  ['slstm', {}],
  ['lstm', { activation: 'hardSigmoid' }],
  ['lstm', { variant: 'noInputGate', activation: 'hardSigmoid' }],
  ['lstm', { variant: 'fullGateRecurrence' }],
  ['gru', {}],
] as const)('counts the units alone of the states of %s %j', async (kind, options) => {
  for (const units of [3, 4, 5, 18]) {
    const source = input({ shape: [T, I] });
    const given = { ...options, units, returnState: true, activityRegularizer: 'l2' } as const;
    const outputs = layers[kind](given as never).applyWithStates(source);
    const states = model({ inputs: source, outputs, numerics: 'portable' });
    const optimizer = optimizers.sgd({ learningRate: 0 });
    states.compile({ optimizer, loss: 'mse' });
    const x = noise(n, [T, I]);
    const found = await states.predict(x);
    const squares = found.flatMap(({ data }) => Array.from(data, (value) => value * value));
    const expected = (0.01 * squares.reduce((sum, value) => sum + value, 0)) / n;
    // what is wanted is what comes out: the penalty is all of the loss
    const { loss } = await states.evaluate(x, found);
    expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-6);
  }
});
