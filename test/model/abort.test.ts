// The signal of fit: what it ends, how fast, and what is left.
import { callbacks, FitAborted, type FitOptions, layers, SluiceError, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

function model() {
  const made = sequential({
    layers: [layers.lstm({ units: 6, inputShape: [5, 3] }), layers.dense({ units: 2 })],
    seed: 7,
    numerics: 'portable',
  });
  made.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
  return made;
}
const x = noise(50, [5, 3]);
const y = noise(50, [2], 5);
const never = () => new Promise<never>(() => {});
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Fits until aborted; the FitAborted that comes out. */
async function abortedFit(options: FitOptions, made = model()): Promise<FitAborted> {
  const error = await made.fit(x, y, options).then(
    () => new Error('fit went on to its end'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FitAborted);
  return error as FitAborted;
}

const hooks = [
  'setModel',
  'onTrainBegin',
  'onEpochBegin',
  'onBatchBegin',
  'onBatchEnd',
  'onEpochEnd',
  'onTrainEnd',
] as const;

describe('a callback that never comes back', () => {
  it.each(hooks)('is not waited for once the signal is aborted: %s', async (hook) => {
    const made = model();
    const controller = new AbortController();
    setTimeout(() => controller.abort('enough'), 60);
    const start = performance.now();
    const error = await abortedFit(
      { epochs: 1, signal: controller.signal, callbacks: [{ [hook]: never }] },
      made,
    );
    expect(error.cause).toBe('enough');
    expect(performance.now() - start).toBeLessThan(2000);
    // the model can be used and trained
    await made.predict(x);
    expect((await made.fit(x, y)).epoch).toEqual([0]);
  });

  it('is still waited for where nobody aborts, and its error is that of fit', async () => {
    const slow = { onEpochEnd: () => later(80) };
    const start = performance.now();
    const { signal } = new AbortController();
    await model().fit(x, y, { callbacks: slow, signal });
    expect(performance.now() - start).toBeGreaterThan(75);
    const failing = { onEpochEnd: () => Promise.reject(new Error('mine')) };
    await expect(model().fit(x, y, { callbacks: failing, signal })).rejects.toThrow('mine');
  });

  it('leaves no listener on the signal', async () => {
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const [add, remove] = [signal.addEventListener, signal.removeEventListener];
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners++;
      add.apply(signal, given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners--;
      remove.apply(signal, given);
    };
    await model().fit(x, y, { signal, callbacks: { onBatchEnd: () => later(1) } });
    expect(listeners).toBe(0);
  });
});

describe('the error', () => {
  it('carries the history of the finished epochs', async () => {
    const whole = await model().fit(x, y, { epochs: 5, validationData: [x, y] });
    const controller = new AbortController();
    let epochs = 0;
    const stop = () => {
      if (++epochs === 3) controller.abort(new Error('tired'));
    };
    const error = await abortedFit({
      epochs: 5,
      validationData: [x, y],
      signal: controller.signal,
      callbacks: { onEpochEnd: stop },
    });
    expect(error).toBeInstanceOf(SluiceError);
    expect(error.code).toBe('aborted');
    expect(error.cause).toEqual(new Error('tired'));
    expect(error.message).toMatch(/aborted by its signal after 3 finished epochs/);
    expect(error.history.epoch).toEqual([0, 1, 2]);
    for (const [name, values] of Object.entries(whole.history)) {
      expect(error.history.history[name]).toEqual(values.slice(0, 3));
    }
  });

  it('has an empty history where no epoch was finished', async () => {
    const error = await abortedFit({ signal: AbortSignal.abort() });
    expect(error.history).toEqual({ epoch: [], history: { loss: [] } });
  });
});

describe('callbacks', () => {
  it('hear onTrainAbort in place of onTrainEnd, those that heard onTrainBegin', async () => {
    const heard: string[] = [];
    const controller = new AbortController();
    const note = (name: string, onTrainBegin?: () => unknown) => ({
      onTrainBegin: onTrainBegin ?? (() => {}),
      onTrainEnd: () => heard.push(`${name} end`),
      onTrainAbort: () => void heard.push(`${name} abort`),
    });
    const stuck = note('b', () => {
      controller.abort();
      return never();
    });
    const list = [note('a'), stuck, note('c')];
    await abortedFit({ signal: controller.signal, callbacks: list });
    expect(heard).toEqual(['a abort', 'b abort']);
    heard.length = 0;
    await abortedFit({ signal: controller.signal, callbacks: list });
    expect(heard).toEqual([]);
    await model().fit(x, y, { callbacks: note('d') });
    expect(heard).toEqual(['d end']);
  });

  it('that throw in onTrainAbort neither lose the history nor keep others from hearing', async () => {
    const made = model();
    const controller = new AbortController();
    const late = new Error('late');
    let best: unknown;
    const error = await abortedFit(
      {
        epochs: 9,
        signal: controller.signal,
        callbacks: [
          {
            onTrainAbort() {
              throw new Error('disk full');
            },
          },
          { onTrainAbort: () => Promise.reject(late) as never },
          { onTrainAbort: () => Promise.reject(late).then(() => {}) as never },
          callbacks.earlyStopping({ monitor: 'loss', mode: 'max', restoreBestWeights: true }),
          {
            onEpochEnd(epoch) {
              if (epoch === 0) best = bitsOf(made.getWeights());
              if (epoch === 1) controller.abort(new Error('tired'));
            },
          },
        ],
      },
      made,
    );
    expect(error.history.epoch).toEqual([0, 1]);
    expect(error.cause).toEqual(new Error('tired'));
    expect(error.message).toMatch(/after 2 finished epochs.*onTrainAbort threw disk full/);
    await new Promise((resolve) => setTimeout(resolve));
    expect(error.callbackErrors).toEqual([new Error('disk full'), late, late]);
    // the loss falls, so that the best by mode 'max' is the first epoch
    expect(bitsOf(made.getWeights())).toEqual(best);
  });

  it('that hear without a fault leave no errors', async () => {
    const error = await abortedFit({ signal: AbortSignal.abort() });
    expect(error.callbackErrors).toEqual([]);
  });

  it.each(['at the end of an epoch', 'within an epoch', 'in a callback that hangs'])(
    'restoreBestWeights holds when the signal ends training %s',
    async (when) => {
      const made = model();
      const controller = new AbortController();
      const seen: number[][][] = [];
      let batches = 0;
      const error = await abortedFit(
        {
          epochs: 100,
          batchSize: 10,
          validationData: [noise(40, [5, 3], 8), noise(40, [2], 9)],
          signal: controller.signal,
          callbacks: [
            callbacks.earlyStopping({ patience: 100, restoreBestWeights: true }),
            {
              onEpochEnd(epoch) {
                seen.push(bitsOf(made.getWeights()));
                if (epoch < 60) return undefined;
                if (when === 'at the end of an epoch') controller.abort();
                if (when !== 'in a callback that hangs') return undefined;
                setTimeout(() => controller.abort(), 5);
                return never();
              },
              onBatchEnd() {
                if (++batches === 303 && when === 'within an epoch') controller.abort();
              },
            },
          ],
        },
        made,
      );
      const { val_loss } = error.history.history;
      const best = val_loss.indexOf(Math.min(...val_loss));
      // noise cannot be learned: the best epoch is not the last
      expect(best).toBeLessThan(val_loss.length - 1);
      expect(bitsOf(made.getWeights())).toEqual(seen[best]);
    },
  );

  it('does not put weights of an earlier fit back', async () => {
    const made = model();
    const stopping = callbacks.earlyStopping({ monitor: 'loss', restoreBestWeights: true });
    const thrower = { onEpochEnd: () => Promise.reject(new Error('mine')) };
    await expect(made.fit(x, y, { callbacks: [stopping, thrower] })).rejects.toThrow('mine');
    await made.fit(x, y, { epochs: 3 });
    const before = bitsOf(made.getWeights());
    await abortedFit({ signal: AbortSignal.abort(), callbacks: stopping }, made);
    expect(bitsOf(made.getWeights())).toEqual(before);
  });
});

it('is heard while very many samples are shuffled', async () => {
  let read = 0;
  const make = (_: number, to: Float32Array) => {
    read += 1;
    to.fill(0);
  };
  const controller = new AbortController();
  setTimeout(() => controller.abort('enough'), 1);
  const fitting = model().fit({ count: 2e7, x: make, y: make }, undefined, {
    signal: controller.signal,
  });
  await expect(fitting).rejects.toMatchObject({ code: 'aborted' });
  expect(read).toBe(0);
});
