// Dot products and attention as Keras has them (test/fixtures/keras/attention.py), in graphs, files and threads.
import {
  fromBytes,
  input,
  type Layer,
  layers,
  type Model,
  model,
  modelFromConfig,
  type SymbolicTensor,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/attention.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { graphGradients } from '../support/graph-gradients.js';
import { distance } from '../support/near.js';
import { bitsOf, noise } from '../support/samples.js';

type Case = (typeof fixture.cases)[number];
type Anything = Record<string, (options: object) => Layer<never>>;

const camel = (text: string) => text.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const optionsOf = (options: object) =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [camel(key), value]));

/** Inputs through masking and a dense layer each, as the script makes them. */
function built({ kind, options, features, x, shared, gram }: Case): Model {
  const inputs = x.map(({ shape }) => input({ shape: shape.slice(1) }));
  let values = inputs.map((given, i) => {
    const masked = given.shape.length === 2 ? layers.masking({ maskValue: 9 }).apply(given) : given;
    return layers.dense({ units: features[i] }).apply(masked);
  });
  if (shared) values = [values[0], values[0]];
  const layer = (layers as unknown as Anything)[kind](optionsOf(options));
  let outputs = [layer.apply(values)].flat() as SymbolicTensor[];
  if (gram) outputs = [layers.dot({ axes: [1, 1] }).apply([outputs[0], outputs[0]])];
  return model({ inputs, outputs, numerics: 'portable' });
}

const list = (tensors: readonly { data: number[]; shape: number[] }[]) =>
  tensors.map(({ data, shape }) => tensor(data, shape));

const titles = fixture.cases.map(
  (one, i) => [`${one.kind} ${JSON.stringify(one.options)}, case ${i}`, one] as const,
);

describe.each(titles)('as in Keras: %s', (_, one) => {
  const made = built(one);
  made.setWeights(list(one.weights));
  const x = list(one.x);
  // Sums of at most 9 products below 60 (masked steps are 9s) in scores of at most some 100, where a rounding is 2^-17;
  // softmax and the sums of a gradient over 21 rows keep its size
  const near = (truth: number[]) => 200 * 2 ** -24 * Math.max(1, ...truth.map(Math.abs));

  it('puts out the same', async () => {
    const found = [await made.predict(x.length === 1 ? x[0] : x)].flat() as ReturnType<
      typeof tensor
    >[];
    one.y.forEach(({ data, shape }, i) => {
      expect(found[i].shape).toEqual(shape);
      expect(distance(found[i].data, data)).toBeLessThan(near(data));
    });
    // layers count on in the script
    const plain = (name: string) => name.replace(/^([a-z_]*?)(_\d+)?\//, '$1/');
    const names = made.weightSpecs.map(({ name }) => plain(name));
    expect(names).toEqual(one.names.map(plain));
    expect(made.weightSpecs.map(({ shape }) => shape)).toEqual(one.weights.map((w) => w.shape));
  });

  // the script runs without dropout
  if (!('dropout' in one.options))
    it('has the same loss and gradients', () => {
      made.compile({ optimizer: 'sgd', loss: one.y.map(() => 'mse' as const) as never });
      const { loss, gradients } = graphGradients(made, x, list(one.targets));
      expect(Math.abs(loss - one.loss)).toBeLessThan(near([one.loss]));
      // that of a key's bias is 0, a sum of numbers as large as the others
      const bound = near(one.gradients.flat());
      gradients.forEach(({ data }, i) => {
        expect(distance(data, one.gradients[i]), one.names[i]).toBeLessThan(bound);
      });
    });
});

const x = noise(6, [7, 3]);

/** A small model with attention of a sequence to itself, after an LSTM. */
function small(layer: Layer, options = {}): Model {
  const given = input({ shape: [7, 3] });
  const read = layers.lstm({ units: 6, returnSequences: true }).apply(given);
  const seen = layer.apply([read, read]);
  const last = layers.lstm({ units: 4 }).apply(seen);
  const outputs = layers.dense({ units: 2 }).apply(last);
  return model({ inputs: given, outputs, numerics: 'portable', ...options });
}

describe.each([
  ['attention', () => layers.attention({ useScale: true, dropout: 0.3 })],
  ['attention by tanh', () => layers.attention({ scoreMode: 'concat', useCausalMask: true })],
  ['additiveAttention', () => layers.additiveAttention({ dropout: 0.2 })],
  [
    'multiHeadAttention',
    () => layers.multiHeadAttention({ numHeads: 2, keyDim: 3, valueDim: 5, dropout: 0.2 }),
  ],
] as const)('%s', (_, make) => {
  const y = noise(6, [2], 4);

  it('learns, and is the same through files, configurations and batches', async () => {
    const made = small(make());
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const { history } = await made.fit(x, y, { epochs: 12, verbose: 0 });
    expect(history.loss[11]).toBeLessThan(history.loss[0]);
    const bits = bitsOf([(await made.predict(x)) as never]);
    expect(bitsOf([(await fromBytes(toBytes(made)).predict(x)) as never])).toEqual(bits);
    const again = modelFromConfig(JSON.parse(JSON.stringify(made.getConfig())));
    again.setWeights(made.getWeights());
    expect(bitsOf([(await again.predict(x)) as never])).toEqual(bits);
    const alone = (await made.predict(tensor(x.data.slice(0, 21), [1, 7, 3]))) as typeof x;
    expect(bitsOf([alone])[0]).toEqual(bits[0].slice(0, alone.data.length));
  });

  it('goes on from a file to the bit', async () => {
    const [whole, half] = [small(make()), small(make())];
    for (const one of [whole, half]) one.compile({ optimizer: 'adam', loss: 'mse' });
    await whole.fit(x, y, { epochs: 4, verbose: 0, batchSize: 3 });
    await half.fit(x, y, { epochs: 2, verbose: 0, batchSize: 3 });
    const rest = fromBytes(toBytes(half));
    await rest.fit(x, y, { epochs: 4, initialEpoch: 2, verbose: 0, batchSize: 3 });
    expect(bitsOf(rest.getWeights())).toEqual(bitsOf(whole.getWeights()));
  });

  it('stays as it is where it is frozen', async () => {
    const layer = make();
    const made = small(layer);
    layer.trainable = false;
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const own = (of: Model) =>
      of.weightSpecs.flatMap(({ name }, i) =>
        name.includes('attention') ? bitsOf([of.getWeights()[i]]) : [],
      );
    const before = own(made);
    expect(before.length).toBeGreaterThan(0);
    await made.fit(x, y, { epochs: 2, verbose: 0 });
    expect(own(made)).toEqual(before);
  });
});

it('weights of a training with dropout are those of its scores', async () => {
  const given = input({ shape: [5, 8] });
  const layer = layers.attention({ dropout: 0.5, returnAttentionScores: true });
  const made = model({ inputs: given, outputs: layer.apply([given, given]) });
  const [, scores] = (await made.predict(noise(2, [5, 8]))) as unknown as (typeof x)[];
  // dropout is for training alone: each row sums to 1
  for (let r = 0; r < 10; r++) {
    const sum = scores.data.slice(5 * r, 5 * r + 5).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - 1)).toBeLessThan(8 * 2 ** -24);
  }
});

