/**
 * Largest difference between a gradient and central differences of `loss`, over the entries of
 * `values`, which are changed in place and put back. In float64 with a step of 1e-5 the
 * truncation is about 1e-10 |f'''| and the rounding 1e-16 |f| / 1e-5 = 1e-11 |f|.
 */
export function gradientError(
  loss: () => number,
  values: Float64Array,
  gradient: ArrayLike<number>,
  step = 1e-5,
): number {
  let worst = 0;
  for (let n = 0; n < values.length; n++) {
    const kept = values[n];
    values[n] = kept + step;
    const above = loss();
    values[n] = kept - step;
    const below = loss();
    values[n] = kept;
    worst = Math.max(worst, Math.abs((above - below) / (2 * step) - gradient[n]));
  }
  return worst;
}
