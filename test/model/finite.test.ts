// What leaves float32: refused at the step, at the prediction and at the file, never handed on.
import {
  type CompileOptions,
  layers,
  type Optimizer,
  optimizers,
  type Sequential,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { Random } from '../../src/random.js';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const x = noise(8, [5, 3]);
const y = noise(8, [2]);

function made(optimizer: CompileOptions['optimizer'] = 'sgd'): Sequential {
  const model = sequential({
    layers: [layers.lstm({ units: 4, inputShape: [5, 3] }), layers.dense({ units: 2 })],
    seed: 3,
  });
  model.compile({ optimizer, loss: 'mse' });
  return model;
}

/** One weight and a bias: y = w x + b. */
function line(optimizer: CompileOptions['optimizer'] = 'sgd', weight = 0): Sequential {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer, loss: 'mse' });
  model.setWeights([{ data: [weight], shape: [1, 1] }, [0]]);
  return model;
}
const at = (...values: number[]) => ({ data: values, shape: [values.length, 1] });

/** Bits of the weights and of the optimizer's state. */
function stateOf(model: Sequential): unknown {
  const { memory, network, workspace, passes } = model[internals]();
  const slots = workspace.slots.map((slot) =>
    Array.from(memory.floats.subarray(slot >>> 2, (slot >>> 2) + network.owners.floats)),
  );
  return [bitsOf(model.getWeights()), slots, passes.counters.steps, model.optimizerSteps];
}

const tooFar: Record<string, () => Optimizer> = {
  'sgd at 3e38': () => optimizers.sgd({ learningRate: 3e38 }),
  'momentum at 3e38': () => optimizers.sgd({ learningRate: 3e38, momentum: 0.9 }),
  'nesterov at 3e38': () => optimizers.sgd({ learningRate: 3e38, momentum: 0.9, nesterov: true }),
  'adam at 3e38': () => optimizers.adam({ learningRate: 3e38 }),
  'adam at 3e38, clipped': () => optimizers.adam({ learningRate: 3e38, clipNorm: 1e-3 }),
};

