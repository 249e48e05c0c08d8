import { expect, test } from 'vitest';
import { layers, optimizers, sequential, tensor } from '../../src/index.js';

test('learns a sine', async () => {
  const n = 256;
  const T = 20;
  const x = new Float32Array(n * T);
  const y = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    for (let t = 0; t < T; t++) x[i * T + t] = Math.sin((i * 1.7 + t) * 0.3);
    y[i] = Math.sin((i * 1.7 + T) * 0.3);
  }
  const model = sequential({
    layers: [
      layers.lstm({ units: 16, returnSequences: true, inputShape: [T, 1] }),
      layers.dropout({ rate: 0.05 }),
      layers.lstm({ units: 9 }),
      layers.dense({ units: 1 }),
    ],
    seed: 1,
  });
  model.compile({
    optimizer: optimizers.adam({ learningRate: 1e-2 }),
    loss: 'mse',
    metrics: ['mae'],
  });
  console.log(model.summary());
  const { history } = await model.fit(tensor(x, [n, T, 1]), y, {
    epochs: 30,
    validationSplit: 0.2,
    verbose: 1,
  });
  expect(history.val_loss.at(-1)).toBeLessThan(0.01);
  const out = await model.predict(tensor(x, [n, T, 1]));
  expect(out.shape).toEqual([n, 1]);
});
