// What others do with a model and with its data while a call on it is under way: every answer
// comes from one set of weights and from the data as they were when the call was made.
import { layers, type Sequential, sequential, type Tensor, toBytes } from 'sluice';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

function model() {
  const made = sequential({
    layers: [
      layers.lstm({ units: 32, inputShape: [20, 3] }),
      layers.dropout({ rate: 0.1 }),
      layers.dense({ units: 2 }),
    ],
    seed: 7,
    numerics: 'portable',
  });
  made.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
  return made;
}
const x = noise(300, [20, 3]);
const y = noise(300, [2], 5);
/** Enough batches to give the thread away many times, by the clock below. */
const many = noise(600, [20, 3], 6);
const manyY = noise(600, [2], 7);
const turn = () => new Promise((resolve) => setTimeout(resolve, 1));
const copyOf = ({ data, shape }: Tensor): Tensor => ({ data: data.slice(), shape: [...shape] });

// 50 ms pass with every third look at the clock, however fast the machine
beforeEach(() => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => {
    now += 20;
    return now;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What a model of these weights answers when nobody disturbs it. */
function twinOf(weights: readonly Tensor[]): Sequential {
  const twin = model();
  twin.setWeights(weights);
  return twin;
}

describe('predict and evaluate beside a running fit', () => {
  it('answer from the weights of one step, and training goes on as if alone', async () => {
    const alone = model();
    await alone.fit(x, y, { epochs: 6 });
    const made = model();
    const fit = made.fit(x, y, { epochs: 6 });
    await turn();
    const weights = made.getWeights();
    expect(made.optimizerSteps).toBeGreaterThan(0);
    expect(made.optimizerSteps).toBeLessThan(60);
    const [outputs, figures, again] = await Promise.all([
      made.predict(many),
      made.evaluate(many, manyY),
      made.predict(x),
    ]);
    const twin = twinOf(weights);
    expect(bitsOf([outputs])).toEqual(bitsOf([await twin.predict(many)]));
    expect(figures).toEqual(await twin.evaluate(many, manyY));
    expect(bitsOf([again])).toEqual(bitsOf([await twin.predict(x)]));
    expect((await fit).epoch).toHaveLength(6);
    expect(bitsOf(made.getWeights())).toEqual(bitsOf(alone.getWeights()));
  });

  it('do not hold training off for ever, however many come', async () => {
    const made = model();
    let done = false;
    const fit = made.fit(x, y, { epochs: 3 }).then(() => {
      done = true;
    });
    const users = Array.from({ length: 3 }, async () => {
      while (!done) {
        await made.predict(many);
        await turn();
      }
    });
    await Promise.all([fit, ...users]);
    expect(made.optimizerSteps).toBe(30);
  });

  it('end with an abort of fit, which does not wait for them', async () => {
    const made = model();
    const controller = new AbortController();
    const fit = made.fit(x, y, { epochs: 500, signal: controller.signal });
    await turn();
    const weights = made.getWeights();
    const predicted = made.predict(many);
    await turn();
    controller.abort();
    await expectError(() => fit, 'aborted');
    expect(bitsOf([await predicted])).toEqual(bitsOf([await twinOf(weights).predict(many)]));
    expect(bitsOf(made.getWeights())).toEqual(bitsOf(weights));
  });

  it('work within callbacks, waited for or not, and so do getWeights and saving', async () => {
    const made = model();
    const open: Promise<unknown>[] = [];
    await made.fit(x, y, {
      epochs: 2,
      callbacks: {
        async onEpochEnd() {
          const twin = twinOf(made.getWeights());
          expect(bitsOf([await made.predict(many)])).toEqual(bitsOf([await twin.predict(many)]));
          expect(await made.evaluate(x, y)).toEqual(await twin.evaluate(x, y));
          expect(toBytes(made, { includeOptimizer: false })).toEqual(
            toBytes(twin, { includeOptimizer: false }),
          );
        },
        onEpochBegin() {
          const before = made.getWeights();
          // nobody waits for this one: the next step does
          open.push(
            made.predict(many).then(async (outputs) => {
              const twin = twinOf(before);
              expect(bitsOf([outputs])).toEqual(bitsOf([await twin.predict(many)]));
            }),
          );
        },
      },
    });
    expect(open).toHaveLength(2);
    await Promise.all(open);
  });
});

describe('weights replaced under a pass', () => {
  it.each(['predict', 'evaluate'] as const)('%s begins again with the new ones', async (what) => {
    const made = model();
    const other = sequential({
      layers: [
        layers.lstm({ units: 32, inputShape: [20, 3] }),
        layers.dropout({ rate: 0.1 }),
        layers.dense({ units: 2 }),
      ],
      seed: 8,
    }).getWeights();
    const run = (on: Sequential) =>
      what === 'predict' ? on.predict(many) : on.evaluate(many, manyY);
    const found = run(made);
    await turn();
    made.setWeights(other);
    expect(await found).toEqual(await run(twinOf(other)));
  });

  it('is refused with a reason where it never ends', async () => {
    const made = model();
    const weights = made.getWeights();
    const timer = setInterval(() => made.setWeights(weights), 0);
    await expectError(
      () => made.predict(noise(9000, [20, 3])),
      'bad-option',
      /predict began 21 times.*setWeights/,
    );
    clearInterval(timer);
    await made.predict(x);
  });

  it('happens between steps of a fit, and its validation sees one set', async () => {
    const made = model();
    const other = twinOf(made.getWeights());
    await other.trainOnBatch(x, y);
    const replaced = other.getWeights();
    let found: Promise<unknown> | undefined;
    const validationData = [noise(9000, [20, 3]), noise(9000, [2])] as const;
    const fit = made.fit(x, y, {
      batchSize: 300,
      validationData,
      callbacks: {
        onBatchEnd: () => {
          found = turn().then(() => made.setWeights(replaced));
        },
      },
    });
    const { history } = await fit;
    await found;
    const { loss } = await twinOf(replaced).evaluate(...validationData);
    expect(history.val_loss[0]).toBeCloseTo(loss, 12);
  });
});

describe('trainOnBatch and compile beside a pass', () => {
  it('trainOnBatch waits, with its data as they were', async () => {
    const made = model();
    const weights = made.getWeights();
    const predicted = made.predict(many);
    await turn();
    const [ownX, ownY] = [copyOf(x), copyOf(y)];
    const trained = made.trainOnBatch(ownX, ownY);
    ownX.data.fill(Number.NaN);
    ownY.data.fill(Number.NaN);
    const twin = twinOf(weights);
    expect(bitsOf([await predicted])).toEqual(bitsOf([await twin.predict(many)]));
    expect(await trained).toEqual(await twin.trainOnBatch(x, y));
    expect(bitsOf(made.getWeights())).toEqual(bitsOf(twin.getWeights()));
  });

  it('trainOnBatch called before fit comes before it, and after it is refused', async () => {
    const twin = model();
    await twin.trainOnBatch(x, y);
    await twin.trainOnBatch(many, manyY);
    const begun = bitsOf(twin.getWeights());
    const expected = await twin.fit(x, y, { epochs: 2 });
    const made = model();
    const predicted = made.predict(many);
    await turn();
    let seen: unknown;
    const steps = [made.trainOnBatch(x, y), made.trainOnBatch(many, manyY)];
    const onTrainBegin = () => {
      seen = bitsOf(made.getWeights());
    };
    const fit = made.fit(x, y, { epochs: 2, callbacks: { onTrainBegin } });
    await expectError(() => made.trainOnBatch(x, y), 'bad-option', 'while fit of the same model');
    await expectError(() => made.fit(x, y), 'bad-option', 'while fit of the same model');
    await Promise.all([predicted, ...steps]);
    expect(await fit).toEqual(expected);
    expect(seen).toEqual(begun);
    expect(bitsOf(made.getWeights())).toEqual(bitsOf(twin.getWeights()));
  });

  it('a fit that waits for such a step can be aborted, and the step is made', async () => {
    const made = model();
    const controller = new AbortController();
    const predicted = made.predict(many);
    await turn();
    const trained = made.trainOnBatch(x, y);
    const fit = made.fit(x, y, { signal: controller.signal });
    controller.abort();
    await expectError(() => fit, 'aborted');
    expect(made.optimizerSteps).toBe(0);
    await Promise.all([predicted, trained]);
    expect(made.optimizerSteps).toBe(1);
    await made.fit(x, y);
  });

  it('compile is refused', async () => {
    const made = model();
    const evaluated = made.evaluate(many, manyY);
    await expectError(
      () => made.compile({ optimizer: 'sgd', loss: 'mse' }),
      'bad-option',
      'while predict or evaluate',
    );
    await evaluated;
    made.compile({ optimizer: 'sgd', loss: 'mse' });
  });
});

describe('beside evaluateDataset', () => {
  const batch = { xs: x, ys: y };
  /** Batches, and what happens before the second one. */
  const streamOf = (between: () => unknown) => ({
    async *[Symbol.asyncIterator]() {
      yield batch;
      await between();
      yield batch;
    },
  });

  it.each([
    ['fit', (made: Sequential) => made.fit(x, y)],
    ['fitDataset', (made: Sequential) => made.fitDataset([batch])],
    ['trainOnBatch', (made: Sequential) => made.trainOnBatch(x, y)],
    ['compile', (made: Sequential) => made.compile({ optimizer: 'sgd', loss: 'mse' })],
  ] as const)('%s is refused, for its stream may wait for it', async (what, train) => {
    const made = model();
    const expected = await made.evaluateDataset([batch, batch]);
    let refused: unknown;
    const stream = streamOf(async () => {
      try {
        await train(made);
      } catch (error) {
        refused = error;
      }
    });
    expect(await made.evaluateDataset(stream)).toEqual(expected);
    expect((refused as Error).message).toBe(
      `${what} was called while evaluateDataset of the same model is running; await the first one`,
    );
    await train(made);
  });

  it('predict and evaluate are answered, though a step of fit waits', async () => {
    const made = model();
    let found: Promise<unknown> | undefined;
    const stream = streamOf(async () => {
      await turn();
      await made.predict(x);
      await made.evaluate(x, y);
    });
    await made.fit(x, y, {
      callbacks: {
        onBatchBegin: () => {
          found ??= made.evaluateDataset(stream);
        },
      },
    });
    await found;
    expect(made.optimizerSteps).toBe(10);
  });

  it('setWeights ends it, and the stream is gone through once', async () => {
    const made = model();
    const weights = made.getWeights();
    let rounds = 0;
    const stream = streamOf(() => {
      rounds++;
      made.setWeights(weights);
    });
    await expectError(
      () => made.evaluateDataset(stream),
      'bad-option',
      /^setWeights of the same model was called while the batches of a stream were evaluated/,
    );
    expect(rounds).toBe(1);
    await expectError(
      () => made.fit(x, y, { validationData: stream as never }),
      'bad-option',
      'validationData',
    );
    await expectError(
      () => made.fitDataset([batch], { validationData: stream }),
      'bad-option',
      /^setWeights of the same model/,
    );
    expect(rounds).toBe(2);
    await made.fit(x, y);
  });

  it('its signal ends it at once', async () => {
    const made = model();
    const controller = new AbortController();
    const waiting = made.evaluateDataset(
      streamOf(() => new Promise(() => {})),
      { signal: controller.signal },
    );
    setTimeout(() => controller.abort('enough'), 5);
    const error = await waiting.catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ code: 'aborted', cause: 'enough' });
    expect((error as Error).message).toBe('evaluateDataset was aborted by its signal');
    // nothing is left under way
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    await expectError(
      () => made.evaluateDataset([batch], { signal: AbortSignal.abort() }),
      'aborted',
      /evaluateDataset was aborted/,
    );
    await expectError(
      () => made.evaluateDataset([batch], { batchSize: 3 } as never),
      'bad-option',
      /evaluateDataset has no option 'batchSize'/,
    );
  });
});

