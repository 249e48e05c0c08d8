import {
  fromBytes,
  input,
  layers,
  model,
  modelFromConfig,
  optimizers,
  type Sequential,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import fixture from '../fixtures/pytorch/crf.json' with { type: 'json' };
import { brutePath, crfLoss } from '../reference/crf.js';
import { expectError } from '../support/errors.js';
import { maxDifference } from '../support/kernels.js';
import { bitsOf, noise } from '../support/samples.js';

const loss = 'crfNegativeLogLikelihood';
const [n, T, I, K] = [10, 5, 3, 4];
const x = noise(n, [T, I], 5);
const y = tensor(
  Float32Array.from({ length: n * T }, (_, i) => (i * i) % K),
  [n, T],
);

type CrfOptions = Parameters<typeof layers.crf>[0];

function tagger(options: Partial<CrfOptions> = {}, more: object = {}): Sequential {
  const made = sequential({
    layers: [
      layers.lstm({ units: 6, returnSequences: true, inputShape: [T, I] }),
      layers.dense({ units: K }),
      layers.crf({ units: K, ...options }),
    ],
    seed: 2,
    numerics: 'portable',
    ...more,
  });
  made.compile({ optimizer: optimizers.adam({ learningRate: 0.02 }), loss, metrics: ['accuracy'] });
  return made;
}

describe('layers.crf', () => {
  it('trains as pytorch-crf does, and decodes the same tags', async () => {
    const { n: count, x, y, kernel, transitions, losses, accuracy, paths } = fixture.training;
    const { T, K, I } = fixture;
    const made = sequential({
      layers: [layers.dense({ units: K, inputShape: [T, I] }), layers.crf({ units: K })],
      numerics: 'portable',
    });
    const zeros = () => tensor(new Float32Array(K), [K]);
    const weights = [
      tensor(kernel, [I, K]),
      zeros(),
      tensor(transitions, [K, K]),
      zeros(),
      zeros(),
    ];
    made.setWeights(weights);
    const optimizer = optimizers.sgd({ learningRate: 0.1 });
    made.compile({ optimizer, loss, metrics: ['accuracy'] });
    const data = [tensor(x, [count, T, I]), tensor(y, [count, T])] as const;
    const { history } = await made.fit(...data, { epochs: 20, batchSize: count, shuffle: false });
    // a loss of about 10 rounds to 1e-6; twenty steps of 0.1 along gradients that are off by 1e-6
    expect(maxDifference(history.loss, losses)).toBeLessThan(2e-5);
    const after = made.getWeights()[2].data;
    expect(maxDifference(after, fixture.training.transitionsAfter)).toBeLessThan(1e-5);
    const out = await made.predict(data[0]);
    const tags = Array.from({ length: count * T }, (_, r) =>
      out.data.subarray(r * K, r * K + K).indexOf(1),
    );
    expect(tags).toEqual(paths.flat());
    const figures = await made.evaluate(...data);
    expect(figures.accuracy).toBeCloseTo(accuracy, 6);
  });

  it('has the loss and the gradients of the twin, in training and in evaluate, a weight a sample', async () => {
    const made = sequential({
      layers: [layers.crf({ units: K, inputShape: [T, K] })],
      seed: 3,
      numerics: 'portable',
    });
    made.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss });
    const emissions = noise(n, [T, K], 8);
    const sampleWeight = Float32Array.from({ length: n }, (_, b) => b % 3);
    const [transitions, start, end] = made.getWeights().map(({ data }) => data.slice());
    const major = (data: ArrayLike<number>, F: number) =>
      Float64Array.from({ length: n * T * F }, (_, i) => {
        const [row, c] = [Math.floor(i / F), i % F];
        return data[((row % n) * T + Math.floor(row / n)) * F + c];
      });
    const crf = { B: n, T, K, x: major(emissions.data, K), transitions, start, end };
    const twin = crfLoss({ ...crf, weights: [...sampleWeight] }, major(y.data, 1));
    // five steps of scores below 3: see the kernel's test
    const evaluated = await made.evaluate(emissions, y, { sampleWeight });
    expect(Math.abs(evaluated.loss - twin.loss)).toBeLessThan(1e-4);
    const trained = await made.trainOnBatch(emissions, y, sampleWeight);
    expect(Math.abs(trained.loss - twin.loss)).toBeLessThan(1e-4);
    const moved = made.getWeights().map(({ data }, i) => {
      const before = [transitions, start, end][i];
      return data.map((value, k) => before[k] - value);
    });
    expect(maxDifference(moved[0], twin.dTransitions)).toBeLessThan(1e-4);
    expect(maxDifference(moved[1], twin.dStart)).toBeLessThan(1e-4);
    expect(maxDifference(moved[2], twin.dEnd)).toBeLessThan(1e-4);
  });

  it('learns tags that depend on their neighbours, down to an accuracy of 1', async () => {
    const made = tagger();
    await made.fit(x, y, { epochs: 150, batchSize: n });
    expect((await made.evaluate(x, y)).accuracy).toBe(1);
  });

  it('gives marginals that sum to 1', async () => {
    const made = tagger({ decode: 'marginals' });
    const { data } = await made.predict(x);
    for (let r = 0; r < n * T; r++) {
      const sum = data.subarray(r * K, r * K + K).reduce((a, b) => a + b, 0);
      expect(Math.abs(sum - 1)).toBeLessThan(1e-6);
    }
    // how it decodes moves no weight
    const other = tagger();
    for (const one of [made, other]) await one.fit(x, y, { epochs: 2 });
    expect(bitsOf(made.getWeights())).toEqual(bitsOf(other.getWeights()));
  });

  it('heeds the lengths of its input', async () => {
    const made = sequential({ layers: [layers.crf({ units: K, inputShape: [T, K] })], seed: 3 });
    made.compile({ optimizer: 'sgd', loss });
    const emissions = noise(3, [T, K], 8);
    const { network, memory, workspace, passes } = made[internals]();
    await made.predict(emissions);
    passes.prepareInference(3);
    const at = Math.ceil(workspace.end / 64) * 64;
    memory.reserve(at + 64, 'lengths of a test');
    memory.integers.set([5, 2, 0], at / 4);
    network.inputs[0].view.lengths = at;
    const { data } = await made.predict(emissions);
    const rows = Array.from({ length: 3 * T }, (_, r) =>
      data.subarray(r * K, r * K + K).reduce((a, b) => a + b, 0),
    );
    expect(rows).toEqual([1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('has the loss of the twin where the ends of samples are masked, and counts their steps alone', async () => {
    const made = sequential({
      layers: [layers.masking({ inputShape: [T, K] }), layers.crf({ units: K })],
      seed: 3,
      numerics: 'portable',
    });
    made.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss, metrics: ['accuracy'] });
    const lengths = [5, 2, 3, 1];
    const emissions = noise(4, [T, K], 8);
    lengths.forEach((length, b) => {
      emissions.data.fill(0, (b * T + length) * K, (b + 1) * T * K);
    });
    const tags = Float32Array.from({ length: 4 * T }, (_, i) => (i * 3) % K);
    const [transitions, start, end] = made.getWeights().map(({ data }) => data.slice());
    const rows = Array.from({ length: T * 4 }, (_, r) => (r % 4) * T + Math.floor(r / 4));
    const major = rows.flatMap((row) => [...emissions.data.subarray(row * K, row * K + K)]);
    const crf = { B: 4, T, K, x: major, transitions, start, end, lengths };
    const twin = crfLoss(
      crf,
      rows.map((row) => tags[row]),
    );
    const figures = await made.evaluate(emissions, tensor(tags, [4, T]));
    // five steps of scores below 3: see the kernel's test
    expect(Math.abs(figures.loss - twin.loss)).toBeLessThan(1e-4);
    let hits = 0;
    lengths.forEach((length, b) => {
      brutePath(crf, b).forEach((tag, t) => {
        if (tag === tags[b * T + t]) hits++;
      });
      expect(length).toBe(brutePath(crf, b).length);
    });
    expect(figures.accuracy).toBeCloseTo(hits / 11, 6);
    await made.trainOnBatch(emissions, tensor(tags, [4, T]));
    const moved = made.getWeights()[0].data.map((value, k) => transitions[k] - value);
    expect(maxDifference(moved, twin.dTransitions)).toBeLessThan(1e-4);
  });

  it('stands on a bidirectional LSTM', async () => {
    const made = sequential({
      layers: [
        layers.bidirectional(layers.lstm({ units: 5, returnSequences: true, inputShape: [T, I] })),
        layers.dense({ units: K }),
        layers.crf({ units: K }),
      ],
      seed: 2,
    });
    made.compile({
      optimizer: optimizers.adam({ learningRate: 0.02 }),
      loss,
      metrics: ['accuracy'],
    });
    await made.fit(x, y, { epochs: 100, batchSize: n });
    expect((await made.evaluate(x, y)).accuracy).toBe(1);
    const opened = fromBytes(toBytes(made));
    expect(bitsOf([(await opened.predict(x)) as typeof x])).toEqual(
      bitsOf([await made.predict(x)]),
    );
  });

  it('gives the same bits in batches of any size, with two threads, and through files and configurations', async () => {
    const [one, two] = [tagger(), tagger({}, { threads: 2 })];
    for (const made of [one, two]) await made.fit(x, y, { epochs: 3, batchSize: 4 });
    expect(bitsOf(two.getWeights())).toEqual(bitsOf(one.getWeights()));
    const whole = bitsOf([await one.predict(x)]);
    expect(bitsOf([await one.predict(x, { batchSize: 3 })])).toEqual(whole);
    const opened = fromBytes(toBytes(one));
    expect(bitsOf([(await opened.predict(x)) as typeof x])).toEqual(whole);
    expect(opened.getConfig()).toEqual(one.getConfig());
    // training goes on from a file as it would have without
    for (const made of [one, opened]) await made.fit(x, y, { epochs: 2, batchSize: 4 });
    expect(bitsOf(opened.getWeights())).toEqual(bitsOf(one.getWeights()));
    expect(modelFromConfig(one.getConfig()).getConfig()).toEqual(one.getConfig());
    for (const made of [one, two, opened]) made.dispose();
  });

  it('stays as it is where it is frozen, and what lies below still learns', async () => {
    const made = tagger({ trainable: false });
    const before = bitsOf(made.getWeights());
    await made.fit(x, y, { epochs: 2 });
    const after = bitsOf(made.getWeights());
    expect(after.slice(-3)).toEqual(before.slice(-3));
    expect(after.slice(0, 5)).not.toEqual(before.slice(0, 5));
  });

  it('has no metric of numbers, and no loss but its own', async () => {
    const made = tagger();
    for (const metric of ['mae', 'mse', 'meanAbsoluteError', 'meanSquaredError'] as const) {
      await expectError(
        () => made.compile({ optimizer: 'adam', loss, metrics: [metric] }),
        'bad-option',
        `is a CRF, whose metric is 'accuracy', the share of right tags, but got metric '${metric}'`,
      );
    }
    await expectError(
      () => made.compile({ optimizer: 'adam', loss: 'mse' }),
      'bad-option',
      /trained by the loss 'crfNegativeLogLikelihood' alone, but got loss 'mse'/,
    );
    made.compile({ optimizer: 'adam', loss, metrics: ['acc'] });
  });

  it('is one output of a graph beside another', async () => {
    const words = input({ shape: [T, I] });
    const h = layers.lstm({ units: 5, returnSequences: true }).apply(words);
    const tags = layers.crf({ units: K, name: 'tags' }).apply(layers.dense({ units: K }).apply(h));
    const next = layers.dense({ units: 2, name: 'next' }).apply(h);
    const both = model({ inputs: words, outputs: [tags, next], seed: 4 });
    both.compile({
      optimizer: 'adam',
      loss: { tags: loss, next: 'mse' },
      metrics: { tags: ['accuracy'] },
    });
    const targets = { tags: y, next: noise(n, [T, 2], 6) };
    const { history } = await both.fit(x, targets, { epochs: 30 });
    expect(Object.keys(history)).toEqual(['loss', 'tags_loss', 'tags_accuracy', 'next_loss']);
    expect(history.tags_loss[29]).toBeLessThan(history.tags_loss[0]);
    const { tags_loss: evaluated, loss: sum, next_loss: other } = await both.evaluate(x, targets);
    expect(evaluated + other).toBeCloseTo(sum, 5);
    expect((await both.predict(x))[0].shape).toEqual([n, T, K]);
  });
});

describe('layers.crf refuses', () => {
  it.each([
    [{ units: 1 }, /units must be an integer of at least 2/],
    [{ units: 3, decode: 'beam' }, /decode must be 'viterbi' or 'marginals'/],
    [{ units: 3, transitionInitializer: 'zero' }, /transitionInitializer/],
    [{ units: 3, useKernel: true }, /no option 'useKernel'/],
  ])('%j', async (options, message) => {
    await expectError(() => layers.crf(options as CrfOptions), 'bad-option', message);
  });

  it('an input of other columns, and one without time', async () => {
    const one = (first: object, units: number) =>
      sequential({
        layers: [layers.lstm({ units: 4, inputShape: [T, I], ...first }), layers.crf({ units })],
      });
    await expectError(
      () => one({ returnSequences: true }, 3),
      'bad-shape',
      /layer crf.*units 3.*\[5, 4\].*dense/,
    );
    await expectError(() => one({}, 4), 'bad-shape', /layer crf: a CRF needs \[timesteps/);
  });

  it('a layer behind it, and a second reader', async () => {
    const stack = [layers.crf({ units: K, inputShape: [T, K] }), layers.dense({ units: 2 })];
    await expectError(
      () => sequential({ layers: stack }),
      'bad-option',
      /layer dense reads what layer.*CRF.*must be the last/,
    );
    const scores = input({ shape: [T, K] });
    const tags = layers.crf({ units: K }).apply(scores);
    const twice = model({ inputs: scores, outputs: [tags, tags] });
    await expectError(() => twice.compile({ optimizer: 'sgd', loss }), 'bad-option', /one output/);
  });

  it('other losses, and its loss refuses other layers', async () => {
    const made = tagger();
    await expectError(
      () => made.compile({ optimizer: 'sgd', loss: 'mse' }),
      'bad-option',
      /the last layer \(crf\) is a CRF, which is trained by the loss 'crfNegativeLogLikelihood' alone, but got loss 'mse'/,
    );
    const dense = sequential({ layers: [layers.dense({ units: 2, inputShape: [T, I] })] });
    await expectError(
      () => dense.compile({ optimizer: 'sgd', loss }),
      'bad-option',
      /needs a last layer layers\.crf/,
    );
  });

  it('to be run step by step, and weights of single steps', async () => {
    const made = tagger();
    await expectError(
      () => made.stream(),
      'bad-option',
      /layer crf \(CRF\) decides over whole sequences/,
    );
    const sampleWeight = tensor(new Float32Array(n * T), [n, T]);
    await expectError(() => made.fit(x, y, { sampleWeight }), 'bad-shape', /\[10\] or \[10, 1\]/);
    await expectError(
      () => made.fit(x, tensor(new Float32Array(n * T).fill(K), [n, T])),
      'bad-data',
      /class numbers from 0 to 3/,
    );
  });
});
