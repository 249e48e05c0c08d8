// What a graph may put out.
import { input, layers, model, sequential, toBytes } from 'sluice';
import { expect, it } from 'vitest';
import { expectError } from '../support/errors.js';

it('refuses whole numbers as an output: they are no float32', async () => {
  const kinds = input({ shape: [2], dtype: 'int32' });
  const make = () => model({ inputs: kinds, outputs: kinds });
  await expectError(make, 'bad-option', /outputs\[0\] holds int32 numbers/);
});

it('refuses outputs whose figures would share a name, whichever comes first', async () => {
  const made = (...names: string[]) => {
    const from = input({ shape: [2] });
    const outputs = names.map((name) => layers.dense({ units: 1, name }).apply(from));
    return model({ inputs: from, outputs });
  };
  for (const [names, figure] of [
    [['x', 'val_x'], 'val_x_loss'],
    [['val_x', 'x'], 'val_x_loss'],
    [['val', 'x'], 'val_loss'],
  ] as const) {
    await expectError(
      () => made(...names).compile({ optimizer: 'adam', loss: 'mse' }),
      'bad-option',
      `of the outputs ${names.join(', ')} two figures would have the name '${figure}'`,
    );
  }
  made('val_x', 'y').compile({ optimizer: 'adam', loss: 'mse' });
  made('val_x').compile({ optimizer: 'adam', loss: 'mse' });
});

it('refuses a layer with the name that files give to what the optimizer keeps of another', async () => {
  const message = "the layer 'optimizer/m/a' has a name that files give";
  const named = (name: string) => layers.dense({ units: 2, name });
  const stack =
    (...names: string[]) =>
    () =>
      sequential({ layers: names.map(named) });
  await expectError(stack('optimizer/m/a', 'a'), 'bad-option', message);
  const from = input({ shape: [2] });
  const outputs = named('optimizer/m/a').apply(named('a').apply(from));
  await expectError(() => model({ inputs: from, outputs }), 'bad-option', message);
  for (const make of [stack('optimizer/m/a', 'b'), stack('a/b', 'a'), stack('m/a', 'a')]) {
    const made = make();
    made.compile({ optimizer: 'adam', loss: 'mse' });
    await made.trainOnBatch([[1, 2]], [[3, 4]]);
    toBytes(made);
  }
});

it('gives each output means over samples, in a short last batch too, as Keras 3.15.1 does', async () => {
  const from = input({ shape: [1] });
  const ends = ['u', 'v'].map((name) => layers.dense({ units: 1, name }).apply(from));
  const made = model({ inputs: from, outputs: ends });
  made.setWeights(made.getWeights().map(({ data, shape }) => ({ data: data.map(() => 0), shape })));
  made.compile({ optimizer: 'sgd', loss: 'mse', metrics: [['mae'], ['mae']] });
  const y = [1, 1, 1, 1, 3];
  const targets = [y, y.map((value) => 2 * value)].map((values) => values.map((value) => [value]));
  const found = await made.evaluate(
    y.map(() => [0]),
    targets as never,
    { batchSize: 4 },
  );
  const expected = { loss: 13, u_loss: 2.6, u_mae: 1.4, v_loss: 10.4, v_mae: 2.8 };
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  // what float32 holds of tenths
  for (const [name, value] of Object.entries(expected)) expect(found[name]).toBeCloseTo(value, 6);
});

it('has a summary that tells what a chain does not: connections, and what is frozen', () => {
  const [today, before] = ['today', 'before'].map((name) => input({ shape: [7, 2], name }));
  const reader = layers.gru({ units: 8, trainable: false });
  const both = layers.concatenate().apply([reader.apply(today), reader.apply(before)]);
  const outputs = layers.dense({ units: 1, name: 'level' }).apply(both);
  const made = model({ inputs: [today, before], outputs, numerics: 'portable' });
  const table = (of: typeof made) => of.summary().split('\n').slice(1);
  expect(table(made)).toEqual([
    '-'.repeat(89),
    'Layer                      Output shape  Parameters  Connected to               Trainable',
    '-'.repeat(89),
    'gru (GRU)                  [n, 8]               288  today[0][0], before[0][0]  N',
    'concatenate (Concatenate)  [n, 16]                0  gru[0][0], gru[1][0]       -',
    'level (Dense)              [n, 1]                17  concatenate[0][0]          Y',
    '-'.repeat(89),
    'Input today [n, 7, 2], before [n, 7, 2], 305 parameters, 17 trainable',
  ]);
  reader.trainable = true;
  expect(table(made)[1]).toMatch(/Connected to$/);
  const chain = sequential({
    layers: [
      layers.dense({ units: 1, inputShape: [2], trainable: false }),
      layers.dense({ units: 1 }),
    ],
  });
  expect(table(chain).slice(1, 5)).toEqual([
    'Layer            Output shape  Parameters  Trainable',
    '-'.repeat(52),
    'dense (Dense)    [n, 1]                 3  N',
    'dense_1 (Dense)  [n, 1]                 2  Y',
  ]);
});

it('has no configuration once it is disposed of', async () => {
  const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
  made.dispose();
  await expectError(() => made.getConfig(), 'disposed', /was disposed of/);
});
