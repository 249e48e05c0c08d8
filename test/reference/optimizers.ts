// Adam and SGD as Keras has them, in float64, one step over plain arrays: the oracle of the kernels.

export interface AdamOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
}

/** Step number t (from 1): changes w, m and v in place. */
export function adamStep(
  t: number,
  { learningRate, beta1, beta2, epsilon }: AdamOptions,
  gradientScale: number,
  w: Float64Array,
  g: ArrayLike<number>,
  m: Float64Array,
  v: Float64Array,
): void {
  for (let n = 0; n < w.length; n++) {
    const gradient = g[n] * gradientScale;
    m[n] = beta1 * m[n] + (1 - beta1) * gradient;
    v[n] = beta2 * v[n] + (1 - beta2) * gradient * gradient;
    const alpha = (learningRate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t);
    w[n] -= (alpha * m[n]) / (Math.sqrt(v[n]) + epsilon);
  }
}

export interface SgdOptions {
  learningRate: number;
  momentum: number;
  nesterov: boolean;
}

/** Changes w and velocity in place; without velocity a plain step. */
export function sgdStep(
  { learningRate, momentum, nesterov }: SgdOptions,
  gradientScale: number,
  w: Float64Array,
  g: ArrayLike<number>,
  velocity?: Float64Array,
): void {
  for (let n = 0; n < w.length; n++) {
    const step = -learningRate * gradientScale * g[n];
    if (!velocity) {
      w[n] += step;
      continue;
    }
    velocity[n] = momentum * velocity[n] + step;
    w[n] += nesterov ? momentum * velocity[n] + step : velocity[n];
  }
}
