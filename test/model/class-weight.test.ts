// Weights of classes: as in Keras (test/fixtures/keras/class_weight.py), and at every step of a sequence, where Keras
// fails, as weights of samples that say the same.
import {
  input,
  layers,
  model,
  optimizers,
  type Samples,
  type Sequential,
  sequential,
  tensor,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/class-weight.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf } from '../support/samples.js';

const { n, I, T, C } = fixture;
const x = tensor(fixture.x, [n, I]);
const xs = tensor(fixture.xs, [n, T, I]);
const oneHot = (classes: number[], shape: number[]) =>
  tensor(
    classes.flatMap((k) => Array.from({ length: C }, (_, c) => Number(c === k))),
    [...shape, C],
  );
const classWeight = { 0: 0.5, 2: 3 };

const head = (units: number, activation: 'softmax' | 'sigmoid') =>
  sequential({
    layers: [layers.dense({ units, activation, inputShape: [I] })],
    numerics: 'portable',
  });
const tagger = () =>
  sequential({
    layers: [
      layers.lstm({ units: 5, returnSequences: true, inputShape: [T, I] }),
      layers.dense({ units: C, activation: 'softmax' }),
    ],
    numerics: 'portable',
  });
const zeroOrOne = fixture.classes.map((k) => Math.min(k, 1));
const cases = {
  oneHot: {
    make: () => head(C, 'softmax'),
    loss: 'categoricalCrossentropy',
    x,
    y: oneHot(fixture.classes, [n]),
    classWeight,
  },
  numbers: {
    make: () => head(C, 'softmax'),
    loss: 'sparseCategoricalCrossentropy',
    x,
    y: tensor(fixture.classes, [n]),
    classWeight,
  },
  single: {
    make: () => head(1, 'sigmoid'),
    loss: 'mse',
    x,
    y: tensor(zeroOrOne, [n, 1]),
    classWeight: { 0: 0.5, 1: 2 },
  },
  sequence: {
    make: tagger,
    loss: 'categoricalCrossentropy',
    x: xs,
    y: oneHot(fixture.steps, [n, T]),
    classWeight,
  },
} as const;

function compiled(name: keyof typeof cases): Sequential {
  const { make, loss } = cases[name];
  const { before, shapes } = fixture[name];
  const made = make();
  made.setWeights(before.map((data, i) => tensor(data, shapes[i])));
  const metrics = [name === 'single' ? 'mae' : 'accuracy'] as const;
  made.compile({ optimizer: optimizers.sgd({ learningRate: 0.2 }), loss, metrics: [...metrics] });
  return made;
}

// fifteen steps in float32 on both sides, whose losses are about 1
const near = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a).toHaveLength(b.length);
  Array.from(a).forEach((value, i) => {
    expect(Math.abs(value - b[i])).toBeLessThan(1e-5);
  });
};
const options = { batchSize: 4, epochs: 5, shuffle: false } as const;

describe.each(Object.keys(cases) as (keyof typeof cases)[])('%s', (name) => {
  it('learns as in Keras, through every door alike', async () => {
    const { x, y, classWeight } = cases[name];
    const made = compiled(name);
    const { history } = await made.fit(x, y, { ...options, classWeight });
    const found = fixture[name].history as Record<string, number[]>;
    expect(Object.keys(history).sort()).toEqual(Object.keys(found).sort());
    for (const [figure, values] of Object.entries(found)) near(history[figure], values);
    made.getWeights().forEach(({ data }, i) => {
      near(data, fixture[name].after[i]);
    });

    const each = x.data.length / n;
    const target = y.data.length / n;
    const samples: Samples = {
      count: n,
      x: (i, to) => to.set(x.data.subarray(i * each, (i + 1) * each)),
      y: (i, to) => to.set(y.data.subarray(i * target, (i + 1) * target)),
    };
    const made2 = compiled(name);
    await made2.fit(samples, undefined, { ...options, classWeight });
    expect(bitsOf(made2.getWeights())).toEqual(bitsOf(made.getWeights()));

    const batches = [0, 4, 8].map((from) => {
      const to = Math.min(from + 4, n);
      return {
        xs: tensor(x.data.slice(from * each, to * each), [to - from, ...x.shape.slice(1)]),
        ys: tensor(y.data.slice(from * target, to * target), [to - from, ...y.shape.slice(1)]),
      };
    });
    const made3 = compiled(name);
    await made3.fitDataset(batches, { epochs: 5, classWeight });
    expect(bitsOf(made3.getWeights())).toEqual(bitsOf(made.getWeights()));
    const made4 = compiled(name);
    for (let epoch = 0; epoch < 5; epoch++) {
      for (const { xs, ys } of batches) await made4.trainOnBatch(xs, ys, undefined, classWeight);
    }
    expect(bitsOf(made4.getWeights())).toEqual(bitsOf(made.getWeights()));
  });
});

