// More threads than cores: accepted, for a program may come from a larger machine, with one note and the same bits.
import os from 'node:os';
import { layers, sequential } from 'sluice';
import { afterEach, expect, it, vi } from 'vitest';
import { bitsOf, noise } from '../support/samples.js';

afterEach(() => {
  vi.restoreAllMocks();
});

it('are accepted with one note, and the bits are those of one', async () => {
  vi.spyOn(os, 'availableParallelism').mockReturnValue(2);
  const warned = vi.spyOn(console, 'warn').mockReturnValue();
  const weights = async (threads: number) => {
    const model = sequential({
      layers: [layers.lstm({ units: 24, inputShape: [6, 3] }), layers.dense({ units: 1 })],
      numerics: 'portable',
      threads,
    });
    expect(model.threads).toBe(threads);
    model.compile({ optimizer: 'adam', loss: 'mse' });
    await model.fit(noise(8, [6, 3]), noise(8, [1], 5), { epochs: 2 });
    const bits = bitsOf(model.getWeights());
    model.dispose();
    return bits;
  };
  const alone = await weights(1);
  expect(await weights(2)).toEqual(alone);
  expect(warned).not.toHaveBeenCalled();
  expect(await weights(4)).toEqual(alone);
  expect(await weights(3)).toEqual(alone);
  expect(warned.mock.calls).toEqual([
    [
      'sluice: a model with threads: 4 has 2 cores here: its threads take turns, which is slower than threads: 2 ' +
        'and gives the same bits',
    ],
  ]);
});
