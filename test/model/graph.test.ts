// Graphs of layers: what Keras makes of the same ones (test/fixtures/keras/functional.py), and the
// gradients of a graph in float64.
import {
  type Applied,
  type CompileOptions,
  type FitOptions,
  input,
  layers,
  type Model,
  model,
  optimizers,
  type SymbolicTensor,
  type Tensor,
  tensor,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import fixture from '../fixtures/keras/functional.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const { n, batchSize, epochs } = fixture;

/** Two inputs, an LSTM that both go through, a value that two layers read, and two outputs. */
function siamese(trainable = true) {
  const a = input({ shape: [5, 3], name: 'a' });
  const b = input({ shape: [5, 3], name: 'b' });
  const lstm = layers.lstm({ units: 4, name: 'shared', trainable });
  const joined = layers.concatenate({ name: 'joined' }).apply([lstm.apply(a), lstm.apply(b)]);
  const hidden = layers.dense({ units: 6, activation: 'tanh', name: 'hidden' }).apply(joined);
  const price = layers.dense({ units: 2, name: 'price' }).apply(hidden);
  const kind = layers.dense({ units: 3, activation: 'softmax', name: 'kind' }).apply(joined);
  const made = model({ inputs: [a, b], outputs: [price, kind], numerics: 'portable' });
  made.setWeights(fixture.weights.map((data, i) => tensor(data, fixture.shapes[i])));
  return made;
}

const goals: CompileOptions = {
  optimizer: 'sgd',
  loss: { price: 'mse', kind: 'categoricalCrossentropy' },
  metrics: { price: ['mae'], kind: ['accuracy'] },
};

function compiled(made: Model<Tensor[]>) {
  made.compile({ ...goals, optimizer: optimizers.sgd({ learningRate: 0.1 }) });
  return made;
}

const x = fixture.x.map((data) => tensor(data, [n, 5, 3]));
const y = fixture.y.map((data, i) => tensor(data, [n, 2 + i]));
const learn = (made: Model<Tensor[]>, options: FitOptions = {}) =>
  made.fit(x, y, { batchSize, epochs, shuffle: false, ...options });

/**
 * Equal names and numbers. Nine steps of SGD in float32 on both sides, whose sums have up to 20
 * terms each: the numbers are off by some 10 roundings a step.
 */
function expectClose(found: unknown, expected: unknown): void {
  if (typeof expected === 'number') {
    const bound = 100 * 2 ** -24 * (1 + Math.abs(expected));
    expect(Math.abs((found as number) - expected)).toBeLessThan(bound);
    return;
  }
  const keys = Object.keys(expected as object).sort();
  expect(Object.keys(found as object).sort()).toEqual(keys);
  for (const key of keys) {
    expectClose(
      (found as Record<string, unknown>)[key],
      (expected as Record<string, unknown>)[key],
    );
  }
}

const plain = (tensors: readonly Tensor[]) => tensors.map(({ data }) => [...data]);

describe('two inputs, a shared LSTM and two outputs', () => {
  it('are listed as in Keras', () => {
    const made = siamese();
    expect(made.layers.map(({ className, name }) => [className, name])).toEqual(
      fixture.siamese.layers,
    );
    const names = fixture.siamese.weights.map((name) =>
      name.replace('lstm_cell/', '').replace('recurrent_kernel', 'recurrentKernel'),
    );
    expect(made.weightSpecs.map(({ name }) => name)).toEqual(names);
    expect(made.outputNames).toEqual(fixture.siamese.outputNames);
    expect(made.inputNames).toEqual(['a', 'b']);
    expect(made.outputShapes).toEqual(fixture.siamese.outputs);
    expect(made.inputShapes).toEqual([
      [5, 3],
      [5, 3],
    ]);
    expect(made.countParams()).toBe(fixture.weights.flat().length);
  });

  it.each(['plain', 'frozen'] as const)('learn as in Keras: %s', async (kind) => {
    const made = compiled(siamese(kind === 'plain'));
    const { history } = await learn(made);
    expectClose(history, fixture[kind].history);
    expectClose(plain(made.getWeights()), fixture[kind].weights);
    expectClose(await made.evaluate(x, y, { batchSize }), fixture[kind].evaluated);
    expectClose(plain(await made.predict(x)), fixture[kind].predicted);
  });

  it('take arrays by the names of inputs and outputs as well as by their order', async () => {
    const [first, second] = [compiled(siamese()), compiled(siamese())];
    await learn(first);
    const byName = { b: x[1], a: x[0] };
    const targets = { kind: y[1], price: y[0] };
    await second.fit(byName, targets, { batchSize, epochs, shuffle: false });
    expect(bitsOf(second.getWeights())).toEqual(bitsOf(first.getWeights()));
    expect(bitsOf(await second.predict(byName))).toEqual(bitsOf(await first.predict(x)));
    expect(await second.evaluate(byName, targets)).toEqual(await first.evaluate(x, y));
  });

  it('take losses and metrics by order too, or one loss for all', async () => {
    const twin = siamese();
    twin.compile({
      optimizer: optimizers.sgd({ learningRate: 0.1 }),
      loss: ['mse', 'categoricalCrossentropy'],
      metrics: [['mae'], ['accuracy']],
    });
    expect(await learn(twin)).toEqual(await learn(compiled(siamese())));
    const same = siamese();
    same.compile({ optimizer: 'sgd', loss: 'mse' });
    const logs = await same.evaluate(x, y);
    expect(Object.keys(logs)).toEqual(['loss', 'price_loss', 'kind_loss']);
    expect(logs.loss).toBeCloseTo(logs.price_loss + logs.kind_loss, 12);
  });

  it('validate and split as a whole', async () => {
    const made = compiled(siamese());
    const { history } = await learn(made, { validationSplit: 0.25 });
    expect(Object.keys(history)).toContain('val_kind_accuracy');
    const twin = compiled(siamese());
    const first = x.map(({ data }) => tensor(data.slice(0, 9 * 15), [9, 5, 3]));
    const last = x.map(({ data }) => tensor(data.slice(9 * 15), [3, 5, 3]));
    const targets = (from: number, to: number) =>
      y.map(({ data, shape: [, F] }) => tensor(data.slice(from * F, to * F), [to - from, F]));
    const again = await twin.fit(first, targets(0, 9), {
      batchSize,
      epochs,
      shuffle: false,
      validationData: [last, targets(9, 12)],
    });
    expect(again.history).toEqual(history);
  });
});

describe('weights of samples', () => {
  const one = tensor(fixture.sampleWeights, [n]);
  const each = [one, tensor(fixture.kindWeights, [n])];

  it.each([
    ['weighted', one],
    ['weightedEach', each],
    ['weightedEach', { kind: each[1], price: each[0] }],
  ] as const)('count as in Keras: %s', async (kind, sampleWeight) => {
    const made = compiled(siamese());
    const { history } = await learn(made, { sampleWeight });
    expectClose(history, fixture[kind].history);
    expectClose(plain(made.getWeights()), fixture[kind].weights);
  });

  it.each(fixture.sequences)('count as in Keras for sequences: $loss, one a $each', async (run) => {
    const { loss, value, each: kind, mae, weights } = run;
    const from = input({ shape: [5, 3] });
    const activation = loss === 'mse' ? 'linear' : 'softmax';
    const out = layers.dense({ units: 3, activation }).apply(from);
    const made = model({ inputs: from, outputs: out, numerics: 'portable' });
    made.setWeights([tensor(fixture.dense[0], [3, 3]), tensor(fixture.dense[1], [3])]);
    made.compile({ optimizer: 'sgd', loss: loss as 'mse', metrics: ['mae'] });
    const sampleWeight =
      kind === 'sample'
        ? tensor(fixture.sampleWeights, [n, 1])
        : tensor(fixture.stepWeights, [n, 5]);
    const steps = tensor(fixture.steps, [n, 5, 3]);
    const logs = await made.evaluate(x[0], steps, { batchSize, sampleWeight });
    expectClose(logs, { loss: value, mae });
    // as Keras does, which would stretch [n] over the time steps
    const flat = { sampleWeight: one };
    await expectError(
      () => made.evaluate(x[0], steps, flat),
      'bad-shape',
      /need \[12, 1\] or \[12, 5\]/,
    );
    const whole = await made.evaluate(x[0], steps, { batchSize: 1, sampleWeight });
    expect(whole.loss).toBeCloseTo(logs.loss, 6);
    await made.trainOnBatch(x[0], steps, sampleWeight);
    expectClose(plain(made.getWeights()), weights);
  });

  it('are refused where they do not fit', async () => {
    const made = compiled(siamese());
    const weighted = (sampleWeight: unknown) => () =>
      learn(made, { sampleWeight: sampleWeight as never });
    const bad = (values: number[]) => Float32Array.from({ length: n }, (_, i) => values[i] ?? 1);
    await expectError(weighted(new Float32Array(3)), 'bad-shape', /sampleWeight has shape \[3\]/);
    await expectError(weighted([one]), 'bad-shape', /sampleWeight needs an array for each output/);
    await expectError(
      weighted(tensor(new Float32Array(2 * n), [n, 2])),
      'bad-shape',
      /need \[12\]/,
    );
    await expectError(weighted(bad([1, -1])), 'bad-data', /from 0 up, but element 1 is -1/);
    await expectError(weighted(bad([1, Number.NaN])), 'bad-data', /must be finite/);
    await expectError(weighted('x'), 'bad-shape', /sampleWeight/);
  });
});

describe('which layers learn', () => {
  it.each(fixture.moves)('is settled as in Keras: $first, then $then $when', async (one) => {
    const made = siamese(one.first);
    compiled(made);
    if (one.when === 'after training') await learn(made);
    made.layers[2].trainable = one.then;
    if (one.when === 'before compile') compiled(made);
    const before = bitsOf(made.getWeights().slice(0, 3));
    await learn(made);
    const moves = `${bitsOf(made.getWeights().slice(0, 3))}` !== `${before}`;
    expect(moves).toBe(one.moves);
  });

  it('costs no backward pass below the last of them', async () => {
    const stack = (frozen: boolean) => {
      const value = input({ shape: [6, 2] });
      const lstm = layers.lstm({ units: 5, trainable: !frozen });
      return model({ inputs: value, outputs: layers.dense({ units: 1 }).apply(lstm.apply(value)) });
    };
    const count = async (frozen: boolean) => {
      const made = stack(frozen);
      made.compile({ optimizer: 'sgd', loss: 'mse' });
      const { network, workspace } = made[internals]();
      const calls: string[] = [];
      for (const node of network.nodes) {
        const backward = node.backward.bind(node);
        node.backward = (extent, pass) => {
          calls.push(node.className);
          backward(extent, pass);
        };
      }
      await made.fit(noise(8, [6, 2]), noise(8, [1]), {});
      return { calls, bytes: workspace.end - workspace.start };
    };
    const [free, frozen] = [await count(false), await count(true)];
    expect(free.calls).toEqual(['Dense', 'LSTM']);
    expect(frozen.calls).toEqual(['Dense']);
    expect(frozen.bytes).toBeLessThan(free.bytes);
  });

  it('may be none of them', async () => {
    const value = input({ shape: [3] });
    const made = model({
      inputs: value,
      outputs: layers.dense({ units: 2, trainable: false }).apply(value),
    });
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const before = bitsOf(made.getWeights());
    const { history } = await made.fit(noise(5, [3]), noise(5, [2]), { epochs: 2 });
    expect(history.loss[0]).toBe(history.loss[1]);
    expect(bitsOf(made.getWeights())).toEqual(before);
  });

  it.each(['clipNorm', 'globalClipNorm', 'clipValue'] as const)(
    'is heeded by %s, where a frozen layer lies in between',
    async (clip) => {
      const make = () => {
        const value = input({ shape: [3] });
        const first = layers.dense({ units: 4 });
        const middle = layers.dense({ units: 4, trainable: false });
        const last = layers.dense({ units: 2 });
        return model({ inputs: value, outputs: last.apply(middle.apply(first.apply(value))) });
      };
      const made = make();
      const before = plain(made.getWeights());
      made.compile({ optimizer: optimizers.adam({ [clip]: 0.01 }), loss: 'mse' });
      await made.fit(noise(9, [3]), noise(9, [2]), { epochs: 2, batchSize: 4 });
      const moved = plain(made.getWeights()).map((data, i) => `${data}` !== `${before[i]}`);
      expect(moved).toEqual([true, true, false, false, true, true]);
    },
  );
});

describe('the order of layers', () => {
  const dense = (units: number, name: string) => layers.dense({ units, name });
  const join = (name?: string) => layers.concatenate({ name });
  const graphs: Record<keyof typeof fixture.orders, () => Model<Tensor> | Model<Tensor[]>> = {
    deep() {
      const [a, b] = ['a', 'b'].map((name) => input({ shape: [4], name }));
      const long = dense(3, 'l2').apply(dense(3, 'l1').apply(a));
      const short = dense(3, 's1').apply(b);
      const joined = join('joined').apply([short, long]);
      return model({
        inputs: [a, b],
        outputs: [dense(1, 'o1').apply(joined), dense(1, 'o2').apply(short)],
      });
    },
    sharedDepths() {
      const a = input({ shape: [4], name: 'a' });
      const twice = dense(4, 'twice');
      const other = dense(4, 'other').apply(a);
      const first = twice.apply(a);
      const second = twice.apply(dense(4, 'between').apply(first));
      return model({ inputs: a, outputs: join('joined').apply([other, second, first]) });
    },
    unused() {
      const a = input({ shape: [4], name: 'a' });
      const b = input({ shape: [2], name: 'b' });
      return model({ inputs: [b, a], outputs: dense(2, 'only').apply(a) });
    },
    unnamed() {
      const [a, b] = [input({ shape: [3, 2] }), input({ shape: [3, 2] })];
      const lstm = () => layers.lstm({ units: 2 });
      const joined = join().apply([lstm().apply(a), lstm().apply(b)]);
      return model({ inputs: [a, b], outputs: layers.dense({ units: 1 }).apply(joined) });
    },
  };

  it.each(Object.keys(graphs) as (keyof typeof graphs)[])('is that of Keras: %s', async (name) => {
    const made = graphs[name]();
    const expected = fixture.orders[name];
    expect(made.layers.map((layer) => [layer.className, layer.name])).toEqual(expected.layers);
    const owners = made.weightSpecs.map((weight) => weight.name.split('/')[0]);
    expect(owners).toEqual(expected.weights.map((path) => path.split('/')[0]));
    expect(made.outputShapes).toEqual(expected.outputs);
    expect(made.outputNames).toEqual(expected.outputNames);
    const inputs = (made.inputShapes ?? []).map((shape) => noise(3, [...shape]));
    const outputs = [await made.predict(inputs)].flat();
    expect(outputs.map(({ shape }) => shape.slice(1))).toEqual(expected.outputs);
  });
});

describe('what makes no model', () => {
  const a = () => input({ shape: [4, 2], name: 'a' });
  const inputOf = (value: unknown) => value as SymbolicTensor;

  it('is refused with its reason', async () => {
    const [from, other] = [a(), input({ shape: [3], name: 'other' })];
    const out = layers.lstm({ units: 2 }).apply(from);
    const cases: [() => unknown, RegExp][] = [
      [() => model({ inputs: other, outputs: out }), /outputs depend on the input 'a' of shape/],
      [() => model({ inputs: out, outputs: out }), /inputs\[0\] must be made by input\(\)/],
      [() => model({ inputs: [from, from], outputs: out }), /inputs\[0\] and inputs\[1\] are/],
      [() => model({ inputs: [], outputs: out }), /inputs must be a value made by input/],
      [() => model({ inputs: from, outputs: inputOf(3) }), /outputs must be a value .*but got 3/],
      [() => model({ inputs: from, outputs: out, inputs2: 1 } as never), /no option 'inputs2'/],
      [() => layers.dense({ units: 1 }).apply([from, other]), /apply takes one value .*2 values/],
      [() => layers.dense({ units: 1 }).apply(inputOf({})), /apply takes one value .*an object/],
      [() => layers.concatenate().apply([]), /apply takes an array of values/],
      [() => input({ shape: [0] }), /shape must be \[timesteps, features\]/],
      [() => input({ shape: [3], dtype: 'int8' as never }), /dtype must be 'float32' or 'int32'/],
      [() => input({} as never), /shape must be/],
    ];
    for (const [make, message] of cases) await expectError(make, 'bad-option', message);
  });

  it('is refused where shapes do not fit', async () => {
    const sequence = a();
    const vector = input({ shape: [3] });
    const words = input({ shape: [7], dtype: 'int32' });
    const twice = layers.dense({ units: 2, name: 'twice' });
    const wide = twice.apply(input({ shape: [4] }));
    const cases: [() => unknown, RegExp][] = [
      [() => layers.lstm({ units: 1 }).apply(vector), /an LSTM needs \[timesteps, features\]/],
      [() => layers.concatenate().apply([sequence, vector]), /got \[4, 2\] and \[3\]/],
      [() => layers.concatenate().apply(vector), /at least two values/],
      [() => layers.dense({ units: 1 }).apply(words), /dtype 'float32', .*\[7\] of integers/],
      [() => layers.lstm({ units: 1 }).apply(words), /dtype 'float32'/],
      [
        () => layers.dense({ units: 1, inputShape: [9], name: 'd' }).apply(vector),
        /layer d declares inputShape \[9\], but gets \[3\]/,
      ],
      [
        () =>
          model({
            inputs: [vector, inputAt(wide)],
            outputs: layers.concatenate().apply([twice.apply(vector), wide]),
          }),
        /layer twice is called on \[3\] and on \[4\]|\[4\] and on \[3\]/,
      ],
    ];
    for (const [make, message] of cases) await expectError(make, 'bad-shape', message);
  });

  it('is refused for layers of another model', async () => {
    const from = a();
    const lstm = layers.lstm({ units: 2, name: 'mine' });
    model({ inputs: from, outputs: lstm.apply(from) });
    await expectError(
      () => model({ inputs: from, outputs: layers.dense({ units: 1 }).apply(lstm.apply(from)) }),
      'bad-option',
      /belongs to another model already/,
    );
  });

  it('is refused for two layers of one name', async () => {
    const from = a();
    const out = layers.lstm({ units: 2, name: 'a' }).apply(from);
    await expectError(() => model({ inputs: from, outputs: out }), 'bad-option', /name 'a'/);
  });
});

/** The input behind a value. */
const inputAt = (value: SymbolicTensor): SymbolicTensor => value.origin.call.inputs[0];

describe('what a graph is handed', () => {
  it('is told apart with one clear error', async () => {
    const made = compiled(siamese());
    const cases: [() => Promise<unknown>, RegExp][] = [
      [() => made.predict(x[0]), /x needs an array for each input of the model \(a, b\)/],
      [() => made.predict([x[0]]), /but got an array of 1/],
      [() => made.predict({ a: x[0], c: x[1] }), /but got an object of a, c/],
      [
        () => made.predict([x[0], noise(4, [5, 3])]),
        /12 samples for input 'a', but 4 for input 'b'/,
      ],
      [
        () => made.predict([x[0], noise(n, [5, 4])]),
        /x for input 'b' has shape .*takes \[n, 5, 3\]/,
      ],
      [() => made.fit(x, y[0]), /y needs an array for each output of the model \(price, kind\)/],
      [() => made.fit(x, [y[0], y[0]]), /y for output 'kind' has shape \[12, 2\]/],
    ];
    for (const [use, message] of cases) await expectError(use, 'bad-shape', message);
    const wrong: [CompileOptions, RegExp][] = [
      [
        { optimizer: 'sgd', loss: { price: 'mse' } },
        /loss .* outputs price, kind must be a loss for/,
      ],
      [{ optimizer: 'sgd', loss: ['mse'] }, /loss of a model with the outputs price, kind/],
      [{ optimizer: 'sgd', loss: 'mse', metrics: ['mae'] }, /metrics of a model with 2 outputs/],
      [
        { optimizer: 'sgd', loss: 'mse', metrics: { cost: ['mae'] } },
        /metrics .* an object of cost/,
      ],
      [{ optimizer: 'sgd', loss: 'categoricalCrossentropy' }, /output 'price' is Dense with/],
    ];
    for (const [options, message] of wrong) {
      await expectError(() => siamese().compile(options), 'bad-option', message);
    }
    await expectError(
      () => made.inputShape,
      'bad-option',
      /inputShape has no answer; see inputShapes/,
    );
    await expectError(() => made.outputShape, 'bad-option', /see outputShapes/);
  });

  it('may be a list of one, or a name, where there is one input', async () => {
    const value = input({ shape: [3], name: 'rows' });
    const made = model({ inputs: [value], outputs: [layers.dense({ units: 2 }).apply(value)] });
    const rows = noise(4, [3]);
    const { data } = await made.predict(rows);
    expect((await made.predict([rows])).data).toEqual(data);
    expect((await made.predict({ rows })).data).toEqual(data);
  });
});

it('an output may be an input, or stand there twice', async () => {
  const value = input({ shape: [3] });
  const out = layers.dense({ units: 2 }).apply(value);
  const made = model({ inputs: value, outputs: [out, value, out] });
  const rows = noise(4, [3]);
  const [first, second, third] = await made.predict(rows);
  expect(second.data).toEqual(rows.data);
  expect(third.data).toEqual(first.data);
  expect(made.outputNames).toEqual(['dense', 'input_layer', 'dense_1']);
  made.compile({ optimizer: 'sgd', loss: 'mse' });
  const zeros = (features: number) => tensor(new Float32Array(4 * features), [4, features]);
  const { loss, ...rest } = await made.trainOnBatch(rows, [zeros(2), zeros(3), zeros(2)]);
  expect(Object.keys(rest)).toEqual(['dense_loss', 'input_layer_loss', 'dense_1_loss']);
  expect(rest.dense_loss).toBe(rest.dense_1_loss);
  expect(loss).toBe(rest.dense_loss + rest.input_layer_loss + rest.dense_1_loss);
});

const applied = (value: Applied) => value;
it('a layer that is called twice gives a value each time', () => {
  const value = input({ shape: [3] });
  const dense = layers.dense({ units: 2 });
  expect(applied(dense.apply(value))).not.toBe(dense.apply(value));
  expect(dense.apply(value).shape).toEqual([2]);
  expect(value.dtype).toBe('float32');
});