it('Keras does not take them at every step of a sequence', () => {
  expect(fixture.refused).not.toBe('');
});

it('is the same as weights of samples, to the bit, beside masks and a split', async () => {
  const masked = () => {
    const made = sequential({
      layers: [
        layers.masking({ maskValue: 0, inputShape: [T, I] }),
        layers.lstm({ units: 5, returnSequences: true }),
        layers.dense({ units: C, activation: 'softmax' }),
      ],
    });
    made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    return made;
  };
  const gaps = tensor(
    xs.data.map((value, i) => (i % (T * I) < 2 * I && i % 2 < 2 && i < 5 * T * I ? 0 : value)),
    xs.shape,
  );
  const y = tensor(fixture.steps, [n, T]);
  const weights = tensor(
    fixture.steps.map((k) => ({ 0: 0.5, 2: 3 })[k] ?? 1),
    [n, T],
  );
  const one = masked();
  const other = masked();
  await one.fit(gaps, y, { epochs: 2, batchSize: 4, classWeight });
  await other.fit(gaps, y, { epochs: 2, batchSize: 4, sampleWeight: weights });
  expect(bitsOf(one.getWeights())).toEqual(bitsOf(other.getWeights()));
  const { history } = await one.fit(gaps, y, { validationSplit: 0.3, classWeight: { 1: 100 } });
  const from = Math.floor(0.7 * n);
  const rest = {
    x: tensor(gaps.data.slice(from * T * I), [n - from, T, I]),
    y: tensor(y.data.slice(from * T), [n - from, T]),
  };
  expect((await one.evaluate(rest.x, rest.y)).loss).toBeCloseTo(history.val_loss[0], 6);
});

it('refuses what weighs nothing or twice', async () => {
  const made = compiled('oneHot');
  const { y } = cases.oneHot;
  const bad = [
    [{ classWeight: {} }, /classWeight must be an object of class numbers/],
    [{ classWeight: { a: 1 } }, /classWeight must be/],
    [{ classWeight: { 0: -1 } }, /classWeight must be/],
    [{ classWeight: { 0: Number.NaN } }, /classWeight must be/],
    [{ classWeight: { 0: '1' } }, /classWeight must be .* but class 0 has '1'$/],
    [{ classWeight: { '01': 1 } }, /classWeight must be .* but has the key '01'$/],
    [{ classWeight: [1, 2, 3] }, /classWeight must be/],
    [{ classWeight: { 0: 1e39 } }, /classWeight must be .* within float32/],
    [{ classWeight: { 3: 1 } }, /has class 3, but .* has classes 0 to 2/],
    [{ classWeight, sampleWeight: new Float32Array(n) }, /sampleWeight and classWeight are both/],
  ] as const;
  for (const [options, message] of bad) {
    await expectError(() => made.fit(x, y, options as object), 'bad-option', message);
  }
  const negative = () => made.trainOnBatch(x, y, undefined, { 0: -1 });
  await expectError(negative, 'bad-option', /^trainOnBatch: classWeight must be/);
  const a = input({ shape: [I] });
  const outputs = [layers.dense({ units: 2 }).apply(a), layers.dense({ units: 2 }).apply(a)];
  const two = model({ inputs: a, outputs });
  two.compile({ optimizer: 'sgd', loss: 'mse' });
  const ys = [0, 1].map(() => tensor(new Float32Array(2 * n), [n, 2]));
  await expectError(() => two.fit(x, ys, { classWeight }), 'bad-option', /the model has 2/);
  const crf = sequential({ layers: [layers.crf({ units: C, inputShape: [T, I] })] });
  crf.compile({ optimizer: 'sgd', loss: 'crfNegativeLogLikelihood' });
  const tags = tensor(fixture.steps, [n, T]);
  await expectError(
    () => crf.fit(xs, tags, { classWeight }),
    'bad-option',
    /one number a sequence/,
  );
});
