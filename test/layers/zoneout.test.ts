// zoneoutHidden of every recurrent layer through every door: inference takes the mean, and a stream, a file, masks and both
// directions give what the layer itself does.
import { fromBytes, layers, sequential, type Tensor, tensor, toBytes } from 'sluice';
import { describe, expect, it } from 'vitest';
import { gradients } from '../support/model-gradients.js';
import { bitsOf, noise } from '../support/samples.js';

const [n, T, I, H] = [3, 6, 4, 18];
const options = { units: H, returnSequences: true, zoneoutHidden: 0.4, seed: 5 };
const kinds = {
  lstm: (more: object) => layers.lstm({ ...options, ...more }),
  peephole: (more: object) => layers.lstm({ variant: 'peephole', ...options, ...more }),
  projection: (more: object) =>
    layers.lstm({ ...options, units: 5, projectionUnits: H, zoneoutCell: 0.2, ...more }),
  gru: (more: object) => layers.gru({ ...options, ...more }),
  'gru, reset before': (more: object) => layers.gru({ resetAfter: false, ...options, ...more }),
  simpleRNN: (more: object) => layers.simpleRNN({ ...options, ...more }),
  jordanRNN: (more: object) => layers.jordanRNN({ hiddenUnits: 5, ...options, ...more }),
  slstm: (more: object) => layers.slstm({ numHeads: 3, ...options, ...more }),
  indRNN: (more: object) => layers.indRNN({ ...options, ...more }),
  minGRU: (more: object) => layers.minGRU({ ...options, ...more }),
  minLSTM: (more: object) => layers.minLSTM({ ...options, ...more }),
};
const x = noise(n, [T, I]);
const y = noise(n, [T, H], 3);

describe.each(Object.entries(kinds))('%s', (_, kind) => {
  const of = (more: object = {}) => {
    const model = sequential({
      layers: [layers.masking({ inputShape: [T, I] }), kind(more)],
      numerics: 'portable',
    });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    return model;
  };
  const row = ({ data }: Tensor, b: number, t: number) =>
    Array.from(data.subarray((b * T + t) * H, (b * T + t + 1) * H));

  it('in inference goes part of the way, at the first step from 0', async () => {
    const zoned = await of().predict(x);
    const plain = await of({ zoneoutHidden: 0 }).predict(x);
    for (let b = 0; b < n; b++) {
      row(zoned, b, 0).forEach((value, u) => {
        // h + rate (0 - h): two roundings of a number of about 1
        expect(Math.abs(value - 0.6 * row(plain, b, 0)[u])).toBeLessThan(
          4 * 2 ** -24 * Math.max(1, Math.abs(value)),
        );
      });
      expect(row(zoned, b, T - 1)).not.toEqual(row(plain, b, T - 1));
    }
  });

  it('is what a stream and a file give, to the bit', async () => {
    const model = of();
    const whole = await model.predict(x);
    const stream = model.stream({ batchSize: n });
    for (let t = 0; t < T; t++) {
      const step = Float32Array.from({ length: n * I }, (_, i) => {
        return x.data[(Math.floor(i / I) * T + t) * I + (i % I)];
      });
      const out = stream.step(step);
      for (let b = 0; b < n; b++) {
        expect(Array.from(out.subarray(b * H, (b + 1) * H))).toEqual(row(whole, b, t));
      }
    }
    const copy = fromBytes(toBytes(model));
    expect(bitsOf([await copy.predict(x)])).toEqual(bitsOf([whole]));
    copy.compile({ optimizer: 'sgd', loss: 'mse' });
    expect(bitsOf(gradients(copy, x, y).gradients)).toEqual(
      bitsOf(gradients(model, x, y).gradients),
    );
  });

  it('goes backwards, in both directions, and over masked steps', async () => {
    const gaps = tensor(Float32Array.from(x.data), x.shape);
    // the last two steps of sample 0, the second one of sample 1
    gaps.data.fill(0, (T - 2) * I, T * I);
    gaps.data.fill(0, (T + 1) * I, (T + 2) * I);
    const found = await of().predict(gaps);
    expect(row(found, 0, T - 1)).toEqual(row(found, 0, T - 3));
    expect(row(found, 1, 1)).toEqual(row(found, 1, 0));
    expect(row(found, 0, T - 3)).toEqual(row(await of().predict(x), 0, T - 3));

    const turned = tensor(
      Float32Array.from(x.data, (_, i) => {
        const [b, t, k] = [Math.floor(i / (T * I)), Math.floor(i / I) % T, i % I];
        return x.data[(b * T + T - 1 - t) * I + k];
      }),
      x.shape,
    );
    const back = of({ goBackwards: true });
    expect(bitsOf([await back.predict(turned)])).toEqual(bitsOf([await of().predict(x)]));
    const ends = gradients(back, turned, y);
    expect(bitsOf(ends.gradients)).toEqual(bitsOf(gradients(of(), x, y).gradients));

    const both = sequential({
      layers: [
        layers.masking({ inputShape: [T, I] }),
        layers.bidirectional(kind({ returnSequences: true }), { mergeMode: 'sum' }),
      ],
      numerics: 'portable',
    });
    both.compile({ optimizer: 'adam', loss: 'mse' });
    const { loss: before } = await both.evaluate(gaps, y);
    await both.fit(gaps, y, { epochs: 40, batchSize: n });
    expect((await both.evaluate(gaps, y)).loss).toBeLessThan(before);
  });

  it('lets units keep what they had in training, other ones each step', () => {
    const rates = [0, 1 - 2 ** -20].map((zoneoutHidden) => {
      const model = of({ zoneoutHidden });
      const zeros = tensor(new Float32Array(n * T * H), [n, T, H]);
      return gradients(model, x, zeros).loss;
    });
    // as good as all of n T H units keep their 0
    expect(rates[1]).toBe(0);
    expect(rates[0]).toBeGreaterThan(0);
  });
});
