import { callbacks, type Logs, layers, optimizers, sequential, type Tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/early-stopping.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

type Options = Parameters<typeof callbacks.earlyStopping>[0];

/** Plays epochs to the callback; returns those run and whose weights remain. */
function play(options: Options, values: number[], key = 'val_loss') {
  const weightsOf = (epoch: number): Tensor[] => [{ data: new Float32Array([epoch]), shape: [1] }];
  let weights = weightsOf(-1);
  const model = {
    stopTraining: false,
    optimizer: optimizers.sgd(),
    getWeights: () => weights,
    resetStates: () => undefined,
    setWeights: (given: readonly Tensor[]) => {
      weights = [...given];
    },
  };
  const stopping = callbacks.earlyStopping(options);
  stopping.setModel(model);
  stopping.onTrainBegin();
  let epochs = 0;
  for (const value of values) {
    weights = weightsOf(epochs);
    const logs: Logs = { loss: 0, [key]: value };
    stopping.onEpochEnd(epochs++, logs);
    if (model.stopTraining) break;
  }
  stopping.onTrainEnd();
  return { epochs, kept: weights[0].data[0], best: stopping.bestEpoch };
}

describe('earlyStopping', () => {
  it('waits for patience epochs without improvement', () => {
    const values = [5, 4, 4.5, 4.2, 3, 3.5, 3.1, 3.2, 1];
    expect(play({ patience: 3 }, values)).toEqual({ epochs: 8, kept: 7, best: 4 });
    expect(play({ patience: 4 }, values).epochs).toBe(9);
    expect(play({}, values).epochs).toBe(3);
  });

  it('restores the best weights, also when it did not stop', () => {
    const restoreBestWeights = true;
    const values = [5, 3, 4, 4.5];
    expect(play({ patience: 2, restoreBestWeights }, values).kept).toBe(1);
    expect(play({ patience: 9, restoreBestWeights }, values).kept).toBe(1);
    expect(play({ patience: 2 }, values).kept).toBe(3);
  });

  it.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'takes %s, which every object has, for no figure',
    async (monitor) => {
      const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
      model.compile({ optimizer: 'sgd', loss: 'mse' });
      await expectError(
        () =>
          model.fit(noise(4, [2]), noise(4, [1]), {
            callbacks: [callbacks.earlyStopping({ monitor })],
          }),
        'bad-option',
        `monitors '${monitor}', but the epoch reports loss`,
      );
    },
  );

  it('asks for at least minDelta', () => {
    expect(play({ minDelta: 0.5 }, [5, 4.6, 4]).epochs).toBe(2);
    expect(play({ minDelta: 0.1 }, [5, 4.6, 4]).epochs).toBe(3);
  });

  it('knows which way is better', () => {
    const monitor = 'val_accuracy';
    expect(play({ monitor }, [0.1, 0.2, 0.15], monitor)).toMatchObject({ epochs: 3, best: 1 });
    expect(play({ monitor, mode: 'min' }, [0.1, 0.2, 0.15], monitor).epochs).toBe(2);
    expect(play({ mode: 'max' }, [1, 2, 3, 2]).best).toBe(2);
  });

  it.each(fixture.cases.map((one, i) => [i, one] as const))(
    'stops where Keras stops, and keeps what Keras keeps: series %i',
    (_, { options, values, epochs, kept, best }) => {
      const { monitor } = options;
      expect(play(options as Options, values, monitor)).toEqual({ epochs, kept, best });
    },
  );

  it('names what is reported when its figure is not', async () => {
    await expectError(
      () => play({ monitor: 'val_mae' }, [1]),
      'bad-option',
      /monitors 'val_mae', but the epoch reports loss, val_loss; monitor one of these, or name its metric in compile$/,
    );
  });

  it.each([
    ['patience', -1],
    ['patience', 1.5],
    ['minDelta', -1],
    ['minDelta', Number.NaN],
    ['mode', 'best'],
    ['monitor', 3],
    ['baseline', Number.NaN],
    ['baseline', '0.5'],
    ['startFromEpoch', -1],
    ['startFromEpoch', 0.5],
    ['restoreBestWeights', 1],
    ['wait', 3],
  ])('refuses %s: %s', async (key, value) => {
    await expectError(() => callbacks.earlyStopping({ [key]: value }), 'bad-option', key);
  });

  it('ends fit and leaves the best weights behind', async () => {
    const model = sequential({
      layers: [layers.lstm({ units: 8, inputShape: [4, 2] }), layers.dense({ units: 1 })],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'adam', loss: 'mse' });
    // noise cannot be learned: validation gets worse soon
    const x = noise(40, [4, 2]);
    const y = noise(40, [1], 7);
    const validationData = [noise(40, [4, 2], 8), noise(40, [1], 9)] as const;
    const stopping = callbacks.earlyStopping({ patience: 3, restoreBestWeights: true });
    const seen: number[][][] = [];
    const { history } = await model.fit(x, y, {
      epochs: 500,
      validationData,
      callbacks: [stopping, { onEpochEnd: () => seen.push(bitsOf(model.getWeights())) }],
    });
    const best = history.val_loss.indexOf(Math.min(...history.val_loss));
    expect(history.val_loss).toHaveLength(best + 4);
    expect(stopping.bestEpoch).toBe(best);
    expect(bitsOf(model.getWeights())).toEqual(seen[best]);
    expect((await model.evaluate(...validationData)).loss).toBe(history.val_loss[best]);
  });
});
