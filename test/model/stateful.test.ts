// Stateful layers: as in Keras over batches in a row (test/fixtures/keras/stateful.py); batches are one sequence that
// was cut; validation, callbacks, files; what is refused.
import {
  fromBytes,
  model as graph,
  input,
  type Layer,
  layers,
  loadState,
  type Model,
  optimizers,
  type Sequential,
  saveState,
  sequential,
  type Tensor,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import fixture from '../fixtures/keras/stateful.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const { B, n, T, I, H, cases } = fixture;
const x = tensor(fixture.x, [n, T, I]);
const y = tensor(fixture.y, [n, T, 2]);
const statesOf = (model: Model): Tensor[] => model[internals]().passes.states?.read() ?? [];

function made(kind: string, how = '', over: object = {}): Sequential {
  const make = layers[kind as 'lstm'];
  const one = (): Layer =>
    make({ units: H, returnSequences: true, stateful: true, inputShape: undefined, ...over });
  const stack: Layer[] = how === 'Stack' ? [one(), one()] : [one()];
  const all: Layer[] = how === 'Both' ? [layers.bidirectional(one())] : stack;
  const model = sequential({
    layers: [layers.dropout({ rate: 0, inputShape: [T, I] }), ...all, layers.dense({ units: 2 })],
    numerics: 'portable',
  });
  model.compile({ optimizer: optimizers.sgd({ learningRate: 0.3 }), loss: 'mse' });
  return model;
}

it.each(Object.entries(cases))('as in Keras: %s', async (name, one) => {
  const [, kind, how] = /^(lstm|gru|simpleRNN)(.*)$/.exec(name) as unknown as string[];
  // both sides in float32, sums of up to 8 terms over 15 steps, nine updates of rate 0.3
  const near = (found: ArrayLike<number>, expected: readonly number[]) => {
    expect(found).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expect(Math.abs(found[i] - value)).toBeLessThan(2e-5);
    });
  };
  const model = made(kind, how);
  model.setWeights(one.weights.map((data, i) => tensor(data, one.shapes[i])));
  const losses: number[] = [];
  for (let epoch = 0; epoch < 3; epoch++) {
    if (epoch === 2) model.resetStates();
    const { history } = await model.fit(x, y, { batchSize: B });
    losses.push(history.loss[0]);
    const states = statesOf(model);
    expect(states).toHaveLength(one.states[epoch].length);
    for (const [i, { data }] of states.entries()) near(data, one.states[epoch][i]);
  }
  near(losses, one.losses);
  for (const [i, { data }] of model.getWeights().entries()) near(data, one.trained[i]);
  near((await model.predict(x, { batchSize: B })).data, one.outputs);
  for (const [i, { data }] of statesOf(model).entries()) near(data, one.last[i]);
});

const cells: Record<string, object> = {
  lstm: {},
  gru: {},
  simpleRNN: {},
  indRNN: {},
  minGRU: {},
  minLSTM: {},
  slstm: {},
  jordanRNN: {},
  'lstm p': { projectionUnits: 3 },
  'lstm v': { variant: 'peephole' },
  'lstm g': { variant: 'fullGateRecurrence' },
};
it.each(Object.entries(cells))(
  '%s goes on as if the sequence had not been cut',
  async (kind, o) => {
    const steps = 900;
    const make = layers[kind.split(' ')[0] as 'lstm'];
    const of = (length: number, stateful: boolean) =>
      sequential({
        layers: [
          layers.masking({ inputShape: [length, I] }),
          make({ units: 7, returnSequences: true, stateful, ...o }),
          make({ units: 5, returnSequences: true, stateful, ...o }),
        ],
        numerics: 'portable',
      });
    const whole = noise(2, [2 * steps, I]);
    // masked at the cut, and beyond it
    whole.data.fill(0, (steps - 2) * I, (steps + 1) * I);
    const row = steps * I;
    const cut = tensor(
      Float32Array.from({ length: 4 * row }, (_, i) => {
        const [batch, sample] = [Math.floor(i / (2 * row)), Math.floor(i / row) % 2];
        return whole.data[(2 * sample + batch) * row + (i % row)];
      }),
      [4, steps, I],
    );
    const model = of(steps, true);
    const uncut = of(2 * steps, false);
    uncut.setWeights(model.getWeights());
    const found = await model.predict(cut, { batchSize: 2 });
    const { data } = await uncut.predict(whole);
    const part = found.data.length / 4;
    for (const [i, [batch, sample]] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ].entries()) {
      expect(found.data.subarray(i * part, (i + 1) * part)).toEqual(
        data.subarray((2 * sample + batch) * part, (2 * sample + batch + 1) * part),
      );
    }
  },
);

