// The models of test/fixtures/keras/regularization_fit.py, and how they learn.
import {
  fromBytes,
  input,
  layers,
  type Model,
  model,
  optimizers,
  sequential,
  tensor,
  toBytes,
} from 'sluice';
import { expect } from 'vitest';
import { bitsOf } from './samples.js';

/** A case of the fixture. */
interface RegularizationCase {
  readonly kind: string;
  readonly options: object;
  readonly head: object;
  readonly optimizer: readonly (string | object)[];
  readonly frozen: boolean;
  readonly shapes: readonly (readonly number[])[];
  readonly before: readonly (readonly number[])[];
  readonly losses: readonly number[];
  readonly after: readonly (readonly number[])[];
  readonly figures: readonly Readonly<Record<string, number>>[];
}

interface RegularizationFixture {
  readonly n: number;
  readonly x: readonly number[];
  readonly ids: readonly number[];
  readonly y: readonly number[];
  readonly cases: readonly RegularizationCase[];
}

const [T, I, H, V, D] = [5, 3, 5, 9, 6];

/** The model of a case, with its first weights, compiled. */
function modelOf(given: RegularizationCase, threads = 1): Model {
  const { kind, options, head, optimizer, frozen, shapes, before } = given;
  const made = stack(kind, options, head, frozen, threads);
  made.setWeights(before.map((data, i) => tensor(data, [...shapes[i]])));
  const [name, settings] = optimizer;
  const how =
    name === 'Adam' ? optimizers.adam(settings as object) : optimizers.sgd(settings as object);
  const several = kind === 'several';
  made.compile({
    optimizer: how,
    loss: 'mse',
    ...(several ? { lossWeights: [0.5, 2], metrics: [['mae'], ['mae']] } : { metrics: ['mae'] }),
  });
  return made;
}

function stack(
  kind: string,
  options: object,
  head: object,
  frozen: boolean,
  threads: number,
): Model {
  const last = layers.dense({ units: 2, ...head });
  const all = { numerics: 'portable', threads } as const;
  const units = { units: H, ...options };
  const inputShape = [T, I];
  if (kind === 'embedding') {
    const table = layers.embedding({ inputDim: V, outputDim: D, inputShape: [T], ...options });
    return sequential({ layers: [table, layers.lstm({ units: 4 }), last], ...all });
  }
  if (kind === 'conv1D') {
    const front = layers.conv1D({ filters: 4, kernelSize: 3, inputShape, ...options });
    return sequential({ layers: [front, layers.lstm({ units: 4 }), last], ...all });
  }
  if (kind === 'layerNormalization' || kind === 'batchNormalization') {
    const front = layers[kind]({ inputShape, ...options });
    return sequential({ layers: [front, layers.lstm({ units: 4 }), last], ...all });
  }
  if (kind === 'shared') {
    const source = input({ shape: inputShape });
    const both = layers.lstm(units);
    const inner = layers.lstm({ units: I, returnSequences: true });
    const pair = [both.apply(source), both.apply(inner.apply(source))];
    const outputs = last.apply(layers.concatenate().apply(pair));
    return model({ inputs: source, outputs, ...all });
  }
  if (kind === 'several') {
    const source = input({ shape: inputShape });
    const value = layers.lstm(units).apply(source);
    const a = layers.dense({ units: 2, name: 'a', ...head }).apply(value);
    const b = layers.dense({ units: 2, name: 'b' }).apply(value);
    return model({ inputs: source, outputs: [a, b], ...all }) as never;
  }
  const cells = { lstm: layers.lstm, gru: layers.gru, simpleRNN: layers.simpleRNN };
  const first =
    kind === 'bidirectional'
      ? layers.bidirectional(layers.lstm({ ...units, inputShape }))
      : cells[kind as keyof typeof cells]({ ...units, inputShape, trainable: !frozen });
  return sequential({ layers: [first, last], ...all });
}

/** What a case learns from. */
function dataOf({ n, x, ids, y }: RegularizationFixture, { kind }: RegularizationCase) {
  const target = tensor(y, [n, 2]);
  const opposite = tensor(
    y.map((value) => -value),
    [n, 2],
  );
  return {
    x: kind === 'embedding' ? tensor(ids, [n, T]) : tensor(x, [n, T, I]),
    y: kind === 'several' ? [target, opposite] : target,
  };
}

/** The cases of a fixture, each with a title. */
export const titled = ({ cases }: RegularizationFixture) =>
  cases.map((one): [string, RegularizationCase] => {
    const { kind, options, head, optimizer, frozen } = one;
    return [`${kind} ${JSON.stringify([options, head, optimizer, frozen])}`, one];
  });

/** Twenty steps in float32 on both sides; Adam's quotients magnify what gradients are off. */
function near(found: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(found).toHaveLength(expected.length);
  Array.from(found).forEach((value, i) => {
    expect(Math.abs(value - expected[i])).toBeLessThan(2e-5 * (1 + Math.abs(expected[i])));
  });
}

/** That a case tells the figures, and ends at the weights, of Keras; and that a file of it goes on to the bit. */
export async function expectToLearn(
  fixture: RegularizationFixture,
  one: RegularizationCase,
): Promise<void> {
  const made = modelOf(one);
  const { x, y } = dataOf(fixture, one);
  const expectFigures = async (expected: Readonly<Record<string, number>>) => {
    // batches of one size, for Keras takes the losses of outputs as means over batches
    const found = await made.evaluate(x, y, { batchSize: 3 });
    expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, value] of Object.entries(expected)) near([found[name]], [value]);
  };
  await expectFigures(one.figures[0]);
  const losses: number[] = [];
  for (const _ of one.losses) losses.push((await made.trainOnBatch(x, y)).loss);
  near(losses, one.losses);
  made.getWeights().forEach(({ data }, i) => {
    near(data, one.after[i]);
  });
  await expectFigures(one.figures[1]);
  const copy = fromBytes(toBytes(made)) as Model;
  expect(await copy.trainOnBatch(x, y)).toEqual(await made.trainOnBatch(x, y));
  expect(bitsOf(copy.getWeights())).toEqual(bitsOf(made.getWeights()));
}
