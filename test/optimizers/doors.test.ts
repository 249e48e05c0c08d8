// Every option of every optimizer through the doors of a model: each acts, and acts alike.
import { type Callback, fromBytes, optimizers, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import { expectError } from '../support/errors.js';
import {
  caseName,
  optimizerCases,
  optimizerOfCase,
  trainedDigest,
  trainSteps,
  untrained,
  weightsDigest,
  x,
  y,
} from '../support/optimizer-cases.js';
import { bitsOf } from '../support/samples.js';

describe('the cases', () => {
  it('hold every option that an optimizer knows', () => {
    for (const maker of ['adam', 'sgd'] as const) {
      const options = optimizerCases.filter((one) => one.maker === maker);
      const used = new Set(options.flatMap((one) => Object.keys(one.options)));
      const { config, clipping } = optimizers[maker]();
      expect(used).toEqual(new Set([...Object.keys(config), ...Object.keys(clipping)]));
    }
  });

  it('train differently, each of them', async () => {
    const digests = new Map<number, string>();
    for (const one of optimizerCases) {
      const digest = await trainedDigest(optimizerOfCase(one));
      expect(digests.get(digest), caseName(one)).toBeUndefined();
      digests.set(digest, caseName(one));
    }
  });
});

describe.each(optimizerCases.map((one) => [caseName(one), one] as const))('%s', (_, one) => {
  it('goes into a model file and out of it', async () => {
    const model = untrained();
    model.compile({ optimizer: optimizerOfCase(one), loss: 'mse' });
    await trainSteps(model, 2);
    const loaded = fromBytes(toBytes(model));
    expect(loaded.optimizer.config).toEqual(model.optimizer.config);
    await trainSteps(loaded, 2);
    expect(weightsDigest(loaded)).toBe(await trainedDigest(optimizerOfCase(one)));
  });

  it('takes a rate that a callback halves as one that is halved by hand', async () => {
    const byCallback = untrained();
    byCallback.compile({ optimizer: optimizerOfCase(one), loss: 'mse' });
    const halving: Callback & { model?: typeof byCallback } = {
      setModel(model) {
        this.model = model as typeof byCallback;
      },
      onEpochEnd() {
        if (this.model) this.model.optimizer.learningRate *= 0.5;
      },
    };
    await byCallback.fit(x, y, { epochs: 4, shuffle: false, callbacks: halving });
    const byHand = untrained();
    const optimizer = optimizerOfCase(one);
    byHand.compile({ optimizer, loss: 'mse' });
    for (let epoch = 0; epoch < 4; epoch++) {
      await trainSteps(byHand, 1);
      optimizer.learningRate /= 2;
    }
    expect(bitsOf(byHand.getWeights())).toEqual(bitsOf(byCallback.getWeights()));
    expect(weightsDigest(byHand)).not.toBe(await trainedDigest(optimizerOfCase(one)));
    const rate = optimizerOfCase(one).learningRate / 16;
    expect(byCallback.optimizer.learningRate).toBe(rate);
    expect(fromBytes(toBytes(byCallback)).optimizer.learningRate).toBe(rate);
  });
});

describe('the learning rate', () => {
  it('is that of the object handed to compile, from the next step on', async () => {
    const optimizer = optimizers.sgd({ learningRate: 0.1 });
    const model = untrained();
    model.compile({ optimizer, loss: 'mse' });
    expect(model.optimizer).toBe(optimizer);
    await trainSteps(model, 1);
    const before = bitsOf(model.getWeights());
    optimizer.learningRate = 0;
    await trainSteps(model, 2);
    expect(bitsOf(model.getWeights())).toEqual(before);
    optimizer.learningRate = 0.1;
    await trainSteps(model, 1);
    expect(bitsOf(model.getWeights())).not.toEqual(before);
  });

  it('acts within an epoch, from a hook of a batch', async () => {
    const optimizer = optimizers.sgd({ learningRate: 0.1 });
    const model = untrained();
    model.compile({ optimizer, loss: 'mse' });
    let after: unknown;
    await model.fit(x, y, {
      batchSize: 2,
      callbacks: {
        onBatchEnd(batch) {
          if (batch > 0) return;
          after = bitsOf(model.getWeights());
          optimizer.learningRate = 0;
        },
      },
    });
    expect(bitsOf(model.getWeights())).toEqual(after);
  });

  it('goes on with the momentum that it had', async () => {
    // velocity = 0.5 velocity - rate g, so a rate of 0 lets the old velocity run out
    const optimizer = optimizers.sgd({ learningRate: 0.1, momentum: 0.5 });
    const model = untrained();
    model.compile({ optimizer, loss: 'mse' });
    const start = model.getWeights();
    await trainSteps(model, 1);
    const first = model.getWeights();
    optimizer.learningRate = 0;
    await trainSteps(model, 1);
    model.getWeights().forEach(({ data }, i) => {
      data.forEach((value, j) => {
        const moved = first[i].data[j] - start[i].data[j];
        // one rounding of each of the two weights, below 2
        expect(Math.abs(value - first[i].data[j] - moved / 2)).toBeLessThan(2 ** -22);
      });
    });
  });

  it('ends fit where a callback sets what is none', async () => {
    const model = untrained();
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const onEpochEnd = () => {
      model.optimizer.learningRate = Number.NaN;
    };
    await expectError(
      () => model.fit(x, y, { epochs: 2, callbacks: { onEpochEnd } }),
      'bad-option',
      'optimizers.adam: learningRate must be a finite number from 0 up, but got NaN',
    );
    expect(model.optimizer.learningRate).toBe(0.001);
  });

  it('is asked for after compile', async () => {
    await expectError(() => untrained().optimizer, 'bad-option', 'call model.compile');
  });
});
