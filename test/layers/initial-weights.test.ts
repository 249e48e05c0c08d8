import { layers, sequential, type Tensor } from 'sluice';
import { describe, expect, it } from 'vitest';
import { bitsOf } from '../support/samples.js';

const weightsOf = (options: Partial<Parameters<typeof layers.lstm>[0]> = {}, seed = 4) =>
  sequential({
    layers: [
      layers.lstm({ units: 7, inputShape: [3, 5], ...options }),
      layers.dense({ units: 6, activation: 'relu' }),
    ],
    seed,
    numerics: 'portable',
  }).getWeights();

/** rows x rows products of the rows of a matrix. */
function gram({ data, shape: [rows, columns] }: Tensor): number[][] {
  const dot = (a: number, b: number) => {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += data[a * columns + c] * data[b * columns + c];
    return sum;
  };
  return Array.from({ length: rows }, (_, a) => Array.from({ length: rows }, (_, b) => dot(a, b)));
}

describe('initial weights', () => {
  const [kernel, recurrent, bias, dense, denseBias] = weightsOf();

  it('have the shapes and the order of Keras', () => {
    const shapes = [kernel, recurrent, bias, dense, denseBias].map(({ shape }) => shape);
    expect(shapes).toEqual([[5, 28], [7, 28], [28], [7, 6], [6]]);
  });

  it('are Glorot uniform in kernels', () => {
    for (const { data, shape } of [kernel, dense]) {
      const limit = Math.sqrt(6 / (shape[0] + shape[1]));
      expect(Math.max(...data.map(Math.abs))).toBeLessThanOrEqual(limit);
      expect(Math.max(...data)).toBeGreaterThan(limit / 2);
      expect(Math.min(...data)).toBeLessThan(-limit / 2);
    }
  });

  it('are orthogonal in the recurrent kernel', () => {
    gram(recurrent).forEach((row, a) => {
      row.forEach((value, b) => {
        expect(value).toBeCloseTo(a === b ? 1 : 0, 5);
      });
    });
  });

  it('are 0 in biases but 1 for the forget gate, which comes second', () => {
    const expected = new Float32Array(28).fill(1, 7, 14);
    expect(bias.data).toEqual(expected);
    expect(denseBias.data).toEqual(new Float32Array(6));
    expect(weightsOf({ unitForgetBias: false })[2].data).toEqual(new Float32Array(28));
  });

  it('follow the initializers asked for', () => {
    const other = weightsOf({
      kernelInitializer: 'orthogonal',
      recurrentInitializer: 'glorotUniform',
    });
    expect(gram(other[0])[0][0]).toBeCloseTo(1, 5);
    expect(Math.max(...other[1].data.map(Math.abs))).toBeLessThanOrEqual(Math.sqrt(6 / 35));
  });

  it.each(['randomUniform', 'randomNormal'] as const)('are spread by 0.05 with %s', (name) => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 40, inputShape: [2, 30], kernelInitializer: name }),
        layers.dense({ units: 90, kernelInitializer: name }),
      ],
    });
    const weights = model.getWeights();
    for (const { data } of [weights[0], weights[3]]) {
      const mean = data.reduce((a, b) => a + b, 0) / data.length;
      const deviation = Math.sqrt(data.reduce((a, b) => a + (b - mean) ** 2, 0) / data.length);
      const expected = name === 'randomNormal' ? 0.05 : 0.05 / Math.sqrt(3);
      // five standard errors: of the mean, and of the deviation (at most sigma / sqrt(2 n))
      expect(Math.abs(mean)).toBeLessThan((5 * expected) / Math.sqrt(data.length));
      expect(Math.abs(deviation - expected)).toBeLessThan(
        (5 * expected) / Math.sqrt(2 * data.length),
      );
      const largest = Math.max(...data.map(Math.abs));
      if (name === 'randomUniform') expect(largest).toBeLessThanOrEqual(Math.fround(0.05));
      else expect(largest).toBeGreaterThan(0.1);
    }
  });

  it('of dense may be orthogonal, and are refused under an unknown name', () => {
    const made = (kernelInitializer: string) =>
      sequential({
        // biome-ignore lint/suspicious/noExplicitAny: a wrong name is the subject here
        layers: [layers.dense({ units: 9, inputShape: [4], kernelInitializer } as any)],
      }).getWeights();
    expect(gram(made('orthogonal')[0])[2][2]).toBeCloseTo(1, 5);
    expect(() => made('heNormalized')).toThrow(/kernelInitializer.*randomNormal.*'heNormalized'/);
  });

  it('are the same bits for one seed, other bits for another, none drawn twice', () => {
    expect(bitsOf(weightsOf())).toEqual(bitsOf([kernel, recurrent, bias, dense, denseBias]));
    expect(bitsOf(weightsOf({}, 5))[0]).not.toEqual(bitsOf([kernel])[0]);
    const values = [...kernel.data, ...dense.data];
    expect(new Set(values).size).toBeGreaterThan(values.length * 0.99);
  });

  it('of a layer do not depend on the size of the others', () => {
    const model = sequential({
      layers: [
        layers.lstm({ units: 7, inputShape: [3, 5] }),
        layers.dense({ units: 11 }),
        layers.dense({ units: 2 }),
      ],
      seed: 4,
      numerics: 'portable',
    });
    expect(bitsOf(model.getWeights().slice(0, 2))).toEqual(bitsOf([kernel, recurrent]));
  });
});
