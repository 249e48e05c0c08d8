// Inference runs over slices of the time axis and keeps no more than it goes on with.
import { layers, sequential, type Tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { port } from '../../src/layers/port.js';
import { ArrayBatches } from '../../src/model/array-batches.js';
import { internals } from '../../src/model/model.js';
import { bitsOf, noise, oneHot } from '../support/samples.js';

const MiB = 2 ** 20;

/** Bytes after a prediction and an evaluation over B sequences of T steps. */
async function memoryOf(T: number, B: number, H: number, sequences = false): Promise<number> {
  const model = sequential({
    layers: [
      layers.lstm({ units: H, returnSequences: true, inputShape: [T, 3] }),
      layers.dropout({ rate: 0.5 }),
      layers.lstm({ units: H, returnSequences: sequences }),
      layers.dense({ units: 2 }),
    ],
  });
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const x = noise(B, [T, 3]);
  await model.predict(x, { batchSize: B });
  await model.evaluate(x, noise(B, sequences ? [T, 2] : [2]), { batchSize: B });
  const { memoryBytes } = model;
  model.dispose();
  return memoryBytes;
}

describe('memory of inference', () => {
  it('is a few state rows for a year of days: T 365, B 256, H 128', async () => {
    const model = sequential({ layers: [layers.lstm({ units: 128, inputShape: [365, 8] })] });
    await model.predict(noise(256, [365, 8]), { batchSize: 256 });
    // Two pages of constants, the weights in 0.27 MiB, and beside them the larger of what drawing
    // them takes (0.52 MiB) and what a pass does: state and output of 256 x (8 + 3 x 128) floats,
    // gates of 256 x 36, an input of 1024 x 8. What training keeps of all steps is
    // 256 x 365 x (8 + 7 x 128) floats, 322 MiB.
    expect(model.memoryBytes).toBeLessThanOrEqual(1 * MiB);
    model.dispose();
  });

  it.each([false, true])('does not grow with T, returnSequences %s', async (sequences) => {
    const short = await memoryOf(150, 8, 5, sequences);
    expect(await memoryOf(6_000, 8, 5, sequences)).toBe(short);
    expect(short).toBeLessThan(1 * MiB);
  });

  it('grows with the batch only by what a row needs', async () => {
    const [one, many] = [await memoryOf(40, 1, 16), await memoryOf(40, 1024, 16)];
    // two layers: x | h, c, h of 16 floats each, gates of one panel; input, target and outputs
    expect(many - one).toBeLessThan(1024 * 4 * 260);
  });
});

const stacks = {
  'the last output': () => [
    layers.lstm({ units: 13, returnSequences: true, inputShape: [61, 5] }),
    layers.lstm({ units: 6 }),
    layers.dense({ units: 3, activation: 'softmax' }),
  ],
  sequences: () => [
    layers.dense({ units: 4, activation: 'tanh', inputShape: [61, 5] }),
    layers.lstm({ units: 9, returnSequences: true }),
    layers.dropout({ rate: 0.5 }),
    layers.dense({ units: 3, activation: 'softmax' }),
  ],
} as const;

describe.each(Object.entries(stacks))('slices of time: %s', (name, stack) => {
  // 83 samples of 61 steps are five slices, 40 two, 16 one of 61
  const x = noise(83, [61, 5]);
  const shape = name === 'sequences' ? [61, 3] : [3];
  const model = (numerics: 'fast' | 'portable' = 'portable') => {
    const made = sequential({ layers: stack(), numerics, seed: 6 });
    const metrics = ['accuracy', 'mae'] as const;
    made.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics });
    return made;
  };

  it.each(['fast', 'portable'] as const)('do not change a bit, %s', async (numerics) => {
    const made = model(numerics);
    const whole = bitsOf([await made.predict(x, { batchSize: 1 })]);
    for (const batchSize of [16, 17, 40, 83]) {
      expect(bitsOf([await made.predict(x, { batchSize })]), `${batchSize}`).toEqual(whole);
    }
  });

  it('give the outputs of a forward pass in training', async () => {
    // without dropout at work, which inference hands through
    const layersOf = stack().filter(({ className }) => className !== 'Dropout');
    const made = sequential({ layers: layersOf, numerics: 'portable', seed: 6 });
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    const predicted = await made.predict(x, { batchSize: 83 });
    const { passes, network, memory } = made[internals]();
    const column = ({ data }: Tensor, shape: number[]) =>
      ({ data, port: port(shape), classes: false, borrowed: false }) as const;
    const data = new ArrayBatches(
      83,
      [column(x, x.shape.slice(1))],
      [column(predicted, predicted.shape.slice(1))],
    );
    // the loss of training against the outputs of inference: no output differs
    expect(passes.trainForward({ data, order: undefined, from: 0, B: 83 })).toBe(0);
    const { pointer, stride } = network.heads[0].output;
    const trained = memory.floats.subarray(pointer >>> 2, (pointer >>> 2) + stride);
    expect([...trained.subarray(0, 3)]).toEqual([...predicted.data.subarray(0, 3)]);
  });

  it('evaluate as by hand', async () => {
    const made = model();
    const y = oneHot(83, shape);
    const p = await made.predict(x);
    const found = await made.evaluate(x, y, { batchSize: 83 });
    const losses = [...p.data].map((value, i) => -Math.log(value) * y.data[i]);
    expect(found.loss).toBeCloseTo(3 * mean(losses), 5);
    expect(found.mae).toBeCloseTo(mean([...p.data].map((v, i) => Math.abs(v - y.data[i]))), 6);
    expect(found.accuracy).toBeCloseTo(hits(p, y), 12);
    for (const batchSize of [1, 16, 40]) {
      const other = await made.evaluate(x, y, { batchSize });
      expect(other.loss).toBeCloseTo(found.loss as number, 12);
      expect(other.accuracy).toBeCloseTo(found.accuracy as number, 12);
    }
  });

  it('take class numbers slice by slice', async () => {
    const made = model();
    const y = oneHot(83, shape);
    const dense = await made.evaluate(x, y, { batchSize: 83 });
    made.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    const classes = Float32Array.from({ length: y.data.length / 3 }, (_, row) =>
      y.data.subarray(3 * row, 3 * row + 3).indexOf(1),
    );
    const numbers = { data: classes, shape: [83, ...shape.slice(0, -1)] };
    expect((await made.evaluate(x, numbers, { batchSize: 83 })).loss).toBe(dense.loss);
  });

  it('go on between steps of training without a trace', async () => {
    const run = async (between: boolean) => {
      const made = model();
      const y = oneHot(83, shape);
      await made.fit(x, y, { epochs: 1, batchSize: 32 });
      if (between) {
        await made.predict(x, { batchSize: 83 });
        await made.evaluate(x, y, { batchSize: 20 });
      }
      await made.fit(x, y, { epochs: 1, batchSize: 32 });
      return bitsOf(made.getWeights());
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** The share of rows of three whose largest element stands in the same place. */
function hits(a: Tensor, b: Tensor): number {
  const top = ({ data }: Tensor, row: number) => {
    const values = [...data.slice(3 * row, 3 * row + 3)];
    return values.indexOf(Math.max(...values));
  };
  const rows = a.data.length / 3;
  return mean(Array.from({ length: rows }, (_, row) => (top(a, row) === top(b, row) ? 1 : 0)));
}
