// What fit prints: `verbose`.
import { type FitOptions, layers, sequential } from 'sluice';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Progress } from '../../src/model/progress.js';
import { noise } from '../support/samples.js';

const BACK = '\r\u001b[K';

/** Lines by console.log, and what went to a terminal. */
let lines: string[];
let written: string[];

beforeEach(() => {
  lines = [];
  written = [];
  vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(line));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function terminal(isTTY: boolean | undefined, columns?: number) {
  const stdout = { isTTY, columns, write: (text: string) => written.push(text) };
  vi.stubGlobal('process', { ...globalThis.process, stdout });
}

async function train(options: FitOptions) {
  const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  await model.fit(noise(40, [2]), noise(40, [1]), { epochs: 3, batchSize: 4, ...options });
}

describe('verbose', () => {
  const epoch = /^Epoch [123]\/3 - \d+\.\d\d s - loss: \d/;

  it.each([undefined, false, 0] as const)('%s prints nothing', async (verbose) => {
    terminal(true);
    await train({ verbose });
    expect([lines, written]).toEqual([[], []]);
  });

  it.each([true, 1, 2] as const)(
    '%s prints a line an epoch where there is no terminal',
    async (verbose) => {
      terminal(undefined);
      await train({ verbose });
      expect(lines).toHaveLength(3);
      for (const line of lines) expect(line).toMatch(epoch);
      expect(written).toEqual([]);
    },
  );

  it('2 prints no more on a terminal', async () => {
    terminal(true);
    await train({ verbose: 2 });
    expect(lines).toHaveLength(3);
    expect(written).toEqual([]);
  });

  it.each([true, 1] as const)(
    '%s shows the steps of a running epoch on a terminal',
    async (verbose) => {
      terminal(true, 60);
      let now = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => {
        now += 45;
        return now;
      });
      await train({ verbose });
      expect(lines).toHaveLength(3);
      const shown = written.filter((text) => text.includes('loss'));
      expect(shown.length).toBeGreaterThan(3);
      for (const text of shown) {
        expect(text.startsWith(BACK)).toBe(true);
        const line = text.slice(BACK.length);
        expect(line).toMatch(/^Epoch [123]\/3 - \d+\/10 \[=*-*\] - loss: \d/);
        expect(line.length).toBeLessThan(60);
      }
      // the line is empty again before the next one is printed
      expect(written.at(-1)).toBe(BACK);
    },
  );

  it('leaves an empty line behind where training breaks off', async () => {
    terminal(true);
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => {
      now += 101;
      return now;
    });
    const thrower = { onBatchEnd: () => Promise.reject(new Error('mine')) };
    await expect(train({ verbose: 1, callbacks: thrower })).rejects.toThrow('mine');
    expect(written).toHaveLength(2);
    expect(written[1]).toBe(BACK);
  });
});

it('asks for figures no more than ten times a second', () => {
  terminal(true);
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const progress = new Progress(1, 1, 1000);
  progress.beginEpoch();
  let asked = 0;
  const logs = () => {
    asked++;
    return { loss: 1 };
  };
  for (let batch = 0; batch < 1000; batch++) {
    now = batch;
    progress.step(0, batch, logs);
  }
  expect(asked).toBe(9);
});
