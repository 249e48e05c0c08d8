import { describe, expect, it } from 'vitest';
import {
  findSeason,
  forecastErrors,
  naive,
  seasonalNaive,
  truth,
} from '../../src/forecast/baselines.js';
import { predictRidge, ridge } from '../../src/forecast/ridge.js';
import { type SparseRows, sparseRidge } from '../../src/forecast/sparse-ridge.js';
import { Random } from '../../src/random.js';

const values = Float64Array.from({ length: 30 }, (_, i) => 100 * i + (i % 7));

describe('baselines', () => {
  it('repeat the last value, or the last season', () => {
    expect([...naive(values, [10], 3)]).toEqual([values[9], values[9], values[9]]);
    expect([...seasonalNaive(values, [10], 9, 7)]).toEqual(
      [3, 4, 5, 6, 7, 8, 9, 3, 4].map((row) => values[row]),
    );
    expect([...truth(values, [10, 11], 2)]).toEqual([10, 11, 11, 12].map((row) => values[row]));
  });

  it('measure errors over all windows and steps', () => {
    expect(forecastErrors([1, 2, 3, 4], [1, 0, 3, 8])).toEqual({ mae: 1.5, rmse: Math.sqrt(5) });
  });

  it('find the season of the training part', () => {
    const wave = Float64Array.from({ length: 200 }, (_, i) => [0, 5, 1, 8, 2][i % 5] + i * 1e-3);
    expect(findSeason(wave, 150, 28)).toBe(5);
  });
});

describe('ridge', () => {
  const random = new Random(3);
  const [rows, inputs, outputs] = [60, 5, 2];
  const x = Float64Array.from({ length: rows * inputs }, () => random.normal());
  const weights = Float64Array.from({ length: inputs * outputs }, () => random.normal());
  const y = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      y[r * outputs + o] = 3 + o;
      for (let j = 0; j < inputs; j++)
        y[r * outputs + o] += x[r * inputs + j] * weights[j * outputs + o];
    }
  }

  it('finds the weights of a linear law, the intercept unpenalized', () => {
    const model = ridge({ x, y, rows, inputs, outputs })(1e-9);
    model.weights.forEach((w, i) => {
      expect(w).toBeCloseTo(weights[i], 6);
    });
    const predicted = predictRidge(model, x, rows);
    predicted.forEach((value, i) => {
      expect(value).toBeCloseTo(y[i], 6);
    });
  });

  it('solves the penalized normal equations', () => {
    const model = ridge({ x, y, rows, inputs, outputs })(7);
    const off = predictRidge(model, x, rows).map((value, i) => y[i] - value);
    for (let j = 0; j < inputs; j++) {
      for (let o = 0; o < outputs; o++) {
        let gradient = -7 * model.weights[j * outputs + o];
        for (let r = 0; r < rows; r++)
          gradient += (x[r * inputs + j] - model.inputMeans[j]) * off[r * outputs + o];
        expect(gradient).toBeCloseTo(0, 8);
      }
    }
  });

  it('sparse, by conjugate gradients, meets the same equations', () => {
    const sparse: SparseRows = {
      starts: Uint32Array.from({ length: rows + 1 }, (_, r) => r * inputs),
      columns: Uint32Array.from({ length: rows * inputs }, (_, i) => i % inputs),
      values: x,
      width: inputs,
    };
    const target = Float64Array.from({ length: rows }, (_, r) => y[r * outputs]);
    const some = Uint32Array.from({ length: 40 }, (_, i) => i + 10);
    const w = sparseRidge(sparse, target, some, new Float64Array(inputs).fill(2), {
      tolerance: 1e-12,
    });
    for (let j = 0; j < inputs; j++) {
      let gradient = -2 * w[j];
      for (const r of some) {
        let fitted = 0;
        for (let k = 0; k < inputs; k++) fitted += x[r * inputs + k] * w[k];
        gradient += x[r * inputs + j] * (target[r] - fitted);
      }
      expect(gradient).toBeCloseTo(0, 7);
    }
  });
});
