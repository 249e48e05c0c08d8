// Which weights an optimizer that decays weights would decay: it is told by each span.
import { layers, type Optimizer, optimizers, sequential, type Tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { noise } from '../support/samples.js';

const DECAY = 0.25;

/** SGD that first takes a share of each weight that decays; handed to compile as any optimizer is. */
function decaying(clipNorm?: number): Optimizer {
  const sgd = optimizers.sgd({ learningRate: 0, clipNorm });
  return {
    ...sgd,
    update(kernels, span, stores, step, factors) {
      const weights = new Float32Array(kernels.memory.buffer, stores.parameters + 4 * span.offset);
      for (let run = 0; span.decay && run < span.runs; run++) {
        const from = run * span.stride;
        for (let i = from; i < from + span.length; i++) weights[i] *= 1 - DECAY;
      }
      sgd.update(kernels, span, stores, step, factors);
    },
  };
}

const made = () =>
  sequential({
    layers: [
      layers.lstm({ units: 5, returnSequences: true, inputShape: [4, 3] }),
      layers.gru({ units: 6, returnSequences: true }),
      layers.gru({ units: 3, trainable: false }),
      layers.dense({ units: 2 }),
    ],
    seed: 3,
  });

describe('a span that is trained', () => {
  it.each([
    ['stretches of several weights', undefined],
    ['weights one by one', 1],
  ])('tells kernels, which decay, from biases: %s', async (_, clipNorm) => {
    const model = made();
    model.compile({ optimizer: decaying(clipNorm), loss: 'mse' });
    // zeros would not show that they decay
    const ones = model
      .getWeights()
      .map(({ data, shape }): Tensor => ({ data: data.map(() => 1), shape }));
    model.setWeights(ones);
    await model.trainOnBatch(noise(2, [4, 3]), noise(2, [2]));
    const after = model.getWeights();
    model.weightSpecs.forEach(({ name }, i) => {
      const frozen = name.startsWith('gru_1/');
      const expected = frozen || name.endsWith('/bias') ? 1 : 1 - DECAY;
      expect([name, ...new Set(after[i].data)]).toEqual([name, expected]);
    });
  });

  it('is as long as decay lets it be, so that one call does for many weights', async () => {
    const { network } = made()[internals]();
    const { joined } = network.gradients;
    expect(joined.map(({ runs, decay }) => [runs, decay])).toEqual(
      [true, false, true, false, true, false, true, false].map((decay) => [1, decay]),
    );
    expect(joined[0].name).toBe('lstm/kernel lstm/recurrentKernel');
    const floats = joined.reduce((sum, { length }) => sum + length, 0);
    expect(floats).toBe(network.owners.floats);
  });
});
