// Merge layers as Keras has them (test/fixtures/keras/merges.py): outputs and all gradients, shapes that stand for wider ones,
// masks; in stretches of time, streams and files.
import {
  fromBytes,
  input,
  layers,
  type Model,
  model,
  modelFromConfig,
  type SymbolicTensor,
  type Tensor,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/merges.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import {
  type GraphCase,
  graphData,
  graphGradients,
  graphModel,
  inOrderOf,
} from '../support/keras-graphs.js';
import { distance } from '../support/near.js';
import { bitsOf, noise } from '../support/samples.js';

type Kind = 'add' | 'subtract' | 'multiply' | 'average' | 'maximum' | 'minimum';
const kinds: Kind[] = ['add', 'subtract', 'multiply', 'average', 'maximum', 'minimum'];
const largest = (values: ArrayLike<number>) =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 1);

// up to 4 layers one after the other, each with sums of at most 36 products, on both sides: roundings of the largest
// number that is compared; activations are off by 4e-7 at most (assembly/activations.ts), a weight of at most 2 is rounded
// before and after its step
const RELATIVE = 4 * (2 * 36 * 2 ** -24 + 4e-7) + 4 * 2 ** -24;

describe.each(fixture.cases.map((one) => [one.title, one as GraphCase & typeof one] as const))(
  'as in Keras: %s',
  (_, one) => {
    it('puts out the same', async () => {
      const y = (await graphModel(one).predict(graphData(one))) as Tensor;
      expect(y.shape).toEqual(one.outputShape);
      expect(distance(y.data, one.y)).toBeLessThan(RELATIVE * largest(one.y));
    });

    it('has the same gradients, and names', async () => {
      const made = graphModel(one);
      const layerOf = ({ name }: { name: string }) => name.split('/')[0];
      const names = inOrderOf(made, one, one.weights.map(layerOf));
      expect(made.weightSpecs.map(layerOf)).toEqual(names);
      expect(names).toHaveLength(one.weights.length);
      const truths = inOrderOf(made, one, one.gradients);
      const { loss, gradients } = await graphGradients(made, one);
      expect(Math.abs(loss - one.loss)).toBeLessThan(RELATIVE * largest([one.loss]));
      gradients.forEach((data, i) => {
        const truth = truths[i];
        expect(distance(data, truth)).toBeLessThan(RELATIVE * largest(truth));
      });
    });

    it('is the same in a copy', async () => {
      const made = graphModel(one);
      const copy = fromBytes(toBytes(made)) as unknown as typeof made;
      const x = graphData(one) as Tensor;
      const found = [await copy.predict(x), await made.predict(x)] as Tensor[];
      expect(bitsOf([found[0]])).toEqual(bitsOf([found[1]]));
      expect(JSON.stringify(copy.layers)).toBe(JSON.stringify(made.layers));
    });
  },
);

