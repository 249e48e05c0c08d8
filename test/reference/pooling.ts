// Pooling over time in float64 and plain loops; x [B][T][C], as users have it.

export interface Sizes {
  B: number;
  T: number;
  C: number;
}

type Numbers = ArrayLike<number>;

/** y [B][C] of the steps before lengths[b]. */
export function globalAverage({ B, T, C }: Sizes, x: Numbers, lengths?: number[]): Float64Array {
  const y = new Float64Array(B * C);
  for (let b = 0; b < B; b++) {
    const end = Math.min(T, lengths?.[b] ?? T);
    for (let t = 0; t < end; t++) {
      for (let c = 0; c < C; c++) y[b * C + c] += x[(b * T + t) * C + c] / end;
    }
  }
  return y;
}

export function globalMax({ B, T, C }: Sizes, x: Numbers): Float64Array {
  const y = new Float64Array(B * C).fill(Number.NEGATIVE_INFINITY);
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++) {
        y[b * C + c] = Math.max(y[b * C + c], x[(b * T + t) * C + c]);
      }
    }
  }
  return y;
}

/** Windows of P steps, S apart, the first of them `left` before the sequence. */
export interface WindowSizes extends Sizes {
  O: number;
  P: number;
  S: number;
  left: number;
}

/** y [B][O][C]: the maximum or the mean of what of the window lies in the sequence. */
export function pool(mean: boolean, { B, T, C, O, P, S, left }: WindowSizes, x: Numbers) {
  const y = new Float64Array(B * O * C);
  for (let b = 0; b < B; b++) {
    for (let o = 0; o < O; o++) {
      for (let c = 0; c < C; c++) {
        const values: number[] = [];
        for (let t = Math.max(0, o * S - left); t < Math.min(T, o * S - left + P); t++) {
          values.push(x[(b * T + t) * C + c]);
        }
        const sum = values.reduce((a, one) => a + one, 0);
        y[(b * O + o) * C + c] = mean ? sum / values.length : Math.max(...values);
      }
    }
  }
  return y;
}
