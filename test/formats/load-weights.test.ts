// Weights of a file in a model of other layers; see docs/transfer.md.
import { input, layers, loadWeights, model, optimizers, sequential, tensor, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const stack = (units: number, names = ['front', 'head'], seed = 1) =>
  sequential({
    layers: [
      layers.lstm({ units: 4, inputShape: [5, 3], name: names[0] }),
      layers.dropout({ rate: 0.1 }),
      layers.dense({ units, name: names[1] }),
    ],
    seed,
  });

async function trained(units: number, names?: string[]) {
  const made = stack(units, names, 9);
  made.compile({ optimizer: 'adam', loss: 'mse' });
  await made.fit(noise(8, [5, 3]), noise(8, [units]));
  return made;
}

describe('loadWeights', () => {
  it('takes layers of the same name, with the optimizer in the file or not', async () => {
    const source = await trained(2);
    for (const includeOptimizer of [true, false]) {
      const target = stack(2);
      const found = loadWeights(target, toBytes(source, { includeOptimizer }), { byName: true });
      expect(found).toEqual({ loaded: ['front', 'head'], skipped: [], missing: [] });
      expect(bitsOf(target.getWeights())).toEqual(bitsOf(source.getWeights()));
    }
  });

  it('takes them by their order, whatever their names', async () => {
    const source = await trained(2, ['zulu', 'alpha']);
    const target = stack(2);
    loadWeights(target, toBytes(source));
    expect(bitsOf(target.getWeights())).toEqual(bitsOf(source.getWeights()));
  });

  it('passes over what the other side has not, and leaves what does not fit', async () => {
    const bytes = toBytes(await trained(2));
    const other = stack(5);
    const before = bitsOf(other.getWeights());
    const found = loadWeights(other, bytes, { byName: true, skipMismatch: true });
    expect(found).toEqual({ loaded: ['front'], skipped: ['head'], missing: [] });
    const after = bitsOf(other.getWeights());
    expect(after.slice(3)).toEqual(before.slice(3));
    expect(after.slice(0, 3)).not.toEqual(before.slice(0, 3));
    const renamed = loadWeights(stack(5, ['front', 'new']), bytes, { byName: true });
    expect(renamed).toEqual({ loaded: ['front'], skipped: [], missing: ['new'] });
    const byOrder = loadWeights(stack(5), bytes, { skipMismatch: true });
    expect(byOrder.skipped).toEqual(['head']);
  });

  it('refuses with the layer and its shapes, and changes nothing', async () => {
    const bytes = toBytes(await trained(2));
    const other = stack(5);
    const before = bitsOf(other.getWeights());
    for (const byName of [true, false]) {
      await expectError(
        () => loadWeights(other, bytes, { byName }),
        'bad-shape',
        /layer "?'?head"?'? needs bias \[5\], kernel \[4, 5\], but layer "?'?head"?'? of the file has bias \[2\], kernel \[4, 2\]; skipMismatch/,
      );
    }
    expect(bitsOf(other.getWeights())).toEqual(before);
    const one = sequential({ layers: [layers.dense({ units: 2, inputShape: [3] })] });
    await expectError(
      () => loadWeights(one, bytes),
      'bad-shape',
      /1 layers with weights.*file has 2.*byName/,
    );
    await expectError(
      () => loadWeights(one, bytes, { byName: true }),
      'bad-shape',
      /no layer of the model.*dense.*front/,
    );
    await expectError(() => loadWeights(one, new Uint8Array(20)), 'bad-file', '');
    await expectError(
      () => loadWeights(one, 'x' as never),
      'bad-option',
      /loadWeights expects the file/,
    );
    await expectError(
      () => loadWeights(one, bytes, { by_name: true } as never),
      'bad-option',
      /no option 'by_name'/,
    );
  });
});

/** A graph of two branches: one to be frozen, one to learn. */
function branches() {
  const x = input({ shape: [5, 3], name: 'x' });
  const kept = layers.lstm({ units: 4, name: 'kept' }).apply(x);
  const own = layers.gru({ units: 3, name: 'own' }).apply(x);
  const both = layers.concatenate().apply([kept, own]);
  return model({
    inputs: x,
    outputs: layers.dense({ units: 2, name: 'head' }).apply(both),
    seed: 3,
  });
}
const [x, y] = [noise(12, [5, 3]), noise(12, [2], 4)];

describe('fine-tuning', () => {
  it('keeps the bits of a frozen branch of a graph that was loaded, and trains it once it is let go', async () => {
    const made = branches();
    loadWeights(made, toBytes(await trainedBranches()), { byName: true });
    made.getLayer('kept').trainable = false;
    made.compile({ optimizer: 'adam', loss: 'mse' });
    const names = made.weightSpecs.map(({ name }) => name);
    const kept = () => bitsOf(made.getWeights()).filter((_, i) => names[i].startsWith('kept/'));
    const before = kept();
    await made.fit(x, y, { epochs: 3 });
    expect(kept()).toEqual(before);
    // and no gradient of it was computed: its node did not go backwards
    const { network } = made[internals]();
    const node = network.nodes.findIndex(({ name }) => name === 'kept');
    expect(network.gradients.active[node]).toBe(false);
    expect(network.gradients.spans.some(({ name }) => name.startsWith('kept/'))).toBe(false);
    made.getLayer('kept').trainable = true;
    made.compile({ optimizer: 'adam', loss: 'mse' });
    await made.fit(x, y);
    expect(kept()).not.toEqual(before);
  });

  async function trainedBranches() {
    const made = branches();
    made.compile({ optimizer: 'sgd', loss: 'mse' });
    await made.fit(x, y);
    return made;
  }

  it('finds layers by name and by number', async () => {
    const made = stack(2);
    expect(made.getLayer('head')).toBe(made.layers[2]);
    expect(made.getLayer(0).name).toBe('front');
    await expectError(
      () => made.getLayer('tail'),
      'bad-option',
      /no layer 'tail'; it has front, dropout, head/,
    );
    await expectError(() => made.getLayer(3), 'bad-option', /no layer 3.*0 to 2/);
  });
});

describe('learningRates', () => {
  const kinds = {
    adam: (learningRate: number) => optimizers.adam({ learningRate }),
    sgd: (learningRate: number) => optimizers.sgd({ learningRate, momentum: 0.9 }),
    clipped: (learningRate: number) => optimizers.sgd({ learningRate, clipNorm: 0.01 }),
  };
  const step = async (made: ReturnType<typeof stack>) => {
    await made.trainOnBatch(x, y);
    return bitsOf(made.getWeights());
  };

  it.each(Object.keys(kinds) as (keyof typeof kinds)[])(
    'act as a rate of the layer alone: %s',
    async (kind) => {
      const compiled = (rate: number, learningRates?: Record<string, number>) => {
        const made = stack(2);
        made.compile({ optimizer: kinds[kind](rate), loss: 'mse', learningRates });
        return step(made);
      };
      // the first step's gradients are those of the same weights
      const [slow, fast] = [await compiled(0.05), await compiled(0.1)];
      const mixed = await compiled(0.1, { front: 0.5 });
      expect(mixed.slice(0, 3)).toEqual(slow.slice(0, 3));
      expect(mixed.slice(3)).toEqual(fast.slice(3));
      expect(await compiled(0.1, { front: 1, head: 1 })).toEqual(fast);
      const still = await compiled(0.1, { front: 0 });
      expect(still.slice(0, 3)).toEqual(bitsOf(stack(2).getWeights()).slice(0, 3));
    },
  );

  it('are kept in files, which go on to the bit, and are part of a state', async () => {
    const { fromBytes, readModelFile, saveState, loadState } = await import('sluice');
    const make = (learningRates?: Record<string, number>) => {
      const made = stack(2);
      made.compile({ optimizer: 'adam', loss: 'mse', learningRates });
      return made;
    };
    const straight = make({ front: 0.25 });
    await step(straight);
    const bytes = toBytes(straight);
    expect(readModelFile(bytes).training?.learningRates).toEqual({ front: 0.25 });
    expect(readModelFile(toBytes(make())).training).not.toHaveProperty('learningRates');
    const opened = fromBytes(bytes);
    const state = saveState(straight);
    const after = await step(straight);
    expect(await step(opened as never)).toEqual(after);
    const again = make({ front: 0.25 });
    loadState(again, state);
    expect(await step(again)).toEqual(after);
    await expectError(() => loadState(make(), state), 'bad-file', /learningRates/);
  });

  it('act on a table of rows', async () => {
    const run = async (rate: number, learningRates?: Record<string, number>) => {
      const made = sequential({
        layers: [
          layers.embedding({ inputDim: 7, outputDim: 3, inputShape: [4], name: 'words' }),
          layers.lstm({ units: 2 }),
        ],
        seed: 5,
      });
      made.compile({
        optimizer: optimizers.adam({ learningRate: rate }),
        loss: 'mse',
        learningRates,
      });
      const numbers = Float32Array.from({ length: 24 }, (_, i) => (i * 5) % 7);
      await made.trainOnBatch(tensor(numbers, [6, 4]), noise(6, [2]));
      return bitsOf(made.getWeights());
    };
    const [slow, fast, mixed] = [await run(0.05), await run(0.1), await run(0.1, { words: 0.5 })];
    expect(mixed[0]).toEqual(slow[0]);
    expect(mixed.slice(1)).toEqual(fast.slice(1));
  });

  it.each([
    [{ tail: 1 }, /learningRates names 'tail', but the layers with weights are front, head/],
    [{ dropout: 1 }, /names 'dropout'/],
    [{ front: -1 }, /learningRates of layer front must be/],
    [{ front: Number.NaN }, /learningRates of layer front must be/],
    [[1, 2], /must be an object of a factor/],
  ])('refuse %j', async (learningRates, message) => {
    await expectError(
      () =>
        stack(2).compile({ optimizer: 'sgd', loss: 'mse', learningRates: learningRates as never }),
      'bad-option',
      message,
    );
  });
});
