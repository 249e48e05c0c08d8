// Data that are not there as arrays: samples made when a batch needs them, and batches that come
// one after the other. They train as the same arrays do, to the bit.
import {
  type DatasetBatch,
  input,
  layers,
  type Model,
  model,
  type Samples,
  sequential,
  type Tensor,
  tensor,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const n = 22;
const x = noise(n, [5, 3]);
const y = noise(n, [2], 5);

function stack(): Model<Tensor> {
  const made = sequential({
    layers: [
      layers.lstm({ units: 4, inputShape: [5, 3] }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 2 }),
    ],
    seed: 4,
    numerics: 'portable',
  });
  made.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
  return made;
}

const rowsOf = ({ data, shape }: Tensor, from: number, to: number): Tensor => {
  const each = data.length / shape[0];
  return { data: data.slice(from * each, to * each), shape: [to - from, ...shape.slice(1)] };
};

/** The same data, sample by sample; `made` notes which were asked for. */
function samplesOf(from: Tensor, to: Tensor, made: number[] = []): Samples {
  const write = ({ data, shape }: Tensor) => {
    const each = data.length / shape[0];
    return (index: number, out: Float32Array) => {
      expect(out).toHaveLength(each);
      out.set(data.subarray(index * each, (index + 1) * each));
    };
  };
  const [writeX, writeY] = [write(from), write(to)];
  return {
    count: from.shape[0],
    x: (index, out) => {
      made.push(index);
      writeX(index, out);
    },
    y: writeY,
  };
}

describe('samples that are made when a batch needs them', () => {
  it('train, evaluate and predict as arrays do, to the bit', async () => {
    const [arrays, samples] = [stack(), stack()];
    const options = { epochs: 3, batchSize: 8, validationSplit: 0.25 };
    const expected = await arrays.fit(x, y, options);
    const made: number[] = [];
    expect(await samples.fit(samplesOf(x, y, made), undefined, options)).toEqual(expected);
    expect(bitsOf(samples.getWeights())).toEqual(bitsOf(arrays.getWeights()));
    // each once an epoch, as the order of the epoch wants it, then those of validation
    expect(made.slice(0, 16).sort((a, b) => a - b)).toEqual([...Array(16).keys()]);
    expect(made.slice(16, 22)).toEqual([16, 17, 18, 19, 20, 21]);
    // what was made last is kept: the one batch of validation
    expect(made).toHaveLength(3 * 16 + 6);
    const figures = await arrays.evaluate(x, y);
    expect(await samples.evaluate(samplesOf(x, y))).toEqual(figures);
    expect(await samples.predict(samplesOf(x, y))).toEqual(await arrays.predict(x));
  });

  it('are made once a batch, though inference takes time in stretches', async () => {
    const long = noise(3, [4000, 2]);
    const made = sequential({ layers: [layers.lstm({ units: 2, inputShape: [4000, 2] })] });
    const calls: number[] = [];
    const outputs = await made.predict(samplesOf(long, noise(3, [2]), calls));
    expect(outputs).toEqual(await made.predict(long));
    expect(calls).toEqual([0, 1, 2]);
  });

  it('begin as zeros, so that padding need not be written', async () => {
    const words = [[3, 4, 5, 6], [1], [2, 3], [5]];
    const made = sequential({
      layers: [
        layers.embedding({ inputDim: 9, outputDim: 3, maskZero: true, inputShape: [4] }),
        layers.lstm({ units: 3 }),
      ],
      numerics: 'portable',
    });
    const padded = tensor(words.map((one) => [...one, 0, 0, 0].slice(0, 4)));
    const samples: Samples = {
      count: 4,
      x: (index, out) => out.set(words[index]),
      y: () => {},
    };
    // a batch of one after a longer one
    const found = await made.predict(samples, { batchSize: 1 });
    expect(found).toEqual(await made.predict(padded));
  });

  it('serve validation, several inputs and outputs, and class numbers', async () => {
    const [a, b] = [input({ shape: [2] }), input({ shape: [3] })];
    const graph = () => {
      const joined = layers.concatenate().apply([a, b]);
      return model({
        inputs: [a, b],
        outputs: [
          layers.dense({ units: 1 }).apply(joined),
          layers.dense({ units: 3, activation: 'softmax' }).apply(joined),
        ],
      });
    };
    const xs = [noise(9, [2]), noise(9, [3])];
    const ys = [noise(9, [1]), tensor([0, 1, 2, 0, 1, 2, 0, 1, 2], [9])];
    const loss = ['mse', 'sparseCategoricalCrossentropy'] as const;
    const [first, second] = [graph(), graph()];
    for (const one of [first, second]) one.compile({ optimizer: 'adam', loss });
    const part = (list: Tensor[], index: number, out: Float32Array, place: number) => {
      const { data } = list[place];
      out.set(data.subarray(index * out.length, (index + 1) * out.length));
    };
    const samples: Samples = {
      count: 9,
      x: (index, out, place) => part(xs, index, out, place),
      y: (index, out, place) => part(ys, index, out, place),
    };
    const { history } = await first.fit(xs, ys, { batchSize: 4, validationData: [xs, ys] });
    const again = await second.fit(samples, undefined, {
      batchSize: 4,
      validationData: samples,
    });
    expect(again.history).toEqual(history);
  });

  it('are refused with one clear error', async () => {
    const made = stack();
    const good = samplesOf(x, y);
    const bad = { ...good, x: (_: number, out: Float32Array) => out.fill(Number.NaN) };
    await expectError(() => made.fit(good, y), 'bad-option', /leave out y \(undefined before/);
    const weights = { sampleWeight: new Float32Array(n) };
    await expectError(() => made.fit(good, undefined, weights), 'bad-option', /sampleWeight/);
    await expectError(
      () => made.fit(bad),
      'bad-data',
      /a batch of x, x for the first layer \(lstm\), must be finite/,
    );
    for (const count of [0, 1.5, Number.NaN]) {
      await expectError(() => made.fit({ ...good, count }), 'bad-data', /count must be a positive/);
    }
    const count = 'a'.repeat(1e5) as unknown as number;
    const { message } = await expectError(() => made.fit({ ...good, count }), 'bad-data');
    expect(message.length).toBeLessThan(200);
    // nobody would wait for what they write
    const late = async (_: number, out: Float32Array) => void out.fill(await 1);
    const before = bitsOf(made.getWeights());
    for (const one of ['x', 'y']) {
      const told = `x: function ${one} must write a sample before it returns, but returned a promise`;
      await expectError(() => made.fit({ ...good, [one]: late }), 'bad-data', told);
    }
    expect(bitsOf(made.getWeights())).toEqual(before);
    const shapeless = sequential({ layers: [layers.dense({ units: 1 })] });
    shapeless.compile({ optimizer: 'sgd', loss: 'mse' });
    await expectError(() => shapeless.fit(good), 'bad-option', /does not know its input shape/);
    await expectError(() => made.fit(x), 'bad-data', /y must be a tensor/);
  });
});

/** Batches of 8 in order. */
const batches = (): DatasetBatch[] =>
  [0, 8, 16].map((from) => {
    const to = Math.min(from + 8, n);
    return { xs: rowsOf(x, from, to), ys: rowsOf(y, from, to) };
  });

/** An object that can be gone through again and again. */
function stream(list: unknown[] = batches(), log: string[] = []): AsyncIterable<DatasetBatch> {
  return {
    async *[Symbol.asyncIterator]() {
      log.push('begin');
      try {
        for (const item of list) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield item as DatasetBatch;
        }
        log.push('end');
      } finally {
        log.push('closed');
      }
    },
  };
}

