// Cross-entropies and their gradients against Keras 3 (test/fixtures/keras/losses.py), and against
// finite differences of the loss itself.
import { type Loss, layers, losses, optimizers, sequential, tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/losses.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { gradientError } from '../support/gradient.js';
import { gradients } from '../support/model-gradients.js';
import { noise } from '../support/samples.js';

type Activation = 'linear' | 'softmax' | 'sigmoid';

/** A dense layer that hands z on to its activation. */
function identity(N: number, activation: Activation, loss: Loss) {
  const model = sequential({
    layers: [layers.dense({ units: N, activation, inputShape: [N] })],
    numerics: 'portable',
  });
  model.compile({ optimizer: 'sgd', loss });
  const kernel = Array.from({ length: N * N }, (_, i) => (i % (N + 1) === 0 ? 1 : 0));
  model.setWeights([tensor(kernel, [N, N]), tensor(Array(N).fill(0), [N])]);
  return model;
}

const lossOf = (name: string, activation: string): Loss =>
  losses[name as 'categoricalCrossentropy']({ fromLogits: activation === 'linear' });

describe.each(['linear', 'softmax', 'sigmoid'] as const)('after a %s', (activation) => {
  const cases = fixture.cases.filter((one) => one.activation === activation);
  const named = cases.map(
    (one) => [`${one.loss}, ${one.targets}, ${one.R} x ${one.N}`, one] as const,
  );

  it.each(named)('loss and gradient are those of Keras: %s', async (_, one) => {
    const { R, N, targets } = one;
    const sparse = targets === 'classes';
    const model = identity(N, activation, lossOf(one.loss, activation));
    const x = tensor(one.z, [R, N]);
    const y = tensor(one.t, sparse ? [R] : [R, N]);
    const { loss, inputGradient } = gradients(model, x, y, sparse);
    // Keras computes in float32: a few roundings of the terms, each below 30, and of log(1 - 1e-7),
    // which is 1.2e-7 there; rows of targets sum to less than 2 N
    expect(Math.abs(loss - one.value)).toBeLessThan(4e-6 * (1 + one.value));
    expect((await model.evaluate(x, y)).loss).toBeCloseTo(loss, 12);
    const largest = Math.max(...one.gradient.map(Math.abs));
    inputGradient.data.forEach((value, i) => {
      expect(Math.abs(value - one.gradient[i])).toBeLessThan(2e-6 * (1 + largest));
    });
  });

  it('the gradient is that of finite differences of the loss', () => {
    const [R, N] = [3, 5];
    const z = Float64Array.from(noise(R, [N]).data);
    for (const targets of ['any sum', 'some rows of zeros', 'classes']) {
      const sparse = targets === 'classes';
      const name = sparse ? 'sparseCategoricalCrossentropy' : 'categoricalCrossentropy';
      const t = sparse
        ? [2, 0, 4]
        : [...noise(R, [N], 4).data].map((v, i) => (targets !== 'any sum' && i < N ? 0 : v + 1));
      const model = identity(N, activation, lossOf(name, activation));
      const pass = () =>
        gradients(model, tensor([...z], [R, N]), tensor(t, sparse ? [R] : [R, N]), sparse);
      const exact = Float64Array.from(pass().inputGradient.data);
      // z is rounded to float32 and so is exp: steps of 2^-7 leave 1e-4
      expect(gradientError(() => pass().loss, z, exact, 2 ** -7)).toBeLessThan(5e-4);
    }
  });
});

describe('rows of zeros', () => {
  it('have a loss of 0 and move no weight', async () => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 3, inputShape: [4, 2] }),
        layers.dense({ units: 5, activation: 'softmax' }),
      ],
    });
    model.compile({
      optimizer: optimizers.sgd({ learningRate: 1 }),
      loss: 'categoricalCrossentropy',
    });
    const before = model.getWeights();
    const { history } = await model.fit(noise(8, [4, 2]), tensor(new Float32Array(40), [8, 5]));
    expect(history.loss).toEqual([0]);
    expect(model.getWeights()).toEqual(before);
  });
});

describe('fromLogits', () => {
  it('takes the outputs of any layer, and predictions stay logits', async () => {
    const x = noise(12, [4, 2]);
    const y = Array.from({ length: 12 }, (_, i) => i % 3);
    const over = (last: ReturnType<typeof layers.lstm>[]) => {
      const model = sequential({ layers: last, seed: 4, numerics: 'portable' });
      const loss = losses.sparseCategoricalCrossentropy({ fromLogits: true });
      model.compile({ optimizer: optimizers.adam({ learningRate: 0.1 }), loss, metrics: ['acc'] });
      return model;
    };
    const recurrent = over([layers.lstm({ units: 3, inputShape: [4, 2] })]);
    const before = (await recurrent.evaluate(x, y)).loss;
    const { history } = await recurrent.fit(x, y, { epochs: 30, batchSize: 12 });
    expect(history.loss[0]).toBeCloseTo(before, 6);
    expect(history.loss.at(-1)).toBeLessThan(before * 0.8);

    // a dense layer of logits learns as the same layer with a softmax does, to the bit
    const stack = () => layers.lstm({ units: 3, inputShape: [4, 2] });
    const logits = over([stack(), layers.dense({ units: 3 })]);
    const fused = sequential({
      layers: [stack(), layers.dense({ units: 3, activation: 'softmax' })],
      seed: 4,
      numerics: 'portable',
    });
    fused.compile({
      optimizer: optimizers.adam({ learningRate: 0.1 }),
      loss: losses.sparseCategoricalCrossentropy(),
      metrics: ['acc'],
    });
    const options = { epochs: 3, batchSize: 5 };
    const first = await logits.fit(x, y, options);
    expect(first.history).toEqual((await fused.fit(x, y, options)).history);
    expect(logits.getWeights()).toEqual(fused.getWeights());
    const outputs = await logits.predict(x);
    const sums = Array.from({ length: 12 }, (_, i) =>
      outputs.data.slice(3 * i, 3 * i + 3).reduce((a, b) => a + b, 0),
    );
    expect(sums.some((sum) => Math.abs(sum - 1) > 0.1)).toBe(true);
  });

  it('fits no softmax, and without it outputs must be probabilities', async () => {
    const compile = (activation: Activation | 'relu' | 'tanh', loss: Loss) => () =>
      sequential({ layers: [layers.dense({ units: 3, activation, inputShape: [2] })] }).compile({
        optimizer: 'sgd',
        loss,
      });
    const make = losses.categoricalCrossentropy;
    await expectError(
      compile('softmax', make({ fromLogits: true })),
      'bad-option',
      /fromLogits: true needs outputs that no softmax made.*leave out one/,
    );
    for (const activation of ['linear', 'relu', 'tanh'] as const) {
      await expectError(compile(activation, make()), 'bad-option', activation, 'fromLogits: true');
      compile(activation, make({ fromLogits: true }))();
    }
    compile('sigmoid', make())();
    for (const options of [{ fromLogit: true }, { fromLogits: 1 }, { fromLogits: null }, null]) {
      await expectError(() => make(options as never), 'bad-option', 'categoricalCrossentropy');
    }
    await expectError(() => losses.meanSquaredError({ a: 1 } as never), 'bad-option', "option 'a'");
  });

  it('stands in the configuration with which the loss can be made again', () => {
    expect(losses.categoricalCrossentropy({ fromLogits: true })).toMatchObject({
      name: 'categoricalCrossentropy',
      config: { fromLogits: true },
    });
    expect(losses.sparseCategoricalCrossentropy().config).toEqual({ fromLogits: false });
    expect(losses.meanSquaredError().config).toEqual({});
  });
});
