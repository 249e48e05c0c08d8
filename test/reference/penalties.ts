// Penalties on weights as Keras 3 has them, in float64: the oracle of the kernels.

/** l1 sum |w| + l2 sum w^2. */
export const magnitudes = (w: ArrayLike<number>, l1: number, l2: number): number =>
  Array.from(w).reduce((sum, x) => sum + l1 * Math.abs(x) + l2 * x * x, 0);

/** Its gradient. */
export const magnitudesGradient = (w: ArrayLike<number>, l1: number, l2: number): number[] =>
  Array.from(w, (x) => l1 * Math.sign(x) + 2 * l2 * x);

/** The vectors of [n][m], each divided by its norm. */
function normalized(w: ArrayLike<number>, n: number, m: number) {
  const rows = Array.from({ length: n }, (_, i) => Array.from(w).slice(i * m, (i + 1) * m));
  const norms = rows.map((row) => Math.max(1e-7, Math.hypot(...row)));
  return { norms, units: rows.map((row, i) => row.map((x) => x / norms[i])) };
}

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((s, x, k) => s + x * b[k], 0);

/** factor times the mean of |r_i . r_j| over the pairs of vectors of [n][m]. */
export function orthogonality(w: ArrayLike<number>, n: number, m: number, factor: number): number {
  const { units } = normalized(w, n, m);
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += Math.abs(dot(units[i], units[j]));
  return (factor * sum) / ((n * (n - 1)) / 2);
}

/** Its gradient. */
export function orthogonalityGradient(
  w: ArrayLike<number>,
  n: number,
  m: number,
  factor: number,
): number[] {
  const { norms, units } = normalized(w, n, m);
  const share = factor / ((n * (n - 1)) / 2);
  return units.flatMap((r, i) => {
    const d = r.map(() => 0);
    units.forEach((other, j) => {
      const sign = i === j ? 0 : Math.sign(dot(r, other));
      other.forEach((x, k) => {
        d[k] += sign * x;
      });
    });
    const along = norms[i] > 1e-7 ? dot(d, r) : 0;
    return d.map((x, k) => (share * (x - along * r[k])) / norms[i]);
  });
}