describe('batches that come one after the other', () => {
  const inOrder = { epochs: 3, batchSize: 8, shuffle: false };

  it.each([
    ['an array', () => batches()],
    ['an iterable', () => new Set(batches())],
    ['an asynchronous iterable', () => stream()],
  ])('train and evaluate as arrays in order do, to the bit: %s', async (_, dataset) => {
    const [arrays, made] = [stack(), stack()];
    const expected = await arrays.fit(x, y, { ...inOrder, validationData: [x, y] });
    const found = await made.fitDataset(dataset(), { epochs: 3, validationData: dataset() });
    expect(found).toEqual(expected);
    expect(bitsOf(made.getWeights())).toEqual(bitsOf(arrays.getWeights()));
    const figures = await arrays.evaluate(x, y, { batchSize: 8 });
    expect(await made.evaluateDataset(dataset())).toEqual(figures);
    const judged = await stack().fitDataset(dataset(), { validationData: [x, y] });
    const twin = await stack().fit(x, y, { ...inOrder, epochs: 1, validationData: [x, y] });
    expect(judged.history.val_loss[0]).toBeCloseTo(twin.history.val_loss[0], 6);
  });

  it('may be of any size, and have weights', async () => {
    const made = stack();
    const sizes = [3, 12, 1, 6];
    let from = 0;
    const odd = sizes.map((size) => {
      from += size;
      const [xs, ys] = [rowsOf(x, from - size, from), rowsOf(y, from - size, from)];
      return { xs, ys, sampleWeight: new Float32Array(size) };
    });
    const { history } = await made.fitDataset(odd, { epochs: 2 });
    expect(history.loss).toEqual([0, 0]);
  });

  it('begin anew each epoch, and are closed where training ends early', async () => {
    const made = stack();
    const log: string[] = [];
    await made.fitDataset(stream(batches(), log), { epochs: 2 });
    expect(log).toEqual(['begin', 'end', 'closed', 'begin', 'end', 'closed']);
    log.length = 0;
    const onBatchEnd = () => {
      made.stopTraining = true;
    };
    await made.fitDataset(stream(batches(), log), { epochs: 2, callbacks: { onBatchEnd } });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(log).toEqual(['begin', 'closed']);
  });

  it('are not waited for once the signal is aborted', async () => {
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const signal = AbortSignal.timeout(20);
    await expectError(
      () => stack().fitDataset(never, { signal }),
      'aborted',
      /^fitDataset was aborted .* 0 finished epochs/,
    );
  });

  it('are refused with one clear error that names the batch', async () => {
    const made = stack();
    const [first] = batches();
    const gone = batches().values();
    await made.fitDataset(gone);
    const cases: [unknown, RegExp][] = [
      [
        [first, { ...first, xs: noise(8, [4, 3]) }],
        /batch 1 of the dataset, x has shape \[8, 4, 3\]/,
      ],
      [[first, { xs: x }], /batch 1 of the dataset, y must be a tensor/],
      [[{ x, y }], /batch 0 of the dataset has no option 'x'; it knows xs, ys, sampleWeight/],
      [[3], /batch 0 of the dataset expects an object of options/],
      [gone, /the dataset brought no batch.*gone through once each epoch/s],
      [[], /the dataset brought no batch/],
      [
        { [Symbol.asyncIterator]: () => ({}) },
        /the dataset: \[Symbol.asyncIterator\]\(\) must give an iterator, an object with next\(\), but/,
      ],
      [
        { [Symbol.iterator]: () => ({ next: () => 3 }) },
        /the dataset: next\(\) must give \{ value, done \}, but gave 3/,
      ],
      ['text', /the dataset must be an array of batches/],
      [undefined, /the dataset must be an array of batches/],
      [{}, /the dataset must be an array of batches/],
    ];
    for (const [dataset, message] of cases) {
      const error = await made.fitDataset(dataset as never).catch((thrown: Error) => thrown);
      expect(String(error)).toMatch(message);
      await expect(made.evaluateDataset(dataset as never)).rejects.toThrow(message);
    }
    const options: [object, RegExp][] = [
      [{ batchSize: 3 }, /no option 'batchSize'/],
      [{ shuffle: true }, /no option 'shuffle'/],
      [{ validationSplit: 0.1 }, /no option 'validationSplit'/],
      [
        { validationData: 3 },
        /validationData must be batches \{ xs, ys \}, \[x, y\] or Samples, but is 3/,
      ],
    ];
    for (const [given, message] of options) {
      await expectError(() => made.fitDataset([first], given as never), 'bad-option', message);
    }
    await expectError(
      () => sequential({ layers: [layers.dense({ units: 1 })] }).fitDataset([first]),
      'bad-option',
      /fitDataset needs an optimizer/,
    );
  });

  it('pass on what the stream throws, and leave the model usable', async () => {
    const made = stack();
    const broken = {
      async *[Symbol.asyncIterator]() {
        yield batches()[0];
        throw new Error('the line is down');
      },
    };
    await expect(made.fitDataset(broken)).rejects.toThrow('the line is down');
    expect(made.optimizerSteps).toBe(1);
    await made.fit(x, y);
  });
});

