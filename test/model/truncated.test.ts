// Truncated backpropagation through time: as in PyTorch in float64 (test/fixtures/pytorch/truncated.py), memory that does
// not grow with the sequence, masks, datasets, what is refused.
import {
  model as graph,
  input,
  type Layer,
  layers,
  optimizers,
  type Sequential,
  sequential,
  tensor,
} from 'sluice';
import { expect, it } from 'vitest';
import fixture from '../fixtures/pytorch/truncated.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const { n, T, I, H, O, epochs, rate, shapes, weights, cases } = fixture;
const x = tensor(fixture.x, [n, T, I]);
const y = tensor(fixture.y, [n, T, O]);

function made(steps: number, cell = layers.lstm({ units: H, returnSequences: true })): Sequential {
  const model = sequential({
    layers: [layers.masking({ inputShape: [steps, I] }), cell, layers.dense({ units: O })],
    numerics: 'portable',
  });
  model.compile({ optimizer: optimizers.sgd({ learningRate: rate }), loss: 'mse' });
  return model;
}

it.each(cases)(
  'as in PyTorch: every $every, back $back',
  async ({ every, back, losses, trained }) => {
    const model = made(T);
    model.setWeights(weights.map((data, i) => tensor(data, shapes[i])));
    const found: number[] = [];
    let [sum, batch] = [0, 0];
    const scored = Array.from({ length: Math.ceil(T / every) }, (_, i) =>
      Math.min(every, T - i * every),
    );
    await model.fit(x, y, {
      batchSize: n,
      epochs,
      shuffle: false,
      truncate: every === back ? { every } : { every, back },
      callbacks: {
        onEpochBegin: () => {
          [sum, batch] = [0, 0];
        },
        // means over the steps so far
        onBatchEnd: (index, { loss }) => {
          const steps = scored.slice(0, index + 1).reduce((a, b) => a + b);
          found.push((loss * steps - sum) / scored[batch++]);
          sum = loss * steps;
        },
      },
    });
    expect(found).toHaveLength(losses.length);
    // float32 beside float64: sums of up to 12 terms over 23 steps, up to 46 updates
    losses.forEach((loss, i) => {
      expect(Math.abs(found[i] - loss)).toBeLessThan(1e-5);
    });
    model.getWeights().forEach(({ data }, i) => {
      trained[i].forEach((value, k) => {
        expect(Math.abs(data[k] - value)).toBeLessThan(1e-5);
      });
    });
  },
);

it('is a training step like others where the window is the sequence', async () => {
  const [plain, cut] = [made(T), made(T)];
  await plain.fit(x, y, { batchSize: 2, epochs: 2 });
  await cut.fit(x, y, { batchSize: 2, epochs: 2, truncate: { every: T + 3 } });
  expect(bitsOf(cut.getWeights())).toEqual(bitsOf(plain.getWeights()));
  // and afterwards it trains on whole sequences again
  await cut.fit(x, y, { truncate: { every: 4, back: 7 } });
  expect((await cut.trainOnBatch(x, y)).loss).toBeGreaterThan(0);
});

