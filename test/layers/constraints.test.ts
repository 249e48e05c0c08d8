// What weights keep to, against Keras 3 (test/fixtures/keras/regularization_fit.py), and the doors of constraints.
import {
  type Constraint,
  constraints,
  layers,
  optimizers,
  sequential,
  type Tensor,
  tensor,
} from 'sluice';
import { describe, expect, it } from 'vitest';
import fixture from '../fixtures/keras/constraints-fit.json' with { type: 'json' };
import { expectError } from '../support/errors.js';
import { expectToLearn, titled } from '../support/regularization.js';
import { bitsOf, noise } from '../support/samples.js';

describe.each(titled(fixture))('%s', (_, one) => {
  it('learns as in Keras, and tells the same figures', () => expectToLearn(fixture, one));
});

/** Of rows, or of columns. */
function normsOf({ data, shape: [rows, columns] }: Tensor, axis: 0 | 1): number[] {
  const norms = Array(axis === 0 ? columns : rows).fill(0);
  data.forEach((value, at) => {
    norms[axis === 0 ? at % columns : Math.floor(at / columns)] += value * value;
  });
  return norms.map(Math.sqrt);
}

it('keeps every row of a table to its norm from the first step on, seen or not', async () => {
  const made = sequential({
    layers: [
      layers.embedding({
        inputDim: 600,
        outputDim: 7,
        inputShape: [2],
        embeddingsConstraint: constraints.unitNorm({ axis: 1 }),
      }),
      layers.lstm({ units: 2 }),
    ],
  });
  made.compile({ optimizer: 'adam', loss: 'mse' });
  await made.trainOnBatch(tensor([1, 2], [1, 2]), tensor([1, 2], [1, 2]));
  for (const norm of normsOf(made.getWeights()[0], 1)) {
    // epsilon over a norm of 0.03 and more, and a rounding of each number
    expect(Math.abs(norm - 1)).toBeLessThan(1e-7 / 0.03 + 2 ** -22);
  }
});

it('leaves what is not trained, and what nobody has trained yet', async () => {
  const frozen = layers.dense({
    units: 3,
    inputShape: [3],
    kernelConstraint: 'nonNeg',
    trainable: false,
  });
  const made = sequential({
    layers: [frozen, layers.dense({ units: 2, kernelConstraint: 'nonNeg' })],
  });
  const before = made.getWeights();
  made.compile({ optimizer: 'sgd', loss: 'mse' });
  await made.evaluate(noise(4, [3]), noise(4, [2]));
  expect(bitsOf(made.getWeights())).toEqual(bitsOf(before));
  await made.trainOnBatch(noise(4, [3]), noise(4, [2]));
  const after = made.getWeights();
  expect(after[0].data).toEqual(before[0].data);
  expect(Math.min(...after[2].data)).toBe(0);
});

describe('a kernel of a convolution', () => {
  const [T, C, K, N] = [7, 2, 3, 5];
  const trained = async (given: Constraint) => {
    const made = sequential({
      layers: [
        layers.conv1D({
          filters: N,
          kernelSize: K,
          inputShape: [T, C],
          kernelConstraint: given,
          biasConstraint: 'nonNeg',
        }),
        layers.lstm({ units: 2 }),
      ],
    });
    made.compile({ optimizer: optimizers.sgd({ learningRate: 1 }), loss: 'mse' });
    for (const _ of [1, 2]) await made.trainOnBatch(noise(4, [T, C]), noise(4, [2]));
    const [kernel, bias] = made.getWeights();
    expect(Math.min(...bias.data)).toBeGreaterThanOrEqual(0);
    return kernel.data;
  };

  // places [k, c, n] whose numbers make one vector
  it.each([
    [0, ([, c, n]: number[]) => [c, n]],
    [-3, ([, c, n]: number[]) => [c, n]],
    [[0, 1], ([, , n]: number[]) => [n]],
    [[1, 0], ([, , n]: number[]) => [n]],
    [2, ([k, c]: number[]) => [k, c]],
    [[1, 2], ([k]: number[]) => [k]],
    [[-1, 1], ([k]: number[]) => [k]],
    [[0, 1, 2], () => []],
  ] as const)('has norms along %j', async (axis, place) => {
    const squares: Record<string, number> = {};
    (await trained(constraints.unitNorm({ axis }))).forEach((value, i) => {
      const key = place([Math.floor(i / N / C), Math.floor(i / N) % C, i % N]).join();
      squares[key] = (squares[key] ?? 0) + value * value;
    });
    for (const square of Object.values(squares)) {
      // epsilon over a norm of 0.1 and more, and a rounding of each number
      expect(Math.abs(Math.sqrt(square) - 1)).toBeLessThan(1e-6 + 2 ** -21);
    }
  });

  it('keeps to numbers from 0 up', async () => {
    expect(Math.min(...(await trained('nonNeg')))).toBe(0);
  });

  it.each([1, [0, 2], [-2]])('refuses norms along %j', async (axis) => {
    await expectError(
      () => trained(constraints.unitNorm({ axis })),
      'bad-option',
      /^layer conv1d: kernelConstraint: axis .* of a weight \[3, 2, 5\] must be its first axes or its last ones/,
    );
  });
});

