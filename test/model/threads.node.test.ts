// A model of several threads: the same bits through every door, an error where a thread dies, nothing left
// of them after dispose.
import workerThreads from 'node:worker_threads';
import {
  type Applied,
  fromBytes,
  input,
  layers,
  type Model,
  model,
  optimizers,
  type Sequential,
  type SymbolicTensor,
  sequential,
  type Tensor,
  toBytes,
} from 'sluice';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

/** The worker threads that were started, in order. */
const started: workerThreads.Worker[] = [];
const { Worker } = workerThreads;
beforeEach(() => {
  started.length = 0;
  workerThreads.Worker = class extends Worker {
    constructor(...args: ConstructorParameters<typeof Worker>) {
      super(...args);
      started.push(this);
    }
  };
});
afterEach(() => {
  workerThreads.Worker = Worker;
});

const [n, T, I] = [150, 7, 13];
const x = noise(n, [T, I], 3);
const y = noise(n, [3], 4);

function made(threads: number | undefined, optimizer: 'adam' | 'sgd' = 'adam'): Sequential {
  const one = sequential({
    layers: [
      layers.lstm({ units: 90, returnSequences: true, inputShape: [T, I] }),
      layers.dropout({ rate: 0.1 }),
      layers.gru({ units: 75 }),
      layers.dense({ units: 3 }),
    ],
    seed: 4,
    numerics: 'portable',
    threads,
  });
  one.compile({ optimizer: optimizers[optimizer]({ learningRate: 0.01 }), loss: 'mse' });
  return one;
}