describe('what is not the training leaves its states alone', () => {
  const weightsAfter = async (options: object, during = async (_: Model) => {}) => {
    const model = made('gru');
    const { history } = await model.fit(x, y, {
      batchSize: B,
      epochs: 3,
      callbacks: { onEpochEnd: () => during(model) },
      ...options,
    });
    return { bits: bitsOf([...model.getWeights(), ...statesOf(model)]), history };
  };

  it('validation, which begins in them; predict and evaluate in a callback', async () => {
    const plain = await weightsAfter({});
    const judged = await weightsAfter({ validationData: [x, y] });
    expect(judged.bits).toEqual(plain.bits);
    const asked = await weightsAfter({}, async (model) => {
      await model.predict(x, { batchSize: B });
      await model.evaluate(x, y, { batchSize: B });
    });
    expect(asked.bits).toEqual(plain.bits);
    // what it begins in is what evaluate goes on from after training
    const model = made('gru');
    await model.fit(x, y, { batchSize: B, epochs: 3 });
    const { loss } = await model.evaluate(x, y, { batchSize: B });
    expect(judged.history.val_loss.at(-1)).toBe(loss);
    expect((await model.evaluate(x, y, { batchSize: B })).loss).not.toBe(loss);
  });

  it('a callback may reset them between epochs', async () => {
    const model = made('lstm');
    await model.fit(x, y, {
      batchSize: B,
      epochs: 2,
      callbacks: { onEpochEnd: () => model.resetStates() },
    });
    const other = made('lstm');
    await other.fit(x, y, { batchSize: B });
    other.resetStates();
    await other.fit(x, y, { batchSize: B });
    expect(bitsOf(model.getWeights())).toEqual(bitsOf(other.getWeights()));
    expect(statesOf(model)).toEqual([]);
  });
});

it('goes on to the bit from saveState and from a file', async () => {
  const on = async (model: Model) => {
    await model.fit(x, y, { batchSize: B, epochs: 2 });
    return bitsOf([...model.getWeights(), ...statesOf(model)]);
  };
  for (const how of ['Stack', 'Both']) {
    const model = made('lstm', how);
    await model.fit(x, y, { batchSize: B });
    const [state, file] = [saveState(model), toBytes(model)];
    const copy = fromBytes(file);
    const other = made('lstm', how);
    loadState(other, state);
    const expected = await on(model);
    expect(await on(copy)).toEqual(expected);
    expect(await on(other)).toEqual(expected);
    // from before the first batch
    const fresh = made('lstm', how);
    const begun = saveState(fresh);
    loadState(other, begun);
    expect(await on(other)).toEqual(await on(fresh));
  }
});

it('resets a layer by itself', async () => {
  const model = made('gru', 'Stack');
  await model.predict(x, { batchSize: B });
  const before = statesOf(model);
  model.getLayer('gru').resetStates();
  const [first, second] = statesOf(model);
  expect(first.data.every((value) => value === 0)).toBe(true);
  expect(second).toEqual(before[1]);
  await expectError(() => model.getLayer('dense').resetStates(), 'bad-option', 'dense', 'stateful');
});

it('refuses, before the first step, what would mix states up', async () => {
  const model = made('lstm');
  const [many, targets] = [noise(500, [T, I]), noise(500, [T, 2])];
  const before = bitsOf(model.getWeights());
  const train = (options: object) => () => model.fit(many, targets, options);
  const sizes = ['500', 'batches of 16', 'leave 4', 'layer lstm is stateful'];
  await expectError(train({ batchSize: 16 }), 'bad-shape', ...sizes);
  await expectError(() => model.predict(many, { batchSize: 16 }), 'bad-shape', ...sizes);
  await expectError(() => model.evaluate(many, targets, { batchSize: 16 }), 'bad-shape', ...sizes);
  await expectError(train({ batchSize: 20, shuffle: true }), 'bad-option', 'shuffle', 'stateful');
  await expectError(
    train({ batchSize: 20, validationData: [x, y] }),
    'bad-shape',
    'batches of 20',
    'batch of 12',
  );
  await expectError(
    train({ batchSize: 20, validationSplit: 0.1 }),
    'bad-shape',
    '50 samples in batches of 20',
  );
  expect(bitsOf(model.getWeights())).toEqual(before);
  await model.fit(many, targets, { batchSize: 20 });
  await expectError(
    () => model.predict(noise(1, [T, I])),
    'bad-shape',
    'the states of 20 sequences',
    'this batch has 1',
    'resetStates()',
  );
  await expectError(() => model.trainOnBatch(x, y), 'bad-shape', 'of 20 sequences');
  model.resetStates();
  expect((await model.predict(noise(1, [T, I]))).shape).toEqual([1, T, 2]);
  model.resetStates();
  const uneven = [
    { xs: noise(4, [T, I]), ys: noise(4, [T, 2]) },
    { xs: noise(3, [T, I]), ys: noise(3, [T, 2]) },
  ];
  await expectError(() => model.fitDataset(uneven), 'bad-shape', 'of 4 sequences', 'has 3');
  const source = input({ shape: [T, I] });
  const twice = layers.gru({ units: I, returnSequences: true, stateful: true });
  await expectError(
    () => graph({ inputs: source, outputs: twice.apply(twice.apply(source)) }),
    'bad-option',
    'called 2 times',
  );
  await expectError(
    () =>
      layers.bidirectional(layers.gru({ units: 2, stateful: true }), {
        backwardLayer: layers.gru({ units: 2, goBackwards: true }),
      }),
    'bad-option',
    'the same stateful',
  );
});
