// dropout and recurrentDropout of recurrent layers do what Keras does under the same masks (test/fixtures/keras/recurrent_dropout.py):
// outputs in training, by the loss, and every gradient. One mask a sequence, another one each step.
import { fromBytes, type Layer, layers, sequential, tensor, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import fixture from '../fixtures/keras/recurrent-dropout.json' with { type: 'json' };
import { gradients } from '../support/model-gradients.js';
import { bitsOf, noise } from '../support/samples.js';

const { n, T, I, H, seed } = fixture;
const both = { units: H, returnSequences: true, seed, dropout: 0.4, recurrentDropout: 0.3 };
const inputs = { units: H, returnSequences: true, seed, dropout: 0.4 };
const state = { units: H, returnSequences: true, seed, recurrentDropout: 0.3 };
type Case = 'lstmInputs';

const cases: Record<string, [make: () => Layer, masked?: boolean]> = {
  lstmInputs: [() => layers.lstm(inputs)],
  lstmState: [() => layers.lstm(state)],
  lstmBoth: [() => layers.lstm(both)],
  lstmMasked: [() => layers.lstm(both), true],
  lstmBackwards: [() => layers.lstm({ ...both, goBackwards: true })],
  lstmDirections: [() => layers.bidirectional(layers.lstm(both)), true],
  lstmRelu: [() => layers.lstm({ ...both, dropout: 0.2, activation: 'relu', useBias: false })],
  rnnInputs: [() => layers.simpleRNN(inputs)],
  rnnState: [() => layers.simpleRNN(state)],
  rnnBoth: [() => layers.simpleRNN(both), true],
  gruInputs: [() => layers.gru(inputs)],
  gruState: [() => layers.gru(state)],
  gruBoth: [() => layers.gru(both), true],
  gruBefore: [() => layers.gru({ ...both, resetAfter: false }), true],
  gruBackwards: [() => layers.gru({ ...both, goBackwards: true })],
};

describe.each(Object.entries(cases))('%s', (name, [make, masked]) => {
  const { shapes, before, y, loss, inference, dX, gradients: expected } = fixture[name as Case];
  const x = tensor(masked ? fixture.gaps : fixture.x, [n, T, I]);
  const made = () => {
    const model = sequential({
      layers: [
        masked
          ? layers.masking({ inputShape: [T, I] })
          : layers.dropout({ rate: 0, inputShape: [T, I] }),
        make(),
      ],
      numerics: 'portable',
    });
    model.setWeights(before.map((data, i) => tensor(data, shapes[i])));
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    return model;
  };
  // four steps in float32 on both sides; values of about 1
  const near = (a: ArrayLike<number>, b: ArrayLike<number>) => {
    expect(a).toHaveLength(b.length);
    Array.from(a).forEach((value, i) => {
      expect(Math.abs(value - b[i]), `${i}: ${value}, ${b[i]}`).toBeLessThan(3e-6);
    });
  };

  it('gives the loss and gradients of Keras, and its outputs in inference', async () => {
    const model = made();
    near((await model.predict(x)).data, inference);
    const found = gradients(model, x, tensor(y, [n, T, y.length / (n * T)]));
    near([found.loss], [loss]);
    near(found.inputGradient.data, dX);
    found.gradients.forEach(({ data }, i) => {
      near(data, expected[i]);
    });
    const copy = fromBytes(toBytes(made()));
    copy.compile({ optimizer: 'sgd', loss: 'mse' });
    const again = gradients(copy, x, tensor(y, [n, T, y.length / (n * T)]));
    expect(bitsOf(again.gradients)).toEqual(bitsOf(found.gradients));
  });

  it('draws other masks in another step', () => {
    const model = made();
    const target = tensor(y, [n, T, y.length / (n * T)]);
    const first = gradients(model, x, target);
    model[internals]().passes.counters.steps++;
    const second = gradients(model, x, target);
    expect(bitsOf([second.inputGradient])).not.toEqual(bitsOf([first.inputGradient]));
  });
});

const kinds = {
  lstm: (options: object) => layers.lstm({ units: 6, ...options }),
  peephole: (options: object) => layers.lstm({ units: 6, variant: 'peephole', ...options }),
  gru: (options: object) => layers.gru({ units: 6, ...options }),
  simpleRNN: (options: object) => layers.simpleRNN({ units: 6, ...options }),
  indRNN: (options: object) => layers.indRNN({ units: 6, ...options }),
  minGRU: (options: object) => layers.minGRU({ units: 6, ...options }),
  minLSTM: (options: object) => layers.minLSTM({ units: 6, ...options }),
  slstm: (options: object) => layers.slstm({ units: 6, ...options }),
  jordanRNN: (options: object) => layers.jordanRNN({ units: 6, ...options }),
  projection: (options: object) => layers.lstm({ units: 4, projectionUnits: 6, ...options }),
};

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  it('drops inputs with one mask a sequence and sample', async () => {
    const [steps, features] = [7, 40];
    const model = sequential({
      layers: [
        layers.dropout({ rate: 0, inputShape: [steps, features] }),
        kind({ dropout: 0.5, returnSequences: true }),
      ],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const x = noise(3, [steps, features]);
    const rows = (step: number) => {
      model[internals]().passes.counters.steps = step;
      const { data } = gradients(model, x, noise(3, [steps, 6], 4)).inputGradient;
      return Array.from({ length: 3 * steps }, (_, r) =>
        Array.from(data.subarray(r * features, (r + 1) * features), (v) => (v === 0 ? 0 : 1)),
      );
    };
    const first = rows(0);
    // samples differ, steps of a sample do not
    expect(first[0]).not.toEqual(first[steps]);
    for (let r = 0; r < 3 * steps; r++) {
      expect(first[r]).toEqual(first[r - (r % steps)]);
    }
    expect(rows(1)[0]).not.toEqual(first[0]);
    const dropped = first
      .filter((_, r) => r % steps === 0)
      .flat()
      .filter((v) => v === 0).length;
    // five standard deviations of a binomial
    expect(Math.abs(dropped - 60)).toBeLessThan(5 * Math.sqrt(30));
    // and inference drops nothing
    const plain = sequential({
      layers: [
        layers.dropout({ rate: 0, inputShape: [steps, features] }),
        kind({ returnSequences: true }),
      ],
      numerics: 'portable',
    });
    plain.setWeights(model.getWeights());
    expect(bitsOf([await plain.predict(x)])).toEqual(bitsOf([await model.predict(x)]));
  });
});

it('directions and layers have masks of their own', () => {
  const model = sequential({
    layers: [
      layers.dropout({ rate: 0, inputShape: [5, 40] }),
      layers.bidirectional(layers.lstm({ units: 3, dropout: 0.5 }), { mergeMode: 'concat' }),
    ],
    numerics: 'portable',
  });
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const { data } = gradients(model, noise(1, [5, 40]), noise(1, [6], 2)).inputGradient;
  const zeros = data.subarray(0, 40).filter((v) => v === 0).length;
  // both drop a feature with probability 1/4; one mask used twice would drop half
  expect(zeros).toBeLessThan(18);
});

it.each(['minGRU', 'minLSTM', 'indRNN'] as const)('%s has no recurrent matrix to drop', (kind) => {
  for (const option of ['recurrentDropout', 'weightDrop']) {
    const options = { units: 3, [option]: 0.2 };
    expect(() => layers[kind](options as never)).toThrow(
      `layers.${kind} has no option '${option}', which is for a state that meets a recurrent matrix: ${kind === 'indRNN' ? 'an Ind' : 'a Min'}`,
    );
  }
});
