// The dense layer in float64 and plain loops: the oracle of the kernels. x [R, K],
// kernel [K, N], bias [N], y [R, N], all contiguous.

export type Activation = 'linear' | 'tanh' | 'sigmoid' | 'relu' | 'softmax' | 'hardSigmoid';

export interface DenseShape {
  R: number;
  K: number;
  N: number;
}

export interface DenseGradients {
  dZ: Float64Array;
  dX: Float64Array;
  kernel: Float64Array;
  bias: Float64Array;
}

/** Applies an activation to one row. */
export function activateRow(activation: Activation, z: number[]): number[] {
  switch (activation) {
    case 'linear':
      return z;
    case 'tanh':
      return z.map(Math.tanh);
    case 'sigmoid':
      return z.map((v) => 1 / (1 + Math.exp(-v)));
    case 'relu':
      return z.map((v) => Math.max(v, 0));
    case 'hardSigmoid':
      return z.map((v) => Math.min(Math.max(v + 3, 0), 6) / 6);
    case 'softmax': {
      const largest = Math.max(...z);
      const e = z.map((v) => Math.exp(v - largest));
      const sum = e.reduce((a, b) => a + b, 0);
      return e.map((v) => v / sum);
    }
  }
}

/** y = activation(x kernel + bias). */
export function denseForward(
  { R, K, N }: DenseShape,
  activation: Activation,
  x: ArrayLike<number>,
  kernel: ArrayLike<number>,
  bias: ArrayLike<number>,
): Float64Array {
  const y = new Float64Array(R * N);
  for (let r = 0; r < R; r++) {
    const z = Array.from({ length: N }, (_, n) => {
      let sum = bias[n];
      for (let k = 0; k < K; k++) sum += x[r * K + k] * kernel[k * N + n];
      return sum;
    });
    y.set(activateRow(activation, z), r * N);
  }
  return y;
}

/** Gradient with respect to the argument of the activation, for one row of outputs. */
export function activationGradientRow(activation: Activation, y: number[], dY: number[]): number[] {
  switch (activation) {
    case 'linear':
      return dY;
    case 'tanh':
      return dY.map((d, n) => d * (1 - y[n] * y[n]));
    case 'sigmoid':
      return dY.map((d, n) => d * y[n] * (1 - y[n]));
    case 'relu':
      return dY.map((d, n) => (y[n] > 0 ? d : 0));
    case 'hardSigmoid':
      return dY.map((d, n) => (y[n] > 0 && y[n] < 1 ? d / 6 : 0));
    case 'softmax': {
      const dot = dY.reduce((sum, d, n) => sum + d * y[n], 0);
      return dY.map((d, n) => y[n] * (d - dot));
    }
  }
}

/** All gradients, from the outputs y and their gradient dY. */
export function denseBackward(
  { R, K, N }: DenseShape,
  activation: Activation,
  x: ArrayLike<number>,
  kernel: ArrayLike<number>,
  y: ArrayLike<number>,
  dY: ArrayLike<number>,
): DenseGradients {
  const dZ = new Float64Array(R * N);
  const row = (values: ArrayLike<number>, r: number) =>
    Array.from({ length: N }, (_, n) => values[r * N + n]);
  for (let r = 0; r < R; r++) {
    dZ.set(activationGradientRow(activation, row(y, r), row(dY, r)), r * N);
  }
  const dX = new Float64Array(R * K);
  const dKernel = new Float64Array(K * N);
  const dBias = new Float64Array(N);
  for (let r = 0; r < R; r++) {
    for (let n = 0; n < N; n++) {
      const d = dZ[r * N + n];
      dBias[n] += d;
      for (let k = 0; k < K; k++) {
        dX[r * K + k] += d * kernel[k * N + n];
        dKernel[k * N + n] += d * x[r * K + k];
      }
    }
  }
  return { dZ, dX, kernel: dKernel, bias: dBias };
}
