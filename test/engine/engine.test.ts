import { layers, sequential } from 'sluice';
import { afterEach, expect, it, vi } from 'vitest';
import { liveEngines } from '../../src/engine/engine.js';
import { expectError } from '../support/errors.js';

afterEach(() => {
  vi.restoreAllMocks();
});

const model = () => sequential({ layers: [layers.dense({ units: 1, inputShape: [1] })] });

it('counts the models that live, each once', async () => {
  const before = liveEngines();
  const [a, b] = [model(), model()];
  expect(liveEngines()).toBe(before + 2);
  a.dispose();
  a.dispose();
  expect(liveEngines()).toBe(before + 1);
  b[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
  expect(liveEngines()).toBe(before);
  await expectError(() => b.getWeights(), 'disposed');
});

it('counts no model whose layers do not fit', async () => {
  const before = liveEngines();
  const lstm = layers.lstm({ units: 1, inputShape: [1] });
  await expectError(() => sequential({ layers: [lstm] }), 'bad-shape');
  const wide = layers.dense({ units: 1e9, inputShape: [1e9] });
  await expectError(() => sequential({ layers: [wide] }), 'memory-limit');
  expect(liveEngines()).toBe(before);
});

it('is disposed of at the end of a `using` block', async () => {
  let kept: ReturnType<typeof model>;
  const before = liveEngines();
  {
    using made = model();
    kept = made;
    expect(liveEngines()).toBe(before + 1);
  }
  expect(liveEngines()).toBe(before);
  await expectError(() => kept.getWeights(), 'disposed');
});

it('says how many models live where the runtime has no room for another', async () => {
  const held = [model(), model(), model()];
  const live = liveEngines();
  vi.spyOn(WebAssembly, 'Instance').mockImplementation(function refuse() {
    throw new RangeError('WebAssembly.Instance(): Out of memory');
  });
  const pattern = new RegExp(`another model; ${live} are alive in this thread.*model\\.dispose`);
  const error = await expectError(model, 'memory-limit', pattern);
  expect(error.cause).toBeInstanceOf(RangeError);
  expect(liveEngines()).toBe(live);
  vi.restoreAllMocks();
  for (const each of held) each.dispose();
});
