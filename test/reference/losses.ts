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

/** Cross-entropy of softmax(z) against t, mean over the rows. */
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
    let weight = 0;
    for (let n = 0; n < N; n++) weight += t[r * N + n];
    for (let n = 0; n < N; n++) {
      const at = r * N + n;
      sum += t[at] * (logSum - logits[n]);
      gradient[at] = (weight * probabilities[at] - t[at]) / R;
    }
  }
  return { loss: sum / R, probabilities, gradient };
}

/** A loss that is a mean over rows, and its gradient. */
function overRows(
  R: number,
  N: number,
  y: ArrayLike<number>,
  t: ArrayLike<number>,
  ofRow: (y: number[], t: number[]) => { loss: number; gradient: number[] },
) {
  const gradient = new Float64Array(R * N);
  let sum = 0;
  for (let r = 0; r < R; r++) {
    const row = (of: ArrayLike<number>) => Array.from({ length: N }, (_, n) => of[r * N + n]);
    const found = ofRow(row(y), row(t));
    sum += found.loss;
    gradient.set(
      found.gradient.map((value) => value / R),
      r * N,
    );
  }
  return { loss: sum / R, gradient };
}

const total = (values: number[]) => values.reduce((a, b) => a + b, 0);
const clip = (p: number) => Math.min(Math.max(p, 1e-7), 1 - 1e-7);
const slope = (p: number) => (p >= 1e-7 && p <= 1 - 1e-7 ? 1 : 0);

/** -sum(t log clip(y / sum(y))), mean over the rows. */
export function categoricalCrossEntropy(
  R: number,
  N: number,
  y: ArrayLike<number>,
  t: ArrayLike<number>,
) {
  return overRows(R, N, y, t, (outputs, targets) => {
    const sum = total(outputs);
    const p = outputs.map((value) => value / sum);
    const byP = p.map((value, n) => (-targets[n] / clip(value)) * slope(value));
    const mean = total(byP.map((value, n) => value * p[n]));
    return {
      loss: -total(p.map((value, n) => targets[n] * Math.log(clip(value)))),
      gradient: byP.map((value) => (value - mean) / sum),
    };
  });
}

/** -sum(t log(clip(y) / sum(clip(y)))), mean over the rows. */
export function sparseCrossEntropy(
  R: number,
  N: number,
  y: ArrayLike<number>,
  t: ArrayLike<number>,
) {
  return overRows(R, N, y, t, (outputs, targets) => {
    const q = outputs.map(clip);
    const sum = total(q);
    return {
      loss: -total(q.map((value, n) => targets[n] * Math.log(value / sum))),
      gradient: q.map(
        (value, n) => (total(targets) / sum - targets[n] / value) * slope(outputs[n]),
      ),
    };
  });
}
