// The embedding: learns as in Keras (test/fixtures/keras/embedding_fit.py) but for rows that a step does not see,
// which stay as they are; through files, graphs, streams, threads; and refuses what is in no table.
import {
  fromBytes,
  input,
  layers,
  model,
  type Optimizer,
  optimizers,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/embedding-fit.json' with { type: 'json' };
import { gradients } from '../support/model-gradients.js';
import { bitsOf, noise } from '../support/samples.js';

const [V, D, T, B] = [9, 5, 7, 6];
const y = tensor(fixture.y, [B]);
const batch = (of: readonly number[], step: number) =>
  tensor(of.slice(step * B * T, (step + 1) * B * T), [B, T]);

const stack = (inputDim = V) =>
  sequential({
    layers: [
      layers.embedding({ inputDim, outputDim: D, inputShape: [T] }),
      layers.lstm({ units: 4 }),
      layers.dense({ units: 3, activation: 'softmax' }),
    ],
    numerics: 'portable',
  });

function learner(kind: 'sgdEvery', optimizer: Optimizer) {
  const { before, shapes } = fixture[kind];
  const made = stack(shapes[0][0]);
  made.setWeights(before.map((data, i) => tensor(data, shapes[i])));
  made.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
  return made;
}

// twenty steps in float32 on both sides; each is off by some 1e-6 of losses about 1
const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 5e-5) => {
  expect(a).toHaveLength(b.length);
  Array.from(a).forEach((value, i) => {
    expect(Math.abs(value - b[i])).toBeLessThan(tolerance);
  });
};

describe.each([
  ['sgdEvery', 'every', () => optimizers.sgd({ learningRate: 0.5 })],
  ['sgdSome', 'some', () => optimizers.sgd({ learningRate: 0.5 })],
  ['adamOnce', 'once', () => optimizers.adam({ learningRate: 0.02 })],
] as const)('%s', (kind, data, optimizer) => {
  it('learns as in Keras', async () => {
    const made = learner(kind as 'sgdEvery', optimizer());
    const { losses, after, predicted } = fixture[kind];
    expect(made.weightSpecs[0]).toEqual({
      name: 'embedding/embeddings',
      shape: fixture[kind].shapes[0],
    });
    const found: number[] = [];
    for (let step = 0; step < losses.length; step++) {
      found.push((await made.trainOnBatch(batch(fixture[data], step), y)).loss);
    }
    near(found, losses);
    made.getWeights().forEach((weight, i) => {
      near(weight.data, after[i], 2e-4);
    });
    near((await made.predict(batch(fixture[data], 0))).data, predicted, 2e-4);
    const copy = fromBytes(toBytes(made));
    const next = batch(fixture.every, 3);
    await copy.trainOnBatch(next, y);
    await made.trainOnBatch(next, y);
    expect(bitsOf(copy.getWeights())).toEqual(bitsOf(made.getWeights()));
  });
});

it('leaves rows that a step does not see as they are, where Adam of Keras moves them', async () => {
  const made = learner('adamSome' as 'sgdEvery', optimizers.adam({ learningRate: 0.02 }));
  const { before, firstRows } = fixture.adamSome;
  const rows = () => made.getWeights()[0].data.slice(0, 2 * D);
  await made.trainOnBatch(batch(fixture.some, 0), y);
  // both rows so far: 0 was not seen, 1 was
  near(rows(), firstRows[0]);
  const seenOnce = rows();
  for (let step = 1; step < 20; step++) await made.trainOnBatch(batch(fixture.some, step), y);
  expect(rows()).toEqual(seenOnce);
  expect(Array.from(rows().slice(0, D))).toEqual(before[0].slice(0, D).map(Math.fround));
  const moved = firstRows[19].slice(D).map((value, i) => Math.abs(value - seenOnce[D + i]));
  expect(Math.min(...moved)).toBeGreaterThan(0.02);
});

it('squares the sum of what a row is asked for, where Keras on TensorFlow squares each part', async () => {
  // in the first step of Adam no number can move by more than the learning rate
  expect(fixture.squared[1]).toBeGreaterThan(1.3);
  expect(Math.max(...fixture.squared.slice(2))).toBeLessThan(1);
  const made = learner('sgdEvery', optimizers.adam({ learningRate: 0.01 }));
  const before = made.getWeights()[0].data;
  await made.trainOnBatch(batch(fixture.every, 0), y);
  const moved = made.getWeights()[0].data.map((value, i) => Math.abs(value - before[i]));
  expect(Math.max(...moved)).toBeLessThan(0.01 + 1e-6);
});

