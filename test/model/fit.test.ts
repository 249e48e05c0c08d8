import { type Callback, type FitOptions, type Logs, layers, sequential } from 'sluice';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

function model(numerics: 'fast' | 'portable' = 'portable') {
  const made = sequential({
    layers: [
      layers.lstm({ units: 6, inputShape: [5, 3] }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 2 }),
    ],
    seed: 7,
    numerics,
  });
  made.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
  return made;
}
const x = noise(50, [5, 3]);
const y = noise(50, [2], 5);

afterEach(() => {
  vi.restoreAllMocks();
});

describe('history', () => {
  it('has a number an epoch for loss, metrics and their validation twins', async () => {
    const { history, epoch } = await model().fit(x, y, { epochs: 3, validationData: [x, y] });
    expect(Object.keys(history)).toEqual(['loss', 'mae', 'val_loss', 'val_mae']);
    for (const values of Object.values(history)) expect(values).toHaveLength(3);
    expect(epoch).toEqual([0, 1, 2]);
  });

  it('holds means over samples, a smaller last batch weighing less', async () => {
    const still = sequential({
      layers: [layers.lstm({ units: 6, inputShape: [5, 3] }), layers.dense({ units: 2 })],
      seed: 7,
      numerics: 'portable',
    });
    // a rate so small that no weight moves: each epoch is an evaluation
    const { sgd } = await import('../../src/optimizers/index.js');
    still.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: 'mse', metrics: ['mae'] });
    const { history } = await still.fit(x, y, { batchSize: 16, shuffle: false });
    const expected = await still.evaluate(x, y, { batchSize: 50 });
    expect(history.loss[0]).toBeCloseTo(expected.loss, 6);
    expect(history.mae[0]).toBeCloseTo(expected.mae, 6);
  });
});

describe('the same bits', () => {
  const weightsAfter = async (options: FitOptions, made = model()) => {
    await made.fit(x, y, { epochs: 2, batchSize: 16, ...options });
    return bitsOf(made.getWeights());
  };

  it('come from the same seed, others from another', async () => {
    const first = await weightsAfter({});
    expect(await weightsAfter({})).toEqual(first);
    const other = sequential({ layers: [layers.dense({ units: 2 })], seed: 8 });
    expect(other.seed).toBe(8);
    expect(await weightsAfter({ shuffle: false })).not.toEqual(first);
  });

  it('come when training goes on in two calls', async () => {
    const made = model();
    await weightsAfter({ epochs: 1 }, made);
    expect(await weightsAfter({ epochs: 1 }, made)).toEqual(await weightsAfter({ epochs: 2 }));
    const numbered = model();
    await weightsAfter({ epochs: 1 }, numbered);
    await weightsAfter({ epochs: 2, initialEpoch: 1 }, numbered);
    expect(bitsOf(numbered.getWeights())).toEqual(await weightsAfter({ epochs: 2 }));
  });

  it('come whether or not one validates, evaluates and predicts in between', async () => {
    const made = model();
    const busy = await weightsAfter(
      {
        validationData: [noise(70, [5, 3]), noise(70, [2])],
        callbacks: {
          onBatchEnd: () => made.predict(noise(90, [5, 3]), { batchSize: 64 }),
          onEpochEnd: () => made.evaluate(x, y),
          onEpochBegin: () => made.setWeights(made.getWeights()),
        },
      },
      made,
    );
    expect(busy).toEqual(await weightsAfter({}));
  });

  it('come beside another model that trains at the same time', async () => {
    const alone = await weightsAfter({});
    const yieldNow = { onBatchEnd: () => new Promise((resolve) => setTimeout(resolve, 0)) };
    const both = await Promise.all([
      weightsAfter({ callbacks: yieldNow }),
      weightsAfter({ callbacks: yieldNow }),
      weightsAfter({ callbacks: yieldNow, batchSize: 7 }),
    ]);
    expect(both[0]).toEqual(alone);
    expect(both[1]).toEqual(alone);
    expect(both[2]).not.toEqual(alone);
  });

  it('come when memory of a larger batch was planned before', async () => {
    const made = model();
    await made.predict(noise(500, [5, 3]), { batchSize: 500 });
    expect(await weightsAfter({}, made)).toEqual(await weightsAfter({}));
  });
});