it('can carry weights up, to where a step must be tried first', async () => {
  const least = 2e38;
  const made = sequential({
    layers: [
      layers.dense({
        units: 2,
        inputShape: [3],
        kernelConstraint: constraints.minMaxNorm({ minValue: least, maxValue: 3e38 }),
      }),
    ],
  });
  made.compile({ optimizer: optimizers.sgd({ learningRate: 1e-30 }), loss: 'mse' });
  const zeros = tensor(new Float32Array(12), [4, 3]);
  for (const _ of [1, 2, 3]) {
    await made.trainOnBatch(zeros, noise(4, [2]));
    for (const norm of normsOf(made.getWeights()[0], 0)) {
      expect(Math.abs(norm / least - 1)).toBeLessThan(1e-6);
    }
  }
  const all = { ...zeros, data: zeros.data.map(() => 10) };
  const weights = made.getWeights();
  await expectError(() => made.trainOnBatch(all, noise(4, [2])), 'not-finite');
  expect(bitsOf(made.getWeights())).toEqual(bitsOf(weights));
});

describe('refuses', () => {
  // biome-ignore lint/suspicious/noExplicitAny: wrong options are the subject here
  const wrong = (value: unknown): any => value;
  const expected =
    /kernelConstraint must be 'maxNorm' or 'unitNorm' or 'nonNeg' or 'minMaxNorm' or what a function of con/;

  it.each(['max_norm', 'MaxNorm', null, 2, [], {}, { className: 'L1' }, { className: 'toString' }])(
    '%j',
    async (value) => {
      const make = () => layers.dense({ units: 1, kernelConstraint: wrong(value) });
      await expectError(make, 'bad-option', expected);
    },
  );

  it.each([
    ['maxNorm', { maxValue: -1 }, 'maxValue must be a finite number from 0 up'],
    ['maxNorm', { maxValue: Number.NaN }, 'maxValue must be'],
    ['maxNorm', { maxValue: 1e300 }, 'maxValue must be'],
    [
      'maxNorm',
      { axis: 3 },
      'axis must be an axis of a weight, an integer from -3 to 2, or an array of axes',
    ],
    ['maxNorm', { axis: [] }, 'axis must be'],
    ['maxNorm', { axis: [0, 0.5] }, 'axis must be'],
    ['maxNorm', { axis: null }, 'axis must be'],
    ['unitNorm', { maxValue: 1 }, "no option 'maxValue'"],
    ['minMaxNorm', { rate: 0 }, 'rate must be a number above 0, up to 1'],
    ['minMaxNorm', { rate: 1.5 }, 'rate must be'],
    ['minMaxNorm', { minValue: 2, maxValue: 1 }, 'minValue must not be above maxValue, but is 2'],
    ['minMaxNorm', { minValue: 1.5 }, 'minValue must not be above maxValue, but is 1.5'],
  ] as const)('constraints.%s(%j)', async (name, options, message) => {
    await expectError(() => constraints[name](wrong(options)), 'bad-option', message);
  });

  it('parameters of an object that do not hold, naming layer and option', async () => {
    const recurrentConstraint = { className: 'MinMaxNorm', minValue: 3 };
    await expectError(
      () => layers.gru({ units: 2, recurrentConstraint }),
      'bad-option',
      'layers.gru: recurrentConstraint of class MinMaxNorm: minValue must not be above maxValue',
    );
  });

  it('an axis that a weight has not, and a bias that there is not', async () => {
    const biasConstraint = constraints.unitNorm({ axis: 1 });
    const front = layers.lstm({ units: 2, inputShape: [4, 1], biasConstraint, name: 'front' });
    await expectError(
      () => sequential({ layers: [front] }),
      'bad-option',
      'layer front: biasConstraint: axis 1 is none of a weight [8]; take one from -1 to 0',
    );
    await expectError(
      () => layers.simpleRNN({ units: 2, useBias: false, biasConstraint: 'nonNeg' }),
      'bad-option',
      'layers.simpleRNN: biasConstraint is about the bias, but useBias: false leaves none',
    );
  });
});

it('makes plain data of its functions, with the defaults of Keras, and keeps axes of its own', () => {
  expect(constraints.maxNorm()).toEqual({ className: 'MaxNorm', maxValue: 2, axis: 0 });
  expect(constraints.unitNorm({ axis: -1 })).toEqual({ className: 'UnitNorm', axis: -1 });
  expect(constraints.nonNeg()).toEqual({ className: 'NonNeg' });
  const usual = { className: 'MinMaxNorm', minValue: 0, maxValue: 1, rate: 1, axis: 0 };
  expect(constraints.minMaxNorm()).toEqual(usual);
  const axis = [0, 1];
  const made = constraints.unitNorm({ axis });
  axis[0] = -1;
  expect(made.axis).toEqual([0, 1]);
});
