// A forecaster's training that goes on from a checkpoint is the one that was never interrupted.
import { describe, expect, it } from 'vitest';
import { packTraining } from '../../src/forecast/checkpoint.js';
import { prepare } from '../../src/forecast/preparation.js';
import { type TrainingRun, trainForecaster } from '../../src/forecast/training.js';
import { windowSets } from '../../src/forecast/window-sets.js';
import { parseCsv } from '../data/csv-text.js';
import { bitsOf } from '../support/samples.js';
import { dailyCsv } from './series-samples.js';

const prepared = prepare(parseCsv(dailyCsv(400), 'daily.csv'), {
  target: 'value',
  window: 14,
  horizon: 3,
});
const { train, validation } = windowSets(prepared);
const data = {
  series: prepared.series,
  preprocessing: prepared.preprocessing,
  trainStarts: train,
  validationStarts: validation,
  numerics: 'portable',
} as const;
const params = {
  units: 6,
  layers: 2,
  dropout: 0.2,
  optimizer: 'adam',
  learningRate: 0.01,
  batchSize: 32,
  globalClipNorm: 1,
} as const;

const run = (over: Partial<TrainingRun> = {}): TrainingRun => ({
  params,
  epochs: 8,
  patience: 6,
  seed: 5,
  onEpoch: () => {},
  onProgress: () => {},
  ...over,
});

describe('a checkpoint', () => {
  it('goes on to the bit, wherever it was taken: weights, history, early stopping, rates', async () => {
    const saved = new Map<number, Uint8Array>();
    const onCheckpoint = async (bytes: Uint8Array, epoch: number) => void saved.set(epoch, bytes);
    const calm = await trainForecaster(data, run({ onCheckpoint }));
    expect(saved.size).toBeGreaterThan(3);
    for (const [step, bytes] of saved) {
      const epochs: number[] = [];
      const onEpoch = (epoch: number) => void epochs.push(epoch);
      const rest = await trainForecaster(data, run({ checkpoint: { step, bytes }, onEpoch }));
      expect(epochs[0]).toBe(step + 1);
      expect(bitsOf(rest.model.getWeights())).toEqual(bitsOf(calm.model.getWeights()));
      const { model: _a, ...found } = rest;
      const { model: _b, ...expected } = calm;
      expect(found).toEqual(expected);
    }
  });

  it('that is damaged, or of another network, is passed over', async () => {
    const calm = await trainForecaster(data, run());
    const other = await trainForecaster(data, run({ params: { ...params, units: 5 } }));
    other.model.compile({ optimizer: 'adam', loss: 'mse' });
    const stopping = { saveState: () => ({ bestEpoch: 0, waited: 0 }) } as never;
    const foreign = packTraining(other.model, stopping, { loss: [1], val_loss: [1], val_mae: [1] });
    const saved: Uint8Array[] = [];
    await trainForecaster(data, run({ onCheckpoint: async (bytes) => void saved.push(bytes) }));
    // a bit of a weight of early stopping, of a weight of the model, of a number of the head
    const flipped = [saved[0].length - 8, 4000, 6].map((at) => {
      const copy = saved[0].slice();
      copy[at] ^= 1;
      return copy;
    });
    for (const bytes of [new Uint8Array(0), new Uint8Array(40).fill(255), foreign, ...flipped]) {
      const found = await trainForecaster(data, run({ checkpoint: { step: 0, bytes } }));
      expect(bitsOf(found.model.getWeights())).toEqual(bitsOf(calm.model.getWeights()));
      expect(found.history).toEqual(calm.history);
    }
  });
});