describe('sample order', () => {
  /** Losses of each batch of one sample, which tell the order. */
  async function order(options: FitOptions): Promise<number[][]> {
    const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })], seed: 3 });
    const { sgd } = await import('../../src/optimizers/index.js');
    made.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: 'mse' });
    made.setWeights([{ data: [0], shape: [1, 1] }, [0]]);
    const epochs: number[][] = [];
    let sum = 0;
    const values = Float32Array.from({ length: 40 }, (_, i) => i);
    await made.fit({ data: values, shape: [40, 1] }, values, {
      batchSize: 1,
      callbacks: {
        onEpochBegin: () => {
          epochs.push([]);
          sum = 0;
        },
        // means over the epoch so far: the last sample's is what they grew by
        onBatchEnd: (batch, { loss }) => {
          const last = loss * (batch + 1) - sum;
          sum = loss * (batch + 1);
          epochs.at(-1)?.push(Math.round(Math.sqrt(Math.max(0, last))));
        },
      },
      ...options,
    });
    return epochs;
  }
  const inOrder = Array.from({ length: 40 }, (_, i) => i);

  it('is a new permutation each epoch', async () => {
    const [first, second] = await order({ epochs: 2 });
    expect(first).not.toEqual(inOrder);
    expect(second).not.toEqual(first);
    for (const epoch of [first, second]) {
      expect(epoch.toSorted((a, b) => a - b)).toEqual(inOrder);
    }
  });

  it('is that of the data without shuffle', async () => {
    expect(await order({ shuffle: false })).toEqual([inOrder]);
  });

  it('leaves the last samples to validationSplit', async () => {
    const [first] = await order({ validationSplit: 0.25 });
    expect(first.toSorted((a, b) => a - b)).toEqual(inOrder.slice(0, 30));
  });
});

it('validates on the split-off part', async () => {
  const made = model();
  const { history } = await made.fit(x, y, { validationSplit: 0.2 });
  const part = (of: typeof x, each: number) => ({
    data: of.data.slice(40 * each),
    shape: [10, ...of.shape.slice(1)],
  });
  const { loss, mae } = await made.evaluate(part(x, 15), part(y, 2));
  expect(history.val_loss).toEqual([loss]);
  expect(history.val_mae).toEqual([mae]);
});

it('prints a line an epoch when verbose, and nothing otherwise', async () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  await model().fit(x, y, { epochs: 1 });
  expect(log).not.toHaveBeenCalled();
  await model().fit(x, y, { epochs: 10, verbose: 1, validationData: [x, y] });
  expect(log).toHaveBeenCalledTimes(10);
  expect(log.mock.calls[1][0]).toMatch(
    /^Epoch {2}2\/10 - \d+\.\d\d s - loss: \d\.\d{4} - mae: \d\.\d{4} - val_loss: .* - val_mae: /,
  );
});

