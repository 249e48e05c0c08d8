// The real end of a browser's address space; Node's lies at 12,754 models, half a minute away.
import { layers, type Sequential, sequential } from 'sluice';
import { expect, it } from 'vitest';
import { liveEngines } from '../../src/engine/engine.js';
import { expectError } from '../support/errors.js';

const model = () => sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });

it('ends in an error that helps, and goes on when models were disposed of', async () => {
  const held: Sequential[] = [];
  const error = await expectError(
    () => {
      while (held.length < 20_000) held.push(model());
    },
    'memory-limit',
    /another model; \d+ are alive in this thread.*model\.dispose/,
  );
  expect(held.length).toBeGreaterThan(50);
  expect(error.message).toContain(` ${liveEngines()} are alive`);
  for (const each of held) each.dispose();
  expect(liveEngines()).toBe(0);
  for (let i = 0; i < 3 * held.length; i++) model().dispose();
});

it('takes back the memory of models that were forgotten', () => {
  for (let i = 0; i < 500; i++) model();
});