/** So that the other threads are there when it counts. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 250));

const ended = (worker: workerThreads.Worker) =>
  new Promise((resolve) => (worker.threadId < 0 ? resolve(0) : worker.once('exit', resolve)));

async function trained(one: Model): Promise<unknown[]> {
  await one.fit(x, y, { epochs: 3, batchSize: 64, validationSplit: 0.2 });
  const outputs = (await one.predict(x)) as Tensor;
  const { loss } = await one.evaluate(x, y);
  return [bitsOf(one.getWeights()), bitsOf([outputs]), loss];
}

describe('a model of several threads', () => {
  it.each(['adam', 'sgd'] as const)(
    'trains and predicts to the bit as one does: %s',
    async (how) => {
      const alone = made(undefined, how);
      expect(alone.threads).toBe(1);
      const expected = await trained(alone);
      expect(started).toEqual([]);
      for (const threads of [2, 3, 5]) {
        const one = made(threads, how);
        expect([one.threads, started.length]).toEqual([threads, threads - 1]);
        await settle();
        expect(await trained(one)).toEqual(expected);
        one.dispose();
        await Promise.all(started.splice(0).map(ended));
      }
      alone.dispose();
    },
  );

  // of one sequence the inputs of several steps meet the weights at once, and several tiles are taken together
  it.each([1, 3])('shares a layer of 516 units, batches of %i', async (batchSize) => {
    const samples = noise(3, [9, 5], 6);
    const trainedBits = async (threads: number) => {
      const one = sequential({
        layers: [
          layers.lstm({ units: 516, returnSequences: true, inputShape: [9, 5] }),
          layers.dense({ units: 2 }),
        ],
        numerics: 'portable',
        threads,
      });
      one.compile({ optimizer: 'adam', loss: 'mse' });
      await settle();
      await one.fit(samples, noise(3, [9, 2], 7), { batchSize });
      const bits = bitsOf(one.getWeights());
      one.dispose();
      return bits;
    };
    const alone = await trainedBits(1);
    for (const threads of [2, 3]) expect(await trainedBits(threads)).toEqual(alone);
  });

  it('trains and predicts to the bit as one does: variants of the LSTM', async () => {
    const of = (threads: number) => {
      const one = sequential({
        layers: [
          layers.lstm({
            units: 90,
            variant: 'fullGateRecurrence',
            returnSequences: true,
            inputShape: [T, I],
          }),
          layers.lstm({ units: 75, variant: 'peephole', returnSequences: true }),
          layers.lstm({ units: 67, variant: 'coupled' }),
          layers.dense({ units: 3 }),
        ],
        seed: 4,
        numerics: 'portable',
        threads,
      });
      one.compile({ optimizer: 'adam', loss: 'mse' });
      return one;
    };
    const alone = of(1);
    const expected = await trained(alone);
    for (const threads of [2, 3]) {
      const one = of(threads);
      await settle();
      expect(await trained(one)).toEqual(expected);
      one.dispose();
    }
    alone.dispose();
  });

  it('trains and predicts to the bit as one does: convolution and normalizations', async () => {
    const of = (threads: number) => {
      const one = sequential({
        layers: [
          layers.conv1D({ filters: 40, kernelSize: 3, padding: 'causal', inputShape: [T, I] }),
          layers.batchNormalization(),
          layers.lstm({ units: 90, returnSequences: true }),
          layers.layerNormalization(),
          layers.lstm({ units: 67 }),
          layers.dense({ units: 3 }),
        ],
        seed: 4,
        numerics: 'portable',
        threads,
      });
      one.compile({ optimizer: 'adam', loss: 'mse' });
      return one;
    };
    const alone = of(1);
    const expected = await trained(alone);
    for (const threads of [2, 3]) {
      const one = of(threads);
      await settle();
      expect(await trained(one)).toEqual(expected);
      one.dispose();
    }
    alone.dispose();
  });

  it('trains and predicts to the bit as one does: penalties and constraints of weights', async () => {
    const of = (threads: number) => {
      const kernelRegularizer = 'l1';
      const biasRegularizer = 'l2';
      const one = sequential({
        layers: [
          layers.lstm({
            units: 90,
            kernelRegularizer,
            recurrentRegularizer: 'orthogonal',
            biasRegularizer,
            recurrentConstraint: 'maxNorm',
            inputShape: [T, I],
          }),
          layers.dense({ units: 3, kernelRegularizer, kernelConstraint: 'unitNorm' }),
        ],
        seed: 4,
        numerics: 'portable',
        threads,
      });
      one.compile({ optimizer: 'adam', loss: 'mse' });
      return one;
    };
    const alone = of(1);
    const expected = await trained(alone);
    for (const threads of [2, 3]) {
      const one = of(threads);
      await settle();
      expect(await trained(one)).toEqual(expected);
      one.dispose();
    }
    alone.dispose();
  });

  it('trains and predicts to the bit as one does: states that are handed on', async () => {
    const of = (threads: number, both: boolean) => {
      const source = input({ shape: [T, I] });
      const cells = [layers.lstm, layers.gru, layers.indRNN].map((make, i) => {
        const own = { units: 67 + i, returnState: true, goBackwards: i === 1 && !both };
        return () => (both ? layers.bidirectional(make(own)) : make(own));
      });
      const last = cells.map((make) => {
        const [, ...states] = make().applyWithStates(source);
        return make().apply(source, { initialState: states }) as Applied as SymbolicTensor[];
      });
      const all = layers.concatenate().apply(last.flat());
      const one = model({
        inputs: source,
        outputs: layers.dense({ units: 3 }).apply(all),
        numerics: 'portable',
        threads,
      });
      one.compile({ optimizer: 'adam', loss: 'mse' });
      return one;
    };
    const once = async (threads: number, both: boolean) => {
      const one = of(threads, both);
      await settle();
      await one.fit(x, y, { batchSize: 75 });
      const bits = [bitsOf(one.getWeights()), bitsOf([(await one.predict(x)) as Tensor])];
      one.dispose();
      return bits;
    };
    for (const both of [false, true]) {
      expect(await once(2, both)).toEqual(await once(1, both));
    }
  });

  it('begins alone, before the other threads are there', async () => {
    const alone = made(1);
    const early = made(2);
    expect(await trained(early)).toEqual(await trained(alone));
    early.dispose();
    alone.dispose();
  });

  it('comes through the doors of graphs and of files', async () => {
    const alone = made(1);
    await alone.fit(x, y, { epochs: 1 });
    const loaded = fromBytes(toBytes(alone), { threads: 2 });
    expect([loaded.threads, started.length]).toEqual([2, 1]);
    await settle();
    expect(await trained(loaded)).toEqual(await trained(alone));
    const value = input({ shape: [T, I] });
    const graph = model({
      inputs: value,
      outputs: layers.lstm({ units: 4 }).apply(value),
      threads: 2,
    });
    expect([graph.threads, started.length]).toEqual([2, 2]);
    for (const one of [alone, loaded, graph]) one.dispose();
  });

  it.each([0, 1.5, 129, '2', Number.NaN])('refuses threads: %s', (threads) => {
    expect(() => made(threads as number)).toThrow(/threads must be an integer from 1 to 128/);
    expect(started).toEqual([]);
  });
});

describe('a thread that dies', () => {
  it('ends fit with an error; weights are those of the last step, and one thread goes on', async () => {
    const alone = made(1);
    const one = made(2);
    await settle();
    await one.fit(x, y, { epochs: 1 });
    await alone.fit(x, y, { epochs: 1 });
    const dying = one.fit(x, y, {
      epochs: 1000,
      callbacks: [
        { onEpochEnd: async (epoch) => void (epoch === 2 && (await started[0].terminate())) },
      ],
    });
    await expect(dying).rejects.toThrow(
      expect.objectContaining({
        code: 'worker-died',
        message: expect.stringMatching(/thread 1 of the model's 2 exited.*goes on with one thread/),
      }),
    );
    expect(one.threads).toBe(1);
    await alone.fit(x, y, { epochs: 3 });
    expect(bitsOf(one.getWeights())).toEqual(bitsOf(alone.getWeights()));
    expect(await trained(one)).toEqual(await trained(alone));
    one.dispose();
    alone.dispose();
  });

  it('between two calls is noted, and one thread goes on', async () => {
    const warned: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => void warned.push(text);
    try {
      const [one, alone] = [made(2), made(1)];
      await settle();
      await started[0].terminate();
      expect(await trained(one)).toEqual(await trained(alone));
      expect(one.threads).toBe(1);
      expect(warned).toEqual([
        "sluice: thread 1 of the model's 2 exited with code 1; the model goes on with one thread",
      ]);
      for (const each of [one, alone]) each.dispose();
    } finally {
      console.warn = warn;
    }
  });

  it('takes nothing from other models', async () => {
    const [one, other] = [made(2), made(2)];
    await settle();
    const dying = one.fit(x, y, {
      callbacks: [{ onEpochBegin: async () => void (await started[0].terminate()) }],
    });
    await expect(dying).rejects.toThrow(/thread 1 of the model's 2/);
    const alone = made(1);
    expect(await trained(other)).toEqual(await trained(alone));
    for (const each of [one, other, alone]) each.dispose();
  });
});