describe.each(Object.entries(tooFar))('%s', (_, optimizer) => {
  const steps = async (model: Sequential) => {
    for (let step = 0; step < 4; step++) await model.trainOnBatch(x, y);
  };
  it('is stopped in trainOnBatch before the step that leaves float32', async () => {
    const model = made('sgd');
    await model.fit(x, y, { epochs: 3 });
    model.compile({ optimizer: optimizer(), loss: 'mse' });
    let before: unknown;
    await expectError(
      async () => {
        for (let step = 0; step < 5; step++) {
          before = stateOf(model);
          await model.trainOnBatch(x, y);
        }
      },
      'not-finite',
      'in trainOnBatch, at learning rate 3e+38',
      'The weights are those before this batch',
    );
    expect(stateOf(model)).toEqual(before);
    for (const { data } of model.getWeights()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('is stopped in fit, whichever batch it is, and the model goes on afterwards', async () => {
    for (const batchSize of [8, 3]) {
      const model = made(optimizer());
      await expectError(
        () => model.fit(x, y, { epochs: 6, batchSize, shuffle: false }),
        'not-finite',
        /in epoch \d, batch \d, at learning rate 3e\+38/,
      );
      for (const { data } of model.getWeights()) expect(data.every(Number.isFinite)).toBe(true);
      expect(toBytes(model).length).toBeGreaterThan(0);
    }
    const model = made('sgd');
    model.compile({ optimizer: optimizer(), loss: 'mse' });
    await expectError(() => steps(model), 'not-finite');
    model.setWeights(made().getWeights());
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(x, y, { epochs: 2 });
  });
});

describe('the guard of the update', () => {
  it('stops what only grows beyond float32 after many steps', async () => {
    // all gradients are beyond the bound, so that each step adds 1e36 to every weight
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [1] })] });
    const optimizer = optimizers.sgd({ learningRate: 1e36, clipValue: 1 });
    model.compile({ optimizer, loss: 'mse' });
    const far = { data: [3.402e38, 3.402e38], shape: [1, 2] };
    let steps = 0;
    await expectError(async () => {
      for (; steps < 1000; steps++) await model.trainOnBatch(at(1e-30), far);
    }, 'not-finite');
    expect(steps).toBe(340);
    for (const { data } of model.getWeights()) expect(data[0] / 3.4e38).toBeCloseTo(1, 4);
  });

  it('leaves steps alone that are large and stay within float32', async () => {
    // the gradient is 2 (w x - y) x = -2e19: a step of 2e38, then the way back
    const model = line(optimizers.sgd({ learningRate: 1e19 }), 0);
    await model.trainOnBatch(at(1), at(1e19));
    expect(model.getWeights()[0].data[0] / 2e38).toBeCloseTo(1, 6);
    expect(model.getWeights()[1].data[0] / 2e38).toBeCloseTo(1, 6);
  });

  it("stops where the optimizer's state would leave float32, not the weights", async () => {
    // a gradient of 4e19 has a square of 1.6e39: v would be infinite, and NaN in the step after
    const model = line(optimizers.adam());
    await model.trainOnBatch(at(1), at(1));
    const before = stateOf(model);
    await expectError(
      () => model.trainOnBatch(at(1), at(-2e19)),
      'not-finite',
      "the optimizer's state would leave float32",
    );
    expect(stateOf(model)).toEqual(before);
    const clipped = line(optimizers.adam({ globalClipNorm: 1 }));
    await clipped.trainOnBatch(at(1), at(-2e19));
    expect(clipped.getWeights()[0].data[0]).toBeCloseTo(-1e-3, 7);
  });

  it.each([
    ['a step size beyond float32', { learningRate: 1e38, beta1: 0.9999, clipValue: 1e-30 }, 1],
    ['another', { learningRate: 3.4e38, beta2: 0, clipNorm: 1e-30 }, 1],
    ['a numerator beyond float32', { learningRate: 1e30, epsilon: 1e10 }, 1e10],
    ['both', { learningRate: 1e38, beta1: 0.9999, epsilon: 1e38 }, 1],
  ])("stops adam's step with %s, though its quotient is small", async (_, options, scale) => {
    const [steps, targets] = [at(1, 2), at(3 * scale, 5 * scale)];
    for (const how of ['trainOnBatch', 'fit'] as const) {
      const model = line(optimizers.adam(options), 0.5);
      let found: unknown;
      for (let step = 0; step < 3 && !found; step++) {
        const before = [bitsOf(model.getWeights()), model.optimizerSteps];
        found = await model[how](steps, targets).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (found) expect([bitsOf(model.getWeights()), model.optimizerSteps]).toEqual(before);
      }
      expect(found).toMatchObject({ code: 'not-finite' });
      expect((found as Error).message).toContain('The weights are those before this batch');
      expect(toBytes(model).length).toBeGreaterThan(0);
    }
  });

  it('leaves no extreme options of an optimizer a way out of float32', async () => {
    const random = new Random(7, 0);
    const pick = <T>(from: readonly T[]): T => from[random.integer(0, from.length - 1)];
    const edge = 1 - 2 ** -24;
    for (let run = 0; run < 300; run++) {
      const learningRate = pick([0, 1e-45, 1e-30, 0.01, 1e10, 1e30, 1e38, 3.4e38]);
      const bound = pick([1e-30, 1, 1e38]);
      const clip = pick([{}, { clipNorm: bound }, { globalClipNorm: bound }, { clipValue: bound }]);
      const moments = {
        beta1: pick([0, 0.9, 0.999999, edge]),
        beta2: pick([0, 0.999, edge]),
        epsilon: pick([1e-45, 1e-38, 1e-7, 1, 1e10, 1e38, 3.4e38]),
      };
      const momentum = pick([0, 0.9, edge]);
      const optimizer = pick([
        () => optimizers.adam({ learningRate, ...moments, ...clip }),
        () => optimizers.adam({ learningRate, ...moments, ...clip }),
        () => optimizers.sgd({ learningRate, momentum, nesterov: momentum > 0, ...clip }),
      ])();
      const model = line(optimizer, pick([0, 1, 1e19, -3.4e38]));
      const size = pick([1e-45, 1e-20, 1, 1e10, 1e19, 3.4e38]);
      for (let step = 0; step < 3; step++) {
        const logs = await model
          .trainOnBatch(at(pick([1, 1e-20]), 0.5), at(size, -1))
          .catch((error: unknown) => {
            expect(error).toMatchObject({ code: 'not-finite' });
            return { loss: 0 };
          });
        expect(logs.loss).toBeLessThan(Number.POSITIVE_INFINITY);
        const finite = model.getWeights().every(({ data }) => data.every(Number.isFinite));
        expect(finite, JSON.stringify([optimizer.config, size])).toBe(true);
      }
      expect(toBytes(model).length).toBeGreaterThan(0);
      model.dispose();
    }
  });

  it('takes new weights into account', async () => {
    const model = line(optimizers.sgd({ learningRate: 1 }), 0);
    await model.trainOnBatch(at(1), at(1));
    model.setWeights([{ data: [3e38], shape: [1, 1] }, [-3e38]]);
    const before = stateOf(model);
    // outputs 0, gradient -2e38 for both: the kernel would go to 5e38
    await expectError(() => model.trainOnBatch(at(1), at(1e38)), 'not-finite');
    expect(stateOf(model)).toEqual(before);
  });

  it('looks at the rows of a table that a step has moved, not at the table', async () => {
    const V = 5000;
    const model = sequential({
      layers: [
        layers.embedding({ inputDim: V, outputDim: 4, inputShape: [2] }),
        layers.lstm({ units: 1 }),
      ],
    });
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const step = () => model.trainOnBatch(tensor([1, 7], [1, 2]), tensor([1], [1, 1]));
    await step();
    const { kernels, memory, network, workspace } = model[internals]();
    let most = 0;
    const counted = {
      ...kernels,
      largestMagnitude(n: number, at: number) {
        most = Math.max(most, n);
        return kernels.largestMagnitude(n, at);
      },
    };
    const { Constraints } = await import('../../src/model/constraints.js');
    const { Updater } = await import('../../src/model/updater.js');
    const rules = new Constraints(counted, network, workspace, []);
    const updater = new Updater(counted, memory, network, workspace, model.optimizer, rules);
    expect(updater.movedAreFinite()).toBe(true);
    expect(most).toBeLessThan(200);
    // what stands in a row that was moved is found, in another one at the end of an epoch
    const [{ offset, width }] = network.gradients.tables;
    const row = (id: number) => workspace.parameters / 4 + offset + id * width;
    memory.floats[row(9)] = Number.NaN;
    expect([updater.movedAreFinite(), updater.weightsAreFinite()]).toEqual([true, false]);
    memory.floats[row(9)] = 0;
    memory.floats[row(7) + 3] = Number.POSITIVE_INFINITY;
    expect(updater.movedAreFinite()).toBe(false);
  });

  it('adds nothing to an ordinary step: no look at weights or state', async () => {
    const model = made(optimizers.adam({ clipNorm: 1 }));
    await model.trainOnBatch(x, y);
    const { kernels, passes } = model[internals]();
    const calls: string[] = [];
    const counted = new Proxy(kernels, {
      get: (target, name, receiver) => {
        calls.push(String(name));
        return Reflect.get(target, name, receiver);
      },
    });
    const { Constraints } = await import('../../src/model/constraints.js');
    const { Updater } = await import('../../src/model/updater.js');
    const { memory, network, workspace } = model[internals]();
    const updater = new Updater(
      counted,
      memory,
      network,
      workspace,
      model.optimizer,
      new Constraints(counted, network, workspace, []),
    );
    updater.measure();
    updater.apply(1);
    const first = calls.filter((name) => name === 'largestMagnitude').length;
    expect(first).toBe(3);
    calls.length = 0;
    for (let step = 2; step < 100; step++) {
      updater.measure();
      updater.apply(step);
    }
    // one norm and one update for each of the five weights
    expect(new Set(calls)).toEqual(new Set(['sumOfSquares', 'adam']));
    expect(calls.length).toBe(98 * 10);
    expect(passes.counters.optimizerSteps).toBe(1);
  });

  it('finds weights at the end of an epoch that something else has spoilt', async () => {
    const model = made();
    const spoil = () => {
      const { memory, workspace } = model[internals]();
      memory.floats[workspace.parameters >>> 2] = Number.NaN;
    };
    await expectError(
      () => model.fit(x, y, { epochs: 3, callbacks: { onBatchEnd: spoil } }),
      'not-finite',
      'weights are not finite at the end of epoch 0',
    );
    await expectError(() => toBytes(model), 'not-finite', /toBytes: weight lstm\/kernel.*is NaN/);
  });

  it('finds them after trainOnBatch too', async () => {
    const model = made();
    await model.trainOnBatch(x, y);
    const { kernels, passes, memory, workspace } = model[internals]();
    const { update } = passes;
    passes.update = () => {
      const moved = update.call(passes);
      memory.floats[workspace.parameters >>> 2] = Number.POSITIVE_INFINITY;
      return moved;
    };
    await expectError(
      () => model.trainOnBatch(x, y),
      'not-finite',
      'weights are not finite after trainOnBatch',
    );
    expect(kernels.largestMagnitude(4, workspace.parameters)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('outputs that leave float32', () => {
  const huge = () => line('sgd', 3e38);

  it('are refused by predict, which names the sample', async () => {
    const model = huge();
    await expectError(
      () => model.predict(at(1, 0.5, 2, 3)),
      'not-finite',
      'predict: output 0 of sample 2 is Infinity',
      'scale x',
      'The model is as it was',
    );
    const { data } = await model.predict(at(1, 0.5));
    expect([...data]).toEqual([3e38, 1.5e38].map(Math.fround));
    expect(toBytes(model).length).toBeGreaterThan(0);
  });

  it('are refused with their time step in a sequence', async () => {
    const model = sequential({ layers: [layers.dense({ units: 2, inputShape: [3, 1] })] });
    model.setWeights([{ data: [1, 3e38], shape: [1, 2] }, [0, 0]]);
    const values = { data: [1, 1, 1, 1, 1, -5], shape: [2, 3, 1] };
    await expectError(
      () => model.predict(values, { batchSize: 1 }),
      'not-finite',
      'output 1 of sample 1 at time step 2 is -Infinity',
    );
  });

  it('are refused by evaluate and as validation', async () => {
    const model = huge();
    await expectError(() => model.evaluate(at(2), at(0)), 'not-finite', 'evaluate: the loss is');
    await expectError(
      () => model.fit(at(0), at(0), { validationData: [at(2), at(0)] }),
      'not-finite',
      'the validation loss became',
      'The weights are those after this epoch',
    );
  });
});
