// Addresses past 2 GiB are negative to whoever takes them for signed. Memory is reserved below the
// buffers and never touched, so a test costs no more than it uses.
import { layers, optimizers, sequential } from 'sluice';
import { describe, expect, it, vi } from 'vitest';
import { EngineMemory } from '../../src/engine/memory.js';
import { internals } from '../../src/model/model.js';
import { bitsOf, noise, oneHot } from '../support/samples.js';

const engine = vi.hoisted(() => ({ reserved: 0 }));

vi.mock('../../src/engine/engine.js', async (original) => {
  const actual = await original<typeof import('../../src/engine/engine.js')>();
  const openEngine: typeof actual.openEngine = (loaded) => {
    const opened = actual.openEngine(loaded);
    opened.kernels.memory.grow(engine.reserved / 65536);
    return Object.assign(opened, { memory: new EngineMemory(opened.kernels.memory) });
  };
  return { ...actual, openEngine };
});

/** Everything that a model of all layers does, with its memory from `reserved` bytes on. */
async function run(reserved: number, numerics: 'fast' | 'portable', optimizer: 'adam' | 'sgd') {
  engine.reserved = reserved;
  const model = sequential({
    layers: [
      layers.lstm({ units: 13, returnSequences: true, inputShape: [37, 5] }),
      layers.dropout({ rate: 0.2 }),
      layers.dense({ units: 6, activation: 'tanh' }),
      layers.lstm({ units: 7 }),
      layers.dense({ units: 3, activation: optimizer === 'adam' ? 'softmax' : 'linear' }),
    ],
    seed: 5,
    numerics,
  });
  const rate = { learningRate: 0.01, clipNorm: 0.5 };
  model.compile(
    optimizer === 'adam'
      ? { optimizer: optimizers.adam(rate), loss: 'categoricalCrossentropy', metrics: ['accuracy'] }
      : { optimizer: optimizers.sgd({ ...rate, momentum: 0.9 }), loss: 'mse', metrics: ['mae'] },
  );
  const x = noise(70, [37, 5]);
  const y = optimizer === 'adam' ? oneHot(70, [3]) : noise(70, [3]);
  const { history } = await model.fit(x, y, { epochs: 2, validationSplit: 0.2 });
  const { workspace } = model[internals]();
  expect(workspace.parameters).toBeGreaterThanOrEqual(reserved);
  const outputs = await model.predict(x, { batchSize: 70 });
  const result = { history, scores: await model.evaluate(x, y), bits: bitsOf([outputs]) };
  const weights = bitsOf(model.getWeights());
  model.dispose();
  return { ...result, weights };
}

describe.each(['portable', 'fast'] as const)('a model of %s numerics past 2 GiB', (numerics) => {
  it.each(['adam', 'sgd'] as const)('gives the bits of one at low addresses: %s', async (kind) => {
    const low = await run(0, numerics, kind);
    expect(await run(2 ** 31, numerics, kind)).toEqual(low);
    // across the line: parameters below, the workspace above
    expect(await run(2 ** 31 - 2 ** 19, numerics, kind)).toEqual(low);
  });
});
