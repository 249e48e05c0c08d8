// Step by step gives what predict gives for the sequence so far, to the bit, whatever else the model does
// meanwhile.
import {
  input,
  layers,
  type Model,
  type ModelStream,
  model,
  sequential,
  type Tensor,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { noise } from '../support/samples.js';
import { rowsAt } from '../support/time-steps.js';

const [B, T, I] = [3, 9, 5];

const makers = {
  'an LSTM': () => [layers.lstm({ units: 7 })],
  'LSTMs with dropout and a dense layer': () => [
    layers.lstm({ units: 13, returnSequences: true }),
    layers.dropout({ rate: 0.3 }),
    layers.lstm({ units: 6 }),
    layers.dense({ units: 2, activation: 'softmax' }),
  ],
  'a GRU, outputs at each step': () => [
    layers.gru({ units: 10, returnSequences: true, resetAfter: false }),
    layers.dense({ units: 3 }),
  ],
  'no layer with a state': () => [layers.dense({ units: 3, activation: 'tanh' })],
} as const;

const made = (name: keyof typeof makers, steps = T): Model<Tensor> =>
  sequential({
    layers: [layers.dropout({ rate: 0, inputShape: [steps, I] }), ...makers[name]()],
    seed: 2,
  });

/** Outputs of sequences as long as t + 1, at their end. */
async function expected(name: keyof typeof makers, weights: Tensor[], x: Tensor, t: number) {
  const short = made(name, t + 1);
  const [n] = x.shape;
  const cut = Float32Array.from({ length: n * (t + 1) * I }, (_, i) => {
    const [sample, rest] = [Math.floor(i / ((t + 1) * I)), i % ((t + 1) * I)];
    return x.data[sample * T * I + rest];
  });
  short.setWeights(weights);
  const { data, shape } = await short.predict({ data: cut, shape: [n, t + 1, I] });
  short.dispose();
  return shape.length === 2 ? data : rowsAt({ data, shape }, t, 0, n);
}

describe.each(Object.keys(makers) as (keyof typeof makers)[])('a stream of %s', (name) => {
  it('gives what predict gives for the steps so far', async () => {
    const whole = made(name);
    const x = noise(B, [T, I], 4);
    const stream = whole.stream({ batchSize: B });
    for (let round = 0; round < 2; round++) {
      for (let t = 0; t < T; t++) {
        const output = stream.step(rowsAt(x, t));
        expect(output).toEqual(await expected(name, whole.getWeights(), x, t));
      }
      stream.resetStates();
    }
    whole.dispose();
  });

  it('is one of several, beside training and prediction', async () => {
    const whole = made(name);
    whole.compile({ optimizer: 'sgd', loss: 'mse' });
    whole.optimizer.learningRate = 0;
    const x = noise(B, [T, I], 4);
    const streams = [1, 2].map((batchSize) => whole.stream({ batchSize }));
    for (let t = 0; t < T; t++) {
      const right = await expected(name, whole.getWeights(), x, t);
      const features = right.length / B;
      expect(streams[0].step(rowsAt(x, t, 0, 1))).toEqual(right.slice(0, features));
      // memory grows under them, and they move
      if (t === 2) await whole.predict(noise(40, [T, I], 5));
      if (t === 4) await whole.fit(noise(70, [T, I], 6), noise(70, whole.outputShape!, 7));
      if (t === 5) whole.stream({ batchSize: 50 }).dispose();
      expect(streams[1].step(rowsAt(x, t, 1, 2))).toEqual(right.slice(features));
      if (t === 6) streams.push(whole.stream());
    }
    // one leaves, the one behind it closes up and goes on
    const [first, second, third] = streams;
    const states = second.getStates();
    first.dispose();
    expect(second.getStates()).toEqual(states);
    const last = rowsAt(x, T - 1, 0, 1);
    const fresh = made(name, 1);
    fresh.setWeights(whole.getWeights());
    const { data } = await fresh.predict({ data: last, shape: [1, 1, I] });
    expect(third.step(last)).toEqual(data);
    whole.dispose();
    fresh.dispose();
  });

  it('goes on from states, its own and those of another', async () => {
    const [one, other] = [made(name), made(name)];
    const x = noise(B, [T, I], 4);
    const stream = one.stream({ batchSize: B });
    for (let t = 0; t < 4; t++) stream.step(rowsAt(x, t));
    const states = stream.getStates();
    expect(states.map(({ shape }) => shape)).toEqual(
      stream.stateNames.map(() => [B, expect.any(Number)]),
    );
    const rest = (of: ModelStream) =>
      Array.from({ length: T - 4 }, (_, t) => of.step(rowsAt(x, t + 4)).slice());
    const right = rest(stream);
    stream.setStates(states);
    expect(rest(stream)).toEqual(right);
    const again = other.stream({ batchSize: B });
    again.setStates(states);
    expect(rest(again)).toEqual(right);
    one.dispose();
    other.dispose();
  });
});

describe('a stream', () => {
  it('names its states, which are 0 at the beginning', () => {
    const whole = made('LSTMs with dropout and a dense layer');
    const stream = whole.stream({ batchSize: 2 });
    expect(stream.batchSize).toBe(2);
    expect(stream.stateNames).toEqual(['lstm/h', 'lstm/c', 'lstm_1/h', 'lstm_1/c']);
    const zeros = [13, 13, 6, 6].map((n) => ({ data: new Float32Array(2 * n), shape: [2, n] }));
    expect(stream.getStates()).toEqual(zeros);
    stream.step(new Float32Array(10).fill(1));
    expect(stream.getStates()).not.toEqual(zeros);
    stream.resetStates();
    expect(stream.getStates()).toEqual(zeros);
    whole.dispose();
  });

  it('computes with the weights of the moment', () => {
    const whole = made('an LSTM');
    const stream = whole.stream();
    const before = stream.step([1, 2, 3, 4, 5]).slice();
    whole.setWeights(
      whole.getWeights().map(({ data, shape }) => ({ data: data.map((w) => 2 * w), shape })),
    );
    stream.resetStates();
    expect(stream.step([1, 2, 3, 4, 5])).not.toEqual(before);
    whole.dispose();
  });

  it('takes and gives arrays where there are several inputs and outputs', async () => {
    const [a, b] = ['a', 'b'].map((name) => input({ shape: [T, 2], name }));
    const read = layers.lstm({ units: 5, returnSequences: true });
    const both = layers.concatenate().apply([read.apply(a), read.apply(b)]);
    const end = layers.gru({ units: 3 }).apply(both);
    const graph = model({ inputs: [a, b], outputs: [both, end], seed: 3 });
    const [x, y] = [noise(1, [T, 2], 1), noise(1, [T, 2], 2)];
    const stream = graph.stream();
    let outputs: Float32Array[] = [];
    for (let t = 0; t < T; t++) outputs = stream.step([rowsAt(x, t, 0, 1), rowsAt(y, t, 0, 1)]);
    const [every, last] = await graph.predict([x, y]);
    expect(outputs).toEqual([rowsAt(every, T - 1, 0, 1), last.data]);
    expect(stream.step([x.data.subarray(0, 2), y.data.subarray(0, 2)])).toBe(outputs);
    for (const wrong of [[x.data], x.data, [x.data.subarray(0, 2)], undefined]) {
      expect(() => stream.step(wrong as never)).toThrow(
        /stream.step: x must be an array of 2 inputs \(a, b\)/,
      );
    }
    graph.dispose();
  });

  it('refuses what does not fit, and stands as before', async () => {
    const whole = made('an LSTM');
    const stream = whole.stream({ batchSize: 2 });
    stream.step(new Float32Array(10).fill(0.5));
    const states = stream.getStates();
    const wrong: [unknown, RegExp][] = [
      [new Float32Array(9), /x must hold 10 numbers, \[2, 5\] row by row, but holds 9/],
      ['abcdefghij', /x must hold 10 numbers.*but is 'abcdefghij'/],
      [undefined, /x must hold 10 numbers.*but is undefined/],
      [new Array(10).fill(Number.NaN), /x must hold finite float32 numbers, but number 0 is NaN/],
      [[0, 0, 0, 1e39, 0, 0, 0, 0, 0, 0], /number 3 is 1e\+39/],
      [[0, 0, 0, 0, 0, 0, 0, 0, 0, {}], /number 9 is an object/],
    ];
    for (const [x, message] of wrong) expect(() => stream.step(x as never)).toThrow(message);
    expect(stream.getStates()).toEqual(states);
    const [h, c] = states;
    const bad: [unknown, RegExp][] = [
      [[h], /this stream has 2 states \(lstm\/h, lstm\/c\), but got 1/],
      ['x', /this stream has 2 states.*'x'/],
      [[h, { data: c.data, shape: [7, 2] }], /lstm\/c must be \[2, 7\], but is \[7, 2\]/],
      [
        [h, { data: c.data.map(() => Number.NaN), shape: [2, 7] }],
        /lstm\/c must be finite, but number 0 is NaN/,
      ],
    ];
    for (const [given, message] of bad)
      expect(() => stream.setStates(given as never)).toThrow(message);
    expect(stream.getStates()).toEqual(states);
    whole.dispose();
  });

  it.each([null, '1', true, [1], undefined, 1n, Symbol('x'), Number.NaN])(
    'takes no %s for a number, whatever holds it',
    (value) => {
      const one = made('no layer with a state');
      const stream = one.stream();
      const x = [1, 2, 3, value, 5] as number[];
      for (const step of [x, Object.assign({}, x, { length: 5 })]) {
        expect(() => stream.step(step)).toThrow(
          expect.objectContaining({
            code: 'bad-data',
            message: expect.stringMatching(/x must hold finite float32 numbers, but number 3 is/),
          }),
        );
      }
      one.dispose();
    },
  );

  it('says when an output left float32', () => {
    const whole = sequential({ layers: [layers.dense({ units: 1, inputShape: [3, 1] })] });
    whole.setWeights([{ data: Float32Array.of(3e38), shape: [1, 1] }, new Float32Array(1)]);
    const stream = whole.stream({ batchSize: 2 });
    expect(() => stream.step([1, 30])).toThrow(
      /output 'dense' of sequence 1 is Infinity.*resetStates/,
    );
    expect(stream.step([1, 1])).toEqual(Float32Array.of(3e38, 3e38));
    whole.dispose();
  });

  it('ends with dispose, its own and that of the model', async () => {
    const whole = made('an LSTM');
    const [one, two] = [whole.stream(), whole.stream()];
    one.dispose();
    one.dispose();
    for (const call of [
      () => one.step(new Float32Array(5)),
      () => one.getStates(),
      () => one.resetStates(),
    ]) {
      await expectError(call, 'disposed');
    }
    two.step(new Float32Array(5));
    whole.dispose();
    await expectError(() => two.step(new Float32Array(5)), 'disposed');
    await expectError(() => whole.stream(), 'disposed');
    two.dispose();
  });

  it('needs a time axis that is one for all, and a known shape', async () => {
    const flat = sequential({ layers: [layers.dense({ units: 1, inputShape: [3] })] });
    await expectError(() => flat.stream(), 'bad-option', /cannot be run step by step.*time axis/);
    const open = sequential({ layers: [layers.lstm({ units: 1 })] });
    await expectError(() => open.stream(), 'bad-option', /inputShape/);
    const [a, b] = [4, 5].map((steps) => input({ shape: [steps, 2] }));
    const ends = [a, b].map((x) => layers.lstm({ units: 2 }).apply(x));
    const uneven = model({ inputs: [a, b], outputs: layers.concatenate().apply(ends) });
    await expectError(() => uneven.stream(), 'bad-option', /same number of steps/);
    for (const batchSize of [0, 1.5, -1, '1']) {
      await expectError(
        () => flat.stream({ batchSize: batchSize as number }),
        'bad-option',
        /batchSize/,
      );
    }
    for (const one of [flat, open, uneven]) one.dispose();
  });

  it('runs through sequences far longer than the model was made for, in constant memory', () => {
    const whole = made('LSTMs with dropout and a dense layer');
    const stream = whole.stream();
    const bytes = whole.memoryBytes;
    const x = new Float32Array(I);
    let sum = 0;
    for (let t = 0; t < 100_000; t++) {
      x[t % I] = Math.sin(t);
      sum += stream.step(x)[0];
    }
    expect(whole.memoryBytes).toBe(bytes);
    expect(sum).toBeGreaterThan(0);
    whole.dispose();
  });
});
