// Every option of models and of model files acts, through every door.
import {
  fromBytes,
  type LoadOptions,
  layers,
  readModelFile,
  type SaveOptions,
  type SequentialOptions,
  sequentialFromConfig,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { type Acts, doors, head, model, optionsAct } from './option-doors.js';

// threads: test/model/threads.node.test.ts; how a model runs is not in its configuration
const whole: Acts<Omit<SequentialOptions, 'layers' | 'threads'>> = {
  seed: [3, 'weights'],
  numerics: ['portable', 'numerics'],
  name: ['births', 'name'],
};

optionsAct({
  sequential: [whole, model],
});

it('layers of sequential act through every door', () => {
  const stack = () => [head(), layers.dropout({ rate: 0.5 }), layers.dense({ units: 2 })];
  for (const through of Object.values(doors)) {
    const names = through(model({ layers: stack() })).layers.map(({ className }) => className);
    expect(names).toEqual(['LSTM', 'Dropout', 'Dense']);
  }
});

it('the build follows numerics through every door', () => {
  for (const through of Object.values(doors)) {
    expect(through(model({ numerics: 'portable' })).build).toBe('simd');
    expect(through(model({ numerics: 'fast' })).build).toBe('relaxed-simd');
  }
});

describe('files', () => {
  const compiled = () => {
    const made = model({});
    made.compile({ optimizer: 'adam', loss: 'mse' });
    return made;
  };
  const save: Record<keyof SaveOptions, () => void> = {
    preprocessing: () => {
      const bytes = toBytes(compiled(), { preprocessing: { mean: 3 } });
      expect(readModelFile(bytes).preprocessing).toEqual({ mean: 3 });
      expect(fromBytes(bytes).preprocessing).toEqual({ mean: 3 });
      expect(readModelFile(toBytes(compiled())).preprocessing).toBeUndefined();
    },
    includeOptimizer: () => {
      const without = toBytes(compiled(), { includeOptimizer: false });
      expect(readModelFile(without).training).toBeUndefined();
      for (const includeOptimizer of [true, undefined]) {
        const bytes = toBytes(compiled(), { includeOptimizer });
        expect(readModelFile(bytes).training?.optimizer.className).toBe('Adam');
        expect(fromBytes(bytes).optimizer.className).toBe('Adam');
      }
    },
  };
  const load: Record<keyof LoadOptions, () => void> = {
    numerics: () => {
      const bytes = toBytes(model({ numerics: 'portable' }));
      expect(fromBytes(bytes).numerics).toBe('portable');
      expect(fromBytes(bytes, { numerics: 'fast' }).build).toBe('relaxed-simd');
      const config = model({ numerics: 'fast' }).getConfig();
      expect(sequentialFromConfig(config, { numerics: 'portable' }).build).toBe('simd');
    },
    threads: () => {
      const made = model({ threads: 2 });
      for (const one of [
        fromBytes(toBytes(made), { threads: 2 }),
        sequentialFromConfig(made.getConfig(), { threads: 2 }),
      ]) {
        expect(one.threads).toBe(made.threads);
        one.dispose();
      }
      // how it runs is no part of what it is
      const again = fromBytes(toBytes(made));
      expect(again.threads).toBe(1);
      made.dispose();
    },
  };

  it.each(Object.entries(save))('%s of toBytes acts', (_, check) => check());
  it.each(Object.entries(load))('%s of fromBytes acts', (_, check) => check());
});
