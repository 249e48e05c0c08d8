// States handed from layer to layer: as in Keras (test/fixtures/keras/states.py), and for the cells that Keras does not
// have along their own gradients; through configurations and files.
import {
  fromBytes,
  input,
  type Layer,
  layers,
  type Model,
  model as makeModel,
  modelFromConfig,
  optimizers,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/states.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const { n, T, S, I, H, gaps } = fixture;
const xs = fixture.xs.map((data, i) => tensor(data, [n, [T, S][i], I]));
const ys = [tensor(fixture.ys[0], [n, S, 2]), tensor(fixture.ys[1], [n, 2])];
/** The same with steps of the source that are masked. */
const gapped = xs.map(({ data, shape }, i) => {
  const copy = new Float32Array(data);
  for (const [b, t] of i === 0 ? gaps : []) copy.fill(0, (b * T + t) * I, (b * T + t + 1) * I);
  return tensor(copy, shape);
});
type Make = (options: object) => Layer;
/** How encoder and decoder stand to each other; '': two layers. */
type How = '' | 'Shared' | 'Back' | 'Both';
const dataOf = (how: How) => (how === 'Back' || how === 'Both' ? gapped : xs);
const of = (kind: string): Make => layers[kind as 'lstm'] as Make;

/** An encoder whose states a decoder begins in; one layer is both where it is shared. */
function seq2seq(cell: Make, how: How): Model<ReturnType<typeof tensor>[]> {
  const [source, target] = [T, S].map((steps) => input({ shape: [steps, I] }));
  const own = { units: H, returnState: true };
  const shared = how === 'Shared';
  const make: Make = how === 'Both' ? (given) => layers.bidirectional(cell(given)) : cell;
  const encoder = make({ ...own, returnSequences: shared, goBackwards: how === 'Back' });
  const decoder = shared ? encoder : make({ ...own, returnSequences: true });
  const masked = dataOf(how) === gapped ? layers.masking().apply(source) : source;
  const [, ...states] = encoder.applyWithStates(masked);
  const [sequence, ...last] = decoder.applyWithStates(target, { initialState: states });
  const all = layers.concatenate().apply([...last, ...states]);
  return makeModel({
    inputs: [source, target],
    outputs: [layers.dense({ units: 2 }).apply(sequence), layers.dense({ units: 2 }).apply(all)],
    numerics: 'portable',
  });
}

const learns = (made: Model, optimizer = optimizers.sgd({ learningRate: 1 })) =>
  made.compile({ optimizer, loss: ['mse', 'mse'] });

/** One step at learning rate 1 subtracts the gradients. */
async function gradientsOf(make: Make, how: How, weights: ReturnType<typeof tensor>[]) {
  const made = seq2seq(make, how);
  made.setWeights(weights);
  learns(made);
  const { loss } = await made.trainOnBatch(dataOf(how), ys);
  const after = made.getWeights();
  return { loss, data: weights.map(({ data }, i) => data.map((v, k) => v - after[i].data[k])) };
}

describe.each(['lstm', 'gru', 'simpleRNN'] as const)('as in Keras: %s', (kind) => {
  it.each([
    ['two layers', ''],
    ['one layer', 'Shared'],
    ['an encoder that goes backwards, masked', 'Back'],
    ['both directions, masked', 'Both'],
  ] as const)('%s', async (_, how) => {
    const { shapes, weights, outputs, gradients, loss, losses } = fixture[`${kind}${how}`];
    // both sides in float32: sums of up to 10 terms over 10 steps, and the subtraction of weights up to 2 (2^-23)
    const near = (found: ArrayLike<number>, expected: readonly number[], bound = 1e-5) => {
      expect(found).toHaveLength(expected.length);
      const size = expected.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
      expected.forEach((value, i) => {
        expect(Math.abs(found[i] - value)).toBeLessThan(bound * size);
      });
    };
    const given = weights.map((data, i) => tensor(data, shapes[i]));
    const made = seq2seq(of(kind), how);
    made.setWeights(given);
    expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(shapes);
    const predicted = await made.predict(dataOf(how));
    predicted.forEach(({ data }, i) => {
      near(data, outputs[i]);
    });
    const found = await gradientsOf(of(kind), how, given);
    expect(Math.abs(found.loss - loss)).toBeLessThan(1e-5 * loss);
    found.data.forEach((data, i) => {
      near(data, gradients[i]);
    });
    learns(made, optimizers.adam({ learningRate: 0.01 }));
    const { history } = await made.fit(dataOf(how), ys, {
      batchSize: n,
      epochs: 20,
      shuffle: false,
    });
    // quotients of Adam magnify what gradients are off, by up to 20 steps
    near(history.loss, losses, 2e-4);
  });
});

const lstmVariants = [
  'noInputGate',
  'noForgetGate',
  'noOutputGate',
  'noInputActivation',
  'noOutputActivation',
  'coupled',
  'peephole',
  'fullGateRecurrence',
] as const;
const kinds: Record<string, Make> = {
  lstm: of('lstm'),
  gru: of('gru'),
  simpleRNN: of('simpleRNN'),
  resetBefore: (given) => of('gru')({ ...given, resetAfter: false }),
  ...Object.fromEntries(
    lstmVariants.map((variant) => [variant, (given) => of('lstm')({ ...given, variant })]),
  ),
  indRNN: (given) => of('indRNN')({ ...given, activation: 'tanh' }),
  minGRU: of('minGRU'),
  minLSTM: of('minLSTM'),
  slstm: of('slstm'),
  jordanRNN: (options) => layers.jordanRNN({ units: H, hiddenUnits: 7, ...options }),
  'lstm normalized': (options) => layers.lstm({ units: H, layerNorm: true, ...options }),
  'lstm projected': (options) => layers.lstm({ units: H, projectionUnits: 3, ...options }),
};

describe.each(Object.entries(kinds))('%s', (kind, make) => {
  it.each(['', 'Shared', 'Back', 'Both'] as const)('goes down its gradient: %s', async (how) => {
    const weights = seq2seq(make, how).getWeights();
    const { data } = await gradientsOf(make, how, weights);
    const square = data.reduce((sum, one) => one.reduce((s, v) => s + v * v, sum), 0);
    const lossAt = async (step: number) => {
      const made = seq2seq(make, how);
      made.setWeights(
        weights.map((w, i) => ({ ...w, data: w.data.map((v, k) => v + step * data[i][k]) })),
      );
      learns(made);
      return (await made.evaluate(dataOf(how), ys)).loss;
    };
    // the move is as long as 0.01: the third derivative adds some 1e-4, the float32 of the loss 1e-7 / 0.02; over norms of
    // small numbers it adds a hundred times that (0.09 in both directions, and as much less as the square of the move says)
    const step = (kind === 'lstm normalized' ? 0.0007 : 0.01) / Math.sqrt(square);
    const slope = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step);
    expect(Math.abs(slope / square - 1)).toBeLessThan(2e-3);
  });

  it.each(['', 'Both'] as const)('goes through configurations and files: %s', async (how) => {
    const made = seq2seq(make, how);
    learns(made, optimizers.adam());
    await made.fit(xs, ys, { batchSize: 2 });
    const config = JSON.parse(JSON.stringify(made.getConfig()));
    expect(modelFromConfig(config).getConfig()).toEqual(made.getConfig());
    const copy = fromBytes(toBytes(made));
    expect(await copy.predict(xs)).toEqual(await made.predict(xs));
    await copy.fit(xs, ys, { batchSize: 3 });
    await made.fit(xs, ys, { batchSize: 3 });
    expect(bitsOf(copy.getWeights())).toEqual(bitsOf(made.getWeights()));
  });

  it('goes on from its states as if the sequence had not been cut', async () => {
    const x = input({ shape: [T, I] });
    const layer = make({ units: H, returnSequences: true, returnState: true });
    const [first, ...states] = layer.applyWithStates(x);
    const [second] = layer.applyWithStates(x, { initialState: states });
    const cut = makeModel({ inputs: x, outputs: [first, second], numerics: 'portable' });
    const whole = sequential({
      layers: [make({ units: H, returnSequences: true, inputShape: [2 * T, I] })],
      numerics: 'portable',
    });
    whole.setWeights(cut.getWeights());
    const [a, b] = await cut.predict(xs[0]);
    const row = T * I;
    const twice = tensor(
      Array.from({ length: 2 * n * row }, (_, i) => {
        return xs[0].data[Math.floor(i / (2 * row)) * row + (i % row)];
      }),
      [n, 2 * T, I],
    );
    const { data } = await whole.predict(twice);
    const size = T * second.shape[1];
    for (let s = 0; s < n; s++) {
      const at = 2 * s * size;
      const part = (of: { data: Float32Array }) => of.data.subarray(s * size, (s + 1) * size);
      expect(data.subarray(at, at + size)).toEqual(part(a));
      expect(data.subarray(at + size, at + 2 * size)).toEqual(part(b));
    }
  });
});