describe.each(kinds)('%s', (kind) => {
  const truth: Record<Kind, (a: number, b: number) => number> = {
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: (a, b) => a * b,
    average: (a, b) => (a + b) / 2,
    maximum: Math.max,
    minimum: Math.min,
  };

  it('is what it says, in stretches of time and in streams, to the bit', async () => {
    const steps = 700;
    const [a, b] = [input({ shape: [steps, 5] }), input({ shape: [steps, 5] })];
    const made = model({ inputs: [a, b], outputs: layers[kind]().apply([a, b]) });
    const data = [noise(3, [steps, 5], 1), noise(3, [steps, 5], 2)];
    const y = await made.predict(data);
    y.data.forEach((value, i) => {
      expect(value).toBe(Math.fround(truth[kind](data[0].data[i], data[1].data[i])));
    });
    const stream = made.stream({ batchSize: 3 });
    const row = (values: Float32Array, t: number) =>
      [0, 1, 2].flatMap((s) => [...values.slice((s * steps + t) * 5, (s * steps + t + 1) * 5)]);
    for (let t = 0; t < 5; t++) {
      const step = stream.step(data.map((one) => row(one.data, t)) as never);
      expect([...step]).toEqual(row(y.data, t));
    }
  });

  it('unites masks in stretches of time and in streams, to the bit', async () => {
    const build = (steps: number) => {
      const words = [1, 2, 3].map(() => input({ shape: [steps], dtype: 'int32' }));
      const values = words.map((one, i) =>
        layers
          .embedding({ inputDim: 4, outputDim: 3, maskZero: true, name: `words${i}` })
          .apply(one),
      );
      const merged = layers[kind]().apply(kind === 'subtract' ? values.slice(0, 2) : values);
      const last = layers.lstm({ units: 2, returnSequences: true }).apply(merged);
      return model({
        inputs: kind === 'subtract' ? words.slice(0, 2) : words,
        outputs: last,
        numerics: 'portable',
      });
    };
    const steps = 600;
    const long = build(steps);
    const count = kind === 'subtract' ? 2 : 3;
    const words = Array.from({ length: count }, (_, k) =>
      tensor(
        Array.from({ length: 2 * steps }, (_, i) => (i * i * (k + 2) + i) % 4),
        [2, steps],
      ),
    );
    const y = await long.predict(words);
    const stream = long.stream({ batchSize: 2 });
    for (let t = 0; t < steps; t++) {
      const step = stream.step(words.map(({ data }) => [data[t], data[steps + t]]) as never);
      const row = [0, 1].flatMap((b) => [
        ...y.data.slice((b * steps + t) * 2, (b * steps + t + 1) * 2),
      ]);
      expect([...step]).toEqual(row);
    }
    // training sees all steps at once: its loss is that of evaluate
    long.compile({ optimizer: 'sgd', loss: 'mse' });
    const target = noise(2, [steps, 2]);
    const { loss } = await long.evaluate(words, target);
    const trained = await long.trainOnBatch(words, target);
    // float64 sums of the same numbers in another order
    expect(Math.abs(loss - trained.loss)).toBeLessThan(1e-9);
  });

  it('refuses a mask that would be lost', async () => {
    const of = (make: (masked: SymbolicTensor, x: SymbolicTensor) => SymbolicTensor[]) => {
      const words = input({ shape: [4], dtype: 'int32' });
      const x = input({ shape: [3] });
      const masked = layers.embedding({ inputDim: 5, outputDim: 3, maskZero: true }).apply(words);
      const outputs = layers[kind]({ name: 'here' }).apply(make(masked, x));
      return model({ inputs: [words, x], outputs });
    };
    const data = [tensor([1, 2, 0, 0], [1, 4]), tensor([1, 2, 3], [1, 3])];
    const message = new RegExp(
      `layer here: ${kind} needs values that are all masked, or none of them, .*leave maskZero and masking out`,
    );
    await expect(of((masked, x) => [x, masked]).predict(data)).rejects.toThrow(message);
    const repeated = of((masked, x) => [masked, layers.repeatVector({ n: 4 }).apply(x)]);
    await expect(repeated.predict(data)).rejects.toThrow(message);
  });

  it('refuses shapes that do not fit, and options that there are not', async () => {
    const x = (...shape: number[]) => input({ shape });
    const merged = (...values: SymbolicTensor[]) => layers[kind]().apply(values);
    expect(merged(x(3), x(3)).shape).toEqual([3]);
    expect(merged(x(3), x(1)).shape).toEqual([3]);
    expect(merged(x(3), x(5, 1)).shape).toEqual([5, 3]);
    expect(merged(x(1, 3), x(5, 1)).shape).toEqual([5, 3]);
    for (const values of [
      [x(3), x(4)],
      [x(2, 3), x(4, 3)],
      [x(2, 3), x(2)],
    ]) {
      await expectError(
        () => merged(...values),
        'bad-shape',
        new RegExp(`${kind} needs values of one shape, or with axes of 1`),
      );
    }
    const words = input({ shape: [3], dtype: 'int32' });
    await expectError(() => merged(words, words), 'bad-shape', "dtype 'float32'");
    await expectError(() => layers[kind]({ axis: 1 } as never), 'bad-option', "no option 'axis'");
    await expectError(() => layers[kind]().apply([]), 'bad-option', 'an array of values');
  });
});

describe('concatenate', () => {
  it('has an axis, which its configuration keeps', async () => {
    const [x, y] = [input({ shape: [2, 3] }), input({ shape: [2, 3] })];
    const of = (axis?: number) => layers.concatenate({ axis }).apply([x, y]);
    expect([of().shape, of(-1).shape, of(2).shape]).toEqual(Array(3).fill([2, 6]));
    expect([of(1).shape, of(-2).shape]).toEqual(Array(2).fill([4, 3]));
    const made = model({ inputs: [x, y], outputs: of(1) });
    const data = [tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]), tensor([7, 8, 9, 10, 11, 12], [1, 2, 3])];
    const copies = [made, fromBytes(toBytes(made)), modelFromConfig(made.getConfig())] as Model[];
    for (const copy of copies) {
      const { data: found } = (await copy.predict(data)) as Tensor;
      expect([...found]).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    }
    // of files made before there was an axis
    const config = JSON.parse(JSON.stringify(model({ inputs: [x, y], outputs: of() }).getConfig()));
    const joint = config.layers.find(
      (one: { className: string }) => one.className === 'Concatenate',
    );
    joint.config = {};
    expect(modelFromConfig(config).outputShape).toEqual([2, 6]);
  });

  it('refuses other axes, and sequences that do not fit', async () => {
    for (const axis of [0, 3, -3, 1.5, '1']) {
      await expectError(
        () => layers.concatenate({ axis: axis as never }),
        'bad-option',
        'layers.concatenate: axis must be -1 or 2 (features), or 1 or -2',
      );
    }
    const vectors = [input({ shape: [2] }), input({ shape: [3] })];
    for (const axis of [2, -2]) {
      await expectError(
        () => layers.concatenate({ axis }).apply(vectors),
        'bad-shape',
        `axis ${axis}, but its first input [2] has no time steps`,
      );
    }
    for (const shape of [[2, 4], [3]]) {
      await expectError(
        () => layers.concatenate({ axis: 1 }).apply([input({ shape: [5, 3] }), input({ shape })]),
        'bad-shape',
        /concatenate along time needs .* of the same features, but got \[5, 3\] and/,
      );
    }
    const [x, y] = [input({ shape: [5, 3] }), input({ shape: [2, 3] })];
    const made = model({ inputs: [x, y], outputs: layers.concatenate({ axis: 1 }).apply([x, y]) });
    await expectError(() => made.stream(), 'bad-option', /cannot be run step by step/);
  });
});

it('subtracts two values', async () => {
  const x = input({ shape: [3] });
  await expectError(
    () => layers.subtract().apply([x, x, x]),
    'bad-shape',
    'subtract needs exactly two values, but got 3',
  );
});
