import { layers, type MetricName, sequential, type Tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { noise, oneHot } from '../support/samples.js';

const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const errors = (a: Tensor, b: Tensor) => [...a.data].map((value, i) => value - b.data[i]);

/** Rows of N whose largest element stands in the same place. */
function share(a: Tensor, b: Tensor): number {
  const N = a.shape.at(-1) as number;
  const top = (of: Tensor, row: number) => {
    const values = [...of.data.slice(row * N, row * N + N)];
    return values.indexOf(Math.max(...values));
  };
  const rows = a.data.length / N;
  return mean(Array.from({ length: rows }, (_, row) => (top(a, row) === top(b, row) ? 1 : 0)));
}

describe.each([
  ['single rows', false],
  ['sequences', true],
])('evaluate on %s', (_, returnSequences) => {
  const shape = returnSequences ? [4, 3] : [3];
  const x = noise(37, [4, 2]);

  it('equals loss and metrics by hand', async () => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 5, returnSequences, inputShape: [4, 2] }),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 3 }),
      ],
    });
    const metrics: MetricName[] = ['mae', 'meanAbsoluteError', 'mse', 'meanSquaredError'];
    model.compile({ optimizer: 'adam', loss: 'mse', metrics });
    const y = noise(37, shape, 9);
    const off = errors(await model.predict(x), y);
    const found = await model.evaluate(x, y, { batchSize: 10 });
    expect(Object.keys(found)).toEqual(['loss', ...metrics]);
    const squares = mean(off.map((e) => e * e));
    const absolute = mean(off.map(Math.abs));
    expect(found.loss).toBeCloseTo(squares, 6);
    expect(found.mse).toBeCloseTo(squares, 6);
    expect(found.meanSquaredError).toBe(found.mse);
    expect(found.mae).toBeCloseTo(absolute, 6);
    expect(found.meanAbsoluteError).toBe(found.mae);
  });

  it('equals cross-entropy and accuracy by hand', async () => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 5, returnSequences, inputShape: [4, 2] }),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    const loss = 'categoricalCrossentropy';
    model.compile({ optimizer: 'adam', loss, metrics: ['accuracy', 'acc'] });
    const y = oneHot(37, shape);
    const p = await model.predict(x);
    const logs = [...p.data].map((value, i) => -Math.log(value) * y.data[i]);
    const found = await model.evaluate(x, y, { batchSize: 10 });
    expect(found.loss).toBeCloseTo(3 * mean(logs), 5);
    expect(found.accuracy).toBe(share(p, y));
    expect(found.acc).toBe(found.accuracy);
    // the loss did not leave its logits behind
    expect(await model.predict(x)).toEqual(p);
  });
});

it('takes one column as a yes or no in accuracy', async () => {
  const model = sequential({
    layers: [layers.dense({ units: 1, activation: 'sigmoid', inputShape: [1] })],
  });
  model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['accuracy'] });
  model.setWeights([{ data: [1], shape: [1, 1] }, [0]]);
  const x = { data: [-2, -1, 1, 2], shape: [4, 1] };
  expect((await model.evaluate(x, [0, 1, 1, 1])).accuracy).toBe(0.75);
});

it('does not care for the batch size beyond the last bits', async () => {
  const model = sequential({ layers: [layers.lstm({ units: 5, inputShape: [4, 2] })] });
  model.compile({ optimizer: 'adam', loss: 'mse' });
  const x = noise(50, [4, 2]);
  const y = noise(50, [5]);
  const { loss } = await model.evaluate(x, y, { batchSize: 50 });
  for (const batchSize of [1, 7, 49]) {
    expect((await model.evaluate(x, y, { batchSize })).loss).toBeCloseTo(loss, 12);
  }
});

it('gives the same bits whatever batches came before', async () => {
  // all 13 steps at once, but few of a large batch: figures are sums over such stretches
  const made = () => {
    const model = sequential({
      layers: [layers.gru({ units: 5, returnSequences: true, inputShape: [13, 2] })],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
    return model;
  };
  const [model, other] = [made(), made()];
  const x = noise(9, [13, 2]);
  const y = noise(9, [13, 5]);
  const expected = await model.evaluate(x, y, { batchSize: 3 });
  for (const batchSize of [100, 300, 1000]) {
    await other.predict(noise(1000, [13, 2], 3), { batchSize });
    expect(await other.evaluate(x, y, { batchSize: 3 })).toEqual(expected);
  }
  const validation = { epochs: 2, batchSize: 3, validationData: [x, y] as [Tensor, Tensor] };
  expect((await other.fit(x, y, validation)).history).toEqual(
    (await model.fit(x, y, validation)).history,
  );
});
