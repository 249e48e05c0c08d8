import { describe, expect, it } from 'vitest';
import type { CallbackModel } from '../../src/callbacks/callback.js';
import { decay } from '../../src/forecast/decay.js';
import { defaultEpochs, epochFlops } from '../../src/forecast/effort.js';
import { type Hyperparameters, unitsOf } from '../../src/forecast/network.js';
import type { Preprocessing } from '../../src/forecast/preprocessing.js';
import { defaultSpace, hyperparameters } from '../../src/forecast/space.js';
import { sgd } from '../../src/optimizers/sgd.js';
import { RandomSampler } from '../../src/tune/samplers/random.js';
import { Trial } from '../../src/tune/trial.js';

const sampler = new RandomSampler({ seed: 5 });
/** What the space returns, and what it suggested on the way. */
const drawn = Array.from({ length: 200 }, (_, number) => {
  const trial = new Trial(number, sampler.propose({ number }).draw);
  return { ...defaultSpace(trial), suggested: trial.params };
});

const preprocessing = {
  window: 28,
  numeric: [],
  categorical: [],
  calendar: {},
} as unknown as Preprocessing;

describe('the default space', () => {
  it('starts small and keeps to the classic advice', () => {
    const all = drawn.map((one) => hyperparameters(one as never));
    for (const [number, params] of all.entries()) {
      expect(params.units).toBeGreaterThanOrEqual(16);
      expect(params.units).toBeLessThanOrEqual(number < 10 ? 64 : 256);
      expect([1, 2, 3]).toContain(params.layers);
      expect([32, 64, 128]).toContain(params.batchSize);
      expect(params.dropout).toBeLessThanOrEqual(0.6);
      const tenfold = params.optimizer === 'sgd' ? 10 : 1;
      expect(params.learningRate / tenfold).toBeGreaterThanOrEqual(0.999e-3);
      expect(params.learningRate / tenfold).toBeLessThanOrEqual(1.001e-2);
    }
    const units = all.slice(10).map((params) => params.units);
    expect(Math.max(...units)).toBeGreaterThan(200);
    expect(units.filter((one) => one < 64).length).toBeGreaterThan(units.length / 3);
  });

  it('is conditional: each optimizer has a learning rate of its own', () => {
    for (const { suggested } of drawn) {
      const [rate, other] =
        suggested.optimizer === 'adam'
          ? ['learningRate', 'sgdLearningRate']
          : ['sgdLearningRate', 'learningRate'];
      expect([rate in suggested, other in suggested]).toEqual([true, false]);
    }
  });
});

describe('the effort of a trial', () => {
  const params = (units: number, layers: number): Hyperparameters => ({
    ...hyperparameters(drawn[0] as never),
    units,
    layers,
  });

  it('counts forward and backward, layer by layer', () => {
    expect([0, 1, 2].map((index) => unitsOf(64, index))).toEqual([64, 32, 16]);
    expect([unitsOf(3, 2), unitsOf(9, 2)]).toEqual([3, 4]);
    expect(epochFlops(params(64, 1), preprocessing, 100)).toBe(6 * 100 * 28 * 256 * 65);
    expect(epochFlops(params(64, 2), preprocessing, 100)).toBe(
      6 * 100 * 28 * (256 * 65 + 128 * 96),
    );
  });

  it('gives large networks fewer epochs, none less than six', () => {
    expect(defaultEpochs(params(16, 1), preprocessing, 3801)).toBe(30);
    expect(defaultEpochs(params(256, 3), preprocessing, 3801)).toBeLessThan(10);
    expect(defaultEpochs(params(256, 3), preprocessing, 1e6)).toBe(6);
  });
});

describe('decay', () => {
  it('lets the learning rate fall to a fiftieth on a straight line', () => {
    const optimizer = sgd({ learningRate: 0.5 });
    const callback = decay(0.5, 101, 0);
    callback.setModel?.({ optimizer } as CallbackModel);
    callback.onTrainBegin?.();
    const rates = Array.from({ length: 103 }, (_, batch) => {
      callback.onBatchBegin?.(batch);
      return optimizer.learningRate;
    });
    expect(rates[0]).toBe(0.5);
    expect(rates[50]).toBeCloseTo(0.5 * 0.51, 12);
    expect(rates[100]).toBeCloseTo(0.01, 12);
    expect(rates.slice(101)).toEqual([rates[100], rates[100]]);
  });
});
