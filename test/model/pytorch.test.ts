/**
 * Forward outputs, every gradient and ten training losses against PyTorch, at odd sizes.
 *
 * The truth is PyTorch in float64 on the same float32 weights. Errors are counted in
 * roundings (2^-24) of a tensor's largest value. A float32 sum of n products is off by about
 * sqrt(n) roundings of its terms; where the terms cancel, as in the gradients of a softmax,
 * that is many roundings of the result. So the bound follows what PyTorch's own float32 run
 * is off from the truth: twice that, and at least 16 roundings, for a tensor in which PyTorch
 * was lucky must not condemn us, and our tanh alone may be off by 6 (3.4e-7), which T steps
 * pass on. Measured: up to 22 where PyTorch is off by 18, 10 everywhere else.
 */
import { describe, expect, it } from 'vitest';
import { fixtureModel, type Numerics, optimizerOfPyTorch } from '../support/fixture-model.js';
import { fixture, fixtureNames } from '../support/fixtures.js';
import { gradients } from '../support/model-gradients.js';
import { expectNear } from '../support/near.js';

describe.each<Numerics>(['fast', 'portable'])('in %s numerics', (numerics) => {
  describe.each(fixtureNames)('%s', (name) => {
    const reference = fixture(name);
    const x = reference.tensor('x');
    const y = reference.tensor('y');

    it('predicts', async () => {
      const model = fixtureModel(reference, numerics);
      expect(model.build).toBe(numerics === 'fast' ? 'relaxed-simd' : 'simd');
      expectNear(await model.predict(x), reference, 'outputs');
      model.dispose();
    });

    it('finds every gradient', async () => {
      const model = fixtureModel(reference, numerics);
      const found = gradients(model, x, y);
      expectNear({ data: [found.loss] }, reference, 'loss');
      found.gradients.forEach((gradient, index) => {
        expectNear(gradient, reference, `gradient/${index}`);
      });
      expectNear(found.inputGradient, reference, 'gradient/x');
      model.dispose();
    });

    it.each(Object.keys(reference.optimizers))('trains ten steps by %s', async (optimizer) => {
      const settings = optimizerOfPyTorch(reference.optimizers[optimizer]);
      const model = fixtureModel(reference, numerics, settings);
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) losses.push((await model.trainOnBatch(x, y)).loss);
      expectNear({ data: losses }, reference, `losses/${optimizer}`);
      model.dispose();
    });
  });
});