it('gives the last state of a sequence as the last output', async () => {
  const x = input({ shape: [T, I] });
  const [output, h] = layers.gru({ units: 7, returnState: true }).applyWithStates(x);
  const [a, b] = await makeModel({ inputs: x, outputs: [output, h] }).predict(noise(3, [T, I]));
  expect(a).toEqual(b);
});

it('gives the states of both directions, whatever becomes of their outputs', async () => {
  const x = input({ shape: [T, I] });
  const wrap = (mergeMode: 'sum' | null) => {
    const layer = layers.bidirectional(layers.lstm({ units: 5, returnState: true }), {
      mergeMode: mergeMode as null,
    });
    const one = makeModel({ inputs: x, outputs: layer.applyWithStates(x) as never, seed: 3 });
    return one as never as Model<ReturnType<typeof tensor>[]>;
  };
  const data = noise(3, [T, I]);
  const [sum, ...states] = await wrap('sum').predict(data);
  const [a, b, ...again] = await wrap(null).predict(data);
  expect(states.map(({ shape }) => shape)).toEqual(Array(4).fill([3, 5]));
  expect(again).toEqual(states);
  // the last output of each direction is its h
  expect([a, b]).toEqual([states[0], states[2]]);
  expect(sum.data).toEqual(a.data.map((v, i) => v + b.data[i]));
});

