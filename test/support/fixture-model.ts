/** A case of test/fixtures/pytorch as a sluice model with the case's weights. */
import { layers, optimizers, sequential } from 'sluice';
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

function optimizerOf({ name, ...options }: FixtureOptimizer) {
  return name === 'adam' ? optimizers.adam(options) : optimizers.sgd(options);
}
