// 'accuracy' and 'acc' against Keras 3 (test/fixtures/keras/accuracy.py).
import { type Activation, layers, losses, sequential, tensor } from 'sluice';
import { expect, it } from 'vitest';
import fixture from '../fixtures/keras/accuracy.json' with { type: 'json' };

function lossOf(name: string, activation: string) {
  if (name === 'mse') return losses.meanSquaredError();
  return losses[name as 'categoricalCrossentropy']({ fromLogits: activation === 'linear' });
}

const named = fixture.cases.map((one) => [`${one.name}, ${one.activation}`, one] as const);

it.each(named)('is what Keras makes of it: %s', async (_, one) => {
  const { xShape, yShape } = one;
  const N = xShape[xShape.length - 1];
  const activation = one.activation as Activation;
  const model = sequential({
    layers: [layers.dense({ units: N, activation, inputShape: xShape.slice(1) })],
  });
  model.compile({
    optimizer: 'sgd',
    loss: lossOf(one.loss, activation),
    metrics: ['accuracy', 'acc'],
  });
  const kernel = Array.from({ length: N * N }, (_, i) => (i % (N + 1) === 0 ? 1 : 0));
  model.setWeights([tensor(kernel, [N, N]), tensor(Array(N).fill(0), [N])]);
  const [x, y] = [tensor(one.x, xShape), tensor(one.y, yShape)];
  const found = await model.evaluate(x, y, { batchSize: 4 });
  expect(found.accuracy).toBeCloseTo(one.accuracy, 6);
  expect(found.acc).toBe(found.accuracy);
  // and so does training, before its step
  expect((await model.trainOnBatch(x, y)).accuracy).toBeCloseTo(one.accuracy, 6);
});
