// Beside the units of a state stand others up to a whole vector, which hold what gates make of nothing (n of slstm is 1 there).
import { input, layers, model, optimizers, type SymbolicTensor } from 'sluice';
import { expect, it } from 'vitest';
import { noise } from '../support/samples.js';

const T = 4;
const readers: Record<string, (state: SymbolicTensor) => SymbolicTensor> = {
  layerNormalization: (state) => layers.layerNormalization().apply(state),
  dot: (state) => layers.dot({ axes: 1, normalize: true }).apply([state, state]),
  softmax: (state) => layers.activation({ activation: 'softmax' }).apply(state),
  'dot with another': (state) =>
    layers
      .dot({ axes: 1, normalize: true })
      .apply([state, layers.activation({ activation: 'tanh' }).apply(state)]),
};

it.each(
  (
    [
      ['slstm', {}],
      ['lstm', { activation: 'hardSigmoid' }],
      ['lstm', { variant: 'noInputGate', activation: 'hardSigmoid' }],
    ] as const
  ).flatMap((cell) => Object.keys(readers).map((reader) => [...cell, reader] as const)),
)(
  'of %s %j, %s sees the units alone, in inference and in training',
  async (kind, options, reader) => {
    const x = noise(3, [T, 2]);
    for (const units of [3, 5]) {
      const source = input({ shape: [T, 2] });
      const cell = layers[kind]({ ...options, units, returnState: true } as never);
      const states = cell.applyWithStates(source);
      for (let k = 1; k < states.length; k++) {
        const own = layers[kind]({ ...options, units, returnState: true } as never);
        const all = own.applyWithStates(source);
        const inside = model({
          inputs: source,
          outputs: [readers[reader](all[k]), all[k]],
          numerics: 'portable',
        });
        const alone = input({ shape: [units] });
        const outside = model({
          inputs: alone,
          outputs: readers[reader](alone),
          numerics: 'portable',
        });
        const [found, state] = await inside.predict(x);
        const expected = await outside.predict(state);
        expect(found.data).toEqual(expected.data);
        // and so does the loss of a training step: 0 where what is wanted comes out
        inside.compile({ optimizer: optimizers.sgd({ learningRate: 0 }), loss: 'mse' });
        expect((await inside.trainOnBatch(x, [expected, state])).loss).toBeLessThan(1e-10);
      }
    }
  },
);
