// Both directions: outputs, gradients and twenty losses as in Keras (test/fixtures/keras/bidirectional_fit.py); alignment,
// masks, files, weights' names, and what is refused.
import {
  fromBytes,
  input,
  type Layer,
  layers,
  model,
  modelFromConfig,
  optimizers,
  sequential,
  type Tensor,
  tensor,
  toBytes,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/bidirectional-fit.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { bitsOf, noise } from '../support/samples.js';

const { n } = fixture;
const [T, I, H] = [6, 3, 4];
const x = tensor(fixture.x, [n, T, I]);
type Mode = 'concat' | 'sum' | 'mul' | 'ave' | null | 'alone';

const MAKE = { LSTM: layers.lstm, GRU: layers.gru, SimpleRNN: layers.simpleRNN };

function built(cell: string, mode: Mode, returnSequences: boolean, masked: boolean) {
  const source = input({ shape: [T, I] });
  const value = masked ? layers.masking().apply(source) : source;
  const make = MAKE[cell as keyof typeof MAKE];
  const inner = make({ units: H, returnSequences, goBackwards: mode === 'alone' });
  const layer: Layer<never> = (
    mode === 'alone' ? inner : layers.bidirectional(inner, { mergeMode: mode as null })
  ) as never;
  const outputs = layer.apply(value) as never;
  return model({ inputs: source, outputs, numerics: 'portable' });
}

const near = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance: number) => {
  expect(a).toHaveLength(b.length);
  Array.from(a).forEach((value, i) => {
    expect(Math.abs(value - b[i])).toBeLessThan(tolerance);
  });
};

describe.each(fixture.cases.map((one) => [`${one.cell} ${one.mode}`, one] as const))(
  '%s',
  (_, { cell, mode, sequences, masked, shapes, before, y, first, gradients, losses }) => {
    const made = () => {
      const one = built(cell, mode as Mode, sequences, masked);
      one.setWeights(before.map((data, i) => tensor(data, shapes[i])));
      return one;
    };
    const outputs = (found: Tensor | Tensor[]) => [found].flat();

    it('computes, asks and learns as in Keras', async () => {
      const one = made();
      const found = outputs(await one.predict(x));
      // sums of up to 8 products of numbers near 1, six steps of them
      found.forEach(({ data }, i) => {
        near(data, first[i], 3e-6);
      });
      const targets = y.map((data, i) => tensor(data, found[i].shape));
      const rate = 0.2;
      one.compile({ optimizer: optimizers.sgd({ learningRate: rate }), loss: 'mse' });
      const given = targets.length === 1 ? targets[0] : targets;
      const start = one.getWeights();
      for (let step = 0; step < losses.length; step++) {
        const { loss } = await one.trainOnBatch(x, given);
        expect(Math.abs(loss - losses[step])).toBeLessThan(2e-5);
        if (step > 0) continue;
        one.getWeights().forEach(({ data }, i) => {
          // weights up to 2 are rounded to 2^-24, and divided by the rate, on both sides
          near(
            data.map((value, k) => (start[i].data[k] - value) / rate),
            gradients[i],
            4e-6,
          );
        });
      }
    });

    it('goes through files and configurations, with its names', async () => {
      const one = made();
      const bits = bitsOf(outputs(await one.predict(x)));
      const copy = fromBytes(toBytes(one)) as typeof one;
      expect(bitsOf(outputs(await copy.predict(x)))).toEqual(bits);
      const again = modelFromConfig(JSON.parse(JSON.stringify(one.getConfig())));
      again.setWeights(one.getWeights());
      expect(bitsOf(outputs((await again.predict(x)) as Tensor))).toEqual(bits);
      const names = one.weightSpecs.map(({ name }) => name);
      if (mode === 'alone') return;
      const stem = { LSTM: 'lstm', GRU: 'gru', SimpleRNN: 'simple_rnn' }[cell];
      expect(names).toEqual(
        ['forward', 'backward'].flatMap((way) =>
          ['kernel', 'recurrentKernel', 'bias'].map((w) => `bidirectional/${way}_${stem}/${w}`),
        ),
      );
    });
  },
);

const cells: Record<string, (options: object) => Layer> = {
  lstm: (options) => layers.lstm({ units: 5, ...options }),
  peephole: (options) => layers.lstm({ units: 5, variant: 'peephole', ...options }),
  gru: (options) => layers.gru({ units: 5, ...options }),
  simpleRNN: (options) => layers.simpleRNN({ units: 5, ...options }),
  indRNN: (options) => layers.indRNN({ units: 5, ...options }),
  minGRU: (options) => layers.minGRU({ units: 5, ...options }),
  minLSTM: (options) => layers.minLSTM({ units: 5, ...options }),
  jordanRNN: (options) => layers.jordanRNN({ units: 5, hiddenUnits: 7, ...options }),
  'lstm, normalized': (options) => layers.lstm({ units: 5, layerNorm: true, ...options }),
  'lstm, projected': (options) => layers.lstm({ units: 6, projectionUnits: 5, ...options }),
  slstm: (options) => layers.slstm({ units: 5, ...options }),
};

