// clipNorm bounds each weight that getWeights lists, globalClipNorm all of them, clipValue each
// element; and where an LSTM's weights take turns in its panels, each keeps to its own.
import { layers, optimizers, sequential } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { gradients } from '../support/model-gradients.js';
import { noise } from '../support/samples.js';

/** One rounding of float32. */
const ROUNDING = 2 ** -24;
const normOf = (data: ArrayLike<number>) =>
  Math.sqrt(Array.from(data).reduce((sum, value) => sum + value * value, 0));

describe('gradients of norms 3 and 4', () => {
  // y = w x + b at w = b = 0: the gradients are 2 (y - t) x and 2 (y - t)
  const step = async (options: Parameters<typeof optimizers.sgd>[0]) => {
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: optimizers.sgd({ learningRate: 1, ...options }), loss: 'mse' });
    model.setWeights([{ data: [0], shape: [1, 1] }, [0]]);
    await model.trainOnBatch({ data: [0.75], shape: [1, 1] }, [-2]);
    return model.getWeights().map(({ data }) => -data[0]);
  };
  it.each([
    [{}, [3, 4]],
    [{ clipNorm: 1 }, [1, 1]],
    [{ clipNorm: 3.5 }, [3, 3.5]],
    [{ globalClipNorm: 1 }, [0.6, 0.8]],
    [{ globalClipNorm: 5 }, [3, 4]],
    [{ clipValue: 1 }, [1, 1]],
    [{ clipValue: 3.5 }, [3, 3.5]],
  ])('at %o', async (options, expected) => {
    const found = await step(options);
    found.forEach((value, i) => {
      expect(Math.abs(value - expected[i])).toBeLessThanOrEqual(2 * ROUNDING * expected[i]);
    });
  });
});

describe.each([
  [3, 5],
  [1, 1],
  [8, 4],
  [13, 33],
  [6, 130],
])('an LSTM of %i inputs and %i units', (I, H) => {
  const x = noise(4, [3, I]);
  const y = noise(4, [2]);
  const made = () =>
    sequential({
      layers: [
        layers.lstm({ units: H, returnSequences: true, inputShape: [3, I] }),
        layers.lstm({ units: 3 }),
        layers.dense({ units: 2 }),
      ],
      seed: 1,
    });

  it('has spans that cover the store, each float once', () => {
    const { network } = made()[internals]();
    const covered = new Uint8Array(network.owners.floats);
    for (const { offset, runs, length, stride } of network.owners.spans) {
      for (let run = 0; run < runs; run++) {
        for (let i = 0; i < length; i++) covered[offset + run * stride + i]++;
      }
    }
    expect(covered.every((count) => count === 1)).toBe(true);
    const names = made().weightSpecs.map(({ name }) => name);
    expect(network.owners.spans.map(({ name }) => name)).toEqual(names);
  });

  it.each(['clipNorm', 'globalClipNorm', 'clipValue'] as const)('keeps %s', async (option) => {
    const model = made();
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const unclipped = gradients(model, x, y).gradients;
    const norms = unclipped.map(({ data }) => normOf(data));
    const whole = normOf(norms);
    // a bound between the norms: some gradients are cut, some are not
    const bound = {
      clipNorm: norms.toSorted((a, b) => a - b)[4],
      globalClipNorm: whole / 3,
      clipValue: Math.abs(unclipped[6].data[0]) / 2,
    }[option];
    const optimizer = optimizers.sgd({ learningRate: 1, [option]: bound });
    model.compile({ optimizer, loss: 'mse' });
    const before = model.getWeights();
    await model.trainOnBatch(x, y);
    let cut = 0;
    let worst = 0;
    model.getWeights().forEach(({ data }, i) => {
      data.forEach((value, j) => {
        const g = unclipped[i].data[j];
        const expected = {
          clipNorm: g * Math.min(1, bound / norms[i]),
          globalClipNorm: g * Math.min(1, bound / whole),
          clipValue: Math.max(-bound, Math.min(bound, g)),
        }[option];
        if (expected !== g) cut++;
        // the step is rounded twice, the new weight once; all are below 2
        const size = Math.abs(before[i].data[j]) + Math.abs(expected);
        const off = Math.abs(before[i].data[j] - value - expected);
        worst = Math.max(worst, off / size);
      });
    });
    expect(worst).toBeLessThanOrEqual(4 * ROUNDING);
    expect(cut).toBeGreaterThan(0);
    if (option !== 'globalClipNorm') expect(cut).toBeLessThan(model.countParams());
  });
});