it('has the gradient of the loss: central differences', () => {
  const made = sequential({
    layers: [
      layers.embedding({ inputDim: V, outputDim: D, inputShape: [T] }),
      layers.lstm({ units: 4 }),
      layers.dense({ units: 3 }),
    ],
    numerics: 'portable',
  });
  made.compile({ optimizer: 'sgd', loss: 'mse' });
  const x = batch(fixture.some, 0);
  const targets = noise(B, [3], 8);
  const { gradients: found } = gradients(made, x, targets);
  const [table, ...others] = made.getWeights();
  // the slope along the gradient, as in test/model/gradient-check.test.ts
  const norm = Math.hypot(...found[0].data);
  const direction = found[0].data.map((value) => value / norm);
  const at = (step: number) => {
    const moved = table.data.map((value, i) => value + step * direction[i]);
    made.setWeights([tensor(moved, table.shape), ...others]);
    return gradients(made, x, targets).loss;
  };
  const slope = (at(2 ** -5) - at(-(2 ** -5))) / 2 ** -4;
  expect(Math.abs(slope - norm) / norm).toBeLessThan(4e-3);
  expect(found[0].data.slice(0, D)).toEqual(new Float32Array(D));
});

it.each([{ globalClipNorm: 0.01 }, { clipNorm: 0.01 }, { clipValue: 0.001 }])(
  'bounds its gradients as those of any weight: %o',
  async (clip) => {
    const made = learner('sgdEvery', optimizers.sgd({ learningRate: 1, ...clip }));
    const x = batch(fixture.some, 0);
    const before = made.getWeights();
    const plain = learner('sgdEvery', optimizers.sgd({ learningRate: 1 }));
    await plain.trainOnBatch(x, y);
    const steps = plain
      .getWeights()
      .map(({ data }, i) => data.map((v, j) => v - before[i].data[j]));
    await made.trainOnBatch(x, y);
    const norm = (values: Float32Array) => Math.hypot(...values);
    const all = Math.hypot(...steps.map(norm));
    const bounded = made.getWeights()[0].data.map((v, j) => v - before[0].data[j]);
    const limit = clip.globalClipNorm ?? clip.clipNorm;
    const expected = steps[0].map((v) => {
      if (clip.clipValue !== undefined)
        return Math.max(-clip.clipValue, Math.min(clip.clipValue, v));
      const of = clip.globalClipNorm === undefined ? norm(steps[0]) : all;
      return of > (limit as number) ? (v * (limit as number)) / of : v;
    });
    // differences of weights up to 1.5, each rounded to 2^-24
    near(bounded, expected, 4e-7);
  },
);

it('is called twice and shares its table, in a graph and its configuration', async () => {
  const build = () => {
    const words = layers.embedding({ inputDim: V, outputDim: D });
    const [a, b] = ['a', 'b'].map((name) => input({ shape: [T], dtype: 'int32', name }));
    const both = layers.concatenate().apply([words.apply(a), words.apply(b)]);
    const out = layers.dense({ units: 1 }).apply(layers.lstm({ units: 4 }).apply(both));
    return model({ inputs: [a, b], outputs: out, numerics: 'portable' });
  };
  const made = build();
  made.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'mse' });
  const [first, second] = [batch(fixture.every, 0), batch(fixture.some, 1)];
  const before = made.getWeights();
  const targets = noise(B, [1], 3);
  for (let step = 0; step < 5; step++) await made.trainOnBatch([first, second], targets);
  expect(made.getWeights()[0]).not.toEqual(before[0]);
  const again = fromBytes(toBytes(made));
  expect(bitsOf([await again.predict([first, second])].flat())).toEqual(
    bitsOf([await made.predict([first, second])].flat()),
  );
});

it('does not move where it is frozen', async () => {
  const made = learner('sgdEvery', optimizers.sgd({ learningRate: 0.5 }));
  made.layers[0].trainable = false;
  const before = made.getWeights();
  await made.trainOnBatch(batch(fixture.every, 0), y);
  expect(made.getWeights()[0]).toEqual(before[0]);
  expect(made.getWeights()[1]).not.toEqual(before[1]);
});

it('gives in a stream what predict gives', async () => {
  const made = stack();
  const x = batch(fixture.every, 0);
  const whole = await made.predict(x);
  const stream = made.stream({ batchSize: B });
  let last: Float32Array = new Float32Array(0);
  for (let t = 0; t < T; t++) {
    last = stream.step(Float32Array.from({ length: B }, (_, b) => x.data[b * T + t]));
  }
  expect(last).toEqual(whole.data);
  expect(() => stream.step([1, 2, 3, 9, 5, 6])).toThrow(
    /integers from 0 to 8.*inputDim 9.*sample 3 holds 9/,
  );
  stream.dispose();
});

it('refuses what is in no table, by sample and step', async () => {
  const made = learner('sgdEvery', optimizers.sgd());
  const x = tensor([...fixture.every.slice(0, B * T)], [B, T]);
  for (const wrong of [9, -1, 1.5]) {
    x.data[2 * T + 4] = wrong;
    const text = new RegExp(`inputDim 9, but sample 2 holds ${wrong} at step 4`);
    await expect(made.predict(x)).rejects.toThrow(text);
    await expect(made.fit(x, y)).rejects.toThrow(text);
    await expect(made.evaluate(x, y)).rejects.toThrow(text);
  }
  expect(() =>
    sequential({
      layers: [
        layers.dense({ units: 3, inputShape: [4, 3] }),
        layers.embedding({ inputDim: 4, outputDim: 2 }),
      ],
    }),
  ).toThrow(/needs \[timesteps\] whole numbers a sample, but its input is \[4, 3\] of floats/);
});
