/**
 * Dense ridge regression in float64: normal equations by Cholesky, with an intercept that is not
 * penalized. Source: Golub & Van Loan, "Matrix computations", 4.2.
 */

/** x [rows x inputs], y [rows x outputs], row-major. */
export interface Regression {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  readonly rows: number;
  readonly inputs: number;
  readonly outputs: number;
}

export interface RidgeModel {
  /** [inputs x outputs] */
  readonly weights: Float64Array;
  readonly inputMeans: Float64Array;
  readonly outputMeans: Float64Array;
}

function columnMeans(values: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const means = new Float64Array(columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) means[c] += values[r * columns + c];
  return means.map((sum) => sum / rows);
}

/** The normal equations, set up once and solved for as many penalties as wanted. */
export function ridge(data: Regression): (penalty: number) => RidgeModel {
  const { x, y, rows, inputs, outputs } = data;
  const inputMeans = columnMeans(x, rows, inputs);
  const outputMeans = columnMeans(y, rows, outputs);
  const gram = new Float64Array(inputs * inputs);
  const moments = new Float64Array(inputs * outputs);
  const centred = new Float64Array(inputs);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < inputs; j++) centred[j] = x[r * inputs + j] - inputMeans[j];
    for (let j = 0; j < inputs; j++) {
      const value = centred[j];
      if (value === 0) continue;
      for (let k = 0; k <= j; k++) gram[j * inputs + k] += value * centred[k];
      for (let o = 0; o < outputs; o++)
        moments[j * outputs + o] += value * (y[r * outputs + o] - outputMeans[o]);
    }
  }
  return (penalty) => ({
    weights: solve(gram, moments, inputs, outputs, penalty),
    inputMeans,
    outputMeans,
  });
}

/** (gram + penalty I) w = moments; only the lower half of gram is read. */
function solve(
  gram: Float64Array,
  moments: Float64Array,
  n: number,
  outputs: number,
  penalty: number,
): Float64Array {
  const lower = gram.slice();
  for (let j = 0; j < n; j++) lower[j * n + j] += penalty;
  for (let j = 0; j < n; j++) {
    for (let k = 0; k <= j; k++) {
      let sum = lower[j * n + k];
      for (let i = 0; i < k; i++) sum -= lower[j * n + i] * lower[k * n + i];
      lower[j * n + k] = k === j ? Math.sqrt(Math.max(sum, 1e-300)) : sum / lower[k * n + k];
    }
  }
  const w = moments.slice();
  for (let o = 0; o < outputs; o++) {
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < j; k++) w[j * outputs + o] -= lower[j * n + k] * w[k * outputs + o];
      w[j * outputs + o] /= lower[j * n + j];
    }
    for (let j = n - 1; j >= 0; j--) {
      for (let k = j + 1; k < n; k++) w[j * outputs + o] -= lower[k * n + j] * w[k * outputs + o];
      w[j * outputs + o] /= lower[j * n + j];
    }
  }
  return w;
}

/** Predictions [rows x outputs]. */
export function predictRidge(model: RidgeModel, x: ArrayLike<number>, rows: number): Float64Array {
  const { weights, inputMeans, outputMeans } = model;
  const [inputs, outputs] = [inputMeans.length, outputMeans.length];
  const out = new Float64Array(rows * outputs);
  for (let r = 0; r < rows; r++) {
    for (let o = 0; o < outputs; o++) {
      let sum = outputMeans[o];
      for (let j = 0; j < inputs; j++)
        sum += (x[r * inputs + j] - inputMeans[j]) * weights[j * outputs + o];
      out[r * outputs + o] = sum;
    }
  }
  return out;
}