describe('a stream of batches is left as `for await` leaves it', () => {
  const made = () => {
    const model = sequential({
      layers: [layers.dense({ units: 1, inputShape: [2] })],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    return model;
  };
  /** Three batches; the log tells what the iterator was asked. */
  function stream(log: string[], fails = false) {
    return {
      [Symbol.asyncIterator]() {
        let n = 0;
        return {
          async next() {
            n += 1;
            log.push(`next ${n}`);
            if (fails && n === 2) throw new Error('the wire is cut');
            const value = { xs: noise(2, [2]), ys: noise(2, [1]) };
            return n > 3 ? { done: true, value: undefined } : { done: false, value };
          },
          async return() {
            await new Promise((resolve) => setTimeout(resolve, 5));
            log.push('return');
            return { done: true, value: undefined };
          },
        };
      },
    } as AsyncIterable<never>;
  }

  it('not asked to return at its end, nor where it has failed; and waited for where it is left early', async () => {
    const log: string[] = [];
    await made().fitDataset(stream(log), { epochs: 1 });
    await made().evaluateDataset(stream(log));
    expect(log).not.toContain('return');
    await expect(made().evaluateDataset(stream(log, true))).rejects.toThrow('the wire is cut');
    expect(log).not.toContain('return');
    log.length = 0;
    const model = made();
    const stop = () => {
      model.stopTraining = true;
    };
    await model.fitDataset(stream(log), { epochs: 1, callbacks: { onBatchEnd: stop } });
    expect(log).toEqual(['next 1', 'return']);
  });

  it.each([undefined, null, 3, 'a batch'])(
    'not asked to return where next() has answered %s',
    async (answer) => {
      const log: string[] = [];
      const endless = (next: () => unknown) =>
        ({
          [Symbol.asyncIterator]: () => ({
            next,
            return() {
              log.push('return');
            },
          }),
        }) as unknown as AsyncIterable<never>;
      const wrong = endless(() => answer);
      for (const run of [() => made().fitDataset(wrong), () => made().evaluateDataset(wrong)]) {
        await expectError(run, 'bad-option', /next\(\) must give \{ value, done \}, but gave /);
      }
      // `for await` itself
      await expect(
        (async () => {
          for await (const batch of wrong) log.push(batch);
        })(),
      ).rejects.toThrow(TypeError);
      expect(log).toEqual([]);
    },
  );
});
