// What a graph may put out.
import { input, layers, model, sequential } from 'sluice';
import { it } from 'vitest';
import { expectError } from '../support/errors.js';

it('refuses whole numbers as an output: they are no float32', async () => {
  const kinds = input({ shape: [2], dtype: 'int32' });
  const make = () => model({ inputs: kinds, outputs: kinds });
  await expectError(make, 'bad-option', /outputs\[0\] holds int32 numbers/);
});

it('has no configuration once it is disposed of', async () => {
  const made = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
  made.dispose();
  await expectError(() => made.getConfig(), 'disposed', /was disposed of/);
});
