/** A case of test/fixtures as a sluice model with the case's weights. */
import { type AdamOptions, layers, type Optimizer, optimizers, sequential } from 'sluice';
import type { Fixture, FixtureOptimizer } from './fixtures.js';
import { allowRelaxedSimd } from './kernels.js';

export type Numerics = 'fast' | 'portable';

export function fixtureModel(fixture: Fixture, numerics: Numerics, optimizer?: Optimizer) {
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
  model.compile({ optimizer: optimizer ?? optimizers.sgd(), loss: fixture.loss });
  model.setWeights(fixture.list('weight/'));
  return model;
}

/** The optimizer of a run in Keras. */
export function optimizerOf({ name, ...options }: FixtureOptimizer): Optimizer {
  return name === 'adam' ? optimizers.adam(options) : optimizers.sgd(options);
}

/** The optimizer of a run in PyTorch. */
export function optimizerOfPyTorch({ name, ...options }: FixtureOptimizer): Optimizer {
  return name === 'adam' ? adamOfPyTorch(options) : optimizers.sgd(options);
}

/**
 * Adam as PyTorch has it, by ours. PyTorch divides the root by sqrt(1 - beta2^t) before it adds
 * epsilon, so ours takes an epsilon of sqrt(1 - beta2^t) epsilon. Keras takes the powers of betas
 * rounded to float32, which is 6e-6 of the first steps: the learning rate makes up for that.
 */
export function adamOfPyTorch(options: AdamOptions): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
  const root = (step: number) => Math.sqrt(1 - beta2 ** step);
  const correction = (b1: number, b2: number, step: number) =>
    Math.sqrt(1 - b2 ** step) / (1 - b1 ** step);
  const at = (step: number) => optimizers.adam({ ...options, epsilon: epsilon * root(step) });
  return {
    ...at(1),
    update(kernels, span, stores, step, { learningRate, gradientScale }) {
      const exact = correction(beta1, beta2, step);
      const ratio = exact / correction(Math.fround(beta1), Math.fround(beta2), step);
      const factors = { learningRate: learningRate * ratio, gradientScale };
      at(step).update(kernels, span, stores, step, factors);
    },
  };
}
