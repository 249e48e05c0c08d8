/**
 * A hundred training steps by each optimizer, with its options and ways of clipping, against
 * Keras (test/fixtures/keras/optimizers.py): losses before each step, weights after the first
 * and the last.
 *
 * The truth is Keras in float64 on the same float32 numbers. Errors are counted in roundings
 * (2^-24) of a tensor's largest value. As with the vectors from PyTorch the bound is twice what
 * Keras' own float32 run is off, and at least 16 roundings: Keras may be lucky, and over a
 * hundred steps the rounding of the learning rate alone, half a rounding a step, makes up to 10.
 */
import { describe, expect, it } from 'vitest';
import {
  adamOfPyTorch,
  fixtureModel,
  type Numerics,
  optimizerOf,
} from '../support/fixture-model.js';
import { fixture } from '../support/fixtures.js';
import { distance, expectNear } from '../support/near.js';

const reference = fixture('optimizers', 'keras');
const x = reference.tensor('x');
const y = reference.tensor('y');
const names = Object.keys(reference.optimizers);
const STEPS = reference.tensor(`f64/losses/${names[0]}`).data.length;

describe.each<Numerics>(['fast', 'portable'])('in %s numerics', (numerics) => {
  it.each(names)('trains a hundred steps by %s', async (name) => {
    const model = fixtureModel(reference, numerics, optimizerOf(reference.optimizers[name]));
    const losses: number[] = [];
    for (let step = 1; step <= STEPS; step++) {
      losses.push((await model.trainOnBatch(x, y)).loss);
      if (step !== 1 && step !== STEPS) continue;
      model.getWeights().forEach((weight, i) => {
        expectNear(weight, reference, `after ${step}/${name}/${i}`);
      });
    }
    expectNear({ data: losses }, reference, `losses/${name}`);
    model.dispose();
  });
});

it('tells the epsilon of Keras from that of PyTorch', async () => {
  for (const name of names.filter((one) => one.startsWith('adam'))) {
    const { name: _, ...options } = reference.optimizers[name];
    const model = fixtureModel(reference, 'portable', adamOfPyTorch({ epsilon: 1e-7, ...options }));
    for (let step = 1; step <= STEPS; step++) await model.trainOnBatch(x, y);
    const off = model.getWeights().map(({ data }, i) => {
      const key = `after ${STEPS}/${name}/${i}`;
      const truth = reference.tensor(`f64/${key}`).data;
      return distance(data, truth) / distance(reference.tensor(`f32/${key}`).data, truth);
    });
    // 1e-7 lies far below the roots of this case; the others show
    if (reference.optimizers[name].epsilon) expect(Math.min(...off)).toBeGreaterThan(1000);
    model.dispose();
  }
});
