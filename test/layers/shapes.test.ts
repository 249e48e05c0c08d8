// Layers that change shapes, and activations as layers, as Keras has them (test/fixtures/keras/shapes.py): outputs and
// all gradients; in stretches of time, streams, graphs and files.
import {
  fromBytes,
  input,
  type Layer,
  layers,
  model,
  modelFromConfig,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/shapes.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradients } from '../support/model-gradients.js';
import { distance } from '../support/near.js';
import { bitsOf, noise } from '../support/samples.js';

type Kind = 'activation' | 'flatten' | 'reshape' | 'permute' | 'repeatVector' | 'dense';
const make = (kind: string, options: object): Layer => {
  const { layer, ...rest } = options as { layer?: Described };
  if (layer) return layers.timeDistributed(make(layer.kind, layer.options), rest);
  return layers[kind as Kind](rest as never);
};
interface Described {
  readonly kind: string;
  readonly options: object;
}

// up to 8 layers one after the other, each a sum of at most 35 products of about 1: 36 roundings of 2 a layer, on both
// sides; activations are off by 4e-7 at most (assembly/activations.ts)
const TOLERANCE = 8 * (2 * 36 * 2 ** -24 + 4e-7);

describe.each(fixture.cases.map((one) => [`${one.names.join(' ')} of ${one.shape}`, one] as const))(
  'as in Keras: %s',
  (_, one) => {
    const { n, shape, stack, outputShape, weights } = one;
    const made = sequential({
      layers: stack.map(({ kind, options }, i) =>
        make(kind, { ...options, ...(i === 0 && { inputShape: shape }) }),
      ),
      numerics: 'portable',
    });
    made.setWeights(weights.map(({ data, shape: of }) => tensor(data, of)));
    const x = tensor(one.x, [n, ...shape]);

    it('puts out the same, under the same names', async () => {
      const y = await made.predict(x);
      expect(y.shape).toEqual(outputShape);
      expect(distance(y.data, one.y)).toBeLessThan(TOLERANCE);
      const stem = (name: string) => name.replace(/_\d+$/, '');
      expect(made.layers.map(({ name }) => stem(name))).toEqual(one.names.map(stem));
    });

    it('has the same gradients', () => {
      made.compile({ optimizer: 'sgd', loss: 'mse' });
      const found = gradients(made, x, tensor(one.target, outputShape));
      expect(Math.abs(found.loss - one.loss)).toBeLessThan(TOLERANCE);
      expect(distance(found.inputGradient.data, one.dx)).toBeLessThan(TOLERANCE);
      found.gradients.forEach(({ data }, i) => {
        expect(distance(data, one.gradients[i])).toBeLessThan(TOLERANCE);
      });
    });
  },
);