const cells: Record<string, () => Layer> = {
  gru: () => layers.gru({ units: H, returnSequences: true }),
  simpleRNN: () => layers.simpleRNN({ units: H, returnSequences: true }),
  indRNN: () => layers.indRNN({ units: H, returnSequences: true }),
  minLSTM: () => layers.minLSTM({ units: H, returnSequences: true }),
  slstm: () => layers.slstm({ units: H, returnSequences: true }),
  peephole: () => layers.lstm({ units: H, returnSequences: true, variant: 'peephole' }),
};
it.each(Object.entries(cells))(
  '%s: windows are the batches of a stateful layer',
  async (_, make) => {
    // every = back is what stateful layers do, batch by batch
    const every = 6;
    const whole = made(4 * every, make());
    const { config, className } = make();
    const kind = (className[0].toLowerCase() + className.slice(1)) as 'gru';
    const name =
      { LSTM: 'lstm', GRU: 'gru', SLSTM: 'slstm', MinLSTM: 'minLSTM', IndRNN: 'indRNN' }[
        className
      ] ?? kind;
    const pieces = made(every, layers[name as 'gru']({ ...config, stateful: true } as never));
    pieces.setWeights(whole.getWeights());
    const [a, b] = [noise(n, [4 * every, I], 5), noise(n, [4 * every, O], 6)];
    // masked at a border, and one sample to its end
    a.data.fill(0, (every - 1) * I, (every + 2) * I);
    a.data.fill(0, (4 * every * 2 + 9) * I, 4 * every * 3 * I);
    const piece = ({ data, shape: [, , F] }: typeof a) =>
      tensor(
        Float32Array.from({ length: data.length }, (_, i) => {
          const [k, s] = [Math.floor(i / (n * every * F)), Math.floor(i / (every * F)) % n];
          return data[(s * 4 + k) * every * F + (i % (every * F))];
        }),
        [4 * n, every, F],
      );
    await whole.fit(a, b, { batchSize: n, shuffle: false, truncate: { every } });
    await pieces.fit(piece(a), piece(b), { batchSize: n });
    expect(bitsOf(whole.getWeights())).toEqual(bitsOf(pieces.getWeights()));
  },
);

it('takes memory for a window, however long the sequences are', async () => {
  const bytesOf = async (steps: number, truncate?: { every: number; back?: number }) => {
    const model = made(steps, layers.lstm({ units: 64, returnSequences: true }));
    await model.fit(noise(8, [steps, I]), noise(8, [steps, O]), { truncate });
    const { memoryBytes } = model;
    model.dispose();
    return memoryBytes;
  };
  const short = await bytesOf(200, { every: 20, back: 40 });
  expect(await bytesOf(4000, { every: 20, back: 40 })).toBe(short);
  expect(await bytesOf(4000)).toBeGreaterThan(10 * short);
});

it('trains alike on a dataset', async () => {
  const [one, other] = [made(T), made(T)];
  await one.fit(x, y, { batchSize: n, shuffle: false, epochs: 2, truncate: { every: 4, back: 9 } });
  await other.fitDataset([{ xs: x, ys: y }], { epochs: 2, truncate: { every: 4, back: 9 } });
  expect(bitsOf(other.getWeights())).toEqual(bitsOf(one.getWeights()));
});

it('refuses what has no windows', async () => {
  const model = made(T);
  const train = (truncate: unknown) => () => model.fit(x, y, { truncate: truncate as never });
  await expectError(train({ every: 0 }), 'bad-option', 'truncate', 'every');
  await expectError(train({ back: 3 }), 'bad-option', 'every');
  await expectError(train({ every: 5, back: 3 }), 'bad-option', 'back must be at least every, 5');
  await expectError(train(5), 'bad-option', '{ every, back }');
  await expectError(train({ every: 5, size: 3 }), 'bad-option', 'size');
  const truncate = { every: 5 };
  const of = (layer: Layer) => {
    const other = sequential({ layers: [layer, layers.dense({ units: O })] });
    other.compile({ optimizer: 'sgd', loss: 'mse' });
    return other;
  };
  const inputShape = [T, I];
  const last = of(layers.gru({ units: 2, inputShape }));
  await expectError(
    () => last.fit(x, noise(n, [O]), { truncate }),
    'bad-option',
    'returnSequences',
  );
  const both = of(
    layers.bidirectional(layers.gru({ units: 2, returnSequences: true, inputShape })),
  );
  await expectError(() => both.fit(x, y, { truncate }), 'bad-option', 'bidirectional', 'whole');
  const stateful = of(layers.gru({ units: 2, returnSequences: true, stateful: true, inputShape }));
  await expectError(() => stateful.fit(x, y, { truncate }), 'bad-option', 'stateful');
  const [a, h] = [input({ shape: inputShape }), input({ shape: [2] })];
  const given = layers.gru({ units: 2, returnSequences: true }).apply(a, { initialState: h });
  const begun = graph({ inputs: [a, h], outputs: given });
  begun.compile({ optimizer: 'sgd', loss: 'mse' });
  const data = [x, noise(n, [2])];
  await expectError(
    () => begun.fit(data, noise(n, [T, 2]), { truncate }),
    'bad-option',
    'time axis',
  );
});