describe('callbacks', () => {
  it('are called in order, each awaited', async () => {
    const events: string[] = [];
    const later = () => new Promise((resolve) => setTimeout(resolve, 2));
    const note = (name: string): Callback => ({
      setModel: () => events.push(`${name} model`),
      onTrainBegin: () => events.push(`${name} begin`),
      onEpochBegin: (epoch) => events.push(`${name} epoch ${epoch}`),
      onBatchBegin: (batch) => events.push(`${name} batch ${batch}`),
      onBatchEnd: async (batch, logs) => {
        await later();
        events.push(`${name} batch ${batch} ${Object.keys(logs)}`);
      },
      onEpochEnd: async (epoch, logs) => {
        await later();
        events.push(`${name} epoch ${epoch} ${Object.keys(logs)}`);
      },
      onTrainEnd: (logs) => events.push(`${name} end ${Object.keys(logs)}`),
    });
    await model().fit(x, y, { batchSize: 25, callbacks: [note('a'), note('b')] });
    const one = [
      'model',
      'begin',
      'epoch 0',
      'batch 0',
      'batch 0 loss,mae',
      'batch 1',
      'batch 1 loss,mae',
      'epoch 0 loss,mae',
      'end loss,mae',
    ];
    expect(events).toEqual(one.flatMap((event) => [`a ${event}`, `b ${event}`]));
  });

  it('keep their this, and cannot change the record', async () => {
    class Counter implements Callback {
      epochs = 0;
      onEpochEnd(_: number, logs: Logs): void {
        this.epochs++;
        logs.loss = -1;
      }
    }
    const counter = new Counter();
    const { history } = await model().fit(x, y, { epochs: 2, callbacks: counter });
    expect(counter.epochs).toBe(2);
    expect(Math.min(...history.loss)).toBeGreaterThan(0);
  });

  it('end training by stopTraining', async () => {
    const made = model();
    const stop = (epoch: number) => {
      made.stopTraining = epoch === 1;
    };
    const { epoch } = await made.fit(x, y, { epochs: 9, callbacks: { onEpochEnd: stop } });
    expect(epoch).toEqual([0, 1]);
    expect((await made.fit(x, y)).epoch).toEqual([0]);
  });

  it('end it by throwing, and the model can train again', async () => {
    const made = model();
    const thrower = { onEpochEnd: () => Promise.reject(new Error('enough')) };
    await expect(made.fit(x, y, { callbacks: thrower })).rejects.toThrow('enough');
    await made.fit(x, y);
  });
});

describe('abort', () => {
  it('stops before the first step when aborted already', async () => {
    const made = model();
    const before = bitsOf(made.getWeights());
    const signal = AbortSignal.abort('no');
    const error = await expectError(() => made.fit(x, y, { signal }), 'aborted', 'its signal');
    expect(error.cause).toBe('no');
    expect(bitsOf(made.getWeights())).toEqual(before);
  });

  it('stops at the next step', async () => {
    const controller = new AbortController();
    let batches = 0;
    const abort = () => {
      if (++batches === 3) controller.abort();
    };
    await expectError(
      () =>
        model().fit(x, y, {
          batchSize: 5,
          epochs: 5,
          signal: controller.signal,
          callbacks: { onBatchEnd: abort },
        }),
      'aborted',
    );
    expect(batches).toBe(3);
  });

  it('is heard from a timer while steps run without a callback', async () => {
    const controller = new AbortController();
    const started = performance.now();
    setTimeout(() => controller.abort(), 120);
    const wide = sequential({ layers: [layers.lstm({ units: 64, inputShape: [50, 8] })] });
    wide.compile({ optimizer: 'adam', loss: 'mse' });
    await expectError(
      () =>
        wide.fit(noise(256, [50, 8]), noise(256, [64]), {
          epochs: 10_000,
          signal: controller.signal,
        }),
      'aborted',
    );
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('is heard during validation', async () => {
    const controller = new AbortController();
    const data = noise(4000, [5, 3]);
    let seen = 0;
    const signal = controller.signal;
    // the getter counts: it is read before each training and each validation step
    vi.spyOn(signal, 'aborted', 'get').mockImplementation(() => ++seen > 40);
    await expectError(
      () => model().fit(x, y, { signal, validationData: [data, noise(4000, [2])] }),
      'aborted',
    );
    expect(seen).toBe(41);
  });
});

it('lets the event loop turn every 50 ms or so', async () => {
  let longest = 0;
  let last = performance.now();
  let ticks = 0;
  const timer = setInterval(() => {
    ticks++;
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 5);
  const wide = sequential({ layers: [layers.lstm({ units: 48, inputShape: [40, 8] })] });
  wide.compile({ optimizer: 'adam', loss: 'mse' });
  const wideX = noise(1024, [40, 8]);
  const wideY = noise(1024, [48]);
  last = performance.now();
  await wide.fit(wideX, wideY, { epochs: 6, validationData: [wideX, wideY] });
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(2);
  // 50 ms and one step, and room for a busy machine
  expect(longest).toBeLessThan(1000);
});
