// What callbacks hear of fit, against Keras 3 (test/fixtures/keras/fit_logs.py).
import {
  type Callback,
  type FitOptions,
  type Logs,
  layers,
  optimizers,
  sequential,
  tensor,
} from 'sluice';
import { expect, it } from 'vitest';
import fixture from '../fixtures/keras/fit-logs.json' with { type: 'json' };

const { n, batchSize, epochs } = fixture;

type Event = [kind: string, ...rest: unknown[]];

/** The run of the fixture, with what its callback noted. */
async function run(options: FitOptions, stopAt?: number) {
  const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
  model.compile({
    optimizer: optimizers.sgd({ learningRate: 0.1 }),
    loss: 'mse',
    metrics: ['mae'],
  });
  model.setWeights([tensor(fixture.kernel, [3, 2]), tensor(fixture.bias, [2])]);
  const events: Event[] = [];
  const note: Callback = {
    onTrainBegin: () => events.push(['trainBegin']),
    onTrainEnd: (logs) => events.push(['trainEnd', logs]),
    onEpochEnd: (epoch, logs) => events.push(['epochEnd', epoch, logs]),
    onBatchEnd(batch, logs: Logs) {
      events.push(['batchEnd', batch, logs]);
      if (batch === stopAt) model.stopTraining = true;
    },
  };
  const validationData = [
    tensor(fixture.x.slice(0, 21), [7, 3]),
    tensor(fixture.y.slice(0, 14), [7, 2]),
  ] as const;
  const result = await model.fit(tensor(fixture.x, [n, 3]), tensor(fixture.y, [n, 2]), {
    batchSize,
    epochs,
    shuffle: false,
    validationData,
    callbacks: note,
    ...options,
  });
  return { events, ...result, weights: model.getWeights().map(({ data }) => [...data]) };
}

/** Equal names and numbers, which Keras has in float32 after at most 18 steps of SGD. */
function expectClose(found: unknown, expected: unknown): void {
  if (typeof expected === 'number') {
    expect(Math.abs((found as number) - expected)).toBeLessThan(5e-6 * (1 + Math.abs(expected)));
  } else if (typeof expected === 'object' && expected !== null) {
    expect(Object.keys(found as object)).toEqual(Object.keys(expected));
    for (const [key, value] of Object.entries(expected)) {
      expectClose((found as Record<string, unknown>)[key], value);
    }
  } else expect(found).toEqual(expected);
}

it('tells running means in batches, and the whole at the end of an epoch', async () => {
  expectClose(await run({}), fixture.whole);
});

it('ends after the batch in which stopTraining was set, its epoch with a validation', async () => {
  expectClose(await run({}, 2), fixture.stopped);
});

it.each([epochs, epochs + 2])(
  'does nothing where the first epoch is %i of 3',
  async (initialEpoch) => {
    const { weights, history, epoch, events } = await run({ initialEpoch });
    const expected = initialEpoch === epochs ? fixture.nothing : fixture.beyond;
    expectClose(weights, expected.weights);
    expect(epoch).toEqual(expected.epoch);
    // Keras has no keys at all; here `loss` is always there
    expect(history).toEqual({ ...expected.history, loss: [] });
    expect(events).toEqual([]);
  },
);

it('does nothing in 0 epochs', async () => {
  expect((await run({ epochs: 0 })).epoch).toEqual([]);
});