describe.each(Object.entries(cells))('%s', (_, cell) => {
  const reversed = (of: Tensor, steps: number): Tensor => {
    const each = of.data.length / n / steps;
    const data = Float32Array.from(of.data, (_value, i) => {
      const t = Math.floor(i / each) % steps;
      return of.data[i + (steps - 1 - 2 * t) * each];
    });
    return tensor(data, of.shape as number[]);
  };
  const alone = (layer: Layer) => {
    const made = sequential({ layers: [layer], numerics: 'portable' });
    made.compile({ optimizer: optimizers.sgd({ learningRate: 0.1 }), loss: 'mse' });
    return made;
  };

  it('backwards is forwards over the reversed sequence, to the bit', async () => {
    for (const returnSequences of [true, false]) {
      const options = { returnSequences, inputShape: [T, I] };
      const forth = alone(cell(options));
      const back = alone(cell({ ...options, goBackwards: true }));
      const whole = await forth.predict(reversed(x, T));
      expect(await back.predict(x)).toEqual(whole);
      const y = noise(n, whole.shape.slice(1) as number[], 3);
      await forth.trainOnBatch(reversed(x, T), y);
      await back.trainOnBatch(x, y);
      expect(bitsOf(back.getWeights())).toEqual(bitsOf(forth.getWeights()));
    }
  });

  it('sees nothing of masked steps in both directions, to the bit', async () => {
    const of = (steps: number) =>
      sequential({
        layers: [
          layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true, inputShape: [steps] }),
          layers.bidirectional(cell({ returnSequences: true })),
          layers.bidirectional(cell({})),
        ],
        numerics: 'portable',
      });
    const short = (await of(3).predict(tensor([2, 4, 2], [1, 3]))).data;
    const rows = tensor([2, 4, 2, 0, 0, 0, 2, 0, 4, 2, 0, 0, 0, 0, 0], [3, 5]);
    const { data } = await of(5).predict(rows);
    expect(data.slice(0, 10)).toEqual(short);
    expect(data.slice(10, 20)).toEqual(short);
    expect(data.slice(20)).toEqual(new Float32Array(10));
  });
});

it('takes a backward layer of another kind and size', async () => {
  const other = layers.gru({ units: 2, returnSequences: true, goBackwards: true, name: 'back' });
  const made = sequential({
    layers: [
      layers.bidirectional(layers.lstm({ units: 3, returnSequences: true, inputShape: [T, I] }), {
        backwardLayer: other,
      }),
    ],
  });
  expect(made.outputShape).toEqual([T, 5]);
  expect(made.weightSpecs[3].name).toBe('bidirectional/back/kernel');
  const copy = fromBytes(toBytes(made));
  expect(await copy.predict(x)).toEqual(await made.predict(x));
});

it('refuses what does not fit, and streams', () => {
  const { lstm, dense, bidirectional } = layers;
  expect(() => bidirectional(dense({ units: 2 }))).toThrow(/layer must be LSTM, GRU.*but is Dense/);
  expect(() => bidirectional(lstm({ units: 2, goBackwards: true }))).toThrow(
    /layer must be .* with goBackwards: false, but is LSTM with goBackwards: true/,
  );
  expect(() =>
    bidirectional(lstm({ units: 2 }), {
      backwardLayer: lstm({ units: 3, goBackwards: true }),
      mergeMode: 'sum',
    }),
  ).toThrow(/same units with mergeMode 'sum', but layer has 2 and backwardLayer 3/);
  expect(() => bidirectional(lstm({ units: 2 }), { mergeMode: 'max' as never })).toThrow(
    /mergeMode must be 'concat', 'sum', 'mul', 'ave' or null/,
  );
  const two = bidirectional(lstm({ units: 2, inputShape: [T, I] }), { mergeMode: null });
  expect(() => sequential({ layers: [two as never] })).toThrow(/bidirectional.* has 2 outputs/);
  for (const layer of [
    bidirectional(lstm({ units: 2, inputShape: [T, I] })),
    lstm({ units: 2, inputShape: [T, I], goBackwards: true }),
  ]) {
    const made = sequential({ layers: [layer] });
    expect(() => made.stream()).toThrow(/stream: model .* for layer (bidirectional|lstm) /);
  }
});

it('refuses what its layers say in different ways', async () => {
  const layer = layers.lstm({ units: 2, inputShape: [4, 3] });
  const back = (options: object) => layers.lstm({ units: 2, goBackwards: true, ...options });
  const build = (options: object) => () =>
    layers.bidirectional(layer, { backwardLayer: back(options) });
  await expectError(build({ trainable: false }), 'bad-option', 'backwardLayer has trainable false');
  await expectError(build({ inputShape: [4, 2] }), 'bad-option', 'backwardLayer has inputShape');
  expect(build({ inputShape: [4, 3] })().inputShape).toEqual([4, 3]);
  const frozen = { backwardLayer: back({ trainable: false }), trainable: false };
  expect(layers.bidirectional(layer, frozen).trainable).toBe(false);
});
