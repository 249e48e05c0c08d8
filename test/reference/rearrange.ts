// Numbers of samples put to other places, in plain loops; all arrays as users have them, the batch first.

type Numbers = ArrayLike<number>;

/** x [B][T][F] to [B][F][T]. */
export function swapped(B: number, T: number, F: number, x: Numbers): Float64Array {
  const y = new Float64Array(B * T * F);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let f = 0; f < F; f++) y[(b * F + f) * T + t] = x[(b * T + t) * F + f];
    }
  }
  return y;
}

/** x [B][F] to [B][T][F]. */
export function repeated(B: number, T: number, F: number, x: Numbers): Float64Array {
  return Float64Array.from(
    { length: B * T * F },
    (_, i) => x[Math.floor(i / (T * F)) * F + (i % F)],
  );
}

/** x [B][T][F] to [B][F]: sums over time. */
export function summed(B: number, T: number, F: number, x: Numbers): Float64Array {
  const y = new Float64Array(B * F);
  for (let i = 0; i < B * T * F; i++) y[Math.floor(i / (T * F)) * F + (i % F)] += x[i];
  return y;
}
