// The whole state of a training model as bytes: a model goes on from them to the bit.
import {
  input,
  type Loss,
  layers,
  loadState,
  losses,
  model,
  type Optimizer,
  optimizers,
  readModelFile,
  saveState,
  sequential,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import { seal } from '../../src/formats/seal.js';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const x = noise(26, [5, 3]);
const y = noise(26, [2], 5);

function stack(optimizer: Optimizer | 'adam' = 'adam', trainable = true, seed = 11) {
  const made = sequential({
    layers: [
      layers.lstm({ units: 7, returnSequences: true, inputShape: [5, 3], trainable }),
      layers.dropout({ rate: 0.3 }),
      layers.lstm({ units: 5 }),
      layers.dense({ units: 2 }),
    ],
    seed,
    numerics: 'portable',
  });
  made.compile({ optimizer, loss: 'mse', metrics: ['mae'] });
  return made;
}

const kinds: Record<string, () => Optimizer> = {
  adam: () => optimizers.adam({ learningRate: 0.01 }),
  'sgd with momentum': () => optimizers.sgd({ learningRate: 0.05, momentum: 0.9 }),
  'plain sgd': () => optimizers.sgd({ learningRate: 0.2 }),
};

/** The same bytes with another text in the place of one that is as long. */
function altered(bytes: Uint8Array, text: string, by: string): Uint8Array {
  // a character a byte
  const all = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return Uint8Array.from(all.replace(text, by), (character) => character.charCodeAt(0));
}

describe('a state', () => {
  it.each(Object.keys(kinds))('goes on to the bit in a model made anew: %s', async (kind) => {
    for (const trainable of [true, false]) {
      const straight = stack(kinds[kind](), trainable);
      let state = new Uint8Array();
      const onEpochEnd = (epoch: number) => {
        // a schedule: the learning rate belongs to the state
        straight.optimizer.learningRate *= 0.9;
        if (epoch === 1) state = saveState(straight).slice();
      };
      await straight.fit(x, y, { epochs: 2, batchSize: 8, callbacks: { onEpochEnd } });
      await straight.fit(x, y, { epochs: 2, batchSize: 8 });
      const other = stack(kinds[kind](), trainable);
      await other.trainOnBatch(x, y);
      loadState(other, state);
      await other.fit(x, y, { epochs: 2, batchSize: 8 });
      expect(saveState(other)).toEqual(saveState(straight));
      expect(toBytes(other)).toEqual(toBytes(straight));
    }
  });

  it('takes a model back to where it was', async () => {
    const made = stack();
    await made.fit(x, y, { epochs: 1 });
    const state = saveState(made);
    const next = async () => (await made.fit(x, y, { epochs: 2 })).history;
    const first = await next();
    loadState(made, state);
    expect(await next()).toEqual(first);
  });

  it('is there before the first step, and for graphs', async () => {
    const graph = () => {
      const a = input({ shape: [5, 3] });
      const made = model({
        inputs: a,
        outputs: layers.dense({ units: 2 }).apply(layers.lstm({ units: 4 }).apply(a)),
        seed: 3,
      });
      made.compile({ optimizer: 'adam', loss: 'mse' });
      return made;
    };
    const [one, two] = [graph(), graph()];
    loadState(two, saveState(one));
    expect(saveState(two)).toEqual(saveState(one));
    await one.fit(x, y);
    await two.fit(x, y);
    expect(bitsOf(two.getWeights())).toEqual(bitsOf(one.getWeights()));
  });

  it('is refused with one clear error, and the model stays as it was', async () => {
    const made = stack();
    await made.fit(x, y);
    const before = saveState(made);
    const damaged = before.slice();
    damaged.fill(0xff, damaged.length - 4);
    const unsealed = altered(before, '"crc32"', '"Crc32"');
    const newer = altered(before, 'version":"1"', 'version":"2"');
    const cases: [Uint8Array, RegExp][] = [
      [before.slice(0, -4), /truncated or damaged/],
      [new Uint8Array(3), /safetensors: /],
      [damaged, /^state: its checksum is [0-9a-f]{8} instead of "[0-9a-f]{8}"/],
      [seal(damaged.slice()), /^state: .*must be finite/],
      [unsealed, /^state: it holds no checksum/],
      [newer, /^state: it is of another version than 1/],
      [toBytes(made), /^state: its metadata names the format "sluice", expected "sluice-state"/],
      [before.slice(0, 40), /safetensors: /],
    ];
    for (const [bytes, message] of cases) {
      await expectError(() => loadState(made, bytes), 'bad-file', message);
      expect(saveState(made)).toEqual(before);
    }
    const sgd = stack(optimizers.sgd());
    await expectError(
      () => loadState(sgd, before),
      'bad-file',
      /^state: .*optimizer Adam, but .* with SGD/,
    );
    const other = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })], seed: 11 });
    await expectError(() => saveState(other), 'bad-option', /saveState needs an optimizer/);
    await expectError(() => loadState(other, before), 'bad-option', /loadState needs an optimizer/);
    other.compile({ optimizer: 'adam', loss: 'mse' });
    await expectError(
      () => loadState(other, before),
      'bad-file',
      /^state: the tensor "dense\/kernel" of the model is missing|^state: tensor "dense\/kernel" is F32/,
    );
    const shapeless = sequential({ layers: [layers.dense({ units: 2 })] });
    await expectError(() => saveState(shapeless), 'bad-option', /does not know its input shape/);
    await expectError(() => saveState({} as never), 'bad-option', /saveState expects a model/);
    const seeded = stack('adam', true, 12);
    await expectError(
      () => loadState(seeded, before),
      'bad-file',
      /of seed '11', but .* has seed 12/,
    );
    await expectError(() => loadState(made, 3 as never), 'bad-option', /Uint8Array/);
    await expectError(() => readModelFile(before), 'bad-file', /expected "sluice"/);
  });

  it('shows every flipped bit', async () => {
    const made = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })], seed: 1 });
    made.compile({ optimizer: 'adam', loss: 'mse' });
    await made.trainOnBatch(noise(4, [3]), noise(4, [2]));
    const state = saveState(made);
    for (let bit = 0; bit < 8 * state.length; bit++) {
      const flipped = state.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      await expectError(() => loadState(made, flipped), 'bad-file', /^(state|safetensors): /);
    }
    expect(saveState(made)).toEqual(state);
  });

  it.each([
    ['beta1', optimizers.adam({ beta1: 0.8 }), /Adam with beta1 0.9, but .* with beta1 0.8/],
    ['epsilon', optimizers.adam({ epsilon: 1 }), /Adam with epsilon 1e-7, but .* epsilon 1;/],
    ['a bound', optimizers.adam({ clipNorm: 2 }), /clipNorm undefined, but .* clipNorm 2;/],
  ])('of an optimizer with another %s is refused', async (_, optimizer, message) => {
    const state = saveState(stack());
    const other = stack(optimizer);
    const before = saveState(other);
    await expectError(() => loadState(other, state), 'bad-file', message);
    expect(saveState(other)).toEqual(before);
    // the learning rate is what a schedule made of it, and comes with the state
    loadState(stack(optimizers.adam({ learningRate: 1 })), state);
  });

  it('of another loss is refused; metrics may differ', async () => {
    const classes = (
      loss: Loss | 'mse' | 'meanSquaredError',
      metrics: readonly 'mae'[] = [],
      activation: 'softmax' | 'linear' = 'softmax',
    ) => {
      const made = sequential({
        layers: [layers.dense({ units: 2, activation, inputShape: [3] })],
      });
      made.compile({ optimizer: 'adam', loss, metrics });
      return made;
    };
    const { categoricalCrossentropy } = losses;
    const state = saveState(classes('mse'));
    loadState(classes('meanSquaredError', ['mae']), state);
    await expectError(
      () => loadState(classes(categoricalCrossentropy()), state),
      'bad-file',
      /of the loss meanSquaredError, but .* with categoricalCrossentropy.*; compile it with that/,
    );
    await expectError(
      () =>
        loadState(
          classes(categoricalCrossentropy()),
          saveState(classes(categoricalCrossentropy({ fromLogits: true }), [], 'linear')),
        ),
      'bad-file',
      /{"fromLogits":true}, but .*{"fromLogits":false}/,
    );
  });

  it('is not loaded under a running fit', async () => {
    const made = stack();
    const state = saveState(made);
    const onEpochEnd = () => loadState(made, state);
    await expectError(
      () => made.fit(x, y, { callbacks: { onEpochEnd } }),
      'bad-option',
      /loadState was called while fit/,
    );
    expect(bitsOf(made.getWeights())).not.toEqual(bitsOf(stack().getWeights()));
  });
});
