// A stream begins in states that it is given, and goes on from its own: what predict says from there, to the bit.
import { input, type Layer, layers, model, type SymbolicTensor, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { noise } from '../support/samples.js';
import { rowsAt } from '../support/time-steps.js';

const [B, T, I] = [3, 9, 5];

/** Cells with the names and sizes of their states. */
const cells = {
  lstm: [(options) => layers.lstm({ units: 4, ...options }), { h: 4, c: 4 }],
  'lstm with projections': [
    (options) => layers.lstm({ units: 4, projectionUnits: 3, ...options }),
    { h: 3, c: 4 },
  ],
  'lstm with full gate recurrence': [
    (options) => layers.lstm({ units: 4, variant: 'fullGateRecurrence', ...options }),
    { h: 4, c: 4, i: 4, f: 4, o: 4 },
  ],
  'lstm, normalized': [
    (options) => layers.lstm({ units: 5, layerNorm: true, ...options }),
    { h: 5, c: 5 },
  ],
  gru: [(options) => layers.gru({ units: 5, ...options }), { h: 5 }],
  simpleRNN: [(options) => layers.simpleRNN({ units: 3, ...options }), { h: 3 }],
  indRNN: [(options) => layers.indRNN({ units: 3, ...options }), { h: 3 }],
  minGRU: [(options) => layers.minGRU({ units: 3, ...options }), { h: 3 }],
  minLSTM: [(options) => layers.minLSTM({ units: 3, ...options }), { h: 3 }],
  slstm: [(options) => layers.slstm({ units: 4, ...options }), { h: 4, c: 4, n: 4, m: 4 }],
  jordanRNN: [(options) => layers.jordanRNN({ units: 3, hiddenUnits: 5, ...options }), { y: 3 }],
} satisfies Record<
  string,
  [(options: { returnSequences: boolean; stateful?: boolean }) => Layer, Record<string, number>]
>;

describe.each(Object.keys(cells) as (keyof typeof cells)[])('states of a stream: %s', (name) => {
  const [make, sizes] = cells[name];
  const label = make({ returnSequences: true }).className;
  const given = () => {
    const x = input({ shape: [T, I], name: 'x' });
    const states = Object.entries(sizes).map(([state, size]) =>
      input({ shape: [size], name: `${state}0` }),
    );
    const outputs = make({ returnSequences: true }).apply(x, { initialState: states });
    // an input of the model stands between two of its states
    const inputs = [...states.slice(0, 1), x, ...states.slice(1)];
    return model({ inputs, outputs, seed: 5, numerics: 'portable' });
  };
  const x = noise(B, [T, I], 4);
  // the n of an sLSTM is above 0
  const begin = Object.values(sizes).map((size, i) => {
    const { data, shape } = noise(B, [size], 20 + i);
    return { data: data.map((value) => Math.abs(value) + 0.125), shape };
  });

  it('of a model that begins in its inputs: what predict says, to the bit', async () => {
    const whole = given();
    const y = await whole.predict([...begin.slice(0, 1), x, ...begin.slice(1)]);
    const stream = whole.stream({ batchSize: B, states: begin });
    expect(stream.stateNames.map((one) => one.split('/')[1])).toEqual(Object.keys(sizes));
    expect(stream.getStates()).toEqual(begin);
    for (let t = 0; t < 4; t++) expect(stream.step(rowsAt(x, t))).toEqual(rowsAt(y, t));
    const other = whole.stream({ batchSize: B, states: stream.getStates() });
    for (let t = 4; t < T; t++) expect(other.step(rowsAt(x, t))).toEqual(rowsAt(y, t));
    // a new sequence begins at zero
    other.resetStates();
    const zeros = begin.map(({ shape }) => ({ data: new Float32Array(B * shape[1]), shape }));
    const plain = await whole.predict([...zeros.slice(0, 1), x, ...zeros.slice(1)]);
    expect(other.step(rowsAt(x, 0))).toEqual(rowsAt(plain, 0));
    whole.dispose();
  });

  it('of a stateful model: they are its own', async () => {
    const inner = make({ returnSequences: true, stateful: true });
    const first = layers.dropout({ rate: 0, inputShape: [T, I] });
    const stateful = sequential({ layers: [first, inner], seed: 5, numerics: 'portable' });
    const apart = sequential({
      layers: [
        layers.dropout({ rate: 0, inputShape: [T, I] }),
        make({ returnSequences: true, stateful: true }),
      ],
      seed: 5,
      numerics: 'portable',
    });
    const before = await stateful.predict(x);
    const stream = stateful.stream({
      batchSize: 2,
      states: begin.map(({ data, shape }) => ({
        data: data.slice(0, 2 * shape[1]),
        shape: [2, shape[1]],
      })),
    });
    for (let t = 0; t < 3; t++) stream.step(rowsAt(x, t, 0, 2));
    expect(await apart.predict(x)).toEqual(before);
    // it goes on where predict has left it, as if no stream had been
    expect(await stateful.predict(x)).toEqual(await apart.predict(x));
    stateful.dispose();
    apart.dispose();
  });

  it('refuses those that do not fit, and holds no memory for it', async () => {
    const whole = given();
    whole.stream({ batchSize: B }).dispose();
    const bytes = whole.memoryBytes;
    for (const [states, code, message] of [
      [begin.slice(1), 'bad-shape', /stream: states: this stream has \d states/],
      ['h', 'bad-option', /stream: states must be an array of states/],
      [begin.map(() => [[1]]), 'bad-shape', /must be \[3, \d\], but is \[1, 1\]/],
      [
        begin.map(({ data, shape }) => ({ data: data.map(() => Number.NaN), shape })),
        'bad-data',
        /must be finite, but number 0 is NaN/,
      ],
    ] as const) {
      const call = () => whole.stream({ batchSize: B, states: states as never });
      await expectError(call, code, message);
    }
    expect(whole.memoryBytes).toBe(bytes);
    expect(label).not.toBe('');
    whole.dispose();
  });
});

it('an input that is more than an initial state, or a state that a layer computes, has no stream', async () => {
  const x = input({ shape: [T, 2] });
  const h = input({ shape: [3] });
  const gru = () => layers.gru({ units: 3 });
  const begun = () => gru().apply(x, { initialState: [h] });
  const both = layers.concatenate().apply([begun(), h]);
  const computed = gru().apply(x, { initialState: [layers.dense({ units: 3 }).apply(h)] });
  for (const outputs of [both, computed, [begun(), h]]) {
    const made = model({ inputs: [x, h], outputs: outputs as SymbolicTensor });
    await expectError(
      () => made.stream(),
      'bad-option',
      /but for inputs that are the initialState of layers and nothing else/,
    );
  }
  // one that two layers begin in is no more than that
  const shared = layers
    .add()
    .apply([begun(), layers.simpleRNN({ units: 3 }).apply(x, { initialState: [h] })]);
  const stream = model({ inputs: [h, x], outputs: shared }).stream();
  expect(stream.stateNames).toEqual(['gru/h', 'simple_rnn/h']);
  expect(stream.step([1, 2]).length).toBe(3);
});