describe('refusals', () => {
  const wide = input({ shape: [4, 5] });
  const narrow = input({ shape: [6, 3] });
  const flat = input({ shape: [5] });

  it.each([
    [
      () => layers.attention().apply([wide]),
      'bad-shape',
      /attention takes \[query, value\].*1 inputs/,
    ],
    [() => layers.attention().apply([wide, flat]), 'bad-shape', /needs \[timesteps, features\]/],
    [
      () => layers.additiveAttention().apply([wide, narrow]),
      'bad-shape',
      /same features.*query is \[4, 5\].*value, which is the key too, is \[6, 3\]/,
    ],
    [
      () => layers.attention().apply([wide, narrow, wide]),
      'bad-shape',
      /same time steps.*key is \[4, 5\].*value \[6, 3\]/,
    ],
    [() => layers.attention({ trainable: true }), 'bad-option', /trainable needs weights/],
    [
      () => layers.additiveAttention({ useScale: false, trainable: false }),
      'bad-option',
      /trainable needs weights/,
    ],
    [
      () => layers.multiHeadAttention({ numHeads: 2 } as never),
      'bad-option',
      /keyDim must be a positive integer/,
    ],
    [
      () => layers.multiHeadAttention({ numHeads: 2 ** 20, keyDim: 2 ** 20 }).apply([wide, wide]),
      'bad-option',
      /numHeads times keyDim or valueDim must be below/,
    ],
    [() => layers.attention({ dropout: 1 }), 'bad-option', /dropout must be a number from 0/],
    [() => layers.attention({ scoreMode: 'sum' as never }), 'bad-option', /'dot' or 'concat'/],
    [() => layers.additiveAttention({ scoreMode: 'dot' } as never), 'bad-option', 'no option'],
    [() => layers.dot({} as never), 'bad-option', /axes must be an axis/],
    [() => layers.dot({ axes: 0 }), 'bad-option', /axes must be an axis/],
    [() => layers.dot({ axes: [1, 3] }), 'bad-option', /axes must be an axis/],
    [
      () => layers.dot({ axes: 1 }).apply([wide, narrow]),
      'bad-shape',
      /axes 1 must be axes of the same size/,
    ],
    [() => layers.dot({ axes: 2 }).apply([wide, flat]), 'bad-shape', /axes 2 must be axes/],
    [() => layers.dot({ axes: 1 }).apply([wide]), 'bad-shape', /dot takes two values/],
  ] as const)('%s', async (call, code, message) => {
    await expectError(call as () => unknown, code, message);
  });

  it('streams take no attention, by its name', async () => {
    await expectError(
      () => small(layers.attention()).stream(),
      'bad-option',
      /layer attention \(Attention\) decides over whole sequences/,
    );
  });
});
