// The losses in float64: the oracle of the kernels. y, z, t [R, N], contiguous.

import { activateRow } from './dense.js';

/** Mean of the squared differences, and its gradient. */
export function meanSquaredError(y: ArrayLike<number>, t: ArrayLike<number>) {
  const gradient = new Float64Array(y.length);
  let sum = 0;
  for (let n = 0; n < y.length; n++) {
    const difference = y[n] - t[n];
    sum += difference * difference;
    gradient[n] = (2 * difference) / y.length;
  }
  return { loss: sum / y.length, gradient };
}

/** Cross-entropy of softmax(z) against t, mean over the rows; t sums to 1 in each row. */
export function softmaxCrossEntropy(
  R: number,
  N: number,
  z: ArrayLike<number>,
  t: ArrayLike<number>,
) {
  const probabilities = new Float64Array(R * N);
  const gradient = new Float64Array(R * N);
  let sum = 0;
  for (let r = 0; r < R; r++) {
    const logits = Array.from({ length: N }, (_, n) => z[r * N + n]);
    const largest = Math.max(...logits);
    const logSum = largest + Math.log(logits.reduce((s, v) => s + Math.exp(v - largest), 0));
    probabilities.set(activateRow('softmax', logits), r * N);
    for (let n = 0; n < N; n++) {
      const at = r * N + n;
      sum += t[at] * (logSum - logits[n]);
      gradient[at] = (probabilities[at] - t[at]) / R;
    }
  }
  return { loss: sum / R, probabilities, gradient };
}