it('refuses states that do not fit', async () => {
  const x = input({ shape: [T, I] });
  const h = input({ shape: [H] });
  const lstm = layers.lstm({ units: H, name: 'front' });
  await expectError(() => lstm.apply(x, { initialState: h }), 'bad-option', 'front', 'h, c');
  const wide = input({ shape: [H + 1] });
  await expectError(
    () => lstm.apply(x, { initialState: [h, wide] }),
    'bad-shape',
    'initialState[1] (c) must be [5]',
  );
  await expectError(
    () => layers.dense({ units: 2 }).apply(x, { initialState: h }),
    'bad-option',
    'no state',
  );
  await expectError(() => lstm.applyWithStates(x), 'bad-option', 'returnState');
  await expectError(
    () => sequential({ layers: [layers.gru({ units: 2, returnState: true })] }),
    'bad-option',
    'returnState',
  );
  const both = layers.bidirectional(layers.lstm({ units: H }), { name: 'both' });
  await expectError(
    () => both.apply(x, { initialState: [h, h] }),
    'bad-option',
    'layer both: initialState must be [forward h, forward c, backward h, backward c]',
  );
  await expectError(
    () => both.apply(x, { initialState: [h, h, h, wide] }),
    'bad-shape',
    'layer both, backward layer: initialState[1] (c) must be [5]',
  );
  await expectError(() => both.applyWithStates(x), 'bad-option', 'returnState');
  await expectError(
    () =>
      layers.bidirectional(layers.gru({ units: 2, returnState: true }), {
        backwardLayer: layers.gru({ units: 2, goBackwards: true }),
      }),
    'bad-option',
    'the same returnState',
  );
});
