// weightDrop: a training step is one of a layer whose recurrent kernel has zeros (DropConnect, Merity et al. 2017), to the bit.
import { fromBytes, layers, sequential, tensor, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import { internals } from '../../src/model/model.js';
import { gradients } from '../support/model-gradients.js';
import { bitsOf, noise } from '../support/samples.js';

const [T, I, H] = [5, 3, 18];
const RATE = 0.4;
const kinds = {
  lstm: (options: object) => layers.lstm({ units: H, returnSequences: true, ...options }),
  coupled: (options: object) =>
    layers.lstm({ units: H, variant: 'coupled', returnSequences: true, ...options }),
  gru: (options: object) => layers.gru({ units: H, returnSequences: true, ...options }),
  simpleRNN: (options: object) => layers.simpleRNN({ units: H, returnSequences: true, ...options }),
  slstm: (options: object) => layers.slstm({ units: H, returnSequences: true, ...options }),
  'slstm, heads': (options: object) =>
    layers.slstm({ units: H, numHeads: 3, returnSequences: true, ...options }),
  jordanRNN: (options: object) =>
    layers.jordanRNN({ units: H, hiddenUnits: 5, returnSequences: true, ...options }),
};

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  const of = (options: object) => {
    const model = sequential({
      layers: [layers.dropout({ rate: 0, inputShape: [T, I] }), kind(options)],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    return model;
  };
  const [x, y] = [noise(4, [T, I]), noise(4, [T, H], 3)];
  const maskOf = (model: ReturnType<typeof of>) =>
    gradients(model, x, y).gradients[1].data.map((value) => (value === 0 ? 0 : 1));

  it('trains as the layer with those weights does, to the bit', async () => {
    const dropped = of({ weightDrop: RATE });
    const found = gradients(dropped, x, y);
    const mask = maskOf(dropped);
    const share = mask.filter((kept) => kept === 0).length / mask.length;
    // five standard deviations of a binomial
    expect(Math.abs(share - RATE)).toBeLessThan(5 * Math.sqrt((RATE * (1 - RATE)) / mask.length));
    const scale = Math.fround(1 / Math.fround(1 - Math.fround(RATE)));
    const plain = of({});
    const weights = dropped.getWeights();
    expect(bitsOf(plain.getWeights())).toEqual(bitsOf(weights));
    expect(bitsOf([await dropped.predict(x)])).toEqual(bitsOf([await plain.predict(x)]));
    const times = (data: Float32Array) => data.map((value, i) => (mask[i] ? value * scale : 0));
    const recurrent = tensor(times(weights[1].data as Float32Array), weights[1].shape);
    plain.setWeights(weights.map((weight, i) => (i === 1 ? recurrent : weight)));
    const expected = gradients(plain, x, y);
    expect(found.loss).toBe(expected.loss);
    expect(bitsOf([found.inputGradient])).toEqual(bitsOf([expected.inputGradient]));
    expected.gradients.forEach(({ data }, i) => {
      const own = i === 1 ? times(data as Float32Array) : data;
      // + 0: -0 and 0 are one number here
      expect(Array.from(found.gradients[i].data, (v) => v + 0)).toEqual(
        Array.from(own, (v) => v + 0),
      );
    });
  });

  it('draws one mask a step, by the seed', () => {
    const model = of({ weightDrop: RATE });
    const first = maskOf(model);
    expect(maskOf(fromBytes(toBytes(model)) as never)).toEqual(first);
    model[internals]().passes.counters.steps++;
    expect(maskOf(model)).not.toEqual(first);
    const own = maskOf(of({ weightDrop: RATE, seed: 3 }));
    expect(own).not.toEqual(first);
    expect(maskOf(of({ weightDrop: RATE, seed: 3 }))).toEqual(own);
  });

  it('learns, frozen and in both directions too', async () => {
    for (const options of [{}, { trainable: false }, { goBackwards: true, dropout: 0.2 }]) {
      const model = sequential({
        layers: [
          layers.dense({ units: I, inputShape: [T, I] }),
          kind({ weightDrop: RATE, recurrentDropout: 0.2, zoneoutHidden: 0.1, ...options }),
        ],
        numerics: 'portable',
      });
      model.compile({ optimizer: 'adam', loss: 'mse' });
      const before = bitsOf(model.getWeights());
      const { history } = await model.fit(x, y, { epochs: 3, batchSize: 3 });
      expect(history.loss.every(Number.isFinite)).toBe(true);
      const after = bitsOf(model.getWeights());
      expect(after[0]).not.toEqual(before[0]);
      const frozen = 'trainable' in options;
      expect(JSON.stringify(after[3]) === JSON.stringify(before[3])).toBe(frozen);
    }
  });
});

it('zoneoutCell is refused where the output gate sees c', () => {
  expect(() => layers.lstm({ units: 3, variant: 'peephole', zoneoutCell: 0.1 })).toThrow(
    "layers.lstm: zoneoutCell is not for variant 'peephole'",
  );
});

it.each(['dropout', 'recurrentDropout', 'weightDrop', 'zoneoutHidden', 'zoneoutCell'])(
  'refuses %s: 1',
  (name) => {
    for (const value of [1, -0.1, Number.NaN, '0.5', 1 - 1e-9]) {
      expect(() => layers.lstm({ units: 3, [name]: value } as never)).toThrow(
        `layers.lstm: ${name} must be a number from 0 up to, not including, 1`,
      );
    }
  },
);
