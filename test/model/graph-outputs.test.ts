// What a graph may put out.
import { input, layers, model, sequential, toBytes } from 'sluice';
import { it } from 'vitest';
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

it('has no configuration once it is disposed of', async () => {
  const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
  made.dispose();
  await expectError(() => made.getConfig(), 'disposed', /was disposed of/);
});
