// 'mae' and 'mse' where targets are class numbers against Keras 3 (test/fixtures/keras/class_metrics.py).
import { layers, losses, sequential, tensor } from 'sluice';
import { expect, it } from 'vitest';
import fixture from '../fixtures/keras/class_metrics.json' with { type: 'json' };

it.each(fixture.cases)('are what Keras makes of them: outputs $shape', async (one) => {
  const { shape, logs } = one;
  const N = shape[shape.length - 1];
  const model = sequential({ layers: [layers.dense({ units: N, inputShape: shape.slice(1) })] });
  model.compile({
    optimizer: 'sgd',
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    metrics: ['mae', 'meanAbsoluteError', 'mse', 'meanSquaredError'],
  });
  const kernel = Array.from({ length: N * N }, (_, i) => (i % (N + 1) === 0 ? 1 : 0));
  model.setWeights([tensor(kernel, [N, N]), tensor(Array(N).fill(0), [N])]);
  const x = tensor(one.outputs, shape);
  for (const yShape of [shape.slice(0, -1), [...shape.slice(0, -1), 1]]) {
    const found = await model.evaluate(x, tensor(one.classes, yShape), { batchSize: 2 });
    for (const name of ['loss', 'mae', 'mse'] as const) {
      expect(found[name]).toBeCloseTo(logs[name], 5);
    }
    expect(found.meanAbsoluteError).toBe(found.mae);
    expect(found.meanSquaredError).toBe(found.mse);
  }
  // and so does training, before its step
  const trained = await model.trainOnBatch(x, tensor(one.classes, shape.slice(0, -1)));
  expect(trained.mae).toBeCloseTo(logs.mae, 5);
  expect(trained.mse).toBeCloseTo(logs.mse, 5);
});
