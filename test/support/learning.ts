// What stacks with a fixture of twenty steps have in common: the figures of the other program, and files that go on.
import { fromBytes, type Model, type Sequential, type Tensor, toBytes } from 'sluice';
import { expect } from 'vitest';
import { distance } from './near.js';
import { bitsOf, noise } from './samples.js';

/** What the other program gives. */
interface Learned {
  readonly losses: readonly number[];
  readonly after: readonly (readonly number[])[];
  readonly predicted: readonly number[];
}

/** That steps have the losses, the weights afterwards and the outputs of the other program, within tolerances. */
export async function expectLearned(
  made: Model,
  x: Tensor,
  y: Tensor,
  { losses, after, predicted }: Learned,
  within: { readonly loss: number; readonly weights: number; readonly outputs: number },
): Promise<void> {
  for (const loss of losses) {
    expect(Math.abs((await made.trainOnBatch(x, y)).loss - loss)).toBeLessThan(within.loss);
  }
  made.getWeights().forEach(({ data }, i) => {
    expect(distance(data, after[i])).toBeLessThan(within.weights);
  });
  const out = (await made.predict(x)) as Tensor;
  expect(distance(out.data, predicted)).toBeLessThan(within.outputs);
}

/** That a file of a model goes on as the model itself. */
export async function expectGoesOn(made: Model, x: Tensor, y: Tensor): Promise<void> {
  await made.fit(x, y, { epochs: 2, batchSize: 3 });
  const copy = fromBytes(toBytes(made));
  await made.fit(x, y, { epochs: 2, batchSize: 3 });
  await copy.fit(x, y, { epochs: 2, batchSize: 3 });
  expect(bitsOf(copy.getWeights())).toEqual(bitsOf(made.getWeights()));
}

/** That training leaves the first `count` weights of a model alone once its layer `index` is frozen. */
export async function expectFrozen(
  made: Model,
  index: number,
  count: number,
  x: Tensor,
  y: Tensor,
): Promise<void> {
  made.layers[index].trainable = false;
  made.compile({ optimizer: 'adam', loss: 'mse' });
  const kept = bitsOf(made.getWeights());
  await made.trainOnBatch(x, y);
  const now = bitsOf(made.getWeights());
  expect(now.slice(0, count)).toEqual(kept.slice(0, count));
  expect(now.slice(count)).not.toEqual(kept.slice(count));
}

/** That a stream over two samples of [9, 3] puts out, step by step, the `units` of predict to the bit. */
export async function expectStreamed(made: Sequential, units: number): Promise<void> {
  const x = noise(2, [9, 3]);
  const whole = (await made.predict(x)).data;
  const of = (data: Float32Array, t: number, size: number) =>
    [0, 1].flatMap((b) => [...data.slice((b * 9 + t) * size, (b * 9 + t + 1) * size)]);
  const stream = made.stream({ batchSize: 2 });
  for (let t = 0; t < 9; t++) {
    const found = stream.step(of(x.data as Float32Array, t, 3) as never) as unknown as Float32Array;
    expect([...found]).toEqual(of(whole as Float32Array, t, units));
  }
}