describe('numbers stay what they are', () => {
  const x = tensor(
    Array.from({ length: 12 }, (_, i) => i + 1),
    [2, 2, 3],
  );
  it.each([
    ['flatten', {}, [6], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['reshape', { targetShape: [3, -1] }, [3, 2], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['permute', { dims: [2, 1] }, [3, 2], [1, 4, 2, 5, 3, 6, 7, 10, 8, 11, 9, 12]],
  ])('%s', async (kind, options, shape, data) => {
    const made = sequential({ layers: [make(kind, { ...options, inputShape: [2, 3] })] });
    expect(made.outputShape).toEqual(shape);
    expect([...(await made.predict(x)).data]).toEqual(data);
  });

  it('repeatVector', async () => {
    const made = sequential({ layers: [layers.repeatVector({ n: 2, inputShape: [3] })] });
    const y = await made.predict(tensor([1, 2, 3, 4, 5, 6], [2, 3]));
    expect(y.shape).toEqual([2, 2, 3]);
    expect([...y.data]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  });
});

const every = () =>
  sequential({
    layers: [
      layers.lstm({ units: 5, returnSequences: true, inputShape: [6, 3] }),
      layers.activation({ activation: 'tanh' }),
      layers.permute({ dims: [2, 1] }),
      layers.reshape({ targetShape: [3, -1] }),
      layers.flatten(),
      layers.dense({ units: 4, activation: 'hardSigmoid' }),
      layers.repeatVector({ n: 3 }),
      layers.gru({ units: 3 }),
      layers.activation({ activation: 'softmax' }),
    ],
    numerics: 'portable',
  });

it('is the same through files and configurations, and learns', async () => {
  const made = every();
  made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const x = noise(7, [6, 3]);
  const y = tensor([0, 1, 2, 0, 1, 2, 0], [7]);
  const { history } = await made.fit(x, y, { epochs: 30, batchSize: 4, verbose: 0 });
  expect(history.loss[29]).toBeLessThan(history.loss[0]);
  const bits = bitsOf([await made.predict(x)]);
  expect(bitsOf([await fromBytes(toBytes(made)).predict(x)])).toEqual(bits);
  const again = modelFromConfig(JSON.parse(JSON.stringify(made.getConfig())));
  again.setWeights(made.getWeights());
  expect(bitsOf([(await again.predict(x)) as never])).toEqual(bits);
  // a batch of one goes another way through the kernels
  const alone = await made.predict(tensor(x.data.slice(0, 18), [1, 6, 3]));
  expect(bitsOf([alone])[0]).toEqual(bits[0].slice(0, 3));
});

it('takes a softmax with the loss, as that of a dense layer, to the bit', async () => {
  const of = (ends: boolean) => {
    const made = sequential({
      layers: ends
        ? [layers.dense({ units: 3, activation: 'softmax', inputShape: [4] })]
        : [
            layers.dense({ units: 3, inputShape: [4] }),
            layers.activation({ activation: 'softmax' }),
          ],
      numerics: 'portable',
    });
    made.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    return made;
  };
  const [a, b] = [of(true), of(false)];
  const x = noise(6, [4], 3);
  // far out, where the logarithm of a softmax would be that of 0
  for (let i = 0; i < 4; i++) x.data[i] *= 90;
  const y = tensor([0, 1, 2, 0, 1, 2], [6]);
  for (let step = 0; step < 3; step++) {
    expect(await b.trainOnBatch(x, y)).toEqual(await a.trainOnBatch(x, y));
  }
  expect(bitsOf(b.getWeights())).toEqual(bitsOf(a.getWeights()));
  expect(await b.predict(x)).toEqual(await a.predict(x));
});

it('runs an activation in stretches of time and in streams, to the bit', async () => {
  const steps = 700;
  const made = sequential({
    layers: [
      layers.masking({ maskValue: 7, inputShape: [steps, 2] }),
      layers.activation({ activation: 'sigmoid' }),
      layers.lstm({ units: 3, returnSequences: true }),
      layers.activation({ activation: 'hardSigmoid' }),
    ],
    numerics: 'portable',
  });
  const x = noise(3, [steps, 2]);
  x.data.fill(7, 4, 12);
  const whole = await made.predict(x);
  const stream = made.stream({ batchSize: 3 });
  for (let t = 0; t < steps; t++) {
    const row = (data: Float32Array, features: number) =>
      [0, 1, 2].flatMap((b) => [
        ...data.slice((b * steps + t) * features, (b * steps + t + 1) * features),
      ]);
    expect([...stream.step(row(x.data, 2))]).toEqual(row(whole.data, 3));
  }
});

describe('refuses', () => {
  it('masked steps, by the name of the layer', async () => {
    const kinds: [Kind, object][] = [
      ['flatten', {}],
      ['reshape', { targetShape: [-1, 2] }],
      ['permute', { dims: [1, 2] }],
    ];
    for (const [kind, options] of kinds) {
      const made = sequential({
        layers: [
          layers.embedding({ inputDim: 5, outputDim: 2, maskZero: true, inputShape: [4] }),
          make(kind, { ...options, name: 'here' }),
          layers.flatten(),
          layers.dense({ units: 1 }),
        ],
      });
      made.compile({ optimizer: 'sgd', loss: 'mse' });
      const x = tensor([1, 2, 0, 0], [1, 4]);
      const message = /layer here: \w+ needs steps that are not masked, .*leave that out/;
      await expect(made.predict(x)).rejects.toThrow(message);
      const before = bitsOf(made.getWeights());
      await expect(made.fit(x, tensor([1], [1, 1]), { verbose: 0 })).rejects.toThrow(message);
      expect(bitsOf(made.getWeights())).toEqual(before);
    }
  });

  it('streams of what needs whole sequences', async () => {
    for (const layer of [layers.flatten(), layers.permute({ dims: [2, 1] })]) {
      const first = layers.lstm({ units: 4, returnSequences: true, inputShape: [3, 2] });
      const made = sequential({ layers: [first, layer] });
      await expectError(() => made.stream(), 'bad-option', /cannot be run step by step/);
    }
    const repeated = sequential({ layers: [layers.repeatVector({ n: 3, inputShape: [2] })] });
    await expectError(() => repeated.stream(), 'bad-option', /cannot be run step by step/);
  });

  it('options and shapes that do not hold', async () => {
    const shapes: unknown[] = [
      [],
      [0],
      [-1, -1],
      [2, 3, 4],
      [1.5],
      'x',
      [-2],
      new Array(2),
      undefined,
    ];
    for (const targetShape of shapes) {
      await expectError(
        () => layers.reshape({ targetShape: targetShape as never }),
        'bad-option',
        /layers\.reshape: (targetShape must be|.*targetShape)/,
      );
    }
    const bare = Object.create(null);
    for (const dims of [
      [1, 1],
      [0, 1],
      [3, 1, 2],
      [2],
      'x',
      ['2', 1],
      [Symbol('2'), 1],
      [bare, 1],
    ]) {
      await expectError(() => layers.permute({ dims: dims as never }), 'bad-option', 'dims');
    }
    for (const n of [0, -1, 1.5, 2 ** 40]) {
      await expectError(() => layers.repeatVector({ n }), 'bad-option', 'layers.repeatVector: n');
    }
    await expectError(
      () => layers.activation({ activation: 'gelu2' as never }),
      'bad-option',
      'layers.activation: activation',
    );
    await expectError(
      () => layers.flatten({ dataFormat: 'channelsFirst' } as never),
      'bad-option',
      "no option 'dataFormat'",
    );
    const of = input({ shape: [6, 5] });
    const words = input({ shape: [6], dtype: 'int32' });
    await expectError(
      () => layers.reshape({ targetShape: [7, -1] }).apply(of),
      'bad-shape',
      /targetShape \[7, -1\] must hold the 30 numbers of its input \[6, 5\]/,
    );
    await expectError(
      () => layers.reshape({ targetShape: [2 ** 26, 2 ** 26] }).apply(of),
      'bad-shape',
      'whose product is 30',
    );
    await expectError(
      () => layers.permute({ dims: [1] }).apply(of),
      'bad-shape',
      /dims \[1\] need a sample of 1 axes/,
    );
    await expectError(
      () => layers.repeatVector({ n: 2 }).apply(of),
      'bad-shape',
      /repeatVector needs \[features\]/,
    );
    for (const layer of [layers.flatten(), layers.activation({ activation: 'relu' })]) {
      await expectError(() => layer.apply(words), 'bad-shape', /dtype 'float32'/);
    }
  });
});

it('branches: gradients of several readers meet', async () => {
  const x = input({ shape: [3, 4] });
  const hidden = layers.dense({ units: 4 }).apply(x);
  const flat = layers.flatten().apply(hidden);
  const swapped = layers.flatten().apply(layers.permute({ dims: [2, 1] }).apply(hidden));
  const both = layers.concatenate().apply([flat, swapped]);
  const outputs = layers.dense({ units: 2 }).apply(both);
  const made = model({ inputs: x, outputs, numerics: 'portable' });
  made.compile({ optimizer: 'sgd', loss: 'mse' });
  const [data, target] = [noise(5, [3, 4]), noise(5, [2], 9)];
  const weights = made.getWeights();
  const [{ data: kernel }] = weights;
  const lossAt = async (i: number, step: number) => {
    const moved = Float32Array.from(kernel);
    moved[i] += step;
    made.setWeights([tensor(moved, [4, 4]), ...weights.slice(1)]);
    return (await made.evaluate(data, target)).loss;
  };
  const differences: number[] = [];
  for (let i = 0; i < kernel.length; i++) {
    differences.push(((await lossAt(i, 2 ** -7)) - (await lossAt(i, -(2 ** -7)))) * 2 ** 6);
  }
  made.setWeights(weights);
  await made.trainOnBatch(data, target);
  const moved = made.getWeights()[0].data;
  // the loss is quadratic in a weight, so its central differences are exact but for the roundings of a loss of about 1,
  // times 2^6; those of a weight are divided by the learning rate of 0.01
  differences.forEach((value, i) => {
    const found = (kernel[i] - moved[i]) / 0.01;
    expect(Math.abs(found - value)).toBeLessThan((64 * 40 + 100) * 2 ** -24);
  });
});
