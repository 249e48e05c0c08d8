// Odd shapes, drawn at random: whatever a pass writes past its region, or reads that it has not
// written, shows as other bits when the regions lie elsewhere.
import { type Layer, layers, Random, sequential } from 'sluice';
import { expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { bitsOf, noise } from '../support/samples.js';

interface Case {
  I: number;
  T: number;
  n: number;
  batchSize: number;
  stack: () => Layer[];
  outputs: number[];
}

function drawCase(seed: number): Case {
  const random = new Random(seed, 5);
  const [I, T, n] = [random.integer(1, 19), random.integer(1, 12), random.integer(3, 90)];
  const [H1, H2, N] = [random.integer(1, 37), random.integer(1, 21), random.integer(1, 9)];
  const sequences = random.integer(0, 1) === 1;
  const stack = () => [
    layers.lstm({ units: H1, returnSequences: true, inputShape: [T, I] }),
    layers.dropout({ rate: 0.25 }),
    layers.dense({ units: N + 2, activation: 'relu' }),
    layers.lstm({ units: H2, returnSequences: sequences }),
    layers.dense({ units: N, activation: 'tanh' }),
  ];
  const batchSize = random.integer(1, n);
  return { I, T, n, batchSize, stack, outputs: sequences ? [T, N] : [N] };
}

it.each(Array.from({ length: 24 }, (_, seed) => seed))('shape %i', async (seed) => {
  const { I, T, n, batchSize, stack, outputs } = drawCase(seed);
  const x = noise(n, [T, I], seed + 1);
  const y = noise(n, outputs, seed + 2);
  for (const numerics of ['fast', 'portable'] as const) {
    const run = async (roomFor: number) => {
      const model = sequential({ layers: stack(), seed, numerics });
      model.compile({ optimizer: 'adam', loss: 'mse' });
      const { passes, memory, workspace } = model[internals]();
      // regions for a larger batch lie further apart, in memory full of rubbish
      passes.prepareTraining(roomFor);
      passes.prepareInference(roomFor);
      if (roomFor > batchSize) {
        memory.floats.fill(Number.NaN, workspace.start >>> 2, workspace.end >>> 2);
      }
      const { history } = await model.fit(x, y, { batchSize, epochs: 2 });
      const bits = bitsOf([...model.getWeights(), await model.predict(x, { batchSize })]);
      model.dispose();
      return { history, bits };
    };
    expect(await run(4 * n + 3)).toEqual(await run(batchSize));
  }
});
