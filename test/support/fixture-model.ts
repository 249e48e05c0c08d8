/** A case of test/fixtures/pytorch as a sluice model with the case's weights. */
import { type AdamOptions, layers, type Optimizer, optimizers, sequential } from 'sluice';
import type { Fixture, FixtureOptimizer } from './fixtures.js';
import { allowRelaxedSimd } from './kernels.js';

export type Numerics = 'fast' | 'portable';

export function fixtureModel(fixture: Fixture, numerics: Numerics, optimizer = 'adam') {
  if (numerics === 'fast') allowRelaxedSimd();
  const [, T, I] = fixture.tensor('x').shape;
  const model = sequential({
    layers: fixture.layers.map((layer, index) => {
      const inputShape = index === 0 ? { inputShape: [T, I] } : {};
      if (layer.type === 'dense') {
        return layers.dense({ units: layer.units, activation: layer.activation, ...inputShape });
      }
      const { units, returnSequences } = layer;
      return layers.lstm({ units, returnSequences, ...inputShape });
    }),
    numerics,
  });
  model.compile({ optimizer: optimizerOf(fixture.optimizers[optimizer]), loss: fixture.loss });
  model.setWeights(fixture.list('weight/'));
  return model;
}

function optimizerOf({ name, ...options }: FixtureOptimizer): Optimizer {
  return name === 'adam' ? adamOfPyTorch(options) : optimizers.sgd(options);
}

/**
 * PyTorch divides the root by sqrt(1 - beta2^t) before it adds epsilon, Keras adds epsilon to the
 * root as it is: Adam as PyTorch has it is ours with an epsilon of sqrt(1 - beta2^t) epsilon.
 */
export function adamOfPyTorch(options: AdamOptions): Optimizer {
  const { beta2 = 0.999, epsilon = 1e-8 } = options;
  const at = (step: number) =>
    optimizers.adam({ ...options, epsilon: epsilon * Math.sqrt(1 - beta2 ** step) });
  return {
    ...at(1),
    update: (kernels, span, stores, step, factors) =>
      at(step).update(kernels, span, stores, step, factors),
  };
}
