// The models of test/fixtures/keras/regularization_fit.py.
import { input, layers, type Model, model, optimizers, sequential, tensor } from 'sluice';

/** A case of the fixture. */
export interface RegularizationCase {
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

export interface RegularizationFixture {
  readonly n: number;
  readonly x: readonly number[];
  readonly ids: readonly number[];
  readonly y: readonly number[];
  readonly cases: readonly RegularizationCase[];
}

const [T, I, H, V, D] = [5, 3, 5, 9, 6];

/** The model of a case, with its first weights, compiled. */
export function modelOf(given: RegularizationCase, threads = 1): Model {
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
export function dataOf({ n, x, ids, y }: RegularizationFixture, { kind }: RegularizationCase) {
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
