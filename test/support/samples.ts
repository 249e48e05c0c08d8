// Small data sets for tests of models, made from Philox so that every engine sees the same bits.
import { Random, type Tensor } from 'sluice';

/** n samples of `shape`, uniform in [-1, 1). */
export function noise(n: number, shape: readonly number[], seed = 1): Tensor {
  const random = new Random(seed, 77);
  const data = new Float32Array(shape.reduce((a, b) => a * b, n));
  for (let i = 0; i < data.length; i++) data[i] = random.uniform() * 2 - 1;
  return { data, shape: [n, ...shape] };
}

/** One-hot rows [n, classes], or [n, T, classes] with `shape` = [T, classes]. */
export function oneHot(n: number, shape: readonly number[], seed = 2): Tensor {
  const random = new Random(seed, 78);
  const classes = shape[shape.length - 1];
  const data = new Float32Array(shape.reduce((a, b) => a * b, n));
  for (let row = 0; row < data.length; row += classes)
    data[row + random.integer(0, classes - 1)] = 1;
  return { data, shape: [n, ...shape] };
}

/**
 * The adding problem of Hochreiter and Schmidhuber (1997): two of T values are marked, the
 * target is their sum. Guessing 1 each time leaves a squared error of 1/6.
 */
export function adding(n: number, T: number, seed = 3): { x: Tensor; y: Tensor } {
  const random = new Random(seed, 79);
  const x = new Float32Array(n * T * 2);
  const y = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const first = random.integer(0, T / 2 - 1);
    const second = random.integer(T / 2, T - 1);
    for (let t = 0; t < T; t++) {
      const at = (i * T + t) * 2;
      x[at] = random.uniform();
      if (t !== first && t !== second) continue;
      x[at + 1] = 1;
      y[i] += x[at];
    }
  }
  return { x: { data: x, shape: [n, T, 2] }, y: { data: y, shape: [n, 1] } };
}

/** Windows of a sine and the value that follows each. */
export function sine(n: number, T: number): { x: Tensor; y: Tensor } {
  const at = (step: number) => Math.sin(step * 0.3);
  const x = new Float32Array(n * T);
  const y = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    for (let t = 0; t < T; t++) x[i * T + t] = at(i * 1.7 + t);
    y[i] = at(i * 1.7 + T);
  }
  return { x: { data: x, shape: [n, T, 1] }, y: { data: y, shape: [n, 1] } };
}

/** Bits, so that 0 and -0 and every last place count. */
export const bitsOf = (tensors: readonly Tensor[]): number[][] =>
  tensors.map(({ data }) => Array.from(new Uint32Array(data.slice().buffer)));