describe('data that the caller changes or transfers meanwhile', () => {
  const spoil = {
    'fills with NaN': ({ data }: Tensor) => void data.fill(Number.NaN),
    transfers: ({ data }: Tensor) => void structuredClone(data.buffer, { transfer: [data.buffer] }),
    'gives another shape': (of: Tensor) => {
      of.shape.length = 0;
    },
  };

  describe.each(Object.entries(spoil))('he %s', (_, change) => {
    it('fit trains on what it was given', async () => {
      const expected = await model().fit(x, y, { epochs: 2, validationData: [x, y] });
      const own = [copyOf(x), copyOf(y), copyOf(x), copyOf(y)];
      const made = model();
      const fit = made.fit(own[0], own[1], { epochs: 2, validationData: [own[2], own[3]] });
      for (const data of own) change(data);
      expect(await fit).toEqual(expected);

      const split = [copyOf(x), copyOf(y)];
      const second = model().fit(split[0], split[1], {
        epochs: 2,
        validationSplit: 0.2,
        callbacks: { onBatchEnd: () => split.splice(0).forEach(change) },
      });
      expect(await second).toEqual(await model().fit(x, y, { epochs: 2, validationSplit: 0.2 }));
    });

    it('predict and evaluate answer for what they were given', async () => {
      const made = model();
      const outputs = await made.predict(many);
      const figures = await made.evaluate(many, manyY);
      const own = [copyOf(many), copyOf(many), copyOf(manyY)];
      const calls = Promise.all([made.predict(own[0]), made.evaluate(own[1], own[2])]);
      for (const data of own) change(data);
      const [predicted, evaluated] = await calls;
      expect(bitsOf([predicted])).toEqual(bitsOf([outputs]));
      expect(evaluated).toEqual(figures);
    });
  });

  it('are copied only where they must be', async () => {
    const made = model();
    const own = copyOf(x);
    let copies = 0;
    own.data.slice = (...given) => {
      copies++;
      return Float32Array.prototype.slice.apply(own.data, given);
    };
    // done within one turn
    await made.predict(own, { batchSize: 300 });
    expect(copies).toBe(0);
    await made.predict(own, { batchSize: 10 });
    expect(copies).toBe(1);
    await made.fit(own, y);
    expect(copies).toBe(2);
    // what was converted is nobody else's
    const converted = Array.from(own.data);
    await made.fit({ data: converted, shape: own.shape }, y);
    expect(copies).toBe(2);
  });
});
